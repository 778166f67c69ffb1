"""A take is played once or again and again, and whatever ends it leaves the face at rest."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.outlet import FaceOutlet
from posecast.transport.outlets.playing import play_frames


class FakeSender:
    def __init__(self, jaw_of):
        self.prepare = jaw_of
        self.media_s, self.jaws = [], []

    def send(self, place, row, *, media_s, frame_rate_hz):
        self.media_s.append(media_s)
        self.jaws.append(row)

    def close(self):
        pass


@pytest.fixture
def sender(jaw_of):
    return FakeSender(jaw_of)


@pytest.fixture
async def outlet(sender):
    return FaceOutlet(sender, OutletCounts("test"), delay_s=0.05, most_queued_s=1e9)


async def test_a_take_is_played_at_its_rate_and_eases_to_rest(outlet, sender, make_frames):
    await play_frames(outlet, make_frames(20, rate_hz=60), is_looping=False, stop=asyncio.Event())

    assert len(sender.jaws) == 20 + 12
    assert sender.jaws[:20] == [round(0.1 + index / 1000, 4) for index in range(20)]
    assert sender.jaws[-1] == 0.0
    np.testing.assert_allclose(np.diff(sender.media_s), 1 / 60, atol=1e-6)


async def test_a_loop_goes_on_without_a_pause_until_it_is_stopped(outlet, sender, make_frames):
    stop = asyncio.Event()
    playing = asyncio.create_task(
        play_frames(outlet, make_frames(12, rate_hz=60), is_looping=True, stop=stop)
    )
    await asyncio.sleep(0.6)
    stop.set()
    await playing

    num_played = len(sender.jaws) - 12
    assert num_played > 24, "more than two rounds"
    expected = [round(0.1 + index % 12 / 1000, 4) for index in range(num_played)]
    assert sender.jaws[:num_played] == expected
    assert sender.jaws[-1] == 0.0
    np.testing.assert_allclose(np.diff(sender.media_s), 1 / 60, atol=1e-6)


async def test_a_stop_eases_at_once(outlet, sender, make_frames):
    stop = asyncio.Event()
    playing = asyncio.create_task(
        play_frames(outlet, make_frames(1000), is_looping=False, stop=stop)
    )
    await asyncio.sleep(0.2)
    stop.set()
    await asyncio.wait_for(playing, 1.0)

    assert 6 <= len(sender.jaws) < 20
    assert sender.jaws[-1] == 0.0
