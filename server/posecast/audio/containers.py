"""Whole, streamed and truncated audio files, told apart by their headers."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from posecast.audio.pcm import check_sample_rate
from posecast.errors import InvalidRequest

_STREAMED_SIZE = 0x7FFF_0000
"""A size in a WAV header from here up means that its writer did not know the length."""
_DATA_SIZE_OFFSET = 4
_SAMPLE_RATE_OFFSET = 12  # in a format chunk, after its name, size, encoding and channels
_LONGEST_OGG_PAGE = 27 + 255 + 255 * 255  # 65307 bytes


def check_is_whole(file: BinaryIO) -> None:
    """Refuse a WAV or Ogg file that ends early, which decoders pass over in silence.

    Args:
        file: A seekable file at any position; other formats pass unseen.

    Raises:
        InvalidRequest: If bytes are missing at the end.
    """
    magic = _read_at(file, 0, 4)
    if magic == b"RIFF":
        _check_wav(file)
    elif magic == b"OggS":
        _check_ogg(file)


def find_unsized_wav_data(file: BinaryIO) -> int | None:
    """Where a WAV file that was streamed says that it has no data.

    Args:
        file: A seekable file at any position.

    Returns:
        Offset of the four bytes that hold the size 0, if sound follows them; otherwise nothing.
    """
    found = _find_wav_chunk(file, b"data")
    if found is None:
        return None
    offset, size = found
    start = offset + 8
    riff_end = 8 + struct.unpack("<I", _read_at(file, 4, 4))[0]
    has_unannounced_bytes = riff_end <= start < _size_of(file)
    return offset + _DATA_SIZE_OFFSET if size == 0 and has_unannounced_bytes else None


def _check_wav(file: BinaryIO) -> None:
    described = _find_wav_chunk(file, b"fmt ")
    rate_bytes = _read_at(file, described[0] + _SAMPLE_RATE_OFFSET, 4) if described else b""
    if len(rate_bytes) == 4:  # libsndfile refuses 0 Hz without naming it
        check_sample_rate(struct.unpack("<I", rate_bytes)[0])
    found = _find_wav_chunk(file, b"data")
    if found is None:
        raise InvalidRequest("truncated WAV file: it has no data chunk")
    offset, size = found
    available = _size_of(file) - offset - 8
    if available < size < _STREAMED_SIZE:
        raise InvalidRequest(f"truncated WAV file: {available} of {size} bytes of sound are there")


def _find_wav_chunk(file: BinaryIO, name: bytes) -> tuple[int, int] | None:
    """Offset and size of the first chunk of that name in a RIFF file."""
    if _read_at(file, 0, 4) != b"RIFF":
        return None
    offset = 12
    while len(header := _read_at(file, offset, 8)) == 8:
        size = struct.unpack("<I", header[4:])[0]
        if header[:4] == name:
            return offset, size
        offset += 8 + size + size % 2
    return None


def _check_ogg(file: BinaryIO) -> None:
    tail = _read_at(file, max(0, _size_of(file) - _LONGEST_OGG_PAGE), _LONGEST_OGG_PAGE)
    page = tail[max(0, tail.rfind(b"OggS")) :]
    num_segments = page[26] if len(page) > 26 else 0
    segments = page[27 : 27 + num_segments]
    length = 27 + num_segments + sum(segments)
    if len(page) < 27 or len(segments) < num_segments or len(page) < length:
        raise InvalidRequest(f"truncated Ogg file: its last page has {len(page)} of {length} bytes")


def _read_at(file: BinaryIO, offset: int, num_bytes: int) -> bytes:
    file.seek(offset)
    return file.read(num_bytes)


def _size_of(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)
