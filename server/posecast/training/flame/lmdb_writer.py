"""Writes clips into an LMDB database in the layout of the published training data."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import lmdb
import numpy as np

from posecast.config import SAMPLES_PER_FRAME
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray
from posecast.training.flame.clips import (
    ClipCoefficients,
    check_key,
    frames_with_sound,
    write_key_list,
)
from posecast.training.flame.flac import write_flac
from posecast.training.flame.lmdb_clips import DATABASE_FILE, KEYS_FILE, METADATA

SEGMENT_FRAMES = 100
_FIRST_SIZE = 64 << 20
_LARGEST_SIZE = 1 << 40


class LmdbWriter:
    """Adds clips to a new database; leaving its `with` block lists them and closes it."""

    def __init__(self, folder: Path) -> None:
        """Begin a database.

        Args:
            folder: Where; made if it is missing.

        Raises:
            InvalidRequest: If there is one already.
        """
        if (folder / DATABASE_FILE).exists():
            raise InvalidRequest(f"{folder / DATABASE_FILE} exists; allowed: a folder without one")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._size = _FIRST_SIZE
        self._keys: list[str] = []
        self._database = lmdb.open(str(folder), map_size=self._size)
        self._put({METADATA: {"seg_len": SEGMENT_FRAMES}})

    def __enter__(self) -> Self:
        """Go on."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """List the clips and close the database."""
        write_key_list(self._folder / KEYS_FILE, self._keys)
        self._database.close()

    def add(self, key: str, samples: FloatArray, coefficients: ClipCoefficients) -> None:
        """Write one clip in segments.

        Args:
            key: `PERSON/VIDEO`; the published names of videos are three digits.
            samples: 16 kHz sound, stored with 16 bits. [S]
            coefficients: Its frames.

        Raises:
            InvalidRequest: If it has no frame with sound, or its name is no such name.
        """
        check_key(key)
        num_frames = frames_with_sound(len(coefficients), len(samples))
        if num_frames < 1:
            raise InvalidRequest(f"clip {key} has no frame with sound")
        values: dict[str, dict[str, Any]] = {f"{key}/{METADATA}": {"n_frames": num_frames}}
        for index, first in enumerate(range(0, num_frames, SEGMENT_FRAMES)):
            length = min(SEGMENT_FRAMES, num_frames - first)
            part = coefficients.part(first, length)
            sound = samples[first * SAMPLES_PER_FRAME :][: length * SAMPLES_PER_FRAME]
            # Owned and contiguous, so that the pickle names no more of NumPy than it must.
            arrays = {name: np.array(values) for name, values in part.arrays().items()}
            values[f"{key}/{index:03d}"] = {"audio": _encode(sound), "coef": arrays}
        self._put(values)
        self._keys.append(key)

    def _put(self, values: dict[str, dict[str, Any]]) -> None:
        """Write values together; the database grows when it is full."""
        try:
            with self._database.begin(write=True) as transaction:
                for key, value in values.items():
                    transaction.put(key.encode(), pickle.dumps(value, protocol=4))
        except lmdb.MapFullError:
            self._grow()
            self._put(values)

    def _grow(self) -> None:
        if self._size >= _LARGEST_SIZE:
            raise InvalidRequest(f"{self._folder}: the database is full at {self._size} bytes")
        self._size *= 2
        self._database.set_mapsize(self._size)


def _encode(samples: FloatArray) -> bytes:
    file = io.BytesIO()
    write_flac(file, samples)
    return file.getvalue()
