"""The one thread that owns the device: it makes the most urgent windows of all streams together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from posecast.errors import ModelUnavailable, Overloaded
from posecast.session.batch import try_next_windows
from posecast.session.streaming import StreamingSession
from posecast.signals import FaceFrames

logger = logging.getLogger(__name__)

MAX_BATCH_TOKENS = 220
"""Most frames in a batch, the previous ones that each window is told counted too: two offline
windows, 6 balanced or 16 realtime ones. They take some 50 ms on one core, for which an urgent
window may have to wait, and larger batches are hardly quicker a frame (docs/benchmarks)."""

PREVIOUS_TOKENS = 10
"""Frames of the window before that a denoiser sees, in the published model and in ours."""

MakeWindows = Callable[[Sequence[StreamingSession]], Sequence[FaceFrames | Exception]]
"""Makes the next window of each session, or tells why one of them cannot: `try_next_windows`."""


@dataclass(frozen=True, slots=True, order=True)
class Urgency:
    """What comes first: live work before bulk work, then the earliest deadline."""

    is_bulk: bool
    """Whether nobody waits for it."""
    deadline_s: float
    """When it is due, on the clock of `time.monotonic`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What one evaluation did, for the metrics."""

    window_frames: int
    """Model frames of each window."""
    queue_s: tuple[float, ...]
    """How long each window had waited."""
    inference_s: float
    """How long the networks took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeWindow:
    """The answer to a window, and what it took."""

    frames: FaceFrames
    """The frames that it settles, perhaps none."""
    queue_s: float
    """How long it waited."""
    inference_s: float
    """How long its batch was on the device."""
    batch_size: int
    """Windows in that batch."""


@dataclass(slots=True, eq=False)
class _Job:
    session: StreamingSession
    urgency: Urgency
    answer: asyncio.Future[MadeWindow]
    batch_key: object
    num_frames: int
    queued_s: float = field(default_factory=time.monotonic)


class InferenceWorker:
    """Makes windows on a thread of its own, those that are alike together.

    A window is the unit of work: after each, the most urgent ones come next, so that a long clip
    makes a live stream late by one batch and no more. One thread, because two that compute at the
    same time are slower than one on two cores, and a GPU has one queue anyway.
    """

    def __init__(
        self,
        *,
        max_queued: int,
        device_timeout_s: float = 10.0,
        make_windows: MakeWindows = try_next_windows,
        on_batch: Callable[[BatchReport], None] = lambda _: None,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """Start the thread; belongs to the event loop that is running.

        Args:
            max_queued: Most windows that wait.
            device_timeout_s: After how long a batch is given up, with the thread that it blocks.
            make_windows: Makes the next window of each session.
            on_batch: Told of each batch, on the worker's thread.
            on_failure: Told of each batch that failed or was given up.
        """
        self._max_queued = max_queued
        self._device_timeout_s = device_timeout_s
        self._make_windows = make_windows
        self._on_batch, self._on_failure = on_batch, on_failure
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._jobs: list[_Job] = []
        self._running: list[_Job] = []
        self._began_s = 0.0
        self._generation = 0
        self._is_closed = False
        self._start_thread()
        self._watching = self._loop.create_task(self._watch())

    @property
    def num_queued(self) -> int:
        """Windows that wait or are being made."""
        with self._changed:
            return len(self._jobs) + len(self._running)

    def submit(self, session: StreamingSession, urgency: Urgency) -> asyncio.Future[MadeWindow]:
        """Ask for the next window of a session.

        Args:
            session: It has a window, and nobody touches it until the answer is there.
            urgency: When the window is due.

        Returns:
            The window. Cancelled or answered by the caller while it waits, it is never begun.
            ModelUnavailable, if the device failed: the session is then lost.

        Raises:
            Overloaded: If the queue is full.
            ModelUnavailable: If the worker is closed.
        """
        if self._is_closed:
            raise ModelUnavailable("the server is stopping")
        with self._changed:
            self._jobs = [job for job in self._jobs if not job.answer.done()]
            if len(self._jobs) >= self._max_queued:
                raise Overloaded(
                    f"{len(self._jobs)} windows wait for the device; "
                    f"this server allows {self._max_queued}"
                )
            job = _Job(
                session,
                urgency,
                self._loop.create_future(),
                session.batch_key,
                session.next_window.num_frames,
            )
            self._jobs.append(job)
            self._changed.notify()
        return job.answer

    async def close(self) -> None:
        """Finish the batch that is running, drop what waits and end the thread."""
        self._is_closed = True
        self._watching.cancel()
        with self._changed:
            dropped, self._jobs = self._jobs, []
            self._changed.notify_all()
        for job in dropped:
            _answer(job, ModelUnavailable("the server is stopping"))
        # A device that hangs must not keep the process: the thread is a daemon.
        await asyncio.to_thread(self._thread.join, self._device_timeout_s)

    def _start_thread(self) -> None:
        self._thread = threading.Thread(
            target=self._work, args=(self._generation,), name="inference", daemon=True
        )
        self._thread.start()

    def _work(self, generation: int) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._jobs or self._is_closed or generation != self._generation
                )
                if self._is_closed or generation != self._generation:
                    return
                batch = self._running = self._take_batch()
                self._began_s = time.monotonic()
            answers = self._make(batch)
            with self._changed:
                if generation != self._generation:
                    return  # given up meanwhile: its callers have been told
                self._running = []
            with contextlib.suppress(RuntimeError):  # the event loop is gone, and its callers too
                self._loop.call_soon_threadsafe(_answer_all, batch, answers)

    def _take_batch(self) -> list[_Job]:
        """The most urgent job, and others like it as long as the batch is not too long."""
        waiting = sorted(
            (job for job in self._jobs if not job.answer.done()), key=lambda job: job.urgency
        )
        if not waiting:
            self._jobs = []
            return []
        first = waiting[0]
        alike = [job for job in waiting if job.batch_key == first.batch_key]
        batch = alike[: max(1, MAX_BATCH_TOKENS // (first.num_frames + PREVIOUS_TOKENS))]
        taken = set(map(id, batch))
        self._jobs = [job for job in waiting if id(job) not in taken]
        return batch

    def _make(self, batch: list[_Job]) -> list[MadeWindow | Exception]:
        """The frames of each job, or what went wrong with it."""
        if not batch:
            return []
        began_s = time.monotonic()
        queue_s = tuple(began_s - job.queued_s for job in batch)
        try:
            made = self._make_windows([job.session for job in batch])
        except BaseException as error:  # an extension's panic is no Exception; the thread must live
            if len(batch) > 1:  # no session has changed: those that can go on shall
                logger.warning("a batch of %d failed; each is tried alone", len(batch))
                return [answer for job in batch for answer in self._make([job])]
            return [self._fail(error)]
        inference_s = time.monotonic() - began_s
        self._on_batch(
            BatchReport(window_frames=batch[0].num_frames, queue_s=queue_s, inference_s=inference_s)
        )
        return [
            self._fail(frames)
            if isinstance(frames, Exception)
            else MadeWindow(
                frames=frames, queue_s=waited_s, inference_s=inference_s, batch_size=len(batch)
            )
            for frames, waited_s in zip(made, queue_s, strict=True)
        ]

    def _fail(self, error: BaseException) -> ModelUnavailable:
        """Count a window that could not be made; what its stream is told."""
        logger.error("the device failed", exc_info=error)
        self._on_failure()
        unavailable = ModelUnavailable("the device failed; try again")
        unavailable.__cause__ = error
        return unavailable

    async def _watch(self) -> None:
        """Give a batch up that does not come back, and go on with a new thread."""
        while True:
            await asyncio.sleep(self._device_timeout_s / 4)
            with self._changed:
                is_late = time.monotonic() - self._began_s > self._device_timeout_s
                is_lost = not self._thread.is_alive()
                if not is_lost and not (self._running and is_late):
                    continue
                lost, self._running = self._running, []
                self._generation += 1
                self._start_thread()
            reason = (
                "the device's thread has ended"
                if is_lost
                else f"the device has not answered for {self._device_timeout_s:g} s"
            )
            logger.error("%s: opened anew", reason)
            self._on_failure()
            for job in lost:
                _answer(job, ModelUnavailable(f"{reason}; try again"))


def _answer_all(batch: list[_Job], answers: list[MadeWindow | Exception]) -> None:
    for job, answer in zip(batch, answers, strict=True):
        _answer(job, answer)


def _answer(job: _Job, answer: MadeWindow | Exception) -> None:
    if job.answer.done():  # cancelled or dropped meanwhile
        return
    if isinstance(answer, Exception):
        job.answer.set_exception(answer)
    else:
        job.answer.set_result(answer)
