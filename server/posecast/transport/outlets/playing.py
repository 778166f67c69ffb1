"""Plays a finished take to a receiver."""

from __future__ import annotations

import asyncio
import itertools
import math
from typing import Any

from posecast.signals import FaceFrames
from posecast.transport.outlets.outlet import FaceOutlet

AHEAD_S = 0.5
"""How long before its first frame a repetition is queued."""


async def play_frames(
    outlet: FaceOutlet[Any], frames: FaceFrames, *, is_looping: bool, stop: asyncio.Event
) -> None:
    """Play frames at their own rate, and leave the face at rest.

    Args:
        outlet: Where they go; its delay comes before the first one.
        frames: At least one, the first of them index 0.
        is_looping: Begin anew at the end, without a pause, until it is stopped.
        stop: Set, it ends at once: the face eases to rest from where it is.
    """
    feed = outlet.open()
    duration_s = len(frames) / frames.frame_rate_hz
    clock = asyncio.get_running_loop()
    end_s = clock.time() + outlet.delay_s
    for number in itertools.count() if is_looping else (0,):
        feed.speak(number, frames, arrived_s=-math.inf)
        feed.end_utterance()
        end_s += duration_s
        if await _is_set_by(stop, end_s - (AHEAD_S if is_looping else 0.0)):
            break
    feed.close(is_complete=not stop.is_set())
    await outlet.wait_silent()


async def _is_set_by(event: asyncio.Event, time_s: float) -> bool:
    """Wait for an event, at most until a time on the clock of the event loop."""
    try:
        async with asyncio.timeout_at(time_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
