"""Audio of one stream to speech features, encoded in blocks that no chunking can shift."""

from __future__ import annotations

import numpy as np

from posecast.conditioning.speech_encoder import SpeechEncoder
from posecast.config import SpeechEncoderConfig
from posecast.errors import InvalidRequest
from posecast.session.timeline import Window, samples_for_steps
from posecast.signals import FloatArray


class SpeechFeatureStream:
    """Features of one utterance.

    The speech encoder runs once a window, over just the steps that the window adds. Its blocks thus
    depend on the window's index alone, and equal blocks give equal bits.
    """

    def __init__(self, encoder: SpeechEncoder, look_ahead_ms: int | None = None) -> None:
        """Start an utterance.

        Args:
            encoder: The network.
            look_ahead_ms: Audio after a frame that its features hear; None for the model's own.

        Raises:
            InvalidRequest: If the model was not trained for that look-ahead.
        """
        self._encoder = encoder
        self._look_ahead = _look_ahead_frames(encoder.config, look_ahead_ms)
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
        needed = samples_for_steps(window.steps_needed(self._look_ahead))
        missing = needed - self._num_samples
        if missing > 0:
            self.push(np.zeros(missing, np.float32))

    def has(self, window: Window) -> bool:
        """Whether enough audio has come for a window."""
        needed = samples_for_steps(window.steps_needed(self._look_ahead))
        return self._num_samples >= needed

    def encode(self, window: Window) -> FloatArray:
        """Features of the frames of the next window. [T, D]"""
        num_steps = window.steps_needed(self._look_ahead)
        block = self._take(samples_for_steps(num_steps - self._num_steps))
        outputs, self._state = self._encoder.encode(block, self._state)
        self._num_steps = num_steps
        return outputs[-window.num_frames :]

    def _take(self, count: int) -> FloatArray:
        # A long clip that came as one piece is cut, not copied again for every window.
        joined = self._pending[0] if len(self._pending) == 1 else np.concatenate(self._pending)
        self._pending = [joined[count:]]
        return joined[:count]


def _look_ahead_frames(config: SpeechEncoderConfig, wanted_ms: int | None) -> int:
    if wanted_ms is None:
        return config.look_ahead_frames
    choices = dict(zip(config.look_aheads_ms, config.look_aheads_frames, strict=True))
    if wanted_ms not in choices:
        allowed = ", ".join(map(str, sorted(choices)))
        raise InvalidRequest(f"look-ahead of {wanted_ms} ms; allowed by this model: {allowed}")
    return choices[wanted_ms]
