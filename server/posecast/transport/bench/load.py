"""What the streams of a measured run do: their pace, their length, their words.

It imports little, because each process of clients imports it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Arrival = Literal["microphone", "at-once"]
ARRIVALS: tuple[Arrival, ...] = get_args(Arrival)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What all streams say, over and over, as messages that are ready to be sent."""

    messages: tuple[bytes, ...] = field(repr=False)
    """Serialised requests of one chunk of audio each."""
    chunk_samples: int
    """Samples in each of them."""
    sample_rate_hz: int
    """Rate of the samples."""

    @property
    def chunk_s(self) -> float:
        """Duration of a chunk, in seconds."""
        return self.chunk_samples / self.sample_rate_hz

    def message(self, chunk_index: int) -> bytes:
        """The request with the chunk of that number; behind the last one comes the first."""
        return self.messages[chunk_index % len(self.messages)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What each stream of a run does."""

    arrival: Arrival
    """`microphone`: at the pace of the media clock; `at-once`: as fast as the server takes it."""
    frame_rate_hz: int
    """Frames in a second."""
    utterance_s: float
    """Audio in an utterance, in seconds."""
    warm_up_s: float
    """Beginning of each stream that is not counted, in seconds."""
    measured_s: float
    """What is counted after it, in seconds."""
    interrupt_every: int = 0
    """Each utterance of that number is interrupted half-way; 0 for none."""
    answer_limit_s: float = 10.0
    """How long answers are waited for when the last audio has been sent, in seconds."""

    @property
    def duration_s(self) -> float:
        """How long a stream speaks, in seconds."""
        return self.warm_up_s + self.measured_s

    def is_interrupted(self, utterance_index: int) -> bool:
        """Whether the utterance of that number, from 0, is interrupted."""
        return self.interrupt_every > 0 and (utterance_index + 1) % self.interrupt_every == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """One stream of a run."""

    number: int
    """Number in the run, from 0."""
    starts_s: float
    """When it is opened, in seconds after the start of the run."""
    lasts_s: float
    """How long it speaks, in seconds."""
    config: bytes = field(repr=False)
    """Its first message, serialised."""
