"""Animate: the life of a stream, and what never changes a frame."""

from __future__ import annotations

import asyncio

import grpc
import numpy as np
import pytest

from posecast.rig.arkit import CURVE_NAMES
from posecast.signals import LIFE_LIMITS
from posecast.v1 import audio_pb2, face_pb2
from posecast.v1 import face_animation_service_pb2 as pb


def cut(data: bytes, sizes) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


async def test_a_stream_is_a_header_then_frames_then_an_end(client, pcm):
    requests = [client.config(seed=7, frame_rate_hz=30), client.audio(pcm(1.5)), client.end()]

    answer = await client.animate(requests)

    assert list(answer.header.rig.curve_names) == list(CURVE_NAMES)
    assert (
        answer.header.rig.coordinate_system == face_pb2.COORDINATE_SYSTEM_RIGHT_HANDED_Y_UP_FACING_Z
    )
    assert (answer.header.frame_rate_hz, answer.header.seed) == (30, 7)
    assert answer.header.latency_mode == pb.LATENCY_MODE_BALANCED
    assert answer.header.model.name
    assert [frame.index for frame in answer.frames()] == list(range(45))
    values = answer.values()
    assert ((values[:, 1:53] >= 0) & (values[:, 1:53] <= 1)).all()
    assert np.abs(np.linalg.norm(values[:, 53:], axis=1) - 1).max() < 1e-5  # float32 rounding
    assert answer.ends == [pb.UtteranceEnd(utterance_index=0, num_frames=45, audio_duration_s=1.5)]


async def test_half_close_finishes_the_utterance_too(client, pcm):
    ended = await client.animate([client.config(seed=1), client.audio(pcm(0.7)), client.end()])
    half_closed = await client.animate([client.config(seed=1), client.audio(pcm(0.7))])

    assert np.array_equal(ended.values(), half_closed.values())
    assert ended.ends == half_closed.ends


async def test_a_stream_carries_many_utterances_each_with_its_own_clock_and_seed(client, pcm):
    first, second = pcm(0.6), pcm(0.9, 200.0)
    stream = [client.config(seed=2**64 - 1), client.audio(first), client.end()]
    answer = await client.animate([*stream, client.audio(second)])
    alone = await client.animate([client.config(seed=0), client.audio(second)])

    assert [end.num_frames for end in answer.ends] == [15, 23]
    assert [end.utterance_index for end in answer.ends] == [0, 1]
    assert np.array_equal(answer.values(1), alone.values(0))  # seed + 1, modulo 2^64


async def test_the_tail_of_an_utterance_comes_while_the_stream_stays_open(client, pcm):
    call = client.stub.Animate()
    for request in (client.config(), client.audio(pcm(0.2)), client.end()):
        await call.write(request)
    parts = [(await asyncio.wait_for(call.read(), 30)).WhichOneof("part") for _ in range(3)]

    assert parts == ["header", "frames", "end"]
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def test_an_end_without_audio_is_answered_by_an_end_without_frames(client):
    answer = await client.animate([client.config(), client.end(), client.audio(b""), client.end()])

    assert answer.batches == []
    assert [(end.utterance_index, end.num_frames) for end in answer.ends] == [(0, 0), (1, 0)]


async def test_a_configuration_alone_is_answered_by_a_header_alone(client):
    answer = await client.animate([client.config()])

    assert answer.header.frame_rate_hz == 25
    assert answer.batches == answer.ends == []


@pytest.mark.parametrize("mode", ["BALANCED", "REALTIME", "OFFLINE"])
async def test_chunking_does_not_change_frames(client, pcm, mode):
    data = pcm(1.3)
    config = client.config(seed=5, latency_mode=f"LATENCY_MODE_{mode}")
    rng = np.random.default_rng(0)
    chunkings = {
        "one byte at first": cut(data, [1] * 400),
        "20 ms": cut(data, [640] * (len(data) // 640)),
        "random, odd ones too": cut(data, rng.integers(1, 4000, size=20)),
    }

    whole = await client.animate([config, client.audio(data)])

    for chunks in chunkings.values():
        answer = await client.animate([config, *map(client.audio, chunks)])
        assert np.array_equal(answer.values(), whole.values())


async def test_a_clip_has_the_same_frames_as_the_stream(client, pcm, speech, wav):
    data, settings = pcm(2.2), {"seed": 11, "latency_mode": pb.LATENCY_MODE_BALANCED}
    samples = np.frombuffer(data, "<i2")

    streamed = await client.animate([client.config(**settings), client.audio(data)])
    clip = await client.animate_clip(wav(samples), **settings)

    assert np.array_equal(streamed.values(), clip.values())


async def test_interleaved_sessions_do_not_mix(client, pcm):
    def requests(pitch_hz: float, seed: int) -> list:
        chunks = cut(pcm(1.6, pitch_hz), [1000] * 40)
        return [client.config(seed=seed), *map(client.audio, chunks)]

    voices = [(120.0, 1), (180.0, 2), (240.0, 3)]
    alone = [await client.animate(requests(*voice)) for voice in voices]
    together = await asyncio.gather(*(client.animate(requests(*voice)) for voice in voices))

    for before, beside in zip(alone, together, strict=True):
        assert np.array_equal(before.values(), beside.values())
    assert not np.array_equal(alone[0].values(), alone[1].values())


async def test_same_seed_same_frames(client, pcm):
    audio = client.audio(pcm(1.2))
    first, again, other = [
        await client.animate([client.config(seed=seed), audio]) for seed in (3, 3, 4)
    ]

    assert np.array_equal(first.values(), again.values())
    assert not np.array_equal(first.values(), other.values())


async def test_the_header_tells_a_seed_that_makes_the_frames_again(client, pcm):
    audio = client.audio(pcm(0.8))
    drawn = await client.animate([client.config(), audio])
    again = await client.animate([client.config(seed=drawn.header.seed), audio])
    another = await client.animate([client.config(), audio])

    assert np.array_equal(drawn.values(), again.values())
    assert drawn.header.seed != another.header.seed


@pytest.mark.parametrize("frame_rate_hz", [25, 30, 50, 60])
@pytest.mark.parametrize("num_samples", [1, 640, 641, 5000, 17_777])
async def test_every_sample_is_covered_by_a_frame(client, pcm, frame_rate_hz, num_samples):
    data = pcm(2.0)[: 2 * num_samples]

    answer = await client.animate([client.config(frame_rate_hz=frame_rate_hz), client.audio(data)])

    expected = -(-num_samples * frame_rate_hz // 16_000)
    assert [frame.index for frame in answer.frames()] == list(range(expected))
    assert answer.ends[0].num_frames == expected


@pytest.mark.parametrize("sample_rate_hz", [8_000, 22_050, 44_100, 48_000, 192_000])
async def test_every_sample_rate_gives_frames_for_its_duration(client, sample_rate_hz):
    data = bytes(2 * sample_rate_hz)  # one second of silence

    answer = await client.animate(
        [client.config(sample_rate_hz=sample_rate_hz), client.audio(data)]
    )

    assert len(answer.frames()) == 25
    assert answer.ends[0].audio_duration_s == 1.0


async def test_encodings_of_the_same_sound_give_the_same_face(client, speech):
    samples = np.round(speech(1.0) * 32767).astype("<i2")
    as_float = (samples / 32768).astype("<f4")
    stereo = np.repeat(as_float, 2)
    floats = {"encoding": audio_pb2.AUDIO_ENCODING_PCM_F32LE}

    integer = await client.animate([client.config(seed=1), client.audio(samples.tobytes())])
    mono = await client.animate([client.config(seed=1, **floats), client.audio(as_float.tobytes())])
    mixed = await client.animate(
        [client.config(seed=1, num_channels=2, **floats), client.audio(stereo.tobytes())]
    )

    assert np.array_equal(integer.values(), mono.values())
    assert np.array_equal(integer.values(), mixed.values())


@pytest.mark.parametrize("encoding", ["ALAW", "MULAW"])
async def test_telephone_encodings_are_taken(client, encoding):
    silence = {"ALAW": 0xD5, "MULAW": 0xFF}[encoding]
    config = client.config(sample_rate_hz=8_000, encoding=f"AUDIO_ENCODING_{encoding}")

    answer = await client.animate([config, client.audio(bytes([silence]) * 8_000)])

    assert len(answer.frames()) == 25


async def test_a_style_vector_is_taken_and_changes_the_face(client, engine, pcm):
    vector = pb.StyleVector(values=np.linspace(-2, 2, engine.config.denoiser.style_dim))
    named = engine.styles.get("neutral").vector

    neutral = await client.animate([client.config(seed=1), client.audio(pcm(1.0))])
    own = await client.animate([client.config(seed=1, style_vector=vector), client.audio(pcm(1.0))])

    assert list(vector.values) != list(named)
    assert not np.array_equal(neutral.values(), own.values())


async def test_a_blend_is_the_vector_between_its_styles(client, engine, pcm):
    neutral, cheerful = (engine.styles.get(name) for name in ("neutral", "cheerful"))
    between = 0.25 * neutral.vector.astype(float) + 0.75 * cheerful.vector.astype(float)
    life = {name: getattr(neutral, name) for name in LIFE_LIMITS}  # both have the usual one
    vector = pb.StyleVector(values=between, **life)

    def animate(**settings):
        return client.animate([client.config(seed=1, **settings), client.audio(pcm(1.0))])

    blend = await animate(style_name="neutral:0.2,cheerful:0.6")
    own = await animate(style_vector=vector)
    alone = await animate(style_name="cheerful")

    assert np.array_equal(blend.values(), own.values())
    assert not np.array_equal(blend.values(), alone.values())


async def test_strength_goes_from_neutral_through_the_style_and_beyond(client, engine, pcm):
    cheerful = engine.styles.get("cheerful")
    life = {name: getattr(cheerful, name) for name in LIFE_LIMITS}
    vector = pb.StyleVector(values=cheerful.vector, **life)

    async def animate(**settings):
        requests = [client.config(seed=1, **settings), client.audio(pcm(1.0))]
        return (await client.animate(requests)).values()

    none = await animate(style_name="cheerful", style_strength=0.0)
    double = await animate(style_name="cheerful", style_strength=2.0)

    assert np.array_equal(none, await animate(style_name="neutral"))
    assert np.array_equal(
        await animate(style_name="cheerful", style_strength=1.0),
        await animate(style_name="cheerful"),
    )
    assert not np.array_equal(double, await animate(style_name="cheerful"))
    assert np.array_equal(double, await animate(style_vector=vector, style_strength=2.0))


@pytest.mark.parametrize("file_format", ["WAV", "FLAC", "OGG"])
async def test_a_clip_may_be_wav_flac_or_ogg(client, speech, wav, file_format):
    answer = await client.animate_clip(wav(speech(1.0), file_format=file_format))

    assert answer.header.latency_mode == pb.LATENCY_MODE_OFFLINE
    assert len(answer.frames()) == 25
    assert answer.ends == [pb.UtteranceEnd(utterance_index=0, num_frames=25, audio_duration_s=1.0)]


async def test_a_clip_may_be_raw_audio(client, pcm, wav):
    data = pcm(1.0)
    raw = audio_pb2.RawAudio(
        format=audio_pb2.AudioFormat(
            encoding=audio_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=16_000
        ),
        data=data,
    )

    answer = await client.send_clip(
        pb.AnimateClipRequest(raw=raw, settings=pb.AnimationSettings(seed=1))
    )
    file = await client.animate_clip(wav(np.frombuffer(data, "<i2")), seed=1)

    assert np.array_equal(answer.values(), file.values())
