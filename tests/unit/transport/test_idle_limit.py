"""A stream that sends nothing is ended, and one that does is not."""

from __future__ import annotations

import asyncio

import pytest

from posecast.errors import Overloaded, SilentTooLong
from posecast.transport.idle_limit import IdleLimit


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_remaining_time_shrinks_and_begins_anew_with_a_touch(clock):
    limit = IdleLimit(900, clock=clock)

    clock.now_s += 600
    shrunk = limit.remaining_s()
    limit.touch()

    assert shrunk == 300
    assert limit.remaining_s() == 900


def test_a_stream_within_its_limit_passes(clock):
    limit = IdleLimit(900, clock=clock)
    clock.now_s += 899

    limit.check()


def test_a_stream_that_sent_nothing_for_too_long_is_refused_naming_the_limit(clock):
    limit = IdleLimit(900, clock=clock)
    clock.now_s += 900

    expected = r"sent nothing for 900 s; this server allows 900 \(max_idle_s\)"
    with pytest.raises(Overloaded, match=expected):
        limit.check()
    assert limit.remaining_s() == 0.0


def test_zero_is_no_limit(clock):
    limit = IdleLimit(0, clock=clock)
    clock.now_s += 1e9

    limit.check()
    assert limit.remaining_s() is None


async def test_a_sleep_ends_when_no_second_is_left(clock):
    limit = IdleLimit(0.02, clock=clock)
    sleep = asyncio.create_task(limit.sleep())
    await asyncio.sleep(0)
    assert not sleep.done()

    await asyncio.wait_for(sleep, timeout=30)


async def test_a_sleep_without_a_limit_never_ends():
    sleep = asyncio.create_task(IdleLimit(0).sleep())

    await asyncio.sleep(0.02)

    assert not sleep.done()
    sleep.cancel()


async def test_a_watched_client_is_refused_when_its_turn_has_passed():
    limit = IdleLimit(0.02, omission="the client has read nothing")

    with pytest.raises(SilentTooLong, match="the client has read nothing for"):
        await asyncio.wait_for(limit.watch(lambda: True), timeout=30)


async def test_while_it_is_the_servers_turn_nobody_is_refused():
    watching = asyncio.create_task(IdleLimit(0.01).watch(lambda: False))

    await asyncio.sleep(0.1)

    assert not watching.done()
    watching.cancel()
