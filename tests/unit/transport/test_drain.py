"""A server that is asked to stop lets its streams finish, unless it is asked again."""

from __future__ import annotations

import asyncio

import pytest

from posecast.config import ModelConfig, ServerConfig
from posecast.errors import ModelUnavailable
from posecast.transport.admission import Admission
from posecast.transport.capacity import Capacity, WindowCost
from posecast.transport.drain import StopRequests, drain

PEER = "unix:"


@pytest.fixture
def admission() -> Admission:
    capacity = Capacity(
        model=ModelConfig(name="tiny", version="0"),
        costs=(WindowCost(5, 0.0, 0.01),),
        denoiser_share=1.0,
        budget=1.0,
    )
    return Admission(ServerConfig(), capacity)


async def test_a_server_without_streams_is_drained_at_once(admission):
    assert await drain(admission, 0, asyncio.Event())


async def test_draining_waits_for_the_streams_that_are_open_and_lets_no_other_in(admission):
    with admission.take(PEER):
        draining = asyncio.create_task(drain(admission, 30, asyncio.Event()))
        await asyncio.sleep(0)
        with pytest.raises(ModelUnavailable, match="stopping"), admission.take(PEER):
            pass
        assert not draining.done()

    assert await draining


async def test_streams_that_outlast_the_grace_are_told(admission):
    with admission.take(PEER):
        assert not await drain(admission, 0.01, asyncio.Event())


async def test_a_second_request_ends_the_wait(admission):
    requests = StopRequests()
    requests.add()

    with admission.take(PEER):
        draining = asyncio.create_task(drain(admission, 600, requests.now))
        await asyncio.sleep(0)
        assert not draining.done()
        requests.add()
        assert not await asyncio.wait_for(draining, timeout=30)


async def test_a_cancelled_drain_leaves_no_task_behind(admission):
    with admission.take(PEER):
        draining = asyncio.create_task(drain(admission, 600, asyncio.Event()))
        await asyncio.sleep(0.01)
        draining.cancel()
        with pytest.raises(asyncio.CancelledError):
            await draining
        await asyncio.sleep(0.01)

        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_first_request_asks_and_the_second_insists():
    requests = StopRequests()
    states = [(requests.asked.is_set(), requests.now.is_set())]
    for _ in range(3):
        requests.add()
        states.append((requests.asked.is_set(), requests.now.is_set()))

    assert states == [(False, False), (True, False), (True, True), (True, True)]
