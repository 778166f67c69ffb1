"""Raw PCM bytes of a stream to mono float samples."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from posecast.errors import InvalidRequest
from posecast.signals import BoolArray, FloatArray, IntArray

Encoding = Literal["pcm_s16le", "pcm_f32le", "alaw", "mulaw"]

MIN_SAMPLE_RATE_HZ = 8_000
MAX_SAMPLE_RATE_HZ = 192_000
MAX_CHANNELS = 2
MAX_AMPLITUDE = 16.0
"""Float samples beyond this are not on a scale of -1..1, e.g. integers that were never divided."""

_BYTES_PER_SAMPLE = {"pcm_s16le": 2, "pcm_f32le": 4, "alaw": 1, "mulaw": 1}
_FULL_SCALE = 32_768.0


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How the samples of a stream are written."""

    encoding: Encoding
    """Signed 16-bit or 32-bit float, little-endian; or G.711 A-law or mu-law."""
    sample_rate_hz: int
    """Sample frames in a second, 8000..192000."""
    num_channels: int = 1
    """Interleaved channels, 1..2; two are averaged."""

    def __post_init__(self) -> None:
        """Check every range once."""
        if self.encoding not in get_args(Encoding):
            allowed = ", ".join(get_args(Encoding))
            raise InvalidRequest(f"encoding {self.encoding!r}; allowed: {allowed}")
        check_sample_rate(self.sample_rate_hz)
        check_num_channels(self.num_channels)

    @property
    def bytes_per_frame(self) -> int:
        """Bytes of one sample of every channel."""
        return _BYTES_PER_SAMPLE[self.encoding] * self.num_channels


class PcmDecoder:
    """Decodes one stream, whose chunks may end anywhere, inside a sample too."""

    def __init__(self, audio_format: AudioFormat) -> None:
        self._format = audio_format
        self._partial = b""
        self._num_frames = 0

    def decode(self, chunk: bytes) -> FloatArray:
        """Decode the sample frames that are complete with this chunk.

        Args:
            chunk: The next bytes of the stream, of any length.

        Returns:
            Mono samples, nominally -1..1. [S]

        Raises:
            InvalidRequest: If a float sample is not a number or far out of range.
        """
        available = self._partial + chunk
        num_whole = len(available) - len(available) % self._format.bytes_per_frame
        self._partial = available[num_whole:]
        samples = _decode_samples(available[:num_whole], self._format.encoding)
        frames = samples.reshape(-1, self._format.num_channels)
        check_samples(frames, first_index=self._num_frames)
        self._num_frames += len(frames)
        return mix_down(frames)

    def finish(self) -> None:
        """End the stream.

        Raises:
            InvalidRequest: If it ended inside a sample frame.
        """
        if self._partial:
            raise InvalidRequest(
                f"audio ends with {len(self._partial)} bytes of an incomplete sample; "
                f"allowed: a multiple of {self._format.bytes_per_frame} bytes"
            )


def check_sample_rate(sample_rate_hz: int) -> None:
    """Refuse a sample rate that is out of range.

    Raises:
        InvalidRequest: If it is.
    """
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise InvalidRequest(
            f"sample rate {sample_rate_hz} Hz; "
            f"allowed: {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz"
        )


def check_num_channels(num_channels: int) -> None:
    """Refuse a number of channels that is out of range.

    Raises:
        InvalidRequest: If it is.
    """
    if not 1 <= num_channels <= MAX_CHANNELS:
        raise InvalidRequest(f"{num_channels} channels; allowed: 1 to {MAX_CHANNELS}")


def check_samples(samples: FloatArray, *, first_index: int) -> None:
    """Refuse samples that are not sound.

    Args:
        samples: Amplitudes. [S] or [S, channels]
        first_index: Index of the first of them in its stream, for the message.

    Raises:
        InvalidRequest: If one is NaN or infinite, or its magnitude is above `MAX_AMPLITUDE`.
    """
    is_fine = np.abs(samples) <= MAX_AMPLITUDE  # false for NaN
    if is_fine.all():
        return
    position = tuple(np.argwhere(~is_fine)[0])
    raise InvalidRequest(
        f"sample {first_index + int(position[0])} is {float(samples[position]):g}; "
        f"allowed: numbers from {-MAX_AMPLITUDE:g} to {MAX_AMPLITUDE:g}, full scale is 1"
    )


def mix_down(frames: FloatArray) -> FloatArray:
    """Average the channels.

    Args:
        frames: Interleaved samples. [S, channels]

    Returns:
        Mono samples. [S]
    """
    if frames.shape[1] == 1:
        return frames[:, 0]
    return frames.mean(axis=1, dtype=np.float32)


def _decode_samples(data: bytes, encoding: Encoding) -> FloatArray:
    match encoding:
        case "pcm_s16le":
            return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(_FULL_SCALE)
        case "pcm_f32le":
            return np.frombuffer(data, "<f4").astype(np.float32)
        case "alaw":
            return _alaw_table()[np.frombuffer(data, np.uint8)]
        case "mulaw":
            return _mulaw_table()[np.frombuffer(data, np.uint8)]


@functools.cache
def _alaw_table() -> FloatArray:
    """Amplitude of each A-law code: 13 bits, even bits inverted on the line (ITU-T G.711). [256]"""
    codes = np.arange(256) ^ 0x55
    segment, step = (codes >> 4) & 7, codes & 15
    magnitude = np.where(segment == 0, 2 * step + 1, (2 * step + 33) << np.maximum(segment - 1, 0))
    return _signed(magnitude * 8, is_positive=codes >= 128)


@functools.cache
def _mulaw_table() -> FloatArray:
    """Amplitude of each mu-law code: 14 bits, all bits inverted on the line (ITU-T G.711). [256]"""
    codes = ~np.arange(256) & 0xFF
    segment, step = (codes >> 4) & 7, codes & 15
    magnitude = ((2 * step + 33) << segment) - 33
    return _signed(magnitude * 4, is_positive=codes < 128)


def _signed(magnitude: IntArray, *, is_positive: BoolArray) -> FloatArray:
    return (np.where(is_positive, magnitude, -magnitude) / _FULL_SCALE).astype(np.float32)
