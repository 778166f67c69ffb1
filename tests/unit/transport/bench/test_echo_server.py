import pytest

from posecast.errors import PosecastError
from posecast.transport.bench import echo_server
from posecast.transport.bench.echo_server import EchoServicer
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb


async def answers_to(*requests, frame_rate_hz=30):
    config = pb.AnimateConfig(
        audio_format=audio_pb2.AudioFormat(sample_rate_hz=16_000),
        settings=pb.AnimationSettings(frame_rate_hz=frame_rate_hz),
    )

    async def stream():
        yield pb.AnimateRequest(config=config)
        for request in requests:
            yield request

    return [response async for response in EchoServicer().Animate(stream(), None)]


def audio(duration_s):
    data = bytes(round(duration_s * 16_000) * 2)
    return pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=data))


def end_of_utterance():
    return pb.AnimateRequest(end_of_utterance=pb.EndOfUtterance())


def interrupt(**fields):
    return pb.AnimateRequest(interrupt=pb.Interrupt(**fields))


async def test_every_sample_is_covered_by_a_frame_and_every_utterance_ends():
    responses = await answers_to(*[audio(0.02)] * 5, end_of_utterance(), audio(1.0))

    batches = [r.frames for r in responses if r.WhichOneof("part") == "frames"]
    indices = [(b.utterance_index, f.index) for b in batches for f in b.frames]
    assert responses[0].header.window_frames == 1
    # A tenth of a second at 30 frames a second, then a whole one of the next utterance.
    assert indices == [(0, index) for index in range(3)] + [(1, index) for index in range(30)]
    assert all(len(f.weights) == 52 for b in batches for f in b.frames)
    assert [r.end.num_frames for r in responses if r.WhichOneof("part") == "end"] == [3]


async def test_an_interrupt_is_answered_by_easing_frames_and_the_end():
    *_, easing, end = await answers_to(audio(0.1), interrupt())

    assert easing.frames.is_easing
    assert [frame.index for frame in easing.frames.frames] == [3, 4, 5, 6, 7, 8]  # 200 ms
    assert end.end.was_interrupted


async def test_an_interrupt_of_an_utterance_that_has_ended_eases_from_the_named_frame():
    *_, end, easing = await answers_to(
        audio(1.0), end_of_utterance(), interrupt(frame_index=10, utterance_index=0)
    )

    assert not end.end.was_interrupted
    assert (easing.frames.utterance_index, easing.frames.frames[0].index) == (0, 10)


async def test_an_interrupt_with_nothing_open_is_answered_by_nothing():
    responses = await answers_to(interrupt())

    assert len(responses) == 1


def test_a_server_that_does_not_come_up_is_told(monkeypatch):
    monkeypatch.setattr(echo_server, "START_LIMIT_S", 0.0)

    with (
        pytest.raises(PosecastError, match=r"the echo server was not ready within 0 s"),
        echo_server.running_echo_server(),
    ):
        pass
