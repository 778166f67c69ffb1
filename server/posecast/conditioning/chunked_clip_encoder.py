"""Long clips in pieces: the cost of a whole clip grows with the square of its length."""

from __future__ import annotations

import numpy as np

from posecast.conditioning.clip_encoder import ClipEncoder
from posecast.config import SAMPLES_PER_FRAME, ClipEncoderConfig
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray


class ChunkedClipEncoder:
    """Encodes chunks of a clip one by one, each with the audio around it as context.

    The features differ from those of the clip as a whole, more the less context there is:
    attention and the levels of the first convolution hear the chunk with its context only. Chunks
    of a window without context are what the published models hear in training.

    Source:
        DiffPoseTalk, arXiv:2310.00434, for chunks without context; the context is our addition.
    """

    def __init__(self, encoder: ClipEncoder, *, chunk_frames: int, context_frames: int) -> None:
        """Take an encoder over.

        Args:
            encoder: Encodes each chunk.
            chunk_frames: Frames whose features are made at a time, at least 1. [T]
            context_frames: Frames that are heard before and after them, at least 0.

        Raises:
            InvalidRequest: If a number is out of range.
        """
        if chunk_frames < 1 or context_frames < 0:
            raise InvalidRequest(
                f"chunk_frames {chunk_frames}, context_frames {context_frames}; allowed: 1 and "
                "more, 0 and more"
            )
        self._encoder = encoder
        self._chunk_frames, self._context_frames = chunk_frames, context_frames

    @property
    def config(self) -> ClipEncoderConfig:
        """Sizes."""
        return self._encoder.config

    def encode(self, waveform: FloatArray, num_frames: int) -> FloatArray:
        """Encode clips of one length; see `ClipEncoder.encode`.

        Raises:
            InvalidRequest: If, too, a clip of several chunks is a frame or more longer or shorter
                than `num_frames`: chunks lie where the frames do, so a clip cannot be stretched.
        """
        if num_frames <= self._chunk_frames:
            return self._encoder.encode(waveform, num_frames)
        num_samples = waveform.shape[-1]
        if abs(num_samples - num_frames * SAMPLES_PER_FRAME) >= SAMPLES_PER_FRAME:
            raise InvalidRequest(
                f"{num_frames} frames of {num_samples} samples in chunks; allowed: "
                f"{num_samples // SAMPLES_PER_FRAME} frames, or one more for a rest of samples"
            )
        first_frames = range(0, num_frames, self._chunk_frames)
        pieces = [self._encode_chunk(waveform, num_frames, first) for first in first_frames]
        return np.concatenate(pieces, axis=1)

    def _encode_chunk(self, waveform: FloatArray, num_frames: int, first: int) -> FloatArray:
        """Features of the frames from `first` on. [B, chunk_frames, feature_dim]"""
        end = min(first + self._chunk_frames, num_frames)
        heard_from = max(first - self._context_frames, 0)
        heard_to = min(end + self._context_frames, num_frames)
        # What goes beyond the frames, less than one, belongs to the last chunk.
        last_sample = heard_to * SAMPLES_PER_FRAME if heard_to < num_frames else None
        heard = waveform[:, heard_from * SAMPLES_PER_FRAME : last_sample]
        features = self._encoder.encode(heard, heard_to - heard_from)
        return features[:, first - heard_from : end - heard_from]
