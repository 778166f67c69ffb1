"""Places for streams, and a timer that sends what is due, without ever waiting for anything."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.floor import Floor
from posecast.transport.outlets.outlet import EARLY_S, FaceOutlet, open_feeds


class FakeSender:
    """Notes what it is sent, and when."""

    def __init__(self, timer, jaw_of):
        self.prepare = jaw_of
        self.timer = timer
        self.sent = []
        self.is_closed = False

    def send(self, place, row, *, media_s, frame_rate_hz):
        now_s = self.timer.time() - 1000
        self.sent.append((place, round(now_s, 4), round(media_s, 4), frame_rate_hz, row))

    def close(self):
        self.is_closed = True

    def places(self):
        return [place for place, *_ in self.sent]


@pytest.fixture
def sender(timer, jaw_of):
    return FakeSender(timer, jaw_of)


@pytest.fixture
def counts():
    return OutletCounts("test")


@pytest.fixture
def outlet(sender, counts, timer):
    return FaceOutlet(sender, counts, delay_s=0.1, most_queued_s=60.0, timer=timer)


@pytest.mark.parametrize("rate_hz", [25, 30, 50, 60])
def test_a_burst_leaves_at_a_steady_rate(outlet, sender, timer, make_frames, rate_hz):
    feed = outlet.open()

    feed.speak(0, make_frames(200, rate_hz=rate_hz), arrived_s=1000.0)
    timer.advance(20.0)

    times = np.array([media_s for _, _, media_s, *_ in sender.sent])
    np.testing.assert_allclose(times, np.arange(200) / rate_hz, atol=1e-4)
    lateness = [now_s - 0.1 - media_s for _, now_s, media_s, *_ in sender.sent]
    np.testing.assert_allclose(lateness, -EARLY_S, atol=1.5e-4)
    assert {rate for _, _, _, rate, _ in sender.sent} == {rate_hz}


def test_with_a_loop_that_wakes_late_p95_of_the_release_error_is_what_it_wakes_late_by(
    outlet, counts, timer, make_frames
):
    timer.wakes_late_s = 0.001  # what an event loop may round up to
    feed = outlet.open()

    feed.speak(0, make_frames(500, rate_hz=60), arrived_s=1000.0)
    timer.advance(20.0)

    assert counts.num("in_time") == 500
    assert counts.lateness_p95_ms == pytest.approx(0.5, abs=0.01)


def test_frames_that_are_late_leave_at_once_and_are_counted(
    outlet, sender, counts, timer, make_frames
):
    feed = outlet.open()
    feed.speak(0, make_frames(5), arrived_s=1000.0)
    timer.advance(1.0)

    feed.speak(0, make_frames(20, first_index=5), arrived_s=1000.0)
    timer.advance(1.0)

    assert [row for *_, row in sender.sent] == [round(0.1 + i / 1000, 4) for i in range(25)]
    assert [now_s for _, now_s, *_ in sender.sent[5:]] == [1.0] * 18 + [1.0195, 1.0595]
    assert (counts.num("late"), counts.num("in_time")) == (18, 7)


def test_streams_that_are_played_at_a_time_have_places_of_their_own(
    outlet, sender, timer, make_frames
):
    feeds = [outlet.open() for _ in range(3)]
    for feed in reversed(feeds):
        feed.speak(0, make_frames(2), arrived_s=1000.0)
    timer.advance(0.1)

    assert sorted(sender.places()) == [0, 1, 2]


def test_the_lowest_place_is_free_again_when_its_face_has_been_played(
    outlet, sender, timer, make_frames
):
    first, second = outlet.open(), outlet.open()
    first.speak(0, make_frames(50), arrived_s=1000.0)
    first.close(is_complete=True)

    early = outlet.open()
    timer.advance(3.0)
    later = outlet.open()
    sender.sent.clear()
    for feed in (second, early, later):
        feed.speak(0, make_frames(1), arrived_s=1003.0)
    timer.advance(0.1)

    assert sender.places() == [0, 1, 2], "second has 1, the early one 2, the later one 0 again"
    assert len(outlet._faces) == 3


def test_a_place_whose_client_has_gone_is_free_at_once_and_still_eases(
    outlet, sender, timer, make_frames
):
    gone = outlet.open()
    gone.speak(0, make_frames(50), arrived_s=1000.0)
    timer.advance(0.5)
    gone.close(is_complete=False)
    again = outlet.open()
    timer.advance(0.5)
    num_eased = len(sender.sent)
    again.speak(0, make_frames(3, first_jaw=0.7), arrived_s=1001.0)
    timer.advance(1.0)

    assert set(sender.places()) == {0}
    assert sender.sent[num_eased - 1][-1] == 0.0
    assert [row for *_, row in sender.sent[num_eased:]] == [0.7, 0.701, 0.702]


def test_a_stream_that_showed_nothing_gives_its_place_back(outlet):
    outlet.open().close(is_complete=True)

    assert outlet._taken == set()


async def test_closing_eases_all_faces_within_200_ms_and_closes_the_sender(
    outlet, sender, timer, make_frames
):
    for first_jaw in (0.3, 0.6):
        outlet.open().speak(0, make_frames(500, first_jaw=first_jaw), arrived_s=1000.0)
    timer.advance(1.0)
    closing = asyncio.create_task(outlet.close())
    await asyncio.sleep(0)
    assert not sender.is_closed

    timer.advance(0.25)
    await closing

    assert [row for *_, row in sender.sent[-2:]] == [0.0, 0.0]
    assert sender.is_closed


async def test_an_outlet_that_showed_nothing_is_closed_at_once(outlet, sender):
    outlet.open()

    await outlet.close()

    assert sender.is_closed


async def test_waiting_for_silence_outlasts_a_moment_without_frames(outlet, timer, make_frames):
    feed = outlet.open()
    feed.speak(0, make_frames(5), arrived_s=1000.0)
    waiting = asyncio.create_task(outlet.wait_silent())
    await asyncio.sleep(0)
    feed.speak(1, make_frames(5), arrived_s=1000.0)
    feed.stop()  # cuts all, and then eases
    feed.speak(2, make_frames(5), arrived_s=1000.0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()

    timer.advance(1.0)
    await waiting


def test_a_feed_is_opened_in_each_outlet_and_closed_as_the_stream_ends(
    outlet, sender, timer, make_frames
):
    with open_feeds([outlet]) as (feed,):
        feed.speak(0, make_frames(10), arrived_s=1000.0)
    timer.advance(2.0)
    assert len(sender.sent) == 15, "all frames, and five that ease"

    def break_off():
        with open_feeds([outlet]) as (feed,):
            feed.speak(0, make_frames(10), arrived_s=1002.0)
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    timer.advance(2.0)
    assert len(sender.sent) == 15, "nothing was shown yet, so there is nothing to ease"
    assert outlet._taken == set()


def test_without_outlets_there_is_nothing_to_feed():
    with open_feeds([]) as feeds:
        assert feeds == ()


@pytest.fixture
def stage(sender, counts, timer):
    """An outlet to a receiver that knows one face alone."""
    return FaceOutlet(sender, counts, delay_s=0.1, most_queued_s=60.0, floor=Floor(), timer=timer)


def test_where_there_is_one_face_the_stream_that_begins_last_takes_it(
    stage, sender, counts, timer, make_frames
):
    first, second = stage.open(), stage.open()
    first.speak(0, make_frames(50), arrived_s=1000.0)
    timer.advance(0.49)

    second.speak(0, make_frames(10), arrived_s=1000.49)
    timer.advance(1.0)

    places = sender.places()
    assert places == [0] * 13 + [1] * 10, "what the second is silent in does not bring back another"
    media_s = [media_s for _, _, media_s, *_ in sender.sent]
    np.testing.assert_allclose(np.diff(media_s[:13]), 0.04, atol=1e-4)
    assert counts.num_sent == 23
    assert counts.num("hidden") > 0


def test_a_face_that_has_come_to_rest_leaves_it_to_one_that_still_speaks(
    stage, sender, counts, timer, make_frames
):
    first, second = stage.open(), stage.open()
    first.speak(0, make_frames(50), arrived_s=1000.0)
    timer.advance(0.31)
    second.speak(0, make_frames(5), arrived_s=1000.31)
    second.end_utterance()
    timer.advance(5.0)

    places = sender.places()
    begin, end = places.index(1), len(places) - places[::-1].index(1)
    assert places[begin:end] == [1] * (5 + 5), "and 200 ms of easing"
    assert set(places[:begin]) == set(places[end:]) == {0}
    assert len(places) + counts.num("hidden") == 50 + 10
    assert counts.num("hidden") == 9, "as long as the other is seen"


def test_idle_life_takes_the_face_from_nobody(stage, sender, timer, make_frames):
    speaker, idler = stage.open(), stage.open()
    speaker.speak(0, make_frames(25), arrived_s=1000.0)
    timer.advance(0.3)

    idler.idle(make_frames(100))
    timer.advance(0.7)
    assert set(sender.places()) == {0}
    speaker.end_utterance()
    timer.advance(2.0)

    assert sender.places()[-1] == 1
    assert sender.places()[: 25 + 5] == [0] * 30


def test_a_speaker_whose_frames_come_late_keeps_the_face(stage, sender, timer, make_frames):
    speaker, idler = stage.open(), stage.open()
    speaker.speak(0, make_frames(10), arrived_s=1000.0)
    idler.idle(make_frames(100))
    timer.advance(1.0)

    speaker.speak(0, make_frames(10, first_index=10), arrived_s=1000.0)
    timer.advance(1.0)

    assert sender.places() == [0] * 20
