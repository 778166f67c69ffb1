"""Reads and writes the sound of clips: FLAC, 16 bits, 16 kHz, mono."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from posecast.config import SAMPLE_RATE_HZ
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray

_FULL_SCALE = 32_768.0


def write_flac(target: Path | BinaryIO, samples: FloatArray) -> None:
    """Store sound; what was read from 16 bits is stored without loss.

    Args:
        target: File to write.
        samples: Amplitude at 16 kHz, clipped to full scale. [S]
    """
    # soundfile itself scales by 32767 in this direction and by 32768 in the other.
    rounded = np.round(samples.astype(np.float64) * _FULL_SCALE)
    pcm = rounded.clip(-_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    soundfile.write(target, pcm, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")


def read_flac(
    source: Path | BinaryIO, where: str, first_sample: int, num_samples: int
) -> FloatArray:
    """A stretch of sound.

    Args:
        source: File to read.
        where: What to call it in an error message.
        first_sample: Where to begin.
        num_samples: How many to read.

    Returns:
        Amplitude. [num_samples]

    Raises:
        InvalidRequest: If it is missing or damaged, of another rate, not mono or too short.
    """
    try:
        with soundfile.SoundFile(source) as file:
            _check(file, where)
            file.seek(min(first_sample, file.frames))
            samples: FloatArray = file.read(num_samples, dtype="float32")
    except soundfile.LibsndfileError as error:
        raise InvalidRequest(f"{where} cannot be read: {error.error_string}") from error
    if len(samples) < num_samples:
        raise InvalidRequest(
            f"{where}: {first_sample + len(samples)} samples; expected at least "
            f"{first_sample + num_samples}"
        )
    return samples


def count_samples(path: Path) -> int:
    """How long a file is, in samples.

    Raises:
        InvalidRequest: If it is missing or damaged, of another rate or not mono.
    """
    try:
        with soundfile.SoundFile(path) as file:
            _check(file, str(path))
            return int(file.frames)
    except soundfile.LibsndfileError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.error_string}") from error


def _check(file: soundfile.SoundFile, where: str) -> None:
    if file.samplerate != SAMPLE_RATE_HZ or file.channels != 1:
        raise InvalidRequest(
            f"{where}: {file.samplerate} Hz, {file.channels} channels; expected "
            f"{SAMPLE_RATE_HZ} Hz, mono"
        )
