"""What training asks of a set of clips: recorded faces with their speech, by person."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from posecast.config import SAMPLES_PER_FRAME
from posecast.errors import InvalidRequest
from posecast.rig.flame_layout import EXPRESSION_DIM, POSE_DIM, SHAPE_DIM
from posecast.signals import FloatArray

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
_KEY = re.compile(r"[\w .+@()-]+/[\w .+@()-]+")
STATISTICS_FILE = "stats_train.npz"
"""Where a data set keeps the statistics of its training split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipCoefficients:
    """FLAME coefficients of consecutive frames, in raw units at 25 frames a second."""

    shape: FloatArray
    """Identity. [T, 100]"""
    expression: FloatArray
    """Expression. [T, 50]"""
    pose: FloatArray
    """Axis-angle of head and jaw. [T, 6], rad"""

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.expression)

    def part(self, first: int, num_frames: int) -> ClipCoefficients:
        """Some of the frames."""
        cut = slice(first, first + num_frames)
        return ClipCoefficients(
            shape=self.shape[cut], expression=self.expression[cut], pose=self.pose[cut]
        )

    def arrays(self) -> dict[str, FloatArray]:
        """The arrays under the names that files use."""
        return {"shape": self.shape, "exp": self.expression, "pose": self.pose}


class FlameClips(Protocol):
    """A set of clips; a clip is called `PERSON/NAME`."""

    @property
    def folder(self) -> Path:
        """Where the set is; its statistics are there too."""
        ...

    def keys(self, split: Split | None) -> Sequence[str]:
        """Clips of a split, or all.

        Raises:
            InvalidRequest: If the set has no such split.
        """
        ...

    def num_frames(self, key: str) -> int:
        """Frames that have both coefficients and sound."""
        ...

    def coefficients(self, key: str, first: int, num_frames: int) -> ClipCoefficients:
        """Consecutive frames of a clip; see `check_range_of`."""
        ...

    def samples(self, key: str, first: int, num_frames: int) -> FloatArray:
        """The 16 kHz sound of these frames, 640 samples each. [640 T]"""
        ...


def person_of(key: str) -> str:
    """Whose clip it is."""
    return key.partition("/")[0]


def by_person(keys: Sequence[str]) -> Mapping[str, list[str]]:
    """Clips of each person, both in their order."""
    grouped: dict[str, list[str]] = {}
    for key in keys:
        grouped.setdefault(person_of(key), []).append(key)
    return grouped


def check_key(key: str) -> None:
    """Refuse a name that is not `PERSON/NAME`, or that would leave the folder of a set.

    Raises:
        InvalidRequest: If it is.
    """
    if not _KEY.fullmatch(key) or any(part.startswith(".") for part in key.split("/")):
        raise InvalidRequest(
            f"clip {key!r}; allowed: PERSON/NAME, letters, digits, . _ - and space"
        )


def check_frames(key: str, first: int, num_frames: int, available: int) -> None:
    """Refuse frames that a clip does not have.

    Raises:
        InvalidRequest: If it has not.
    """
    if first < 0 or num_frames < 1 or first + num_frames > available:
        raise InvalidRequest(
            f"clip {key}: frames {first} to {first + num_frames - 1}; it has {available}"
        )


def read_coefficients(arrays: Mapping[str, NDArray[np.generic]], where: str) -> ClipCoefficients:
    """Checked coefficients of arrays named `shape`, `exp` and `pose`.

    Args:
        arrays: Of one length; a shape may also be one row for all frames.
        where: What to call the source in an error message.

    Raises:
        InvalidRequest: If an array is missing, of another width or length, or not finite.
    """
    found: dict[str, FloatArray] = {}
    for name, width in (("exp", EXPRESSION_DIM), ("pose", POSE_DIM), ("shape", SHAPE_DIM)):
        if name not in arrays:
            raise InvalidRequest(f"{where}: {name} is missing; expected shape, exp, pose")
        values = np.asarray(arrays[name])
        if values.dtype.kind not in "fiu":
            raise InvalidRequest(f"{where}: {name} is of type {values.dtype}; expected numbers")
        if name == "shape" and values.ndim == 1:
            values = np.broadcast_to(values, (len(found["exp"]), *values.shape))
        if values.ndim != 2 or values.shape[1] != width:
            raise InvalidRequest(
                f"{where}: {name} has shape {values.shape}; expected (frames, {width})"
            )
        if not np.isfinite(values).all():
            raise InvalidRequest(f"{where}: {name} is not finite")
        found[name] = values.astype(np.float32)
    lengths = {name: len(values) for name, values in found.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidRequest(f"{where}: lengths {lengths}; expected one length")
    return ClipCoefficients(shape=found["shape"], expression=found["exp"], pose=found["pose"])


def frames_with_sound(num_coefficients: int, num_samples: int) -> int:
    """Frames of a clip that have both."""
    return min(num_coefficients, num_samples // SAMPLES_PER_FRAME)


def read_key_list(path: Path, known: Callable[[str], bool]) -> tuple[str, ...]:
    """Clips that a text file lists, one a line.

    Args:
        path: E.g. `train.txt`.
        known: Whether a clip is in the set.

    Raises:
        InvalidRequest: If the file is missing, or lists nothing or a clip that is not there.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path} cannot be read: {error}") from error
    keys = tuple(line.strip() for line in lines if line.strip())
    unknown = next((key for key in keys if not known(key)), None)
    if unknown is not None:
        raise InvalidRequest(f"{path}: clip {unknown!r} is not in the set")
    if not keys:
        raise InvalidRequest(f"{path} lists no clip")
    return keys


def write_key_list(path: Path, keys: Sequence[str]) -> None:
    """Write a list that `read_key_list` reads."""
    path.write_text("".join(f"{key}\n" for key in keys), encoding="utf-8", newline="\n")


def split_file(folder: Path, split: Split) -> Path:
    """Where a set lists the clips of a split.

    Raises:
        InvalidRequest: If there is no split of this name.
    """
    if split not in SPLITS:
        raise InvalidRequest(f"split {split!r}; allowed: {', '.join(SPLITS)}")
    return folder / f"{split}.txt"
