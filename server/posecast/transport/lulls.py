"""Tells when the device's thread leaves Python to others."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Sequence

from posecast.session.batch import OnStage
from posecast.session.streaming import StreamingSession
from posecast.signals import FaceFrames

LONGEST_S = 0.01
"""How long anybody waits for a lull: the longest conditioning of one window is some 3 ms."""
GAP_S = 0.002
"""How long the device's thread must have been idle: a stream that has more audio brings its next
window within some 1.5 ms, in which whoever else runs Python makes it later."""

MakeWindows = Callable[..., Sequence[FaceFrames | Exception]]


class Lulls:
    """The times in which the device's thread has nothing to do or is inside the denoiser.

    Only one thread at a time runs Python. Conditioning is many small steps, each of which waits for
    whoever has it; the denoiser is one long step without it. Thirty small writes beside the
    conditioning of a window made it twice as long, and cost nothing beside its denoising.
    """

    def __init__(self) -> None:
        """Start with a lull; belongs to the event loop that is running."""
        self._loop = asyncio.get_running_loop()
        self._is_denoising = False
        self._idle_from_s = 0.0
        self._waiting: set[asyncio.Future[None]] = set()

    def watch(self, make_windows: MakeWindows, on_stage: OnStage) -> MakeWindows:
        """Follow the making of windows, on whatever thread it runs.

        Args:
            make_windows: `batch.try_next_windows`.
            on_stage: Told of each stage, too.

        Returns:
            The same, followed.
        """

        def follow(sessions: Sequence[StreamingSession]) -> Sequence[FaceFrames | Exception]:
            self._idle_from_s = math.inf
            try:
                return make_windows(sessions, on_stage=stage_done)
            finally:
                self._is_denoising = False
                self._idle_from_s = idle_from_s = time.monotonic() + GAP_S
                self._tell(self._loop.call_at, idle_from_s, self._wake)

        def stage_done(stage: str, seconds: float) -> None:
            on_stage(stage, seconds)  # type: ignore[arg-type]  # one of the three
            self._is_denoising = stage == "conditioning"
            if self._is_denoising:
                self._tell(self._wake)

        return follow

    @property
    def is_now(self) -> bool:
        """Whether it is one."""
        return self._is_denoising or time.monotonic() >= self._idle_from_s

    async def wait(self) -> None:
        """Wait for the next one, but not long."""
        future = self._loop.create_future()
        self._waiting.add(future)
        timer = self._loop.call_later(LONGEST_S, _end, future)
        idle_from_s = self._idle_from_s
        if idle_from_s < math.inf:
            self._loop.call_at(idle_from_s, self._wake)
        try:
            await future
        finally:
            timer.cancel()
            self._waiting.discard(future)

    def _tell(self, call: Callable[..., object], *arguments: object) -> None:
        """Call on the event loop, if somebody waits there."""
        if self._waiting:
            with contextlib.suppress(RuntimeError):  # it is gone
                self._loop.call_soon_threadsafe(call, *arguments)

    def _wake(self) -> None:
        if self.is_now:
            for future in self._waiting:
                _end(future)


def _end(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
