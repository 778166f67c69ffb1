"""One client against servers that answer, refuse, fail or fall silent."""

import asyncio

import grpc
import pytest

from posecast.transport.bench.echo_server import EchoServicer
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc


class Refuse(pb_grpc.FaceAnimationServiceServicer):
    async def Animate(self, request_iterator, context):  # noqa: N802 - gRPC's name
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no place")
        yield pb.AnimateResponse()


class FailInTheMidst(pb_grpc.FaceAnimationServiceServicer):
    async def Animate(self, request_iterator, context):  # noqa: N802 - gRPC's name
        num_chunks = 0
        async for request in request_iterator:
            if request.WhichOneof("part") == "config":
                yield pb.AnimateResponse(header=pb.AnimationHeader(frame_rate_hz=25))
            num_chunks += request.WhichOneof("part") == "audio"
            if num_chunks == 10:
                await context.abort(grpc.StatusCode.INTERNAL, "broken")


class SayNothing(pb_grpc.FaceAnimationServiceServicer):
    def __init__(self, *, with_header):
        self._with_header = with_header

    async def Animate(self, request_iterator, context):  # noqa: N802 - gRPC's name
        if self._with_header:
            yield pb.AnimateResponse(header=pb.AnimationHeader(frame_rate_hz=25))
        await asyncio.Event().wait()


async def test_a_microphone_keeps_to_the_clock_and_every_frame_is_noted(run_stream, make_load):
    record = await run_stream(EchoServicer(), make_load())

    assert record.status is None
    assert not record.is_cut_off
    assert [u.num_frames for u in record.utterances] == [13, 13]  # half a second, rounded up
    assert [u.num_lost for u in record.utterances] == [0, 0]
    first, second = record.utterances
    assert first.first_audio_s <= first.first_frame_s <= first.ended_s
    # 25 chunks of 20 ms: the last is due 0.48 s after the first; sleeps never end early.
    assert first.end_sent_s - first.first_audio_s >= 0.47
    assert second.first_audio_s - first.first_audio_s >= 0.49
    assert len(record.send_delays_s) == 50


async def test_an_utterance_at_once_is_played_before_the_next(run_stream, make_load):
    record = await run_stream(EchoServicer(), make_load(arrival="at-once"))

    first, second = record.utterances
    assert [first.num_frames, second.num_frames] == [13, 13]
    assert first.end_sent_s - first.first_audio_s < second.first_audio_s - first.first_audio_s
    assert second.first_audio_s - first.first_frame_s >= 0.49
    assert record.send_delays_s == []


async def test_an_utterance_begins_as_the_warm_up_ends(run_stream, make_load):
    record = await run_stream(EchoServicer(), make_load(warm_up_s=0.6, measured_s=0.6))

    # The tenth of a second that is left of each part is too short to be said.
    assert [round(u.audio_s, 2) for u in record.utterances] == [0.5, 0.5]
    first, second = record.utterances
    assert second.first_audio_s - first.first_audio_s >= 0.59


async def test_a_microphone_is_interrupted_half_way(run_stream, make_load):
    record = await run_stream(EchoServicer(), make_load(interrupt_every=2))

    spoken, interrupted = record.utterances
    assert spoken.interrupt_sent_s is None
    assert interrupted.audio_s == pytest.approx(0.24)  # 12 of 25 chunks
    assert interrupted.end_sent_s is None
    assert interrupted.interrupt_sent_s <= interrupted.easing[0].at_s <= interrupted.ended_s
    assert interrupted.easing[0].first_index == interrupted.num_frames
    assert record.status is None


async def test_playback_is_interrupted_at_the_frame_to_be_shown_next(run_stream, make_load):
    load = make_load(arrival="at-once", interrupt_every=1, utterance_s=1.0)

    class EndWithTheInterrupt(EchoServicer):
        """Leaves the utterance open, as a server does whose frames are still to come."""

        async def Animate(self, request_iterator, context):  # noqa: N802 - gRPC's name
            async def without_ends():
                async for request in request_iterator:
                    if request.WhichOneof("part") != "end_of_utterance":
                        yield request

            async for response in super().Animate(without_ends(), context):
                yield response

    record = await run_stream(EndWithTheInterrupt(), load)

    utterance = record.utterances[0]
    assert utterance.num_frames == 25
    # Half a second of 25 frames a second has been shown, and sleeps never end early.
    assert utterance.easing[0].first_index >= 13
    assert utterance.interrupt_sent_s - utterance.first_frame_s >= 0.49
    assert utterance.ended_s is not None


async def test_a_refusal_is_told_with_its_status(run_stream, make_load):
    record = await run_stream(Refuse(), make_load())

    assert not record.has_header
    assert (record.status, record.message) == ("RESOURCE_EXHAUSTED", "no place")
    assert record.utterances == []
    assert record.closed_s >= record.opened_s


async def test_a_failure_in_the_midst_is_told_with_its_status(run_stream, make_load):
    record = await run_stream(FailInTheMidst(), make_load(measured_s=30.0, utterance_s=30.0))

    assert record.has_header
    assert (record.status, record.message) == ("INTERNAL", "broken")
    assert record.closed_s < 20.0  # it does not go on speaking to nobody for 30 s


@pytest.mark.parametrize("with_header", [False, True], ids=["no header", "no frames"])
async def test_a_silent_server_is_cut_off(run_stream, make_load, with_header):
    load = make_load(measured_s=0.5, answer_limit_s=0.2)

    record = await run_stream(SayNothing(with_header=with_header), load)

    assert record.is_cut_off
    assert record.has_header == with_header
    assert record.status is None


async def test_a_silent_server_holds_no_player_forever(run_stream, make_load):
    load = make_load(arrival="at-once", measured_s=0.5, answer_limit_s=0.2)

    record = await run_stream(SayNothing(with_header=True), load)

    assert record.is_cut_off
