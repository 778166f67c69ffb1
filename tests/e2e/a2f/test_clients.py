"""Clients as NVIDIA's are described to behave: what each sends, needs and breaks on."""

from __future__ import annotations

import asyncio
import threading
import time

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.nvidia_ace import a2f_controller_pb2_grpc as pb_grpc

TYPE_URL = "type.googleapis.com/nvidia_ace.emotion_aggregate.v1.EmotionAggregate"
FACE = {
    "upperFaceStrength": 1.0, "upperFaceSmoothing": 0.001, "lowerFaceStrength": 1.25,
    "lowerFaceSmoothing": 0.006, "faceMaskLevel": 0.6, "faceMaskSoftness": 0.0085,
    "skinStrength": 1.0, "tongueStrength": 1.3, "tongueHeightOffset": 0.0,
    "tongueDepthOffset": 0.0, "eyelidOpenOffset": 0.0, "lipOpenOffset": 0.0,
}  # fmt: skip
TONGUE = [f"Tongue{number}" for number in range(16)]
BEGINNING = dict.fromkeys(
    ("amazement", "anger", "cheekiness", "disgust", "fear", "grief", "joy"), 0.25
)
KEYS = ((0.0, {"joy": 1.0}), (1.0, {"sadness": 0.5, "anger": 0.25}))


def sample_header(sample_rate_hz, names):
    shapes = [*names, *TONGUE]
    return pb.AudioStream(
        audio_stream_header=pb.AudioStreamHeader(
            audio_header=pb.AudioHeader(
                channel_count=1, samples_per_second=sample_rate_hz, bits_per_sample=16
            ),
            face_params=pb.FaceParameters(float_params=FACE),
            emotion_post_processing_params=pb.EmotionPostProcessingParameters(
                emotion_contrast=1.0, live_blend_coef=0.7, enable_preferred_emotion=False,
                preferred_emotion_strength=0.5, emotion_strength=0.6, max_emotions=3,
            ),
            blendshape_params=pb.BlendShapeParameters(
                bs_weight_multipliers=dict.fromkeys(shapes, 1.0),
                bs_weight_offsets=dict.fromkeys(shapes, 0.0),
                enable_clamping_bs_weight=False,
            ),
            emotion_params=pb.EmotionParameters(
                live_transition_time=0.0001, beginning_emotion=BEGINNING
            ),
        )
    )  # fmt: skip


class SampleClient:
    """Asks for health, sends 1 s a chunk, an empty one behind whole seconds, and never half-closes.

    It collects rows of curves and emotions and one WAV, and fails where the original would.
    """

    def __init__(self, sample_rate_hz):
        self.sample_rate_hz = sample_rate_hz
        self.header = None
        self.rows, self.wav, self.emotions, self.told = [], b"", [], []
        self._is_read = threading.Event()

    def run(self, address, data, names):
        with grpc.insecure_channel(address) as channel:
            health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
            assert health.status == health_pb2.HealthCheckResponse.SERVING
            stub = pb_grpc.A2FControllerServiceStub(channel)
            for part in stub.ProcessAudioStream(self._requests(data, names), timeout=60):
                self._take(part)
            self._is_read.set()

    def _requests(self, data, names):
        yield sample_header(self.sample_rate_hz, names)
        emotions = [pb.EmotionWithTimeCode(time_code=t, emotion=e) for t, e in KEYS]
        for start in range(0, len(data) + 1, 2 * self.sample_rate_hz):
            audio = pb.AudioWithEmotion(
                audio_buffer=data[start : start + 2 * self.sample_rate_hz],
                emotions=emotions if start == 0 else [],
            )
            yield pb.AudioStream(audio_with_emotion=audio)
        yield pb.AudioStream(end_of_audio=pb.AudioStream.EndOfAudio())
        self._is_read.wait(60)

    def _take(self, part):
        if part.HasField("animation_data_stream_header"):
            self.header = part.animation_data_stream_header
            assert self.header.audio_header.bits_per_sample == 16
        elif part.HasField("animation_data"):
            self._take_frame(part.animation_data)
        elif part.HasField("status"):
            self.told.append(pb.Status.Code.Name(part.status.code))

    def _take_frame(self, frame):
        names = self.header.skel_animation_header.blend_shapes
        for weights in frame.skel_animation.blend_shape_weights:
            self.rows.append(dict(zip(names, weights.values, strict=True)))
        self.wav += frame.audio.audio_buffer
        packed = frame.metadata.get("emotion_aggregate")
        if packed is not None and packed.type_url == TYPE_URL:
            report = pb.EmotionAggregate.FromString(packed.value)
            assert not report.a2e_output, "it exits where that is filled"
            self.emotions += report.a2f_smoothed_output


@pytest.mark.parametrize(("sample_rate_hz", "seconds"), [(16_000, 5), (44_100, 2), (44_100, 1.5)])
async def test_the_sample_client_gets_curves_sound_and_emotions(
    server, a2f, pcm, sample_rate_hz, seconds
):
    names = list((await a2f.speak(pcm(0.1))).header.skel_animation_header.blend_shapes)
    rng = np.random.default_rng(1)
    samples = rng.integers(-9_000, 9_000, round(seconds * sample_rate_hz), dtype=np.int16)

    client = SampleClient(sample_rate_hz)
    await asyncio.to_thread(client.run, server.address, samples.tobytes(), names)

    assert len(client.rows) == round(seconds * 30)
    assert all(len(row) == 52 for row in client.rows)
    assert client.wav == samples.tobytes()
    assert client.emotions
    assert client.told == ["SUCCESS"]


def plugin_that_writes_all_then_reads(address, data):
    """A whole clip, doubled times, an unknown emotion, half-close; it reads only then, one frame a
    message, and stops at SUCCESS."""
    is_sent = threading.Event()

    def requests():
        header = pb.AudioStreamHeader(
            audio_header=pb.AudioHeader(
                channel_count=1, samples_per_second=16_000, bits_per_sample=16
            )
        )
        yield pb.AudioStream(audio_stream_header=header)
        for start in range(0, len(data), 32_000):
            key = pb.EmotionWithTimeCode(time_code=start / 16_000, emotion={"out_of_breath": 0.5})
            audio = pb.AudioWithEmotion(audio_buffer=data[start : start + 32_000], emotions=[key])
            yield pb.AudioStream(audio_with_emotion=audio)
        yield pb.AudioStream(end_of_audio=pb.AudioStream.EndOfAudio())
        is_sent.set()

    frames, last = [], None
    # Small windows, as on a slow link: what is not read fills them at once.
    options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
    with grpc.insecure_channel(address, options=options) as channel:
        call = pb_grpc.A2FControllerServiceStub(channel).ProcessAudioStream(requests(), timeout=170)
        assert is_sent.wait(60), "the server stopped reading"
        for part in call:
            assert last is None, "nothing may follow SUCCESS"
            if part.HasField("animation_data"):
                (weights,) = part.animation_data.skel_animation.blend_shape_weights
                frames.append(weights.time_code)
            elif part.HasField("status") and part.status.code in (0, 3):
                last = part.status.code
    return frames, last


@pytest.mark.timeout(240)
async def test_ten_minutes_in_one_burst_are_written_before_anything_is_read(server, pcm):
    data = pcm(10.0) * 60

    frames, last = await asyncio.to_thread(plugin_that_writes_all_then_reads, server.address, data)

    assert last == pb.Status.SUCCESS
    assert frames == [k / 30 for k in range(18_000)]


async def test_a_voice_agents_client_gets_its_tail_soon_after_the_end_and_a_half_close(
    server, a2f, pcm, end
):
    async with grpc.aio.insecure_channel(server.address) as channel:
        call = pb_grpc.A2FControllerServiceStub(channel).ProcessAudioStream()
        for request in (a2f.header(), a2f.audio(pcm(1.0)), end):
            await call.write(request)
        await call.done_writing()
        ended_s = time.monotonic()
        parts = [part async for part in call]

    assert sum(part.HasField("animation_data") for part in parts) == 30
    assert parts[-1].HasField("status")
    assert time.monotonic() - ended_s < 5  # on a machine that does other things, too


async def test_a_half_close_alone_ends_the_audio(server, a2f, pcm):
    async with grpc.aio.insecure_channel(server.address) as channel:
        requests = [a2f.header(seed=1), a2f.audio(pcm(1.0))]
        call = pb_grpc.A2FControllerServiceStub(channel).ProcessAudioStream(iter(requests))
        parts = [part async for part in call]

    whole = await a2f.speak(pcm(1.0))
    assert [p for p in parts if p.HasField("animation_data")] == [
        p for p in whole.parts if p.HasField("animation_data")
    ]
    assert parts[-1].status == pb.Status(code=pb.Status.SUCCESS)


async def test_a_plugin_that_paces_its_audio_with_a_pause_gets_steady_frames(server, a2f, pcm, end):
    data = pcm(1.6)
    first, rest = data[:16_000], data[16_000:]
    chunks = [rest[start : start + 1_120] for start in range(0, len(rest), 1_120)]
    async with grpc.aio.insecure_channel(server.address) as channel:
        call = pb_grpc.A2FControllerServiceStub(channel).ProcessAudioStream()
        await call.write(a2f.header(seed=1))
        await call.write(a2f.audio(first))
        for index, chunk in enumerate(chunks):
            await asyncio.sleep(1.5 if index == 10 else 0.033)
            await call.write(a2f.audio(chunk))
        await call.write(end)
        times_s = [
            part.animation_data.audio.time_code
            async for part in call
            if part.HasField("animation_data")
        ]

    assert times_s == [k / 30 for k in range(48)]
