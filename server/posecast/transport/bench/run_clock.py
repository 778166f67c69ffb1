"""The clock of one run: seconds since its start, never set back."""

from __future__ import annotations

import asyncio
import time


class RunClock:
    """Counts from the moment it is made."""

    def __init__(self) -> None:
        self._zero_s = time.monotonic()

    def now_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._zero_s

    async def sleep_until(self, moment_s: float) -> None:
        """Wait for a moment; one that has passed is not waited for."""
        await asyncio.sleep(max(0.0, moment_s - self.now_s()))
