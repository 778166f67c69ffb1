"""The one thread that owns the device, with a bounded queue in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from posecast.errors import ModelUnavailable, Overloaded

T = TypeVar("T")


class InferenceWorker:
    """Runs jobs one after another, first come, first served.

    Streams share the device fairly because each waits for its job before it brings the next, and a
    job is small: a second of audio at most. What a live stream receives meanwhile goes into its
    next job (`read_ahead`), so a long clip makes it late by a job and no more.
    """

    def __init__(self, *, max_queued: int) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._max_queued = max_queued
        self._num_queued = 0
        self._is_closed = False

    @property
    def num_queued(self) -> int:
        """Jobs that wait or run."""
        return self._num_queued

    async def run(self, job: Callable[[], T]) -> T:
        """Run a job on the device's thread.

        Args:
            job: What to do; it must not wait for another job. If the caller is cancelled before
                the job starts, it never does.

        Returns:
            What the job returned.

        Raises:
            Overloaded: If the queue is full.
            ModelUnavailable: If the worker is closed.
        """
        if self._is_closed:
            raise ModelUnavailable("the server is stopping")
        if self._num_queued >= self._max_queued:
            raise Overloaded(
                f"{self._num_queued} jobs wait for the device; "
                f"this server allows {self._max_queued}"
            )
        self._num_queued += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, job)
        finally:
            self._num_queued -= 1

    async def close(self) -> None:
        """Finish the running job, drop the waiting ones and end the thread."""
        self._is_closed = True
        await asyncio.to_thread(self._executor.shutdown, wait=True, cancel_futures=True)
