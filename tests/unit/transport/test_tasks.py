"""The tasks of a stream end together."""

from __future__ import annotations

import asyncio

import pytest

from posecast.transport.tasks import until_one_is_done


async def forever(ended):
    try:
        await asyncio.Event().wait()
    finally:
        ended.append(1)


async def nothing():
    pass


async def failing():
    raise ConnectionError("gone")


async def test_the_first_that_is_done_ends_the_others():
    ended = []

    await until_one_is_done(nothing(), forever(ended), beside=forever(ended))

    assert len(ended) == 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_runs_beside_ends_nothing():
    work = asyncio.create_task(until_one_is_done(asyncio.sleep(0.03), beside=failing()))
    await asyncio.sleep(0.01)
    assert not work.done()
    await work


async def test_a_failure_is_raised():
    ended = []

    with pytest.raises(ConnectionError, match="gone"):
        await until_one_is_done(failing(), forever(ended), beside=forever(ended))

    assert len(ended) == 2
