"""When each frame of a stream would be played by a client that plays them as they come."""

from __future__ import annotations

import pytest

from posecast.rig.easing import ease_to_rest
from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.pacing import PacedFrames
from posecast.transport.outlets.stream_feed import StreamFeed

DELAY_S = 0.1


@pytest.fixture
def paced(jaw_of):
    return PacedFrames(jaw_of, OutletCounts("test"))


@pytest.fixture
def closed():
    return []


@pytest.fixture
def feed(paced, timer, closed):
    return StreamFeed(paced, clock=timer.time, delay_s=DELAY_S, on_close=closed.append)


@pytest.fixture
def shown(paced, timer):
    """All that is still queued, counted from the start of the test."""

    def take(until_s=1e9):
        return [(round(f.due_s - 1000, 4), f.row) for f in paced.release(1000 + until_s)]

    return take


def due(shown):
    return [time_s for time_s, _ in shown]


def steps(first_s, num, rate_hz=25):
    return [round(first_s + index / rate_hz, 4) for index in range(num)]


def test_an_utterance_begins_a_moment_after_its_first_frame_and_goes_on_steadily(
    feed, timer, make_frames, shown
):
    feed.speak(0, make_frames(5), arrived_s=1000.0)
    timer.advance(0.15)
    feed.speak(0, make_frames(10, first_index=5), arrived_s=1000.0)
    feed.speak(0, make_frames(25, first_index=15), arrived_s=1000.0)

    assert due(shown()) == steps(DELAY_S, 40)


def test_the_next_utterance_waits_until_the_one_before_has_been_played(feed, make_frames, shown):
    for index in range(3):
        feed.speak(index, make_frames(10, first_jaw=0.2 * index + 0.1), arrived_s=1000.0)
        feed.end_utterance()

    played = shown()
    assert due(played)[:30] == steps(DELAY_S, 30)
    assert [jaw for _, jaw in played][::10] == [
        0.1,
        0.3,
        0.5,
        pytest.approx(0.509 * 0.896, abs=1e-4),
    ]
    assert len(played) == 35


def test_an_utterance_in_a_silence_begins_anew(feed, timer, make_frames, shown):
    feed.speak(0, make_frames(10), arrived_s=1000.0)
    feed.end_utterance()
    timer.advance(5.0)
    feed.speak(1, make_frames(10), arrived_s=1005.0)

    assert due(shown()) == steps(DELAY_S, 15) + steps(5 + DELAY_S, 10)


def test_frames_that_the_server_is_late_with_keep_their_times(feed, timer, make_frames, shown):
    feed.speak(0, make_frames(5), arrived_s=1000.0)
    timer.advance(2.0)
    feed.speak(0, make_frames(5, first_index=5), arrived_s=1000.0)

    assert due(shown()) == steps(DELAY_S, 10)


def test_audio_that_stalls_moves_the_clock_and_nothing_is_rushed(feed, timer, make_frames, shown):
    feed.speak(0, make_frames(5), arrived_s=1000.0)
    timer.advance(2.0)
    feed.speak(0, make_frames(5, first_index=5), arrived_s=1002.0)
    feed.speak(0, make_frames(5, first_index=10), arrived_s=1002.0)

    assert due(shown()) == steps(DELAY_S, 5) + steps(2 + DELAY_S, 10)


def test_idle_life_gives_way_to_speech_and_follows_it(feed, timer, make_frames, shown):
    feed.idle(make_frames(5, first_jaw=0.8))
    timer.advance(0.05)
    feed.speak(0, make_frames(10), arrived_s=1000.0)
    feed.end_utterance()
    feed.idle(make_frames(5, first_jaw=0.8))
    feed.idle(make_frames(5, first_index=5, first_jaw=0.8))

    played = shown()
    assert due(played) == [0.1, 0.14, *steps(0.15, 10), *steps(0.55, 10)]
    assert [jaw >= 0.8 for _, jaw in played] == [True] * 2 + [False] * 10 + [True] * 10


def test_idle_life_goes_on_by_its_index_and_skips_what_a_slow_reader_missed(
    feed, timer, make_frames, shown
):
    feed.idle(make_frames(5))
    timer.advance(0.2)
    feed.idle(make_frames(5, first_index=5))
    timer.advance(9.8)
    feed.idle(make_frames(5, first_index=10))

    assert due(shown()) == steps(DELAY_S, 10) + steps(10 + DELAY_S, 5)


def test_easing_frames_take_the_place_of_what_was_to_come(feed, timer, make_frames, shown):
    feed.speak(0, make_frames(20), arrived_s=1000.0)
    feed.speak(1, make_frames(20), arrived_s=1000.0)
    timer.advance(0.3)
    frames = make_frames(20)
    easing = ease_to_rest(frames.weights[7], frames.head[7], frame_rate_hz=25, first_index=8)

    feed.ease(0, easing)
    feed.end_utterance()
    feed.speak(2, make_frames(2, first_jaw=0.7), arrived_s=1000.3)

    played = shown()
    assert due(played) == steps(DELAY_S, 15)
    assert [jaw for _, jaw in played[12:]] == [0.0, 0.7, 0.701]


def test_easing_frames_whose_time_is_over_begin_now(feed, timer, make_frames, shown):
    feed.speak(0, make_frames(20), arrived_s=1000.0)
    shown(0.5)
    timer.advance(0.5)
    frames = make_frames(20)

    feed.ease(0, ease_to_rest(frames.weights[4], frames.head[4], frame_rate_hz=25, first_index=5))

    assert due(shown()) == steps(0.5, 5)


def test_easing_frames_of_an_unknown_utterance_begin_now(feed, make_frames, shown):
    frames = make_frames(1)

    feed.ease(3, ease_to_rest(frames.weights[0], frames.head[0], frame_rate_hz=25, first_index=90))

    assert due(shown()) == steps(0.0, 5)


def test_a_stop_eases_at_once_from_the_face_that_is_shown(feed, timer, make_frames, shown):
    feed.speak(0, make_frames(250), arrived_s=1000.0)
    shown(0.5)
    timer.advance(0.5)

    feed.stop()

    played = shown()
    assert due(played) == steps(0.54, 5), "the frame of 0.5 s is seen for its time"
    jaws = [jaw for _, jaw in played]
    assert 0.1 * 0.89 < jaws[0] < 0.11, "from the eleventh frame, not from the last one queued"
    assert jaws[-1] == 0.0


def test_a_stop_of_a_face_that_does_not_speak_does_nothing(feed, make_frames, shown):
    feed.idle(make_frames(5))

    feed.stop()

    assert due(shown()) == steps(DELAY_S, 5)


def test_a_stream_that_is_complete_is_played_to_its_end_and_eases(feed, make_frames, shown, closed):
    feed.speak(0, make_frames(10), arrived_s=1000.0)

    feed.close(is_complete=True)

    assert due(shown()) == steps(DELAY_S, 15)
    assert closed == [True]


def test_a_stream_whose_client_has_gone_eases_at_once(feed, timer, make_frames, shown, closed):
    feed.speak(0, make_frames(100), arrived_s=1000.0)
    shown(1.0)
    timer.advance(1.0)

    feed.close(is_complete=False)

    assert due(shown()) == steps(1.02, 5)
    assert closed == [False]


def test_starts_of_old_utterances_are_forgotten(feed, timer, make_frames, shown):
    for index in range(200):
        feed.speak(index, make_frames(1), arrived_s=1000.0)
        shown()
        timer.advance(0.2)

    assert len(feed._starts_s) == 64
