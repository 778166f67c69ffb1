"""When the device's thread leaves Python to others."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from posecast.transport.lulls import LONGEST_S, Lulls


@pytest.fixture
async def lulls():
    return Lulls()


def make(lulls, note):
    """Make windows, and call `note` at the start and behind each stage."""
    told = []

    def make_windows(sessions, *, on_stage):
        note("start")
        for stage in ("conditioning", "denoising", "rig"):
            on_stage(stage, 0.5)
            note(stage)
        return [*sessions, "made"]

    result = lulls.watch(make_windows, lambda stage, seconds: told.append((stage, seconds)))([1])
    return result, told


async def test_it_is_one_while_nothing_is_made_and_while_the_denoiser_runs(lulls):
    seen = {}

    result, told = make(lulls, lambda at: seen.update({at: lulls.is_now}))

    assert seen == {"start": False, "conditioning": True, "denoising": False, "rig": False}
    assert lulls.is_now
    assert result == [1, "made"]
    assert told == [("conditioning", 0.5), ("denoising", 0.5), ("rig", 0.5)]


async def test_it_is_one_again_after_a_failure(lulls):
    def fail(_):
        raise RuntimeError("device")

    with pytest.raises(RuntimeError, match="device"):
        make(lulls, fail)

    assert lulls.is_now


async def test_who_waits_goes_on_when_it_begins(lulls):
    has_begun, is_waiting, goes_on = threading.Event(), threading.Event(), threading.Event()

    def note(at):
        if at == "start":
            has_begun.set()
            is_waiting.wait(5)
        if at == "conditioning":
            goes_on.wait(5)

    making = asyncio.create_task(asyncio.to_thread(make, lulls, note))
    await asyncio.to_thread(has_begun.wait, 5)
    assert not lulls.is_now
    waiting = asyncio.create_task(lulls.wait())
    await asyncio.sleep(0)
    is_waiting.set()

    await asyncio.wait_for(waiting, 5)
    assert not making.done()
    goes_on.set()
    await making


async def test_nobody_waits_long(lulls):
    started_s = time.monotonic()

    await lulls.wait()

    assert time.monotonic() - started_s >= 0.9 * LONGEST_S
