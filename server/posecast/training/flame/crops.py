"""Chooses which frames of which clips a batch takes; the same again for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from posecast.errors import InvalidRequest
from posecast.signals import IntArray
from posecast.training.flame.clips import FlameClips

CropPlace = Literal["random", "begin", "end"]


def draw_crop(
    clips: FlameClips, key: str, num_frames: int, place: CropPlace, rng: np.random.Generator
) -> int:
    """First frame of a crop of a clip.

    Args:
        clips: The set.
        key: The clip.
        num_frames: Length of the crop.
        place: Anywhere, at the beginning or at the end.
        rng: Draws a random place.

    Raises:
        InvalidRequest: If the clip is shorter, or the place is unknown.
    """
    if place not in get_args(CropPlace):
        raise InvalidRequest(f"crop {place!r}; allowed: {', '.join(get_args(CropPlace))}")
    available = clips.num_frames(key)
    latest = available - num_frames
    if latest < 0:
        raise InvalidRequest(
            f"clip {key} has {available} frames; a crop needs {num_frames}: leave it out of the "
            f"lists of the splits"
        )
    if place == "random":
        return int(rng.integers(0, latest + 1))
    return 0 if place == "begin" else latest


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochOrder:
    """An endless order of items, shuffled anew each time that all were taken.

    A position is all that there is to remember: a resumed training goes on as if it never stopped.
    """

    num_items: int
    """How many there are."""
    seed: int
    """Seed of the shuffles."""

    def item(self, position: int) -> int:
        """The item at a position, counted from 0."""
        epoch, index = divmod(position, self.num_items)
        return int(self.shuffled(epoch)[index])

    def shuffled(self, epoch: int) -> IntArray:
        """All items in the order of an epoch. [N]"""
        return np.random.default_rng((self.seed, epoch)).permutation(self.num_items)
