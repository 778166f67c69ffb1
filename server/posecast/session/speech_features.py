"""Audio of one stream to speech features, encoded in blocks that no chunking can shift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecast.conditioning.speech_encoder import LookAheads, SpeechEncoder, SpeechEncoderState
from posecast.config import USUAL_LOOK_AHEADS_MS, AnimationOptions, ModelConfig
from posecast.errors import InvalidRequest
from posecast.session.timeline import Window, samples_for_steps
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechBlock:
    """What the speech encoder is to hear for one window."""

    window: Window
    """Whose features it gives."""
    samples: FloatArray
    """Audio at 16 kHz that is new to the encoder. [S]"""
    state: SpeechEncoderState
    """What the encoder remembers of the audio before it."""


class SpeechFeatureStream:
    """Features of one utterance.

    The speech encoder runs once a window, over just the steps that the window adds. Its blocks thus
    depend on the window's index alone, and equal blocks give equal bits.
    """

    def __init__(self, encoder: SpeechEncoder, look_ahead_frames: int | None = None) -> None:
        """Start an utterance.

        Args:
            encoder: The network.
            look_ahead_frames: What `choose_look_ahead` chose; None for the model's own.
        """
        usual = encoder.config.look_ahead_frames
        self._look_ahead = usual if look_ahead_frames is None else look_ahead_frames
        self._state = encoder.start(self._look_ahead)
        self._pending: list[FloatArray] = []
        self._num_samples = 0
        self._num_steps = 0

    def push(self, samples: FloatArray) -> None:
        """Take the next audio at 16 kHz. [S]"""
        self._pending.append(samples)
        self._num_samples += len(samples)

    def pad_to_window(self, window: Window) -> None:
        """Let silence follow the audio until a window can be heard."""
        missing = self.count_missing(window)
        if missing:
            self.push(np.zeros(missing, np.float32))

    def count_missing(self, window: Window) -> int:
        """Samples at 16 kHz that must still come before a window can be made."""
        needed = samples_for_steps(window.steps_needed(self._look_ahead))
        return max(0, needed - self._num_samples)

    def block(self, window: Window) -> SpeechBlock:
        """What the encoder is to hear for the next window; asking changes nothing."""
        num_steps = window.steps_needed(self._look_ahead) - self._num_steps
        # A long clip that came as one piece is cut, not copied again for every window.
        if len(self._pending) > 1:
            self._pending = [np.concatenate(self._pending)]
        samples = self._pending[0][: samples_for_steps(num_steps)]
        return SpeechBlock(window=window, samples=samples, state=self._state)

    def accept(self, block: SpeechBlock, outputs: FloatArray, state: SpeechEncoderState) -> None:
        """Go on behind a block.

        Args:
            block: What was heard.
            outputs: The encoder's outputs of its steps. [steps, D]
            state: The encoder's state after it.
        """
        self._pending = [self._pending[0][len(block.samples) :]]
        self._num_steps += len(outputs)
        self._state = state


def features_of(block: SpeechBlock, outputs: FloatArray) -> FloatArray:
    """The outputs that are about the frames of the block's window. [T, D]"""
    return outputs[-block.window.num_frames :]


def closing_of(config: ModelConfig, speech: FloatArray) -> FloatArray:
    """Share of the jaw's opening that the lips undo at least, for what is heard.

    Args:
        config: Which features tell of closed lips, and how much of them is enough.
        speech: Speech features. [T, D]

    Returns:
        0..1. [T]
    """
    if not config.closing_columns:
        return np.zeros(len(speech), np.float32)
    odds = speech[:, list(config.closing_columns)].max(axis=1)
    return np.minimum(np.float32(1.0), np.float32(config.closing_gain) * odds)


def choose_look_ahead(config: LookAheads, options: AnimationOptions) -> int:
    """The look-ahead of a stream.

    Args:
        config: How far ahead its encoder may hear.
        options: What the stream asks for; else the most that its mode awaits, of what there is.

    Returns:
        One of the configuration's `look_aheads_frames`.

    Raises:
        InvalidRequest: If the encoder has no such look-ahead.
    """
    choices = dict(zip(config.look_aheads_ms, config.look_aheads_frames, strict=True))
    wanted_ms = options.look_ahead_ms
    if wanted_ms is None:
        most_ms = USUAL_LOOK_AHEADS_MS.get(options.mode, max(choices))
        usual = [frames for ms, frames in choices.items() if ms <= most_ms]
        return min(config.look_ahead_frames, max(usual, default=min(choices.values())))
    if wanted_ms not in choices:
        allowed = ", ".join(map(str, sorted(choices)))
        raise InvalidRequest(f"look-ahead of {wanted_ms} ms; allowed by this model: {allowed}")
    return choices[wanted_ms]
