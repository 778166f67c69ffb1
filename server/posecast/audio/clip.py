"""Whole audio files to waveforms."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from posecast.audio.containers import check_is_whole, find_unsized_wav_data
from posecast.audio.pcm import check_num_channels, check_sample_rate, check_samples, mix_down
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray, Waveform

ALLOWED_FORMATS = {"WAV": "WAV", "WAVEX": "WAV", "FLAC": "FLAC", "OGG": "Ogg"}
"""Containers by libsndfile's name, and by ours."""

_BLOCK_FRAMES = 65_536


def read_clip(source: Path | bytes, *, max_duration_s: float) -> Waveform:
    """Read a WAV, FLAC or Ogg (Vorbis, Opus) clip and mix it down to mono.

    Args:
        source: Path of the file, or its bytes.
        max_duration_s: Longest clip that is taken; a longer one is refused without being decoded.

    Returns:
        The clip at its own sample rate.

    Raises:
        InvalidRequest: If it is missing, empty, truncated, not audio, too long, out of range in
            rate or channels, or has samples that are not numbers.
    """
    name = str(source) if isinstance(source, Path) else "audio"
    try:
        with _open(source) as file:
            return _decode(_sized(file), max_duration_s)
    except InvalidRequest as error:
        raise InvalidRequest(f"{name}: {error}") from error
    except OSError as error:
        raise InvalidRequest(f"{name}: {error.strerror or error}") from error


def _open(source: Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if source.suffix.lower() == ".raw":  # which soundfile never opens without being told its rate
        raise InvalidRequest(f"a .raw file does not name its format; {_allowed()}")
    file = source.open("rb")
    if file.seekable():
        return file
    with file:  # a pipe with a name, as a shell makes for <(...)
        return io.BytesIO(file.read())


def _sized(file: BinaryIO) -> BinaryIO:
    """The file, with a streamed WAV's missing length replaced by the mark for "until the end"."""
    if not file.read(1):
        raise InvalidRequest("the file is empty")
    check_is_whole(file)
    size_offset = find_unsized_wav_data(file)
    file.seek(0)
    if size_offset is None:
        return file
    content = bytearray(file.read())
    content[size_offset : size_offset + 4] = b"\xff\xff\xff\xff"
    return io.BytesIO(bytes(content))


def _decode(file: BinaryIO, max_duration_s: float) -> Waveform:
    try:
        with soundfile.SoundFile(file) as sound:
            _check_header(sound, max_duration_s)
            return _read(sound, max_duration_s)
    except soundfile.LibsndfileError as error:
        detail = error.error_string.rstrip(".")
        raise InvalidRequest(f"not audio that can be read ({detail}); {_allowed()}") from error


def _read(sound: soundfile.SoundFile, max_duration_s: float) -> Waveform:
    try:
        samples = _read_samples(sound, max_duration_s)
    except soundfile.LibsndfileError as error:  # the header was fine: libsndfile says no more
        raise InvalidRequest(f"truncated or damaged {sound.format} file") from error
    return Waveform(samples=samples, sample_rate_hz=sound.samplerate)


def _check_header(sound: soundfile.SoundFile, max_duration_s: float) -> None:
    if sound.format not in ALLOWED_FORMATS:
        raise InvalidRequest(f"{sound.format} audio; {_allowed()}")
    check_sample_rate(sound.samplerate)
    check_num_channels(sound.channels)
    _check_duration(sound.frames, sound.samplerate, max_duration_s)


def _check_duration(num_frames: int, sample_rate_hz: int, max_duration_s: float) -> None:
    if num_frames > max_duration_s * sample_rate_hz:
        raise InvalidRequest(
            f"{num_frames / sample_rate_hz:.1f} s of audio; allowed: at most {max_duration_s:g} s"
        )


def _read_samples(sound: soundfile.SoundFile, max_duration_s: float) -> FloatArray:
    blocks: list[FloatArray] = []
    num_frames = 0
    while len(frames := sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
        check_samples(frames, first_index=num_frames)
        num_frames += len(frames)
        _check_duration(num_frames, sound.samplerate, max_duration_s)
        blocks.append(mix_down(frames))
    if num_frames == 0:
        raise InvalidRequest("no samples; allowed: at least 1")
    if num_frames < sound.frames < 2**62:  # libsndfile's mark for an unknown length is 2**63 - 1
        raise InvalidRequest(f"truncated: {num_frames} of {sound.frames} samples are there")
    return np.concatenate(blocks)


def _allowed() -> str:
    return f"allowed: {', '.join(dict.fromkeys(ALLOWED_FORMATS.values()))}"
