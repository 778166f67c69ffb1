"""What clients of Audio2Face-3D need, statement by statement."""

from __future__ import annotations

import asyncio
import time

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from posecast.config import A2FConfig
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.nvidia_ace import a2f_controller_pb2_grpc as pb_grpc
from posecast.rig.arkit import CURVE_NAMES


def pieces(data, sizes):
    cut = []
    for size in sizes:
        cut.append(data[:size])
        data = data[size:]
    return [*cut, data]


async def test_header_frames_event_and_success_in_this_order_without_a_half_close(a2f, pcm):
    before_s = time.time()

    answer = await a2f.speak(pcm(1.5))

    assert answer.kinds == ["animation_data_stream_header", "animation_data", "event", "status"]
    assert answer.statuses == [("SUCCESS", "")]
    assert answer.code is grpc.StatusCode.OK
    (event,) = [part.event for part in answer.parts if part.HasField("event")]
    assert event.event_type == pb.Event.END_OF_A2F_AUDIO_PROCESSING
    assert before_s <= answer.header.start_time_code_since_epoch <= time.time()
    assert answer.header.audio_header == pb.AudioHeader(
        channel_count=1, samples_per_second=16_000, bits_per_sample=16
    )


async def test_the_header_comes_before_any_audio(server, a2f):
    async with grpc.aio.insecure_channel(server.address) as channel:
        call = pb_grpc.A2FControllerServiceStub(channel).ProcessAudioStream()
        await call.write(a2f.header())

        part = await call.read()

        assert part.HasField("animation_data_stream_header")
        call.cancel()


async def test_names_are_the_52_of_arkit_in_pascal_case_and_every_frame_has_as_many_weights(
    a2f, pcm
):
    answer = await a2f.speak(pcm(0.5))

    names = list(answer.header.skel_animation_header.blend_shapes)
    assert [name.lower() for name in names] == [name.lower() for name in CURVE_NAMES]
    assert (names[0], names[17], names[51]) == ("EyeBlinkLeft", "JawOpen", "TongueOut")
    assert answer.weights.shape == (15, 52)


@pytest.mark.parametrize("sample_rate_hz", [16_000, 22_051, 44_100, 48_000, 144_000])
@pytest.mark.parametrize("num_samples", [1, 7_777, 16_000])
async def test_frames_are_at_thirtieths_and_cover_the_audio_which_comes_back_unchanged(
    a2f, sample_rate_hz, num_samples
):
    rng = np.random.default_rng(num_samples)
    data = rng.integers(-9_000, 9_000, num_samples, dtype=np.int16).tobytes()

    answer = await a2f.speak(data, sample_rate_hz=sample_rate_hz)

    num_frames = -(-num_samples * 30 // sample_rate_hz)
    assert answer.times_s == [k / 30 for k in range(num_frames)]
    assert all(frame.audio.time_code == k / 30 for k, frame in enumerate(answer.frames))
    assert answer.audio == data
    starts = np.cumsum([0, *[len(frame.audio.audio_buffer) // 2 for frame in answer.frames]])
    exact = np.arange(num_frames) * sample_rate_hz / 30
    assert np.abs(starts[:-1] - exact).max() <= 0.5


async def test_one_frame_a_message_each_with_one_entry(a2f, pcm):
    answer = await a2f.speak(pcm(2.0))

    for frame in answer.frames:
        assert len(frame.skel_animation.blend_shape_weights) == 1
        assert len(frame.skel_animation.rotations) == 1
        assert not frame.skel_animation.translations
        assert not frame.skel_animation.scales
        assert not frame.HasField("camera")


async def test_chunking_does_not_change_frames(a2f, pcm, end):
    data = pcm(1.3)
    rng = np.random.default_rng(0)
    chunkings = {
        "1 sample at first": pieces(data, [2] * 400),
        "20 ms": pieces(data, [640] * (len(data) // 640)),
        "35 ms": pieces(data, [1120] * (len(data) // 1120)),
        "random, odd ones too": pieces(data, rng.integers(1, 4000, size=20)),
        "empty ones between": [
            piece for part in pieces(data, [9_000] * 3) for piece in (b"", part)
        ],
    }

    whole = await a2f.speak(data, chunk_bytes=len(data))

    for chunks in chunkings.values():
        answer = await a2f.send([a2f.header(seed=1), *map(a2f.audio, chunks), end])
        assert np.array_equal(answer.weights, whole.weights)
        assert np.array_equal(answer.heads, whole.heads)
        assert answer.audio == data
        assert answer.times_s == whole.times_s


async def test_the_same_speech_gives_the_same_face_at_the_same_times_through_both_contracts(
    a2f, client, pcm
):
    data = pcm(2.6)

    theirs = await a2f.speak(data, seed=11)
    ours = await client.animate(
        [client.config(seed=11, frame_rate_hz=30), client.audio(data), client.end()]
    )

    values = ours.values()
    assert theirs.times_s == [frame.index / 30 for frame in ours.frames()]
    assert np.array_equal(theirs.weights, values[:, 1:53])
    assert np.array_equal(theirs.heads, values[:, 53:])


async def test_nothing_but_a_header_and_an_end_is_an_event_and_success(a2f, end):
    answer = await a2f.send([a2f.header(), a2f.audio(b""), end])

    assert answer.kinds == ["animation_data_stream_header", "event", "status"]
    assert answer.statuses == [("SUCCESS", "")]


async def test_half_a_last_sample_is_dropped(a2f, pcm, end):
    data = pcm(0.5)

    answer = await a2f.send([a2f.header(seed=1), a2f.audio(data + b"\1"), end])

    assert answer.audio == data
    assert answer.statuses == [("SUCCESS", "")]


async def test_what_comes_behind_the_end_is_ignored_with_one_warning(watched, a2f_to, pcm, end):
    async with watched() as (server, _, device):
        a2f = a2f_to(server.address)
        stray = [a2f.audio(pcm(0.1)), a2f.header(), end]
        device.hold()
        sending = asyncio.create_task(
            a2f.send([a2f.header(seed=1), a2f.audio(pcm(1.0)), end, *stray])
        )
        await device.until_held()
        await asyncio.sleep(0.2)  # all has arrived
        device.release()
        answer = await sending

    assert len(answer.frames) == 30
    assert answer.statuses == [
        ("WARNING", "ignored behind EndOfAudio: 3 messages"),
        ("SUCCESS", ""),
    ]
    assert answer.code is grpc.StatusCode.OK


@pytest.mark.parametrize("first", ["audio", "end", "nothing"])
async def test_a_first_message_that_is_no_header_is_an_error_in_the_stream_and_of_the_call(
    a2f, pcm, end, first
):
    message = {"audio": a2f.audio(pcm(0.1)), "end": end, "nothing": pb.AudioStream()}[first]

    answer = await a2f.send([message])

    ((code, text),) = answer.statuses
    assert code == "ERROR"
    assert text.endswith("it must be audio_stream_header")
    assert (answer.code, answer.details) == (grpc.StatusCode.INVALID_ARGUMENT, text)


@pytest.mark.parametrize(
    ("audio_header", "message"),
    [
        ({"samples_per_second": 8_000}, "samples_per_second 8000; allowed: 16000 to 144000"),
        ({"channel_count": 2}, "channel_count 2; allowed: 1"),
        ({"bits_per_sample": 24}, "bits_per_sample 24; allowed: 16"),
        ({"audio_format": 1}, "audio_format 1; allowed: AUDIO_FORMAT_PCM (0)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_a_format_that_is_not_taken_is_an_error(a2f, audio_header, message):
    header = a2f.header()
    for name, value in audio_header.items():
        setattr(header.audio_stream_header.audio_header, name, value)

    answer = await a2f.send([header])

    assert answer.statuses == [("ERROR", message)]
    assert (answer.code, answer.details) == (grpc.StatusCode.INVALID_ARGUMENT, message)


async def test_a_second_header_is_an_error_behind_the_frames_before_it(a2f, pcm):
    answer = await a2f.send([a2f.header(seed=1), a2f.audio(pcm(1.0)), a2f.header()])

    assert answer.kinds == ["animation_data_stream_header", "animation_data", "status"]
    assert answer.statuses[0][0] == "ERROR"
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_clip_that_is_too_long_is_an_error_when_it_gets_there(serve, a2f_to, pcm):
    async with serve(max_clip_s=1.0) as (server, _):
        answer = await a2f_to(server.address).speak(pcm(4.0), chunk_bytes=1_000)

    ((code, text),) = answer.statuses
    assert (code, answer.code) == ("ERROR", grpc.StatusCode.INVALID_ARGUMENT)
    assert "1 s (max_clip_s)" in text
    assert answer.kinds == ["animation_data_stream_header", "animation_data", "status"]


async def test_without_a_free_place_a_stream_is_refused_at_once(serve, a2f_to, pcm):
    async with serve(max_streams=1) as (server, client):
        talk = await client.talk()
        answer = await a2f_to(server.address).speak(pcm(0.2))

        assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert answer.parts == []
        talk.call.cancel()


async def test_a_client_that_falls_silent_is_ended_by_the_deadline(serve, a2f_to, pcm):
    async with serve(max_idle_s=1.0) as (server, _):
        client = a2f_to(server.address)
        answer = await client.send([client.header(), client.audio(pcm(0.2))])

    assert answer.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "sent nothing for 1 s" in answer.details


async def test_health_of_no_service_and_of_this_one_is_serving(client):
    health = health_pb2_grpc.HealthStub(client.channel)
    name = "nvidia_ace.services.a2f_controller.v1.A2FControllerService"

    for service in ("", name):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_metadata_of_the_hosted_service_is_ignored(a2f, pcm, end):
    answer = await a2f.send(
        [a2f.header(seed=1), a2f.audio(pcm(0.2)), end],
        metadata=(("authorization", "Bearer none"), ("function-id", "00-11")),
    )

    assert answer.statuses == [("SUCCESS", "")]


async def test_the_operator_chooses_rate_names_and_head(serve, a2f_to, pcm):
    config = A2FConfig(frame_rate_hz=60, sends_head=False, blend_shapes=("jawOpen", "TongueTipUp"))
    async with serve(a2f=config) as (server, client):
        answer = await a2f_to(server.address).speak(pcm(0.5), seed=3)
        ours = await client.animate(
            [client.config(seed=3, frame_rate_hz=60), client.audio(pcm(0.5))]
        )

    skeleton = answer.header.skel_animation_header
    assert (list(skeleton.blend_shapes), list(skeleton.joints)) == (["jawOpen", "TongueTipUp"], [])
    assert not any(frame.skel_animation.rotations for frame in answer.frames)
    assert answer.times_s == [k / 60 for k in range(30)]
    assert np.array_equal(answer.weights[:, 0], ours.values()[:, 1 + CURVE_NAMES.index("jawOpen")])
    assert not answer.weights[:, 1].any()


async def test_frames_can_be_paced(serve, a2f_to, pcm):
    async with serve(a2f=A2FConfig(max_frames_per_s=90)) as (server, _):
        started_s = time.monotonic()
        answer = await a2f_to(server.address).speak(pcm(1.5))

    assert len(answer.frames) == 45
    assert time.monotonic() - started_s >= 44 / 90
