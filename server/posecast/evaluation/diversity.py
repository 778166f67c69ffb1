"""How far takes of one clip differ from seed to seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from posecast.evaluation.curves import DoubleArray, brow_level, lip_aperture
from posecast.evaluation.motion import head_angles_deg
from posecast.evaluation.statistics import correlation
from posecast.signals import FaceFrames

_SIGNALS: Mapping[str, Callable[[FaceFrames], DoubleArray]] = {
    "lips": lambda frames: lip_aperture(frames).values,
    "head_yaw": lambda frames: head_angles_deg(frames)[:, 0],
    "head_pitch": lambda frames: head_angles_deg(frames)[:, 1],
    "brows": lambda frames: brow_level(frames).values,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversity:
    """Mean correlation of the takes of each two seeds; unset where something never moves."""

    lips: float | None
    """Of the lip aperture: high, because the speech settles it."""
    head_yaw: float | None
    """Of the head's yaw: low, because nothing settles it."""
    head_pitch: float | None
    """Of the head's pitch: low, though nods may follow the speech."""
    brows: float | None
    """Of the brows' level."""


def measure_diversity(takes: Sequence[FaceFrames]) -> Diversity:
    """Correlate the takes of one clip, each with each.

    Args:
        takes: The same clip made with several seeds.

    Returns:
        Means over all pairs.
    """
    return Diversity(
        **{
            name: _mean(
                correlation(first, second)
                for first, second in combinations([signal_of(take) for take in takes], 2)
            )
            for name, signal_of in _SIGNALS.items()
        }
    )


def pool_diversity(clips: Sequence[Diversity]) -> Diversity:
    """Mean over clips.

    Args:
        clips: At least one clip.

    Returns:
        The mean of each figure over the clips in which it could be measured.
    """
    return Diversity(**{name: _mean(getattr(clip, name) for clip in clips) for name in _SIGNALS})


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
