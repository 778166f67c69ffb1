"""A speech encoder of whole clips, made to hear a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posecast.conditioning.clip_encoder import ClipEncoder
from posecast.conditioning.clip_waveform import normalise_waveform
from posecast.conditioning.speech_encoder import SpeechEncoderState, check_blocks
from posecast.config import SAMPLES_PER_FRAME, look_ahead_ms
from posecast.signals import FloatArray

CONTEXT_FRAMES = 100
"""Frames before a block that are heard with it: 4 s, the windows that the networks learnt from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingLookAheads:
    """How far ahead a stream may hear: as far as it likes, for nothing was trained to a delay."""

    look_ahead_frames: int = 4
    """What a stream gets that names none."""
    look_aheads_frames: tuple[int, ...] = tuple(range(10))
    """What there is."""

    @property
    def look_aheads_ms(self) -> tuple[int, ...]:
        """The same in milliseconds of audio after a frame's instant."""
        return tuple(look_ahead_ms(frames) for frames in self.look_aheads_frames)  # 40..400


class RollingClipEncoder:
    """Serves a `ClipEncoder` as a `SpeechEncoder`: each block is heard with what came before it.

    The published method hears a whole clip before its first frame, which no stream can. Here a
    block's features are those of a clip that ends with it and begins `context_frames` before it,
    normalised over these, as the networks saw windows of 4 s in training. How far the result is
    from the published one is measured in docs/official-models.md.

    Source:
        DiffPoseTalk, arXiv:2310.00434, features of a window alone; rolling them is our own.
    """

    def __init__(self, encoder: ClipEncoder, *, context_frames: int = CONTEXT_FRAMES) -> None:
        """Take any encoder of clips; it keeps no state of its own.

        Args:
            encoder: The network.
            context_frames: Frames before a block that are heard with it, 0 and more.
        """
        self._encoder = encoder
        self._context_frames = context_frames
        self._config = RollingLookAheads()

    @property
    def config(self) -> RollingLookAheads:
        """How far ahead a stream may hear."""
        return self._config

    def start(self, look_ahead_frames: int) -> SpeechEncoderState:
        """State at the start of a stream; see `SpeechEncoder.start`."""
        return SpeechEncoderState(
            tail=np.zeros(0, np.float32),
            peak_level=0.0,
            layers=(),
            look_ahead_frames=look_ahead_frames,
        )

    def encode(
        self, samples: FloatArray, state: SpeechEncoderState
    ) -> tuple[FloatArray, SpeechEncoderState]:
        """Encode the next block; see `SpeechEncoder.encode`."""
        return self.encode_batch([samples], [state])[0]

    def encode_batch(
        self, blocks: Sequence[FloatArray], states: Sequence[SpeechEncoderState]
    ) -> list[tuple[FloatArray, SpeechEncoderState]]:
        """Encode the next block of several streams; see `SpeechEncoder.encode_batch`."""
        check_blocks(blocks, states)
        heard = [
            np.concatenate([state.tail, samples])
            for samples, state in zip(blocks, states, strict=True)
        ]
        features: dict[int, FloatArray] = {}
        # Streams that have just begun have shorter contexts than those that go on.
        for length in {len(clip) for clip in heard}:
            rows = [row for row, clip in enumerate(heard) if len(clip) == length]
            clips = normalise_waveform(np.stack([heard[row] for row in rows]))
            encoded = self._encoder.encode(clips, length // SAMPLES_PER_FRAME)
            features.update(zip(rows, encoded, strict=True))
        return [
            self._answer(features[row], heard[row], len(samples) // SAMPLES_PER_FRAME, state)
            for row, (samples, state) in enumerate(zip(blocks, states, strict=True))
        ]

    def _answer(
        self, features: FloatArray, heard: FloatArray, num_steps: int, state: SpeechEncoderState
    ) -> tuple[FloatArray, SpeechEncoderState]:
        """Outputs of the steps of a block, and the state after it."""
        look_ahead = state.look_ahead_frames
        end = len(features) - look_ahead
        # The first steps of a stream are about frames before its start, which nobody asks for.
        before_start = max(0, num_steps - end)
        outputs = np.zeros((num_steps, features.shape[1]), np.float32)
        outputs[before_start:] = features[max(0, end - num_steps) : max(0, end)]
        kept = (self._context_frames + look_ahead) * SAMPLES_PER_FRAME
        return outputs, SpeechEncoderState(
            tail=heard[max(0, len(heard) - kept) :],
            peak_level=0.0,
            layers=(),
            look_ahead_frames=look_ahead,
        )
