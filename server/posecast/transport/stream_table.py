"""What each open stream is doing, for operators."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from posecast.config import LatencyMode
from posecast.transport.enums import LATENCY_MODE_NUMBERS
from posecast.v1 import face_animation_service_pb2 as service_pb2


@dataclass(slots=True, kw_only=True, eq=False)  # two streams are never the same one
class StreamEntry:
    """One open stream; its owner keeps it up to date and closes it, as a context manager does."""

    stream_id: str
    """Its name in the log."""
    method: str
    """`Animate` or `AnimateClip`."""
    client: str
    """Address of its client."""
    opened_s: float
    """When it was opened, on the table's clock, in seconds."""
    mode: LatencyMode | None = None
    """Latency mode; None before the configuration has come."""
    style_name: str = ""
    """Style in use: a name, a blend, or empty for a vector."""
    utterance_index: int = 0
    """Number of the utterance that is open or comes next."""
    num_frames: int = 0
    """Frames sent so far."""
    buffered_s: float = 0.0
    """Audio that waits for its frames, in seconds."""
    lateness_s: float = 0.0
    """How late the last window was, in seconds; below 0 it was early."""
    _leave: Callable[[StreamEntry], None] = field(repr=False)

    def close(self) -> None:
        """Take the stream off the table; a second time does nothing."""
        self._leave(self)

    def __enter__(self) -> StreamEntry:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class StreamTable:
    """All open streams of one server, in the order in which they were opened."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with no stream.

        Args:
            clock: Tells the time in seconds, from any start.
        """
        self._clock = clock
        self._entries: dict[StreamEntry, None] = {}  # a set that keeps the order

    def __len__(self) -> int:
        return len(self._entries)

    def open(self, stream_id: str, method: str, client: str) -> StreamEntry:
        """Put a stream on the table.

        Args:
            stream_id: Its name in the log.
            method: `Animate` or `AnimateClip`.
            client: Address of its client, as gRPC writes it.

        Returns:
            Its entry, to be kept up to date and closed.
        """
        entry = StreamEntry(
            stream_id=stream_id,
            method=method,
            client=client,
            opened_s=self._clock(),
            _leave=self._remove,
        )
        self._entries[entry] = None
        return entry

    def messages(self) -> list[service_pb2.StreamInfo]:
        """Write all open streams, the oldest first."""
        now_s = self._clock()
        return [_message(entry, now_s) for entry in tuple(self._entries)]

    def _remove(self, entry: StreamEntry) -> None:
        self._entries.pop(entry, None)


def _message(entry: StreamEntry, now_s: float) -> service_pb2.StreamInfo:
    mode = service_pb2.LATENCY_MODE_UNSPECIFIED
    if entry.mode is not None:
        mode = LATENCY_MODE_NUMBERS[entry.mode]
    return service_pb2.StreamInfo(
        stream_id=entry.stream_id,
        method=entry.method,
        client=entry.client,
        latency_mode=mode,
        style_name=entry.style_name,
        age_s=now_s - entry.opened_s,
        utterance_index=entry.utterance_index,
        num_frames=entry.num_frames,
        buffered_s=entry.buffered_s,
        lateness_s=entry.lateness_s,
    )
