"""The end of a server: no new stream, the open ones finish, and a second request ends at once."""

from __future__ import annotations

import asyncio

from posecast.transport.admission import Admission


class StopRequests:
    """Counts the signals that ask a server to stop; used from the event loop only."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        """Set by the first request: drain, then stop."""
        self.now = asyncio.Event()
        """Set by the second: whoever asks twice does not want to wait."""

    def add(self) -> None:
        """Take one request: the handler of SIGTERM and SIGINT."""
        if self.asked.is_set():
            self.now.set()
        self.asked.set()


async def drain(admission: Admission, grace_s: float, stop_now: asyncio.Event) -> bool:
    """Take no new stream and let the open ones finish. Tell health checks before.

    Args:
        admission: Who is inside.
        grace_s: Seconds that the open streams may take.
        stop_now: Ends the wait when it is set.

    Returns:
        Whether all streams have finished; if not, the caller ends those that are left.
    """
    admission.drain()
    waits = [
        asyncio.create_task(admission.wait_empty(grace_s)),
        asyncio.create_task(stop_now.wait()),
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return admission.num_taken == 0
