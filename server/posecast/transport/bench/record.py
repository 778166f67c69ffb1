"""What was seen of one stream: moments on the clock of its run, and numbers of frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class BatchSeen(NamedTuple):
    """A batch of frames that arrived."""

    at_s: float
    """When."""
    first_index: int
    """Index of its first frame."""
    num_frames: int
    """How many there were."""


@dataclass(slots=True, kw_only=True)
class UtteranceRecord:
    """One utterance; a moment that did not come is None. All moments in seconds of the run."""

    index: int
    """Number in its stream, from 0."""
    first_audio_s: float
    """When the first audio was handed to gRPC."""
    audio_s: float = 0.0
    """Audio that was sent, in seconds."""
    end_sent_s: float | None = None
    """When the end of the utterance was handed to gRPC."""
    interrupt_sent_s: float | None = None
    """When an interrupt was handed to gRPC."""
    batches: list[BatchSeen] = field(default_factory=list)
    """Frames of speech."""
    easing: list[BatchSeen] = field(default_factory=list)
    """Frames that answer an interrupt."""
    ended_s: float | None = None
    """When its end came back."""
    num_lost: int = 0
    """Frames that are missing between others, or before the end."""

    @property
    def first_frame_s(self) -> float | None:
        """When its first frame of speech arrived."""
        return self.batches[0].at_s if self.batches else None

    @property
    def shown_from_s(self) -> float:
        """When a player shows frame 0: as soon as it is there."""
        first_frame_s = self.first_frame_s
        return self.first_audio_s if first_frame_s is None else first_frame_s

    @property
    def num_frames(self) -> int:
        """Frames of speech that arrived."""
        return sum(batch.num_frames for batch in self.batches)


@dataclass(slots=True, kw_only=True)
class StreamRecord:
    """One stream."""

    number: int
    """Number in its run, from 0."""
    opened_s: float
    """When it was opened, in seconds of the run."""
    closed_s: float | None = None
    """When it was over."""
    has_header: bool = False
    """Whether the server took it."""
    window_frames: int = 0
    """Frames of 40 ms in a window, by the header; 0 if the server does not tell."""
    look_ahead_ms: int = 0
    """Future audio that is awaited, by the header."""
    utterances: list[UtteranceRecord] = field(default_factory=list)
    """Its utterances, by their index."""
    send_delays_s: list[float] = field(default_factory=list)
    """How late each chunk was sent, by the pace of a microphone. Large ones tell of a busy client
    or of a server that takes no more."""
    status: str | None = None
    """gRPC status if it is not OK, e.g. `RESOURCE_EXHAUSTED`."""
    message: str = ""
    """What the server said with it."""
    is_cut_off: bool = False
    """Whether answers were still missing when the time for them had passed."""
    num_strays: int = 0
    """Batches and ends of utterances that were never begun."""
