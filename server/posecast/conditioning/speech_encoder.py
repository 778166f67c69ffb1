"""What a session asks of a streaming speech encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from posecast.config import SpeechEncoderConfig
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEncoderState:
    """What a speech encoder remembers of a stream between two blocks of audio."""

    tail: FloatArray
    """Samples that the next analysis window still needs. [S]"""
    peak_level: float
    """Running peak of the log-mel spectrum that levels are measured from, natural log of power."""
    layers: tuple[FloatArray, ...]
    """Last inputs of each causal layer."""
    look_ahead_frames: int
    """How far ahead the stream hears, chosen at its start."""


class SpeechEncoder(Protocol):
    """Turns 16 kHz audio into speech features at 25 frames a second, block by block.

    The network is causal. The features of frame `f` are its output of step `f + look_ahead_frames`,
    and step `s` hears the audio up to sample `640 * (s + 1)`. A stream chooses its look-ahead when
    it starts.
    """

    @property
    def config(self) -> SpeechEncoderConfig:
        """Sizes and look-ahead."""
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
