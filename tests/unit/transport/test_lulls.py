"""When the device's thread leaves Python to others."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import pytest

from posecast.transport.lulls import GAP_S, LONGEST_S, Lulls


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


@contextlib.asynccontextmanager
async def held(lulls, stage="conditioning"):
    """Within, a window is in a stage; `end()` ends that."""
    before = {"conditioning": "start", "rig": "denoising"}[stage]
    has_begun, is_over = threading.Event(), threading.Event()

    def note(at):
        if at == before:
            has_begun.set()
            is_over.wait(5)

    making = asyncio.create_task(asyncio.to_thread(make, lulls, note))
    await asyncio.to_thread(has_begun.wait, 5)
    try:
        yield is_over.set
    finally:
        is_over.set()
        await making


async def test_it_is_one_while_nothing_is_made_and_while_the_denoiser_runs(lulls):
    seen = {}
    assert lulls.is_now

    result, told = make(lulls, lambda at: seen.update({at: lulls.is_now}))

    assert seen == {"start": False, "conditioning": True, "denoising": False, "rig": False}
    assert not lulls.is_now, "the next window may be on its way"
    await asyncio.sleep(1.1 * GAP_S)
    assert lulls.is_now
    assert result == [1, "made"]
    assert told == [("conditioning", 0.5), ("denoising", 0.5), ("rig", 0.5)]


async def test_it_is_one_again_after_a_failure(lulls):
    def fail(_):
        raise RuntimeError("device")

    with pytest.raises(RuntimeError, match="device"):
        make(lulls, fail)

    await asyncio.sleep(1.1 * GAP_S)
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


async def test_who_waits_behind_the_last_window_goes_on_soon(lulls, monkeypatch):
    monkeypatch.setattr("posecast.transport.lulls.LONGEST_S", 60)
    make(lulls, lambda _: None)

    await asyncio.wait_for(lulls.wait(), 5)

    assert lulls.is_now


async def test_who_waits_in_the_rig_of_the_last_window_goes_on_soon(lulls, monkeypatch):
    monkeypatch.setattr("posecast.transport.lulls.LONGEST_S", 60)
    async with held(lulls, "rig") as end:
        waiting = asyncio.create_task(lulls.wait())
        await asyncio.sleep(0)
        end()

    await asyncio.wait_for(waiting, 5)


async def test_who_waits_between_two_windows_goes_on_in_the_denoiser_of_the_second(
    lulls, monkeypatch
):
    monkeypatch.setattr("posecast.transport.lulls.GAP_S", 0.2)
    monkeypatch.setattr("posecast.transport.lulls.LONGEST_S", 60)
    make(lulls, lambda _: None)
    waiting = asyncio.create_task(lulls.wait())
    await asyncio.sleep(0)

    async with held(lulls) as end:
        await asyncio.sleep(0.3)
        assert not waiting.done()
        end()
        await asyncio.wait_for(waiting, 5)


async def test_nobody_waits_long(lulls):
    async with held(lulls):
        started_s = time.monotonic()

        await asyncio.wait_for(lulls.wait(), 5)

        assert time.monotonic() - started_s >= 0.9 * LONGEST_S
