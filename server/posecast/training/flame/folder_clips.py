"""Clips as plain files: `PERSON/NAME.flac` with `PERSON/NAME.npz`."""

from __future__ import annotations

import functools
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from posecast.config import SAMPLES_PER_FRAME
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray
from posecast.training.flame.clips import (
    ClipCoefficients,
    Split,
    check_frames,
    check_key,
    frames_with_sound,
    read_coefficients,
    read_key_list,
    split_file,
)
from posecast.training.flame.flac import count_samples, read_flac, write_flac

_CLIPS_IN_MEMORY = 4096  # 0.6 MB a minute: the coefficients of 40 hours fit into 1.5 GB
_ARRAYS = ("shape", "exp", "pose")


class FolderClips:
    """A folder of clips, each a FLAC of 16 kHz mono with an archive of its coefficients.

    `train.txt`, `val.txt` and `test.txt` list the clips of the splits, one `PERSON/NAME` a line.
    An archive holds `exp` [T, 50], `pose` [T, 6] and `shape`, [T, 100] or [100], in raw units.
    """

    def __init__(self, folder: Path) -> None:
        """Look what is there.

        Args:
            folder: The set.

        Raises:
            InvalidRequest: If it holds no clip.
        """
        self.folder = folder
        sounds = sorted(folder.glob("*/*.flac"))
        self._keys = tuple(f"{path.parent.name}/{path.stem}" for path in sounds)
        if not self._keys:
            raise InvalidRequest(f"{folder} holds no PERSON/NAME.flac and no data.mdb")
        self._known = frozenset(self._keys)
        self._read_clip = functools.lru_cache(_CLIPS_IN_MEMORY)(self._read)

    def keys(self, split: Split | None) -> tuple[str, ...]:
        """Clips of a split, or all."""
        if split is None:
            return self._keys
        return read_key_list(split_file(self.folder, split), self._known.__contains__)

    def num_frames(self, key: str) -> int:
        """Frames that have both coefficients and sound."""
        return len(self._read_clip(key))

    def coefficients(self, key: str, first: int, num_frames: int) -> ClipCoefficients:
        """Consecutive frames of a clip."""
        clip = self._read_clip(key)
        check_frames(key, first, num_frames, len(clip))
        return clip.part(first, num_frames)

    def samples(self, key: str, first: int, num_frames: int) -> FloatArray:
        """The sound of these frames."""
        check_frames(key, first, num_frames, self.num_frames(key))
        path = self._sound(key)
        return read_flac(path, str(path), first * SAMPLES_PER_FRAME, num_frames * SAMPLES_PER_FRAME)

    def _sound(self, key: str) -> Path:
        if key not in self._known:
            raise InvalidRequest(f"clip {key!r} is not in {self.folder}")
        return self.folder / f"{key}.flac"

    def _read(self, key: str) -> ClipCoefficients:
        """All frames that have sound."""
        num_samples = count_samples(self._sound(key))
        path = self.folder / f"{key}.npz"
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in _ARRAYS if name in archive}
        except (OSError, ValueError, TypeError, EOFError, BadZipFile) as error:
            raise InvalidRequest(f"{path} cannot be read: {error}") from error
        clip = read_coefficients(arrays, str(path))
        return clip.part(0, frames_with_sound(len(clip), num_samples))


class FolderWriter:
    """Adds clips to a folder that `FolderClips` reads."""

    def __init__(self, folder: Path) -> None:
        """Begin; existing clips of the same name are replaced.

        Args:
            folder: The set.
        """
        self._folder = folder

    def add(self, key: str, samples: FloatArray, coefficients: ClipCoefficients) -> None:
        """Write one clip.

        Args:
            key: `PERSON/NAME`.
            samples: 16 kHz sound, stored with 16 bits. [S]
            coefficients: Its frames.

        Raises:
            InvalidRequest: If the clip's name is no such name.
        """
        check_key(key)
        sound = self._folder / f"{key}.flac"
        sound.parent.mkdir(parents=True, exist_ok=True)
        write_flac(sound, samples)
        np.savez(sound.with_suffix(".npz"), allow_pickle=False, **coefficients.arrays())
