"""Tells when the device's thread leaves Python to others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from posecast.session.batch import OnStage
from posecast.session.streaming import StreamingSession
from posecast.signals import FaceFrames

LONGEST_S = 0.01
"""How long anybody waits for a lull: the longest conditioning of one window is some 3 ms."""

MakeWindows = Callable[..., Sequence[FaceFrames | Exception]]


class Lulls:
    """The times in which the device's thread is idle or inside the denoiser.

    Only one thread at a time runs Python. Conditioning is many small steps, each of which waits for
    whoever has it; the denoiser is one long step without it. Thirty small writes beside the
    conditioning of a window made it twice as long, and cost nothing beside its denoising.
    """

    def __init__(self) -> None:
        """Start with a lull; belongs to the event loop that is running."""
        self._loop = asyncio.get_running_loop()
        self._is_now = True
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
            self._is_now = False
            try:
                return make_windows(sessions, on_stage=stage_done)
            finally:
                self._begin()

        def stage_done(stage: str, seconds: float) -> None:
            on_stage(stage, seconds)  # type: ignore[arg-type]  # one of the three
            if stage == "conditioning":
                self._begin()
            else:
                self._is_now = False

        return follow

    @property
    def is_now(self) -> bool:
        """Whether it is one."""
        return self._is_now

    async def wait(self) -> None:
        """Wait for the next one, but not long."""
        future = self._loop.create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait((future,), timeout=LONGEST_S)
        finally:
            self._waiting.discard(future)

    def _begin(self) -> None:
        self._is_now = True
        if self._waiting:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
