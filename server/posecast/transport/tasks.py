"""Runs the tasks of one stream together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def until_one_is_done(
    *working: Coroutine[Any, Any, None], beside: Coroutine[Any, Any, None]
) -> None:
    """Run all until the first of those that work is done, then end the others.

    Args:
        working: What the stream is there for; what one of them raises is raised.
        beside: Runs along; its end ends nothing.
    """
    helping = asyncio.create_task(beside)
    tasks = {asyncio.create_task(work) for work in working}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # raises what went wrong
    finally:
        for task in (helping, *tasks):
            task.cancel()
        await asyncio.gather(helping, *tasks, return_exceptions=True)
