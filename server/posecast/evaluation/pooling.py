"""How the figures of clips add up to those of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain

from posecast.evaluation.articulation import Contrast
from posecast.evaluation.counts import Count, Ratio
from posecast.evaluation.measurement import ClipMeasurement, LipMeasurement
from posecast.evaluation.timing import Lag

LAG_LIMIT_MS = 40.0
"""In time is a lag whose whole frames are no longer than this: a frame of the model."""
EARLIEST_LAG_MS, LATEST_LAG_MS = -40.0, 20.0
"""The band of lags that nobody notices: lips that come late are seen sooner than early ones."""
_NOTHING_COUNTED = Count(0, 0)
_ROUNDING_MS = 1e-3


def _of_lips(count_of: Callable[[LipMeasurement], Count]) -> Callable[[ClipMeasurement], Count]:
    return lambda clip: count_of(clip.lips) if clip.lips else _NOTHING_COUNTED


def _of_lag(is_good: Callable[[Lag], bool]) -> Callable[[ClipMeasurement], Count]:
    return lambda clip: Count(int(is_good(clip.lag)), 1) if clip.lag else _NOTHING_COUNTED


def is_in_time(lag: Lag) -> bool:
    """Whether the whole frames of a lag are within a frame of the model."""
    return abs(lag.lag_frames) * lag.frame_ms <= LAG_LIMIT_MS + _ROUNDING_MS


def is_in_band(lag: Lag) -> bool:
    """Whether the refined lag is within the band that nobody notices."""
    return EARLIEST_LAG_MS - _ROUNDING_MS <= lag.lag_ms <= LATEST_LAG_MS + _ROUNDING_MS


COUNTS: Mapping[str, Callable[[ClipMeasurement], Count]] = {
    "closure_recall": _of_lips(lambda lips: lips.closure_recall),
    "closures_by_chance": _of_lips(lambda lips: lips.closures_by_chance),
    "false_closures_on_vowels": _of_lips(lambda lips: lips.false_closures_on_vowels),
    "false_closures_on_consonants": _of_lips(lambda lips: lips.false_closures_on_consonants),
    "shut_in_pauses": _of_lips(lambda lips: lips.shut_in_pauses),
    "clips_in_time": _of_lag(is_in_time),
    "clips_in_band": _of_lag(is_in_band),
}
"""Counts are added."""


def _per_second(rate_of: Callable[[ClipMeasurement], float]) -> Callable[[ClipMeasurement], Ratio]:
    """A mean over time, weighted by the length of the clip."""
    return lambda clip: Ratio(rate_of(clip) * clip.motion.duration_s, base=clip.motion.duration_s)


RATIOS: Mapping[str, Callable[[ClipMeasurement], Ratio]] = {
    "head_yaw_range_deg": lambda clip: Ratio(clip.motion.head_range_deg[0], 1),
    "head_pitch_range_deg": lambda clip: Ratio(clip.motion.head_range_deg[1], 1),
    "head_roll_range_deg": lambda clip: Ratio(clip.motion.head_range_deg[2], 1),
    "head_speed_deg_s": _per_second(lambda clip: clip.motion.head_speed_deg_s),
    "head_speed_in_speech_deg_s": lambda clip: clip.motion.head_turn_in_speech,
    "head_speed_in_pauses_deg_s": lambda clip: clip.motion.head_turn_in_pauses,
    "blinks_per_minute": lambda clip: Ratio(
        len(clip.motion.blink_depths), clip.motion.duration_s / 60
    ),
    "aperture_range": lambda clip: Ratio(clip.motion.aperture_range, 1),
    "lips_above_10_hz": lambda clip: clip.motion.fast_lip_energy,
    "lip_speed_above_10_hz": lambda clip: clip.motion.fast_lip_speed_energy,
    "jaw_jitter": _per_second(lambda clip: clip.motion.jaw_jitter),
    "head_jitter_deg": _per_second(lambda clip: clip.motion.head_jitter_deg),
}
"""Amounts and what they are counted by are added apart."""

CONTRASTS: Mapping[str, Callable[[LipMeasurement], Contrast]] = {
    "bilabial": lambda lips: lips.bilabial,
    "labiodental": lambda lips: lips.labiodental,
    "rounding": lambda lips: lips.rounding,
}
"""Values of phones are put together."""


def pool_contrasts(contrasts: list[Contrast]) -> Contrast:
    """Put the values of several clips together."""
    return Contrast(
        positives=tuple(chain.from_iterable(part.positives for part in contrasts)),
        negatives=tuple(chain.from_iterable(part.negatives for part in contrasts)),
    )
