"""How long a client may do nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from posecast.errors import SilentTooLong


class IdleLimit:
    """Counts the seconds since a client last did something, or it was the server's turn."""

    def __init__(
        self,
        max_idle_s: float,
        *,
        omission: str = "the stream has sent nothing",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count.

        Args:
            max_idle_s: Seconds that are allowed; 0 for no limit.
            omission: What doing nothing means.
            clock: Seconds that only grow.
        """
        self._max_idle_s = max_idle_s
        self._omission = omission
        self._clock = clock
        self.touch()

    def touch(self) -> None:
        """Count from now on: a message has come, or a frame was made."""
        self._touched_s = self._clock()

    def remaining_s(self) -> float | None:
        """Seconds that are left, at least 0; None without a limit."""
        if not self._max_idle_s:
            return None
        return max(0.0, self._touched_s + self._max_idle_s - self._clock())

    def check(self) -> None:
        """Refuse to wait longer.

        Raises:
            SilentTooLong: If no second is left.
        """
        if self.remaining_s() == 0.0:
            raise SilentTooLong(
                f"{self._omission} for {self._clock() - self._touched_s:.0f} s; "
                f"this server allows {self._max_idle_s:g} (max_idle_s)"
            )

    async def watch(self, is_clients_turn: Callable[[], bool]) -> None:
        """Count only while it is the client's turn, for as long as the stream lasts.

        Args:
            is_clients_turn: Whether all is done that the client has asked for.

        Raises:
            SilentTooLong: If the client has let its turn pass.
        """
        while True:
            await self.sleep()
            if is_clients_turn():
                self.check()
            else:
                self.touch()

    async def sleep(self) -> None:
        """Sleep until no second is left, as it looks now; for ever without a limit."""
        remaining_s = self.remaining_s()
        if remaining_s is None:
            await asyncio.get_running_loop().create_future()
        else:
            await asyncio.sleep(remaining_s)
