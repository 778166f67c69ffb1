"""By how much the lips come after the sound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from posecast.evaluation.alignment import Alignment
from posecast.evaluation.curves import DoubleArray, TimedCurve
from posecast.evaluation.phones import REFERENCE_OPENNESS, UNKNOWN
from posecast.evaluation.statistics import correlation
from posecast.signals import Waveform

FURTHEST_LAG_S = 0.4
"""How far the lips are looked for in either direction: 10 frames at 25 a second."""
FEWEST_FRAMES = 25
_GRID_S = 0.01
_BLUR_S = 0.03
_LOUDNESS_WINDOW_S = 0.04
_LOUDNESS_FLOOR_DB = -40.0


class Lag(NamedTuple):
    """Where the cross-correlation of the lips with what they should do peaks."""

    lag_ms: float
    """Time of the peak, refined by a parabola; positive if the lips are late."""
    lag_frames: int
    """Its whole frames."""
    frame_ms: float
    """Length of a frame."""
    peak: float
    """Correlation at the peak."""


def openness_reference(alignment: Alignment) -> TimedCurve:
    """How open the lips should be: a value a phone, blurred over 30 ms.

    Args:
        alignment: Phones of a clip.

    Returns:
        Openness every 10 ms; NaN where the phone is not known.
    """
    times_s = np.arange(0, alignment[-1].end_s, _GRID_S) + _GRID_S / 2
    steps = np.full(len(times_s), np.nan)
    for segment in alignment:
        if segment.phone != UNKNOWN:
            inside = (segment.start_s <= times_s) & (times_s < segment.end_s)
            steps[inside] = REFERENCE_OPENNESS[segment.phone]
    return TimedCurve(times_s, _blur(steps))


def loudness_reference(waveform: Waveform) -> TimedCurve:
    """How open the lips should be if only the sound is known: its level in dB, floored.

    Args:
        waveform: The clip.

    Returns:
        Level above the floor every 10 ms, 0..1.
    """
    hop = max(1, round(waveform.sample_rate_hz * _GRID_S))
    half = max(1, round(waveform.sample_rate_hz * _LOUDNESS_WINDOW_S / 2))
    energy = np.concatenate([[0.0], np.cumsum(waveform.samples.astype(np.float64) ** 2)])
    middles = np.arange(0, len(waveform.samples), hop)
    starts, ends = np.maximum(0, middles - half), np.minimum(len(energy) - 1, middles + half)
    power = np.maximum(0, energy[ends] - energy[starts]) / (ends - starts)
    level_db = 10 * np.log10(power / max(power.max(), 1e-12) + 1e-12)
    openness = 1 - np.maximum(level_db, _LOUDNESS_FLOOR_DB) / _LOUDNESS_FLOOR_DB
    return TimedCurve(middles / waveform.sample_rate_hz, openness)


def measure_lag(aperture: TimedCurve, reference: TimedCurve) -> Lag | None:
    """Lag of the lips behind a reference.

    Args:
        aperture: Lip aperture at the frames of the face.
        reference: What the lips should do, on any grid; NaN where that is not known.

    Returns:
        The lag; nothing if the lips do not move or there is too little to compare.
    """
    if len(aperture.times_s) < FEWEST_FRAMES:
        return None
    frame_s = float(np.median(np.diff(aperture.times_s)))
    furthest = round(FURTHEST_LAG_S / frame_s)
    lags = np.arange(-furthest, furthest + 1)
    scores = np.array([_score(aperture, reference, lag * frame_s) for lag in lags])
    if np.isnan(scores).all():
        return None
    best = int(np.nanargmax(scores))
    return Lag(
        lag_ms=float(lags[best] + _parabola_offset(scores, best)) * frame_s * 1000,
        lag_frames=int(lags[best]),
        frame_ms=frame_s * 1000,
        peak=float(scores[best]),
    )


def _score(aperture: TimedCurve, reference: TimedCurve, lag_s: float) -> float:
    """Correlation of the lips with the reference delayed; NaN if there is too little of either."""
    asked_s = aperture.times_s - lag_s
    wanted = np.interp(
        asked_s, reference.times_s, reference.values, left=float("nan"), right=float("nan")
    )
    known = ~np.isnan(wanted)
    if known.sum() < FEWEST_FRAMES:
        return float("nan")
    found = correlation(aperture.values[known], wanted[known])
    return float("nan") if found is None else found


def _parabola_offset(scores: DoubleArray, best: int) -> float:
    """Where between the frames the peak lies, -0.5..0.5."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    before, peak, after = scores[best - 1 : best + 2]
    curvature = before - 2 * peak + after
    if not curvature < 0:  # flat, or NaN beside the peak
        return 0.0
    return float(np.clip(0.5 * (before - after) / curvature, -0.5, 0.5))


def _blur(steps: DoubleArray) -> DoubleArray:
    """Gaussian mean of what is known around each known point."""
    reach = round(3 * _BLUR_S / _GRID_S)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _GRID_S / _BLUR_S) ** 2)
    is_known = ~np.isnan(steps)
    total = np.convolve(np.where(is_known, steps, 0), kernel)[reach:-reach]
    weight = np.convolve(is_known.astype(np.float64), kernel)[reach:-reach]
    return np.where(is_known, total / np.maximum(weight, 1e-12), np.nan)
