"""What a session asks of a streaming speech encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from posecast.config import SAMPLES_PER_FRAME
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEncoderState:
    """What a speech encoder remembers of a stream between two blocks of audio."""

    tail: FloatArray
    """Samples that the next block is heard with. [S]"""
    peak_level: float
    """Running peak of the log-mel spectrum that levels are measured from, natural log of power; 0
    where they are not."""
    layers: tuple[FloatArray, ...]
    """Last inputs of each causal layer, if there are any."""
    look_ahead_frames: int
    """How far ahead the stream hears, chosen at its start."""


class LookAheads(Protocol):
    """How far ahead the streams of an encoder may hear."""

    @property
    def look_ahead_frames(self) -> int:
        """Future frames that a stream hears which names no look-ahead."""
        ...

    @property
    def look_aheads_frames(self) -> tuple[int, ...]:
        """Look-aheads that a stream may choose from, in frames."""
        ...

    @property
    def look_aheads_ms(self) -> tuple[int, ...]:
        """The same in milliseconds of audio after a frame's instant."""
        ...


class SpeechEncoder(Protocol):
    """Turns 16 kHz audio into speech features at 25 frames a second, block by block.

    The network is causal. The features of frame `f` are its output of step `f + look_ahead_frames`,
    and step `s` hears the audio up to sample `640 * (s + 1)`. A stream chooses its look-ahead when
    it starts.
    """

    @property
    def config(self) -> LookAheads:
        """How far ahead a stream may hear."""
        ...

    def start(self, look_ahead_frames: int) -> SpeechEncoderState:
        """State at the start of a stream.

        Args:
            look_ahead_frames: One of the configuration's `look_aheads_frames`.
        """
        ...

    def encode(
        self, samples: FloatArray, state: SpeechEncoderState
    ) -> tuple[FloatArray, SpeechEncoderState]:
        """Encode the next block.

        Args:
            samples: Audio at 16 kHz, a multiple of 640 samples, not empty. [S]
            state: State after the block before.

        Returns:
            The outputs of the steps in the block, [S / 640, D], and the state after it.

        Raises:
            InvalidRequest: If the block is empty or not a multiple of 640 samples.
        """
        ...

    def encode_batch(
        self, blocks: Sequence[FloatArray], states: Sequence[SpeechEncoderState]
    ) -> list[tuple[FloatArray, SpeechEncoderState]]:
        """Encode the next block of several streams at once.

        Args:
            blocks: Audio of each stream, all of one length; see `encode`. [S] each
            states: State of each stream after the block before; look-aheads may differ.

        Returns:
            What `encode` returns, for each stream in order. The features are those of `encode` up
            to float32 rounding: a matrix product of another height may sum in another order.

        Raises:
            InvalidRequest: If there is no block, a block is empty, not a multiple of 640 samples or
                of another length than the first, or there is not one state for each block.
        """
        ...


def check_blocks(blocks: Sequence[FloatArray], states: Sequence[SpeechEncoderState]) -> None:
    """Hold the arguments of `SpeechEncoder.encode_batch` to what it says.

    Raises:
        InvalidRequest: If they differ.
    """
    if not blocks or len(blocks) != len(states):
        raise InvalidRequest(
            f"{len(blocks)} blocks of audio and {len(states)} states; "
            "expected one state for each block, at least 1"
        )
    length = len(blocks[0])
    if not length or length % SAMPLES_PER_FRAME:
        raise InvalidRequest(
            f"{length} samples; expected a multiple of {SAMPLES_PER_FRAME} above 0"
        )
    for samples in blocks:
        if len(samples) != length:
            raise InvalidRequest(
                f"blocks of {length} and {len(samples)} samples; expected one length in a batch"
            )
