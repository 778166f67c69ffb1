"""Frames of one face that wait until their media time is due, whatever they are sent as."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from posecast.errors import InvalidRequest
from posecast.rig.easing import ease_to_rest
from posecast.signals import FaceFrames
from posecast.transport.outlets.counts import OutletCounts

Row = TypeVar("Row")
"""A frame as a sender wants it, made before its time comes."""

_SAME_S = 1e-6
"""Times that are nearer to each other than this are one: they come by different sums."""


@dataclass(frozen=True, slots=True)
class DueFrame(Generic[Row]):
    """A frame whose time has come."""

    row: Row
    """What to send."""
    due_s: float
    """Its media time, on the clock of those who queued it."""
    frame_rate_hz: int
    """Frames in a second where it comes from."""
    begins: bool
    """Whether an utterance begins with it."""


@dataclass(slots=True)
class _Part(Generic[Row]):
    """Consecutive frames of one clock: their times are counted from their indices, never summed."""

    frames: FaceFrames
    rows: Sequence[Row]
    start_s: float
    next: int
    """First frame that is still to be given out."""
    end: int
    """The frame behind the last one."""
    begins: bool
    """Whether an utterance begins with the first frame."""

    def due_s(self, place: int) -> float:
        return self.start_s + (self.frames.first_index + place) / self.frames.frame_rate_hz

    def place_of(self, time_s: float) -> int:
        """The first frame that is due at a time or later."""
        index = (time_s - _SAME_S - self.start_s) * self.frames.frame_rate_hz
        return math.ceil(index) - self.frames.first_index


class PacedFrames(Generic[Row]):
    """Gives out each frame when it is due, in order; one that comes too late is due at once.

    It has no clock: it is told the time. What is added for a time takes the place of what was
    queued for then and later.
    """

    def __init__(
        self,
        prepare: Callable[[FaceFrames], Sequence[Row]],
        counts: OutletCounts,
        *,
        on_change: Callable[[], None] = lambda: None,
        most_queued_s: float = math.inf,
    ) -> None:
        """Start with nothing queued.

        Args:
            prepare: Makes of frames what is sent of each.
            counts: Is told of frames that are not queued.
            on_change: Called whenever `next_due_s` may have changed.
            most_queued_s: How far ahead frames may be queued, in seconds; beyond, they are dropped.
        """
        self._prepare = prepare
        self._counts = counts
        self._on_change = on_change
        self._most_queued_s = most_queued_s
        self._parts: deque[_Part[Row]] = deque()
        self._shown: tuple[FaceFrames, int] | None = None
        self._shown_until_s = -math.inf

    @property
    def next_due_s(self) -> float:
        """When the next frame is due; infinite if none is queued."""
        if not self._parts:
            return math.inf
        return self._parts[0].due_s(self._parts[0].next)

    @property
    def end_s(self) -> float:
        """When the last frame, queued or given out, has had its time; -infinite without any."""
        if not self._parts:
            return self._shown_until_s
        return self._parts[-1].due_s(self._parts[-1].end)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is queued, and the frame that was given out last is at rest."""
        return not self._parts and (self._shown is None or _is_rest(*self._shown))

    def add(self, frames: FaceFrames, start_s: float, *, begins: bool = False) -> None:
        """Queue consecutive frames in the place of all that is due as late or later.

        Args:
            frames: What is to be seen; it is kept, so it must not change any more.
            start_s: When frame 0 is due; frame `i` is due `i / frame_rate_hz` later.
            begins: Whether an utterance begins with them.
        """
        if not len(frames):
            return
        part: _Part[Row] = _Part(frames, (), start_s, 0, len(frames), begins)
        self.cut(part.due_s(0))
        if self._parts and part.due_s(part.end) - self.next_due_s > self._most_queued_s:
            self._counts.dropped(len(frames), f"more than {self._most_queued_s:g} s wait")
            return
        try:
            part.rows = self._prepare(frames)
        except InvalidRequest as error:  # no reason to fail the stream that they come from
            self._counts.dropped(len(frames), str(error))
            return
        self._parts.append(part)
        self._on_change()

    def cut(self, from_s: float) -> None:
        """Forget all queued frames that are due at a time or later."""
        while self._parts:
            part = self._parts[-1]
            part.end = min(part.end, max(part.next, part.place_of(from_s)))
            if part.end > part.next:
                break
            self._parts.pop()
        self._on_change()

    def rest(self, now_s: float) -> None:
        """Let the face ease to rest behind what is queued, if it is not there already.

        Args:
            now_s: The time.
        """
        last = (self._parts[-1].frames, self._parts[-1].end - 1) if self._parts else self._shown
        if last is None:
            return
        frames, place = last
        if not _is_rest(frames, place):
            easing = ease_to_rest(
                frames.weights[place],
                frames.head[place],
                frame_rate_hz=frames.frame_rate_hz,
                first_index=0,
            )
            self.add(easing, max(self.end_s, now_s))

    def release(self, now_s: float) -> list[DueFrame[Row]]:
        """Give out what is due.

        Args:
            now_s: The time.

        Returns:
            All frames that are due by then, in order.
        """
        due: list[DueFrame[Row]] = []
        while self.next_due_s <= now_s:
            part = self._parts[0]
            due.append(
                DueFrame(
                    part.rows[part.next],
                    part.due_s(part.next),
                    part.frames.frame_rate_hz,
                    begins=part.begins and part.next == 0,
                )
            )
            self._shown = part.frames, part.next
            part.next += 1
            self._shown_until_s = part.due_s(part.next)
            if part.next == part.end:
                self._parts.popleft()
        return due


def _is_rest(frames: FaceFrames, place: int) -> bool:
    """Whether a frame is a face at rest: all weights 0, looking straight ahead."""
    return not (frames.weights[place].any() or frames.head[place, :3].any())
