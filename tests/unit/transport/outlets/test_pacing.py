"""Frames come out when they are due: in order, by their index, and never in the place of others."""

from __future__ import annotations

import math

import pytest

from posecast.errors import InvalidRequest
from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.pacing import PacedFrames


@pytest.fixture
def counts():
    return OutletCounts("test")


@pytest.fixture
def paced(jaw_of, counts):
    return PacedFrames(jaw_of, counts, most_queued_s=10.0)


def release(paced, now_s):
    return [(round(frame.due_s, 6), frame.row) for frame in paced.release(now_s)]


def test_a_frame_comes_out_at_its_time_and_once(paced, make_frames):
    paced.add(make_frames(3), start_s=100.0)

    assert release(paced, 99.999) == []
    assert release(paced, 100.0) == [(100.0, 0.1)]
    assert release(paced, 100.0) == []
    assert release(paced, 100.04) == [(100.04, 0.101)]
    assert paced.next_due_s == pytest.approx(100.08)


def test_a_burst_comes_out_at_a_steady_rate(paced, make_frames):
    for first_index in (0, 10):
        paced.add(make_frames(10, first_index=first_index, rate_hz=50), start_s=5.0)

    times = []
    while paced.next_due_s < math.inf:
        times += [due_s for due_s, _ in release(paced, paced.next_due_s)]

    assert times == [round(5.0 + index / 50, 6) for index in range(20)]


def test_frames_that_are_late_come_out_at_once_and_in_order(paced, make_frames):
    paced.add(make_frames(5), start_s=100.0)

    assert [jaw for _, jaw in release(paced, 100.13)] == [0.1, 0.101, 0.102, 0.103]


def test_times_do_not_drift_however_far_the_index(paced, make_frames):
    index = 60 * 3600 * 60  # an hour at 60 frames a second
    paced.add(make_frames(2, first_index=index, rate_hz=60, first_jaw=-index / 1000), start_s=7.0)

    assert paced.next_due_s == pytest.approx(7.0 + 3600 * 60, abs=1e-9)


def test_what_is_added_takes_the_place_of_what_is_due_then_and_later(paced, make_frames):
    paced.add(make_frames(10), start_s=100.0)
    paced.add(make_frames(5, first_jaw=0.5), start_s=100.2)

    jaws = [jaw for _, jaw in release(paced, 200.0)]

    assert jaws == [0.1, 0.101, 0.102, 0.103, 0.104, 0.5, 0.501, 0.502, 0.503, 0.504]


def test_a_cut_between_two_frames_leaves_the_earlier_one(paced, make_frames):
    paced.add(make_frames(10), start_s=100.0)

    paced.cut(100.05)

    assert [due_s for due_s, _ in release(paced, 200.0)] == [100.0, 100.04]
    assert paced.end_s == pytest.approx(100.08)


def test_a_cut_before_everything_leaves_the_end_of_what_was_shown(paced, make_frames):
    paced.add(make_frames(2), start_s=100.0)
    release(paced, 101.0)
    paced.add(make_frames(2), start_s=105.0)

    paced.cut(102.0)

    assert paced.next_due_s == math.inf
    assert paced.end_s == pytest.approx(100.08)


def test_nothing_queued_is_due_never(paced):
    assert (paced.next_due_s, paced.end_s) == (math.inf, -math.inf)
    paced.cut(0.0)
    paced.rest(0.0)
    assert release(paced, 1e9) == []


def test_a_face_eases_to_rest_behind_what_is_queued(paced, make_frames):
    paced.add(make_frames(2), start_s=100.0)

    paced.rest(99.0)

    shown = release(paced, 200.0)
    assert [due_s for due_s, _ in shown] == [round(100 + index / 25, 6) for index in range(7)]
    jaws = [jaw for _, jaw in shown]
    assert jaws[1:] == sorted(jaws[1:], reverse=True)
    assert jaws[-1] == 0.0


def test_a_face_that_was_shown_long_ago_eases_from_now_on(paced, make_frames):
    paced.add(make_frames(1), start_s=100.0)
    release(paced, 100.0)

    paced.rest(150.0)

    assert paced.next_due_s == 150.0


def test_a_face_at_rest_is_left_alone(paced, make_frames):
    frames = make_frames(1, first_jaw=0.0)
    paced.add(frames, start_s=100.0)

    paced.rest(100.0)

    assert len(release(paced, 200.0)) == 1


def test_a_turned_head_is_not_at_rest(paced, make_frames):
    frames = make_frames(1, first_jaw=0.0)
    frames.head[0] = [0.1, 0.0, 0.0, math.sqrt(0.99)]
    paced.add(frames, start_s=100.0)

    paced.rest(100.0)

    assert len(release(paced, 200.0)) == 6


def test_more_than_may_wait_is_dropped_and_counted(paced, make_frames, counts, caplog):
    paced.add(make_frames(200), start_s=100.0)
    paced.add(make_frames(50, first_index=200), start_s=100.0)
    paced.add(make_frames(20, first_index=250), start_s=100.0)
    paced.add(make_frames(20, first_index=270), start_s=100.0)

    assert counts.num("dropped") == 40
    assert len(release(paced, 500.0)) == 250
    assert [record.getMessage() for record in caplog.records] == [
        "test: frames are dropped: more than 10 s wait"
    ]


def test_frames_that_cannot_be_sent_are_dropped_and_do_no_harm(make_frames, counts):
    def refuse(frames):
        raise InvalidRequest("a value is not finite")

    paced = PacedFrames(refuse, counts)
    paced.add(make_frames(3), start_s=100.0)

    assert (paced.next_due_s, counts.num("dropped")) == (math.inf, 3)


def test_every_change_of_what_is_due_is_told(jaw_of, counts, make_frames):
    seen = []
    paced = PacedFrames(jaw_of, counts, on_change=lambda: seen.append(paced.next_due_s))

    paced.add(make_frames(3), start_s=100.0)
    paced.cut(100.0)

    assert seen[-2:] == [100.0, math.inf]


def test_only_the_first_frame_of_an_utterance_begins_it(paced, make_frames):
    paced.add(make_frames(3), 1.0, begins=True)
    paced.add(make_frames(2, first_index=3), 1.0)

    assert [frame.begins for frame in paced.release(9.0)] == [True, False, False, False, False]


def test_a_face_is_at_rest_once_it_has_shown_it_and_nothing_follows(paced, make_frames):
    assert paced.is_at_rest
    paced.add(make_frames(3), 1.0)
    assert not paced.is_at_rest
    paced.release(9.0)
    assert not paced.is_at_rest, "its mouth stands open"

    paced.rest(9.0)
    assert not paced.is_at_rest
    paced.release(10.0)

    assert paced.is_at_rest
