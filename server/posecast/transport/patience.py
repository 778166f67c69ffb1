"""Waits for a client, for as long as it may do nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from posecast.errors import SilentTooLong


async def write(context: Any, message: Any, *, max_idle_s: float) -> None:
    """Write a message: a client that never reads must not stay.

    Args:
        context: The call.
        message: What to write.
        max_idle_s: Seconds that the client may read nothing; 0 for no limit.

    Raises:
        SilentTooLong: If it has.
    """
    try:
        async with asyncio.timeout(max_idle_s or None):
            await context.write(message)
    except TimeoutError as error:
        raise SilentTooLong(
            f"the client has read nothing for {max_idle_s:g} s; "
            f"this server allows {max_idle_s:g} (max_idle_s)"
        ) from error


async def first_of(requests: AsyncIterator[Any], what: str, *, max_idle_s: float) -> Any | None:
    """The first message of a stream.

    Args:
        requests: What the client sends.
        what: What the message should be.
        max_idle_s: Seconds that the client may send nothing; 0 for no limit.

    Returns:
        The message, or None if the stream ended before it.

    Raises:
        SilentTooLong: If it has sent nothing for so long.
    """
    try:
        async with asyncio.timeout(max_idle_s or None):
            return await anext(aiter(requests), None)
    except TimeoutError as error:
        raise SilentTooLong(
            f"no {what} for {max_idle_s:g} s; this server allows {max_idle_s:g} (max_idle_s)"
        ) from error
