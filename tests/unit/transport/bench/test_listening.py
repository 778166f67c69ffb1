import asyncio

import pytest

from posecast.transport.bench.listening import Listener
from posecast.transport.bench.record import BatchSeen, StreamRecord, UtteranceRecord
from posecast.v1 import face_animation_service_pb2 as pb


@pytest.fixture
def record():
    utterances = [UtteranceRecord(index=index, first_audio_s=float(index)) for index in range(2)]
    return StreamRecord(number=0, opened_s=0.0, utterances=utterances)


@pytest.fixture
def listener(record):
    return Listener(record)


def test_a_header_tells_window_and_look_ahead(listener, record):
    header = pb.AnimationHeader(window_frames=5, look_ahead_ms=80)

    listener.take(pb.AnimateResponse(header=header).SerializeToString(), 0.1)

    assert record.has_header
    assert (record.window_frames, record.look_ahead_ms) == (5, 80)


def test_frames_are_noted_with_their_moment(listener, record, frames, end):
    listener.take(frames(0, 5), 0.5)
    listener.take(frames(5, 2), 0.7)
    listener.take(end(7), 0.8)

    utterance = record.utterances[0]
    assert utterance.batches == [BatchSeen(0.5, 0, 5), BatchSeen(0.7, 5, 2)]
    assert utterance.ended_s == 0.8
    assert utterance.num_frames == 7
    assert utterance.num_lost == 0


def test_gaps_between_frames_and_before_the_end_are_lost_frames(listener, record, frames, end):
    listener.take(frames(2, 3), 0.5)  # 0 and 1
    listener.take(frames(6, 1), 0.6)  # 5
    listener.take(end(9), 0.7)  # 7 and 8

    assert record.utterances[0].num_lost == 5


def test_an_utterance_that_ends_without_any_of_its_frames_has_lost_them(listener, record, end):
    listener.take(end(3), 0.7)

    assert record.utterances[0].num_lost == 3


def test_indices_of_the_next_utterance_start_again(listener, record, frames, end):
    listener.take(frames(0, 3), 0.5)
    listener.take(end(3), 0.6)
    listener.take(frames(0, 2, utterance_index=1), 0.7)
    listener.take(end(2, utterance_index=1), 0.8)

    assert [utterance.num_lost for utterance in record.utterances] == [0, 0]


def test_easing_frames_may_take_the_place_of_others(listener, record, frames, end):
    listener.take(frames(0, 10), 0.5)
    listener.take(frames(4, 5, is_easing=True), 0.6)
    listener.take(end(9, was_interrupted=True), 0.7)

    utterance = record.utterances[0]
    assert utterance.easing == [BatchSeen(0.6, 4, 5)]
    assert utterance.num_frames == 10
    assert utterance.num_lost == 0


def test_idle_frames_are_none_of_an_utterance(listener, record, frames):
    listener.take(frames(40, 2, is_idle=True), 0.5)

    assert record.utterances[0].batches == []
    assert record.utterances[0].num_lost == 0


def test_answers_to_utterances_that_were_never_begun_are_counted(listener, record, frames, end):
    listener.take(frames(0, 2, utterance_index=2), 0.5)
    listener.take(end(2, utterance_index=2), 0.5)

    assert record.num_strays == 2


async def test_what_is_waited_for_is_heard(listener, record, frames):
    waiting = asyncio.create_task(listener.hear_until(lambda: record.utterances[0].batches, 10.0))
    await asyncio.sleep(0)
    listener.take(frames(0, 1), 0.5)

    await asyncio.wait_for(waiting, 5.0)


async def test_what_does_not_come_is_not_waited_for_longer_than_allowed(listener):
    await asyncio.wait_for(listener.hear_until(lambda: False, 0.01), 5.0)
