"""Measurements of one clip or of many, in two dozen figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from posecast.evaluation.counts import Count, Ratio
from posecast.evaluation.measurement import ClipMeasurement, LipMeasurement
from posecast.evaluation.pooling import CONTRASTS, COUNTS, RATIOS, pool_contrasts
from posecast.evaluation.statistics import area_under_curve, effect_size, rank_correlation


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
    bilabial_effect: float | None
    """Effect size (Cohen's d) of the lips' closing on p, b, m against other consonants."""
    bilabial_auc: float | None
    """Chance that the lips close further on p, b, m than on another consonant."""
    labiodental_effect: float | None
    """Effect size of labiodental contact on f, v against other phones."""
    labiodental_auc: float | None
    """Chance that f or v has more labiodental contact than another phone."""
    rounding_effect: float | None
    """Effect size of rounding on u w o oy against i ih e eh s z."""
    rounding_auc: float | None
    """Chance that u w o oy is rounder than i ih e eh s z."""
    height_correlation: float | None
    """Rank correlation of the aperture in a vowel with the openness of the vowel."""
    shut_in_pauses: Count
    """Frames in pauses that show a shut mouth."""
    lag_ms: float | None
    """Median lag; positive if the lips are late."""
    earliest_lag_ms: float | None
    """Lag of the clip whose lips are earliest."""
    latest_lag_ms: float | None
    """Lag of the clip whose lips are latest."""
    worst_lag_frames: float | None
    """Whole frames of the lag that is furthest from 0."""
    clips_in_time: Count
    """Clips whose lag is within a frame of the model."""
    clips_in_band: Count
    """Clips whose refined lag is -40 to +20 ms."""
    aperture_range: float | None
    """Mean distance from the 5th to the 95th percentile of the lip aperture."""
    lips_above_10_hz: float | None
    """Share of the energy of jawOpen and the aperture above 10 Hz."""
    lip_speed_above_10_hz: float | None
    """The same share of their speeds."""
    head_range_deg: tuple[float, float, float]
    """Mean range of yaw, pitch, roll, each from the 5th to the 95th percentile."""
    head_speed_deg_s: float
    """Mean speed of the head."""
    head_speed_in_speech_deg_s: float | None
    """Mean speed of the head while someone speaks."""
    head_speed_in_pauses_deg_s: float | None
    """Mean speed of the head in pauses."""
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
    lags_ms = [lag.lag_ms for lag in lags]
    depths = list(chain.from_iterable(clip.motion.blink_depths for clip in measurements))
    contrasts = {
        name: pool_contrasts([contrast_of(clip) for clip in lips])
        for name, contrast_of in CONTRASTS.items()
    }
    counts = {
        name: Count.pooled(count_of(clip) for clip in measurements)
        for name, count_of in COUNTS.items()
    }
    ratios = {
        name: Ratio.pooled(ratio_of(clip) for clip in measurements)
        for name, ratio_of in RATIOS.items()
    }

    def mean(name: str) -> float:
        return ratios[name].value or 0.0

    return Summary(
        closure_recall=counts["closure_recall"],
        closures_by_chance=counts["closures_by_chance"],
        false_closures_on_vowels=counts["false_closures_on_vowels"],
        false_closures_on_consonants=counts["false_closures_on_consonants"],
        bilabial_effect=effect_size(*contrasts["bilabial"]),
        bilabial_auc=area_under_curve(*contrasts["bilabial"]),
        labiodental_effect=effect_size(*contrasts["labiodental"]),
        labiodental_auc=area_under_curve(*contrasts["labiodental"]),
        rounding_effect=effect_size(*contrasts["rounding"]),
        rounding_auc=area_under_curve(*contrasts["rounding"]),
        height_correlation=_height_correlation(lips),
        shut_in_pauses=counts["shut_in_pauses"],
        lag_ms=float(np.median(lags_ms)) if lags else None,
        earliest_lag_ms=min(lags_ms, default=None),
        latest_lag_ms=max(lags_ms, default=None),
        worst_lag_frames=max((lag.lag_frames for lag in lags), key=abs, default=None),
        clips_in_time=counts["clips_in_time"],
        clips_in_band=counts["clips_in_band"],
        aperture_range=ratios["aperture_range"].value,
        lips_above_10_hz=ratios["lips_above_10_hz"].value,
        lip_speed_above_10_hz=ratios["lip_speed_above_10_hz"].value,
        head_range_deg=(
            mean("head_yaw_range_deg"),
            mean("head_pitch_range_deg"),
            mean("head_roll_range_deg"),
        ),
        head_speed_deg_s=mean("head_speed_deg_s"),
        head_speed_in_speech_deg_s=ratios["head_speed_in_speech_deg_s"].value,
        head_speed_in_pauses_deg_s=ratios["head_speed_in_pauses_deg_s"].value,
        blinks_per_minute=mean("blinks_per_minute"),
        blink_depth=float(np.median(depths)) if depths else None,
        jaw_jitter=mean("jaw_jitter"),
        head_jitter_deg=mean("head_jitter_deg"),
    )


def median_summary(summaries: Sequence[Summary]) -> Summary:
    """The median of each figure over several tries at the same clips.

    Args:
        summaries: At least one.

    Returns:
        Medians of the tries that could be measured; of a count the median share, told as hits of
        the first try's total. A single summary is returned as it is.
    """
    if len(summaries) == 1:
        return summaries[0]
    names = [field.name for field in dataclasses.fields(Summary)]
    return Summary(**{name: _median([getattr(one, name) for one in summaries]) for name in names})


def _median(values: Sequence[Any]) -> Any:
    """Median of counts, of tuples number by number, or of numbers and what is missing."""
    if isinstance(values[0], Count):
        return Count.median(values)
    if isinstance(values[0], tuple):
        return tuple(np.median(values, axis=0).tolist())
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _height_correlation(lips: Sequence[LipMeasurement]) -> float | None:
    openness = list(chain.from_iterable(clip.vowel_heights.openness for clip in lips))
    apertures = list(chain.from_iterable(clip.vowel_heights.apertures for clip in lips))
    return rank_correlation(openness, apertures)
