"""Measurements of one clip or of many, in a dozen figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from posecast.evaluation.articulation import Contrast
from posecast.evaluation.counts import Count
from posecast.evaluation.measurement import ClipMeasurement, LipMeasurement
from posecast.evaluation.statistics import area_under_curve, rank_correlation
from posecast.evaluation.timing import Lag

LAG_LIMIT_MS = 40.0
"""In time is a lag whose whole frames are no longer than this: a frame of the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of some clips; unset ones could not be measured."""

    closure_recall: Count
    """p, b, m on which the lips close."""
    closures_by_chance: Count
    """Places all over the speech that pass for a closure."""
    false_closures_on_vowels: Count
    """Vowels on which the lips close."""
    false_closures_on_consonants: Count
    """Consonants but p b m f v w on which the lips close."""
    labiodental_auc: float | None
    """Chance that f or v has more labiodental contact than another phone."""
    rounding_auc: float | None
    """Chance that u w o oy is rounder than i ih e eh s z."""
    height_correlation: float | None
    """Rank correlation of the aperture in a vowel with the openness of the vowel."""
    shut_in_pauses: Count
    """Frames in pauses that show a shut mouth."""
    lag_ms: float | None
    """Median lag; positive if the lips are late."""
    worst_lag_frames: int | None
    """Whole frames of the lag that is furthest from 0."""
    clips_in_time: Count
    """Clips whose lag is within a frame of the model."""
    head_range_deg: tuple[float, float, float]
    """Mean range of yaw, pitch, roll, each from the 5th to the 95th percentile."""
    head_speed_deg_s: float
    """Mean speed of the head."""
    blinks_per_minute: float
    """Blinks over the length of the clips."""
    blink_depth: float | None
    """Median peak of a blink, 0..1."""
    jaw_jitter: float
    """Mean second difference of jawOpen from frame to frame."""
    head_jitter_deg: float
    """Mean second difference of yaw, pitch and roll from frame to frame."""


def summarise(measurements: Sequence[ClipMeasurement]) -> Summary:
    """Pool clips: counts are added, values of phones put together, and rates weighted by length.

    Args:
        measurements: At least one clip.

    Returns:
        The figures; those of a single clip are the clip's own.
    """
    lips = [clip.lips for clip in measurements if clip.lips]
    lags = [clip.lag for clip in measurements if clip.lag]
    motions = [clip.motion for clip in measurements]
    seconds = np.array([motion.duration_s for motion in motions])
    depths = list(chain.from_iterable(motion.blink_depths for motion in motions))
    yaw, pitch, roll = np.mean([motion.head_range_deg for motion in motions], axis=0).tolist()

    def weighted(values: Iterable[float]) -> float:
        return float(np.average(list(values), weights=seconds))

    return Summary(
        closure_recall=_pool(lips, lambda clip: clip.closure_recall),
        closures_by_chance=_pool(lips, lambda clip: clip.closures_by_chance),
        false_closures_on_vowels=_pool(lips, lambda clip: clip.false_closures_on_vowels),
        false_closures_on_consonants=_pool(lips, lambda clip: clip.false_closures_on_consonants),
        labiodental_auc=_pooled_auc(clip.labiodental for clip in lips),
        rounding_auc=_pooled_auc(clip.rounding for clip in lips),
        height_correlation=_pooled_height_correlation(lips),
        shut_in_pauses=_pool(lips, lambda clip: clip.shut_in_pauses),
        lag_ms=float(np.median([lag.lag_ms for lag in lags])) if lags else None,
        worst_lag_frames=max((lag.lag_frames for lag in lags), key=abs, default=None),
        clips_in_time=Count.of(_is_in_time(lag) for lag in lags),
        head_range_deg=(yaw, pitch, roll),
        head_speed_deg_s=weighted(motion.head_speed_deg_s for motion in motions),
        blinks_per_minute=len(depths) / float(seconds.sum()) * 60,
        blink_depth=float(np.median(depths)) if depths else None,
        jaw_jitter=weighted(motion.jaw_jitter for motion in motions),
        head_jitter_deg=weighted(motion.head_jitter_deg for motion in motions),
    )


def _is_in_time(lag: Lag) -> bool:
    return abs(lag.lag_frames) * lag.frame_ms <= LAG_LIMIT_MS + 1e-3


def _pool(lips: Sequence[LipMeasurement], count_of: Callable[[LipMeasurement], Count]) -> Count:
    return Count.pooled(count_of(clip) for clip in lips)


def _pooled_auc(contrasts: Iterable[Contrast]) -> float | None:
    parts = list(contrasts)
    positives = list(chain.from_iterable(part.positives for part in parts))
    negatives = list(chain.from_iterable(part.negatives for part in parts))
    return area_under_curve(positives, negatives)


def _pooled_height_correlation(lips: Sequence[LipMeasurement]) -> float | None:
    openness = list(chain.from_iterable(clip.vowel_heights.openness for clip in lips))
    apertures = list(chain.from_iterable(clip.vowel_heights.apertures for clip in lips))
    return rank_correlation(openness, apertures)
