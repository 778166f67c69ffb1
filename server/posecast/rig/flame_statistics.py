"""Mean and spread that FLAME coefficients were normalised with: the file `stats_train.npz`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from posecast.array_file import read_npz
from posecast.errors import CheckpointMismatch
from posecast.rig.flame_layout import (
    EXPRESSION_DIM,
    HEAD,
    JAW_X,
    POSE_DIM,
    SHAPE_DIM,
    has_head,
)
from posecast.signals import FloatArray

_LENGTHS = {"shape": SHAPE_DIM, "exp": EXPRESSION_DIM, "pose": POSE_DIM}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameStatistics:
    """Statistics of the training data, in raw units.

    Only means and standard deviations are used; `std` is the average of those within windows of
    100 frames, so that normalised values spread further than 1.

    Source:
        DiffPoseTalk, arXiv:2310.00434, the statistics file of its training data.
    """

    shape_mean: FloatArray
    """[100]"""
    shape_std: FloatArray
    """[100]"""
    shape_max: FloatArray
    """[100]"""
    shape_min: FloatArray
    """[100]"""
    exp_mean: FloatArray
    """[50]"""
    exp_std: FloatArray
    """[50]"""
    exp_max: FloatArray
    """[50]"""
    exp_min: FloatArray
    """[50]"""
    pose_mean: FloatArray
    """[6], rad"""
    pose_std: FloatArray
    """[6], rad"""
    pose_max: FloatArray
    """[6], rad"""
    pose_min: FloatArray
    """[6], rad"""

    def __post_init__(self) -> None:
        """Refuse rows of other lengths, and values that no data can have."""
        for field in dataclasses.fields(self):
            kind, _, measure = field.name.partition("_")
            row = getattr(self, field.name)
            if row.shape != (_LENGTHS[kind],):
                raise CheckpointMismatch(
                    f"statistics {field.name}: shape {row.shape}; expected ({_LENGTHS[kind]},)"
                )
            allowed = np.isfinite(row) & ((row >= 0) if measure == "std" else True)
            if not allowed.all():
                raise CheckpointMismatch(
                    f"statistics {field.name}: {row[~allowed][0]}; allowed: finite"
                    f"{', 0 and more' if measure == 'std' else ''}"
                )

    @classmethod
    def from_npz(cls, path: Path) -> Self:
        """Read the twelve arrays `{shape,exp,pose}_{mean,std,max,min}`.

        Args:
            path: The .npz.

        Returns:
            The statistics.

        Raises:
            CheckpointMismatch: If the file is missing or damaged, or an array is missing, of
                another length or not finite.
        """
        arrays = read_npz(path, CheckpointMismatch)
        names = [field.name for field in dataclasses.fields(cls)]
        missing = [name for name in names if name not in arrays]
        if missing:
            raise CheckpointMismatch(f"{path}: statistics {missing[0]} is missing")
        try:
            return cls(**{name: np.asarray(arrays[name], np.float32) for name in names})
        except (CheckpointMismatch, ValueError, TypeError) as error:
            raise CheckpointMismatch(f"{path}: {error}") from error

    def motion_mean(self, motion_dim: int) -> FloatArray:
        """Mean of each column of the motion vector, in raw units. [M]"""
        return _motion_row(self.exp_mean, self.pose_mean, motion_dim)

    def motion_std(self, motion_dim: int) -> FloatArray:
        """Standard deviation of each column of the motion vector, in raw units. [M]"""
        return _motion_row(self.exp_std, self.pose_std, motion_dim)


def _motion_row(expression: FloatArray, pose: FloatArray, motion_dim: int) -> FloatArray:
    head = pose[HEAD] if has_head(motion_dim) else pose[:0]
    return np.concatenate([expression, head, pose[JAW_X : JAW_X + 1]])
