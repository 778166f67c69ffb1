"""What an animation asks of a speech encoder that hears whole clips."""

from __future__ import annotations

from typing import Protocol

from posecast.conditioning.clip_waveform import pad_edges
from posecast.config import ClipEncoderConfig
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray


class ClipEncoder(Protocol):
    """Turns whole clips of 16 kHz audio into speech features at 25 frames a second.

    Every frame hears the whole clip, so a clip is encoded in one piece; `ChunkedClipEncoder` does
    long ones in several.

    Source:
        DiffPoseTalk, arXiv:2310.00434.
    """

    @property
    def config(self) -> ClipEncoderConfig:
        """Sizes."""
        ...

    def encode(self, waveform: FloatArray, num_frames: int) -> FloatArray:
        """Encode clips of one length.

        Args:
            waveform: Clips at 16 kHz, each normalised by `clip_waveform.normalise_waveform`, at
                least 320 samples. Their edges are padded here. [B, S]
            num_frames: Frames that the clip is stretched over, at least 1; S / 640 where that is
                whole. [T]

        Returns:
            Speech features. [B, T, feature_dim]

        Raises:
            InvalidRequest: If the clips are too short or no frame is asked for.
        """
        ...


def padded_clips(waveform: FloatArray, num_frames: int) -> FloatArray:
    """What the networks behind a `ClipEncoder` take; the arguments are those of its `encode`.

    Returns:
        The clips with padded edges. [B, S']

    Raises:
        InvalidRequest: If the clips are too short or no frame is asked for.
    """
    if num_frames < 1:
        raise InvalidRequest(f"num_frames {num_frames}; allowed: 1 and more")
    return pad_edges(waveform)
