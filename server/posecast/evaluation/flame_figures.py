"""The FLAME figures of a system: of each clip, of each group and of all, over its repetitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posecast.evaluation.curves import DoubleArray
from posecast.evaluation.flame_measurement import FlameMeasurement
from posecast.evaluation.groups import Grouping
from posecast.evaluation.intervals import Interval, bootstrap_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameFigure:
    """One figure of some clips."""

    mean: float | None
    """Mean over clips and repetitions, each clip counting once; unset if none was measured."""
    repetition_sd: float | None
    """Standard deviation, with the divisor N - 1, of the mean over clips from repetition to
    repetition: what another sampling would change. Unset for a single repetition."""
    interval: Interval | None
    """95 % interval of the mean over other clips; unset for a single speaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameFigures:
    """All figures of some clips."""

    num_clips: int
    """How many clips they are."""
    num_frames: int
    """How many frames were compared."""
    figures: Mapping[str, FlameFigure]
    """By the fields of `CoefficientFigures`, `SurfaceFigures` and `FlameDiversity`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameSystem:
    """All figures of one system."""

    num_repetitions: int
    """How often it predicted each clip."""
    clips: Mapping[str, FlameFigures]
    """Of each clip by its name."""
    groups: Mapping[str, FlameFigures]
    """Of each group by its name."""
    all_clips: FlameFigures
    """Of all clips together."""


def pool_flame(measurements: Sequence[FlameMeasurement], grouping: Grouping) -> FlameSystem:
    """Pool what was measured.

    Args:
        measurements: The clips of a system, at least one, all with as many repetitions.
        grouping: Groups and speakers of its clips.

    Returns:
        The figures.
    """
    return FlameSystem(
        num_repetitions=len(measurements[0].coefficients),
        clips={each.clip: _pool([each], grouping) for each in measurements},
        groups={
            group: _pool(
                [each for each in measurements if grouping.group_of[each.clip] == group], grouping
            )
            for group in grouping.groups
        },
        all_clips=_pool(measurements, grouping),
    )


def _pool(measurements: Sequence[FlameMeasurement], grouping: Grouping) -> FlameFigures:
    speakers = [grouping.speaker_of[each.clip] for each in measurements]
    by_clip = [each.values() for each in measurements]
    return FlameFigures(
        num_clips=len(measurements),
        num_frames=sum(each.num_frames for each in measurements),
        figures={
            name: _figure(np.array([values[name] for values in by_clip], np.float64), speakers)
            for name in by_clip[0]
        },
    )


def _figure(values: DoubleArray, speakers: Sequence[str]) -> FlameFigure:
    """Pool one figure, NaN where it could not be measured. [N, R]"""
    # Whether a clip can be measured depends on its truth, so all its repetitions are known or none.
    known = values[~np.isnan(values).any(axis=1)]
    if len(known) == 0:
        return FlameFigure(mean=None, repetition_sd=None, interval=None)
    by_repetition = known.mean(axis=0)
    return FlameFigure(
        mean=float(by_repetition.mean()),
        repetition_sd=float(by_repetition.std(ddof=1)) if len(by_repetition) > 1 else None,
        interval=bootstrap_mean(values.mean(axis=1), speakers),
    )
