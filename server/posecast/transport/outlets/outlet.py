"""One receiver of faces: a place for each stream, and a timer that sends what is due."""

from __future__ import annotations

import asyncio
import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, Protocol

from posecast.signals import FaceFrames
from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.floor import Floor
from posecast.transport.outlets.pacing import DueFrame, PacedFrames, Row
from posecast.transport.outlets.stream_feed import StreamFeed

EARLY_S = 0.0005
"""How much before its time a frame may leave: event loops wake to the millisecond, and rather half
of one early or late than a whole one late."""


class FaceSender(Protocol[Row]):
    """Makes of frames what its receiver understands, and sends it."""

    def prepare(self, frames: FaceFrames) -> Sequence[Row]:
        """Make of each frame what `send` takes: here, ahead of time, is where work belongs."""

    def send(self, place: int, row: Row, *, media_s: float, frame_rate_hz: int) -> None:
        """Send one frame at once, and never wait.

        Args:
            place: Which face it is, from 0.
            row: What `prepare` made of it.
            media_s: Its time since the first frame that was ever sent, in seconds.
            frame_rate_hz: Frames in a second where it comes from.
        """

    def close(self) -> None:
        """Let go of the network."""


class Timer(Protocol):
    """What an event loop knows of time; tests have their own."""

    def time(self) -> float:
        """Seconds, as `time.monotonic` counts them."""

    def call_at(self, when: float, callback: Callable[[], None]) -> Any:
        """Call back at a time; what is returned can be cancelled."""


class FaceOutlet(Generic[Row]):
    """Sends the frames of all streams, each at its media time, from the event loop.

    Each stream has a place for as long as its face is played. The lowest free one is taken, so that
    the first stream always has place 0.
    """

    def __init__(
        self,
        sender: FaceSender[Row],
        counts: OutletCounts,
        *,
        delay_s: float,
        most_queued_s: float,
        floor: Floor | None = None,
        timer: Timer | None = None,
    ) -> None:
        """Open; must be called in the event loop unless there is a timer.

        Args:
            sender: Sends; closed with the outlet.
            counts: Is told what becomes of each frame.
            delay_s: How long after its first frame has come an utterance begins.
            most_queued_s: How far ahead frames of a stream may be queued, in seconds.
            floor: Decides which face is sent to a receiver of one; unset, all are.
            timer: Tells and waits for the time; unset means the running event loop.
        """
        self.delay_s = delay_s
        """How long after its first frame has come an utterance begins."""
        self._sender, self._counts = sender, counts
        self._most_queued_s = most_queued_s
        self._floor = floor
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._origin_s: float | None = None
        self._faces: dict[int, PacedFrames[Row]] = {}
        self._taken: set[int] = set()
        self._leaving: set[int] = set()
        self._alarm: tuple[float, Any] | None = None
        self._is_silent = asyncio.Event()
        self._is_silent.set()

    def open(self) -> StreamFeed:
        """Give a stream the lowest free place.

        Returns:
            Where its frames go; whoever opens it closes it.
        """
        place = next(number for number in itertools.count() if number not in self._taken)
        self._taken.add(place)
        if place not in self._faces:
            self._faces[place] = PacedFrames(
                self._sender.prepare,
                self._counts,
                on_change=self._set_alarm,
                most_queued_s=self._most_queued_s,
            )
        return StreamFeed(
            self._faces[place],
            clock=self._timer.time,
            delay_s=self.delay_s,
            on_close=functools.partial(self._leave, place),
        )

    async def wait_silent(self) -> None:
        """Wait until nothing is queued."""
        while not self._is_silent.is_set():  # woken, it may have been filled again
            await self._is_silent.wait()

    async def close(self) -> None:
        """Let all faces ease to rest at once, and end."""
        now_s = self._timer.time()
        for face in self._faces.values():
            face.cut(now_s)
            face.rest(now_s)
        await self.wait_silent()
        self._sender.close()

    def _leave(self, place: int, is_complete: bool) -> None:
        # Whoever comes again after a broken call wants the face that it had.
        if is_complete and self._faces[place].next_due_s < math.inf:
            self._leaving.add(place)
        else:
            self._taken.discard(place)

    def _set_alarm(self) -> None:
        due_s = min(face.next_due_s for face in self._faces.values())
        if self._alarm is not None:
            if self._alarm[0] == due_s:
                return
            self._alarm[1].cancel()
            self._alarm = None
        if due_s == math.inf:
            self._is_silent.set()
            return
        self._is_silent.clear()
        self._alarm = due_s, self._timer.call_at(due_s - EARLY_S, self._send_due)

    def _send_due(self) -> None:
        self._alarm = None
        for place, face in self._faces.items():
            for frame in face.release(self._timer.time() + EARLY_S):
                if self._floor is None or self._floor.admits(place, begins=frame.begins):
                    self._send(place, frame)
                else:
                    self._counts.hidden()
            if self._floor is not None and face.is_at_rest:
                self._floor.leave(place)
            if place in self._leaving and face.next_due_s == math.inf:
                self._leaving.discard(place)
                self._taken.discard(place)
        self._set_alarm()

    def _send(self, place: int, frame: DueFrame[Row]) -> None:
        if self._origin_s is None:
            self._origin_s = frame.due_s
        media_s = max(0.0, frame.due_s - self._origin_s)
        self._sender.send(place, frame.row, media_s=media_s, frame_rate_hz=frame.frame_rate_hz)
        self._counts.sent(self._timer.time() - frame.due_s)


@contextmanager
def open_feeds(outlets: Sequence[FaceOutlet[Any]]) -> Iterator[tuple[StreamFeed, ...]]:
    """Give a stream a place in each outlet; an error that ends it stops its face at once.

    Args:
        outlets: Perhaps none.

    Yields:
        A feed for each outlet.
    """
    feeds = tuple(outlet.open() for outlet in outlets)
    try:
        yield feeds
    except BaseException:
        for feed in feeds:
            feed.close(is_complete=False)
        raise
    for feed in feeds:
        feed.close(is_complete=True)
