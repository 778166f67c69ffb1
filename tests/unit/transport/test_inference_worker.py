"""One thread, windows of all streams together, the most urgent first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from posecast.errors import ModelUnavailable, Overloaded
from posecast.session.timeline import Window
from posecast.signals import FaceFrames
from posecast.transport.inference_worker import InferenceWorker, Urgency

LIVE, BULK = Urgency(is_bulk=False, deadline_s=1.0), Urgency(is_bulk=True, deadline_s=0.0)


@dataclass
class FakeSession:
    """A session whose windows are made by `Device`."""

    name: str
    num_frames: int = 5

    @property
    def next_window(self) -> Window:
        return Window(index=0, first_frame=0, num_frames=self.num_frames)

    @property
    def batch_key(self) -> int:
        return self.num_frames


@dataclass
class Device:
    """Makes windows, remembers the batches, and can be held or made to fail."""

    batches: list[list[str]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    failing: set[str] = field(default_factory=set)
    holding: set[str] = field(default_factory=set)

    def make(self, sessions) -> list[FaceFrames]:
        names = [session.name for session in sessions]
        self.threads.add(threading.get_ident())
        if self.holding & {*names}:
            self.entered.set()
            self.gate.wait(20)
        if self.failing & {*names}:
            raise RuntimeError("out of memory")
        self.batches.append(names)
        return [frames_of(session) for session in sessions]


def frames_of(session: FakeSession) -> FaceFrames:
    return FaceFrames(
        first_index=0,
        frame_rate_hz=25,
        weights=np.zeros((session.num_frames, 52), np.float32),
        head=np.zeros((session.num_frames, 4), np.float32),
    )


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def failures() -> list[int]:
    return []


@pytest.fixture
def reports() -> list:
    return []


@pytest.fixture
async def worker(device, failures, reports) -> AsyncIterator[InferenceWorker]:
    worker = InferenceWorker(
        max_queued=8,
        device_timeout_s=0.8,
        make_windows=device.make,
        on_batch=reports.append,
        on_failure=lambda: failures.append(1),
    )
    yield worker
    device.gate.set()
    await worker.close()


@pytest.fixture
async def held(worker, device):
    """A window that holds the device until the gate opens."""
    device.holding = {"held"}
    answer = worker.submit(FakeSession("held"), LIVE)
    await asyncio.to_thread(device.entered.wait, 10)
    device.holding = set()
    yield answer
    device.gate.set()


async def test_a_window_is_made_on_one_thread_that_is_not_the_caller(worker, device):
    for _ in range(3):
        made = await worker.submit(FakeSession("a"), LIVE)

    assert len(made.frames) == 5
    assert made.batch_size == 1
    assert len(device.threads) == 1
    assert device.threads != {threading.get_ident()}
    assert worker.num_queued == 0


async def test_windows_that_wait_and_are_alike_are_made_together(worker, device, held, reports):
    sessions = [FakeSession("a"), FakeSession("b"), FakeSession("long", 25), FakeSession("c")]
    answers = [worker.submit(session, LIVE) for session in sessions]
    device.gate.set()
    made = await asyncio.gather(*answers)

    assert device.batches == [["held"], ["a", "b", "c"], ["long"]]
    assert [len(window.frames) for window in made] == [5, 5, 25, 5], "each gets its own"
    assert [(report.window_frames, len(report.queue_s)) for report in reports] == [
        (5, 1), (5, 3), (25, 1),
    ]  # fmt: skip


async def test_the_earliest_deadline_comes_first_and_bulk_last(worker, device, held):
    answers = [
        worker.submit(FakeSession("bulk", 100), BULK),
        worker.submit(FakeSession("later", 25), Urgency(is_bulk=False, deadline_s=9.0)),
        worker.submit(FakeSession("soon", 5), Urgency(is_bulk=False, deadline_s=2.0)),
    ]
    device.gate.set()
    await asyncio.gather(*answers)

    assert device.batches == [["held"], ["soon"], ["later"], ["bulk"]]


async def test_a_batch_is_no_longer_than_it_may_be(worker, device, held):
    many = [worker.submit(FakeSession(str(index), 100), LIVE) for index in range(5)]
    device.gate.set()
    await asyncio.gather(*many)

    assert [len(batch) for batch in device.batches[1:]] == [2, 2, 1]


async def test_a_window_that_fails_costs_its_own_stream_alone(worker, device, held, failures):
    device.failing = {"bad"}
    good, bad, other = (worker.submit(FakeSession(name), LIVE) for name in ("good", "bad", "other"))
    device.gate.set()

    with pytest.raises(ModelUnavailable, match="the device failed; try again") as failure:
        await bad
    assert "out of memory" in str(failure.value.__cause__)
    assert len((await good).frames) == len((await other).frames) == 5
    assert failures == [1]
    assert len((await worker.submit(FakeSession("next"), LIVE)).frames) == 5, "it goes on"


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError()])
async def test_what_would_end_the_thread_costs_its_window_alone(worker, device, failures, error):
    def end(_):
        raise error

    worker._make_windows = end
    with pytest.raises(ModelUnavailable, match="the device failed; try again"):
        await asyncio.wait_for(worker.submit(FakeSession("bad"), LIVE), 10)

    worker._make_windows = device.make
    assert len((await worker.submit(FakeSession("next"), LIVE)).frames) == 5
    assert failures == [1]
    assert len(device.threads) == 1


async def test_a_session_that_fails_alone_in_its_batch_is_told_alone(
    worker, held, failures, device
):
    def make(sessions):
        device.batches.append([session.name for session in sessions])
        return [
            ArithmeticError() if session.name == "bad" else frames_of(session)
            for session in sessions
        ]

    worker._make_windows = make
    good, bad, other = (worker.submit(FakeSession(name), LIVE) for name in ("good", "bad", "other"))
    device.gate.set()

    with pytest.raises(ModelUnavailable) as failure:
        await bad
    assert isinstance(failure.value.__cause__, ArithmeticError)
    assert len((await good).frames) == len((await other).frames) == 5
    assert device.batches[-1] == ["good", "bad", "other"], "none is made again"
    assert failures == [1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_thread_that_has_ended_is_replaced(device, failures):
    def fail_once(_):
        if not failures:
            raise ZeroDivisionError

    worker = InferenceWorker(
        max_queued=8,
        device_timeout_s=0.5,
        make_windows=device.make,
        on_batch=fail_once,
        on_failure=lambda: failures.append(1),
    )
    with pytest.raises(ModelUnavailable, match="the device's thread has ended; try again"):
        await asyncio.wait_for(worker.submit(FakeSession("lost"), LIVE), 10)

    assert len((await worker.submit(FakeSession("next"), LIVE)).frames) == 5
    assert failures == [1]
    await worker.close()


async def test_a_full_queue_refuses_naming_the_limit(worker, held):
    waiting = [worker.submit(FakeSession(str(index)), LIVE) for index in range(8)]

    with pytest.raises(Overloaded, match="8 windows wait for the device; this server allows 8"):
        worker.submit(FakeSession("one more"), LIVE)

    waiting[0].cancel()
    worker.submit(FakeSession("in its place"), LIVE)


async def test_a_window_that_is_given_up_is_never_begun(worker, device, held):
    given_up = worker.submit(FakeSession("given up"), LIVE)
    dropped = worker.submit(FakeSession("dropped"), LIVE)
    stays = worker.submit(FakeSession("stays"), LIVE)

    given_up.cancel()
    dropped.set_exception(ZeroDivisionError())
    device.gate.set()
    await stays

    assert device.batches == [["held"], ["stays"]]
    with pytest.raises(ZeroDivisionError):
        await dropped


async def test_a_window_that_is_given_up_while_it_is_made_leaves_no_trace(worker, device, held):
    held.cancel()
    device.gate.set()

    assert len((await worker.submit(FakeSession("next"), LIVE)).frames) == 5


async def test_a_device_that_hangs_is_given_up_and_the_next_window_is_made(
    worker, device, held, failures
):
    with pytest.raises(ModelUnavailable, match="has not answered for 0.8 s; try again"):
        await asyncio.wait_for(held, 10)

    made = await asyncio.wait_for(worker.submit(FakeSession("next"), LIVE), 10)
    assert len(made.frames) == 5
    assert failures == [1]
    assert worker.num_queued == 0


async def test_a_closed_worker_refuses_and_drops_what_waits(worker, device, held):
    waiting = worker.submit(FakeSession("waiting"), LIVE)
    closing = asyncio.create_task(worker.close())

    with pytest.raises(ModelUnavailable, match="stopping"):
        await waiting
    device.gate.set()
    await closing
    assert len((await held).frames) == 5, "what was begun is finished"
    with pytest.raises(ModelUnavailable, match="stopping"):
        worker.submit(FakeSession("late"), LIVE)
