"""What eyes and head do of themselves, measured: the inverse of `Eyes` and `HeadWander`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.config import FRAME_RATE_HZ
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.eyes import VERTICAL_SHARE
from posecast.rig.wander_measurement import measure_wander
from posecast.signals import LIFE_LIMITS, FaceFrames, FloatArray

BLINK_FROM, BLINK_UNTIL = 0.4, 0.25
"""Lids that close beyond the first blink, until they open beyond the second."""
SACCADE_FROM = 0.015
"""Change of a look curve from frame to frame beyond which the eyes are on their way."""
SHORTEST_FIXATION_FRAMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The fields of `signals.Style` that are not its vector."""

    blink_rate_hz: float
    """Blinks a second."""
    gaze_range: float
    """Standard deviation of the look curves with which `Eyes` looks as far."""
    head_wander_rad: float
    """Amplitude with which `HeadWander` wanders as widely."""
    head_tempo_hz: float
    """Its tempo; the usual one for a still head."""


def measure_life(frames: FaceFrames) -> Life:
    """Measure a face at 25 frames a second.

    Args:
        frames: At least two frames.

    Returns:
        The measures, within the ranges of `signals.Style`.

    Source:
        Our own.
    """
    lids = _mean_of(frames.weights, "eyeBlinkLeft", "eyeBlinkRight")
    wander = measure_wander(frames.head, frames.weights)
    measured = Life(
        blink_rate_hz=_count_blinks(lids) * FRAME_RATE_HZ / len(frames),
        gaze_range=_measure_gaze(frames.weights, lids),
        head_wander_rad=wander.amplitude_rad,
        head_tempo_hz=wander.tempo_hz,
    )
    within = {name: min(getattr(measured, name), high) for name, high in LIFE_LIMITS.items()}
    return dataclasses.replace(measured, **within)


def _mean_of(weights: FloatArray, *names: str) -> FloatArray:
    return weights[:, [CURVE_INDEX[name] for name in names]].mean(axis=1)


def _count_blinks(lids: FloatArray) -> int:
    """Closures that begin in the take, with two thresholds: a trembling lid blinks once."""
    count, is_closed = 0, bool(lids[0] > BLINK_FROM)
    for lid in lids.tolist():
        if not is_closed and lid > BLINK_FROM:
            count, is_closed = count + 1, True
        elif is_closed and lid < BLINK_UNTIL:
            is_closed = False
    return count


def _measure_gaze(weights: FloatArray, lids: FloatArray) -> float:
    """Spread of what is looked at while the eyes are open, as `Eyes` sets it.

    Each fixation counts once: how long one lasts says nothing about where it is.
    """
    right = _mean_of(weights, "eyeLookOutRight", "eyeLookInLeft")
    left = _mean_of(weights, "eyeLookInRight", "eyeLookOutLeft")
    up = _mean_of(weights, "eyeLookUpLeft", "eyeLookUpRight")
    down = _mean_of(weights, "eyeLookDownLeft", "eyeLookDownRight")
    both = np.stack([right - left, up - down], axis=1)
    looked = both[lids <= BLINK_FROM].astype(np.float64)
    if not len(looked):
        return 0.0
    fixations = _fixations(looked)
    if len(fixations) < 2:  # eyes that follow something smoothly, or hold still
        fixations, freedom = looked, len(looked)
    else:
        freedom = len(fixations) - 1
    # Of both axes, as far as each says it: the vertical moves by its share of the range.
    deviations = (fixations - fixations.mean(axis=0)) / (1, VERTICAL_SHARE)
    return float(np.sqrt(np.square(deviations).sum() / (2 * freedom)))


def _fixations(looked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of the stretches between saccades. [N, 2]"""
    is_moving = (np.abs(np.diff(looked, axis=0)) > SACCADE_FROM).any(axis=1)
    stretch = np.concatenate([[0], np.cumsum(is_moving)])
    num_frames = np.bincount(stretch)
    sums = np.stack([np.bincount(stretch, axis) for axis in looked.T], axis=1)
    is_fixation = num_frames >= SHORTEST_FIXATION_FRAMES
    return sums[is_fixation] / num_frames[is_fixation, None]
