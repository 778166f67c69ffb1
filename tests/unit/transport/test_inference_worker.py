"""One thread, a bounded queue, first come first served."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from posecast.errors import ModelUnavailable, Overloaded
from posecast.transport.inference_worker import InferenceWorker


@pytest.fixture
async def worker() -> AsyncIterator[InferenceWorker]:
    worker = InferenceWorker(max_queued=3)
    yield worker
    await worker.close()


@pytest.fixture
async def gate(worker):
    """A job that holds the thread until the gate is set."""
    gate = threading.Event()
    started = threading.Event()

    def hold() -> None:
        started.set()
        gate.wait(10)

    holding = asyncio.create_task(worker.run(hold))
    await asyncio.to_thread(started.wait, 10)
    yield gate
    gate.set()
    await holding


async def test_all_jobs_run_on_one_thread_that_is_not_the_caller(worker):
    threads = {await worker.run(threading.get_ident) for _ in range(3)}

    assert len(threads) == 1
    assert threads != {threading.get_ident()}


async def test_jobs_of_two_streams_alternate(worker, gate):
    order: list[str] = []

    async def stream(name: str) -> None:
        for _ in range(3):
            await worker.run(lambda: order.append(name))

    streams = [asyncio.create_task(stream(name)) for name in "ab"]
    await asyncio.sleep(0.01)
    gate.set()
    await asyncio.gather(*streams)

    assert order == ["a", "b"] * 3


async def test_an_error_in_a_job_is_the_callers(worker):
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0)
    assert await worker.run(lambda: 5) == 5
    assert worker.num_queued == 0


async def test_a_full_queue_refuses_naming_the_limit(worker, gate):
    waiting = [asyncio.create_task(worker.run(lambda: None)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(Overloaded, match="allows 3"):
        await worker.run(lambda: None)

    gate.set()
    await asyncio.gather(*waiting)


async def test_a_cancelled_caller_leaves_the_queue_and_its_job_never_runs(worker, gate):
    ran: list[int] = []
    waiting = asyncio.create_task(worker.run(lambda: ran.append(1)))
    await asyncio.sleep(0)
    assert worker.num_queued == 2

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert worker.num_queued == 1
    gate.set()
    await worker.run(lambda: None)
    assert ran == []


async def test_a_closed_worker_refuses(worker):
    await worker.close()

    with pytest.raises(ModelUnavailable, match="stopping"):
        await worker.run(lambda: None)
