"""Clips in an LMDB database, in the layout of the published training data."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import Any

import lmdb
import numpy as np

from posecast.config import SAMPLES_PER_FRAME
from posecast.errors import InvalidRequest
from posecast.rig.array_pickle import read_plain_pickle
from posecast.signals import FloatArray
from posecast.training.flame.clips import (
    ClipCoefficients,
    Split,
    check_frames,
    read_coefficients,
    read_key_list,
    split_file,
)
from posecast.training.flame.flac import read_flac

DATABASE_FILE = "data.mdb"
KEYS_FILE = "keys.txt"
METADATA = "metadata"
_SEGMENTS_IN_MEMORY = 4096  # coefficients of 4 s, 62 KB each


class LmdbClips:
    """A database whose values are pickles; these are read without running anything in them.

    `metadata` holds `{"seg_len": 100}`, `PERSON/VIDEO/metadata` holds `{"n_frames": N}`, and
    `PERSON/VIDEO/SEGMENT` holds `{"audio": FLAC, "coef": {"shape", "exp", "pose"}}`.

    Source:
        DiffPoseTalk, arXiv:2310.00434, its released data preparation.
    """

    def __init__(self, folder: Path) -> None:
        """Open a database for reading.

        Args:
            folder: Holds `data.mdb`, `keys.txt` and the lists of the splits.

        Raises:
            InvalidRequest: If it is no such database.
        """
        self.folder = folder
        # Apart, so that what is kept in memory does not keep this object and the database open.
        self._database = _Database(folder)
        self._segment_frames = self._database.count(METADATA, "seg_len")
        self._count = functools.cache(self._database.count)
        self._segment = functools.lru_cache(_SEGMENTS_IN_MEMORY)(self._database.coefficients)

    def keys(self, split: Split | None) -> tuple[str, ...]:
        """Clips of a split, or all."""
        path = self.folder / KEYS_FILE if split is None else split_file(self.folder, split)
        return read_key_list(path, self._database.has_clip)

    def num_frames(self, key: str) -> int:
        """Frames that have both coefficients and sound."""
        return self._count(f"{key}/{METADATA}", "n_frames")

    def coefficients(self, key: str, first: int, num_frames: int) -> ClipCoefficients:
        """Consecutive frames of a clip."""
        check_frames(key, first, num_frames, self.num_frames(key))
        parts = [self._whole_segment(key, index) for index in self._segments(first, num_frames)]
        joined = ClipCoefficients(
            shape=np.concatenate([part.shape for part in parts]),
            expression=np.concatenate([part.expression for part in parts]),
            pose=np.concatenate([part.pose for part in parts]),
        )
        return joined.part(first % self._segment_frames, num_frames)

    def samples(self, key: str, first: int, num_frames: int) -> FloatArray:
        """The sound of these frames."""
        check_frames(key, first, num_frames, self.num_frames(key))
        parts = [
            self._database.samples(key, index, self._frames_in(key, index) * SAMPLES_PER_FRAME)
            for index in self._segments(first, num_frames)
        ]
        begin = first % self._segment_frames * SAMPLES_PER_FRAME
        return np.concatenate(parts)[begin : begin + num_frames * SAMPLES_PER_FRAME]

    def _segments(self, first: int, num_frames: int) -> range:
        """Segments that hold these frames."""
        last = first + num_frames - 1
        return range(first // self._segment_frames, last // self._segment_frames + 1)

    def _frames_in(self, key: str, index: int) -> int:
        """Frames of a segment: full but for the last one."""
        return min(self._segment_frames, self.num_frames(key) - index * self._segment_frames)

    def _whole_segment(self, key: str, index: int) -> ClipCoefficients:
        found, needed = self._segment(key, index), self._frames_in(key, index)
        if len(found) < needed:
            raise InvalidRequest(
                f"{self.folder}: {key}/{index:03d}: {len(found)} frames; expected {needed}"
            )
        return found.part(0, needed)


class _Database:
    """Values of an LMDB database by their keys."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._environment = lmdb.open(
                str(folder), readonly=True, lock=False, create=False, readahead=False
            )
        except lmdb.Error as error:
            raise InvalidRequest(f"{folder} is no LMDB database: {error}") from error

    def coefficients(self, key: str, index: int) -> ClipCoefficients:
        """All of a segment."""
        where, value = self._read(f"{key}/{index:03d}")
        coefficients = value.get("coef")
        if not isinstance(coefficients, dict):
            raise InvalidRequest(f"{where}: coef is missing")
        return read_coefficients(coefficients, where)

    def samples(self, key: str, index: int, num_samples: int) -> FloatArray:
        """The beginning of a segment's sound."""
        where, value = self._read(f"{key}/{index:03d}")
        audio = value.get("audio")
        if not isinstance(audio, bytes):
            raise InvalidRequest(f"{where}: audio is missing")
        return read_flac(io.BytesIO(audio), f"{where}: audio", 0, num_samples)

    def count(self, key: str, field: str) -> int:
        """A number of a dictionary, 1 and more."""
        where, value = self._read(key)
        count = value.get(field)
        if not isinstance(count, int) or count < 1:
            raise InvalidRequest(f"{where}: {field} {count!r}; allowed: 1 and more")
        return count

    def has_clip(self, key: str) -> bool:
        """Whether there is a clip of this name."""
        with self._environment.begin() as transaction:
            return transaction.get(f"{key}/{METADATA}".encode()) is not None

    def _read(self, key: str) -> tuple[str, dict[str, Any]]:
        """Where a value is, for messages, and the value."""
        where = f"{self._folder}: {key}"
        with self._environment.begin() as transaction:
            data = transaction.get(key.encode())
        if data is None:
            raise InvalidRequest(f"{where} is missing")
        value = read_plain_pickle(bytes(data), where, InvalidRequest)
        if not isinstance(value, dict):
            raise InvalidRequest(f"{where} is a {type(value).__name__}; expected a dictionary")
        return where, value
