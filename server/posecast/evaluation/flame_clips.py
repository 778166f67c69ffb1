"""True and predicted FLAME coefficients of an evaluation, paired by the names of their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from posecast.config import FRAME_RATE_HZ
from posecast.errors import InvalidRequest
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_files import read_coefficients

SUFFIX = ".npz"
LARGEST_DIFFERENCE_FRAMES = FRAME_RATE_HZ  # 25, a second
"""Trackers lose a few frames at the end of a clip; more is another clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameClip:
    """One clip, all of it cut to one length."""

    name: str
    """Name of its file without suffix."""
    truth: FlameCoefficients
    """What was recorded."""
    predictions: tuple[FlameCoefficients, ...]
    """What a system made of its speech, once or several times."""


def find_pairs(truth: Path, predicted: Path) -> Mapping[str, tuple[Path, Path]]:
    """Files of true and of predicted coefficients that belong together.

    Args:
        truth: A folder of CLIP.npz, or one such file.
        predicted: The same of a system. What it has beside the true clips is left out.

    Returns:
        Both paths by the name of the clip, sorted; at least one.

    Raises:
        InvalidRequest: If one is a folder and the other a file, either is missing, or there is no
            prediction of a clip.
    """
    for path in (truth, predicted):
        if not path.exists():
            raise InvalidRequest(f"{path}: no such file or folder")
    if truth.is_dir() != predicted.is_dir():
        raise InvalidRequest(f"{truth} and {predicted}: expected two folders or two files")
    if truth.is_file():
        return {truth.stem: (truth, predicted)}
    paths = sorted(path for path in truth.iterdir() if path.suffix.lower() == SUFFIX)
    if not paths:
        raise InvalidRequest(f"{truth}: no clips; expected files {SUFFIX}")
    missing = [path for path in paths if not (predicted / path.name).is_file()]
    if missing:
        raise InvalidRequest(
            f"{predicted}: no {missing[0].name}, the prediction of {missing[0]}; {len(missing)} of "
            f"{len(paths)} clips are missing"
        )
    return {path.stem: (path, predicted / path.name) for path in paths}


def read_flame_clip(name: str, truth: Path, predicted: Path) -> FlameClip:
    """Read a clip and cut all takes to the shortest.

    The shape is that of the truth; if it has none, that of the prediction, and if this has none,
    FLAME's mean.

    Args:
        name: Name of the clip.
        truth: True coefficients, a single take.
        predicted: Predicted coefficients, one take or several.

    Returns:
        The clip.

    Raises:
        InvalidRequest: If a file cannot be read, the truth has several takes, there are no frames,
            or the lengths differ by more than a second.
    """
    takes = read_coefficients(truth)
    if len(takes) != 1:
        raise InvalidRequest(f"{truth}: {len(takes)} takes; allowed: 1, which is the truth")
    predictions = read_coefficients(predicted)
    num_frames = _common_length([takes[0], *predictions], where=f"{truth} and {predicted}")
    shape = predictions[0].shape if takes[0].shape is None else takes[0].shape
    return FlameClip(
        name=name,
        truth=replace(_cut(takes[0], num_frames), shape=shape),
        predictions=tuple(_cut(each, num_frames) for each in predictions),
    )


def check_repetitions(num_by_clip: Mapping[str, int]) -> None:
    """Refuse clips that were predicted more often than others, which would weigh more.

    Args:
        num_by_clip: Number of takes of each clip.

    Raises:
        InvalidRequest: If two clips differ.
    """
    (first, expected), *others = num_by_clip.items()
    for name, number in others:
        if number != expected:
            raise InvalidRequest(
                f"{number} predictions of the clip {name!r}, {expected} of {first!r}; allowed: as "
                "many of each"
            )


def _common_length(takes: Sequence[FlameCoefficients], *, where: str) -> int:
    lengths = [len(take) for take in takes]
    if max(lengths) - min(lengths) > LARGEST_DIFFERENCE_FRAMES:
        raise InvalidRequest(
            f"{where}: {lengths[0]} and {lengths[1]} frames; allowed: a difference of up to "
            f"{LARGEST_DIFFERENCE_FRAMES}"
        )
    if min(lengths) == 0:
        raise InvalidRequest(f"{where}: no frames")
    return min(lengths)


def _cut(take: FlameCoefficients, num_frames: int) -> FlameCoefficients:
    return replace(take, expression=take.expression[:num_frames], pose=take.pose[:num_frames])
