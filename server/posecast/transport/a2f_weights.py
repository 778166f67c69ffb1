"""Our weights as an Audio2Face-3D client wants them: its names, its order, its arithmetic."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posecast.rig.arkit import CURVE_NAMES
from posecast.signals import FloatArray, IntArray

PASCAL_NAMES: tuple[str, ...] = tuple(name[0].upper() + name[1:] for name in CURVE_NAMES)
"""The 52 names as that protocol spells them; their order is ours."""
_PLACES = {name.lower(): index for index, name in enumerate(CURVE_NAMES)}
_NOWHERE = len(CURVE_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightMap:
    """A weight leaves as `weight * multiplier + offset`, and is held to 0..1 only if asked for."""

    names: tuple[str, ...]
    """Names of what leaves."""
    columns: IntArray
    """Place of each among our curves; behind the last of them for a name that we do not have."""
    multipliers: FloatArray
    """By name. [N]"""
    offsets: FloatArray
    """By name. [N]"""
    is_clamped: bool
    """Whether weights are held to 0..1."""
    is_ours: bool
    """Whether all that comes of it is what goes in."""

    @classmethod
    def of(
        cls,
        names: Sequence[str] = (),
        *,
        multipliers: Mapping[str, float] | None = None,
        offsets: Mapping[str, float] | None = None,
        is_clamped: bool = False,
    ) -> WeightMap:
        """Build a map.

        Args:
            names: What leaves, in order; none means the 52 in PascalCase.
            multipliers: By name, in any case; names that do not leave are ignored, others are 1.
            offsets: Likewise; others are 0.
            is_clamped: Whether to hold weights to 0..1.
        """
        is_ours = not (names or multipliers or offsets)  # and weights of ours are in 0..1
        names = tuple(names) or PASCAL_NAMES
        return cls(
            names=names,
            columns=_columns_of(names),
            multipliers=_row(names, multipliers or {}, usual=1.0),
            offsets=_row(names, offsets or {}, usual=0.0),
            is_clamped=is_clamped,
            is_ours=is_ours,
        )

    def apply(self, weights: FloatArray) -> FloatArray:
        """Weights as they leave.

        Args:
            weights: Ours. [T, 52]

        Returns:
            What the client gets. [T, N]
        """
        if self.is_ours:
            return weights
        wider = np.concatenate([weights, np.zeros((len(weights), 1), np.float32)], axis=1)
        mapped: FloatArray = wider[:, self.columns] * self.multipliers + self.offsets
        return np.clip(mapped, 0.0, 1.0) if self.is_clamped else mapped


@functools.lru_cache(maxsize=8)
def _columns_of(names: tuple[str, ...]) -> IntArray:
    return np.array([_PLACES.get(name.lower(), _NOWHERE) for name in names], np.int64)


def _row(names: Sequence[str], values: Mapping[str, float], *, usual: float) -> FloatArray:
    if not values:
        return np.full(len(names), usual, np.float32)
    by_name = {name.lower(): value for name, value in values.items()}
    return np.array([by_name.get(name.lower(), usual) for name in names], np.float32)
