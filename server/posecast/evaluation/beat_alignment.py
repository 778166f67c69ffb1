"""Whether a predicted head moves in the rhythm of the true one: alignment of kinematic beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from posecast.errors import InvalidRequest
from posecast.evaluation.curves import DoubleArray
from posecast.evaluation.rotations import rotation_speeds_rad_s

SIGMA_S = 3 / 60  # 0.05, three frames at the 60 frames a second of the dance data
"""How far two beats may be apart: at this distance a beat counts 0.61, at twice 0.14."""
SMOOTHING_S = 2 / 25  # 0.08, two frames
"""Standard deviation of the Gaussian that smooths the speed, without which noise is all beats."""
_REACH = 4
"""Standard deviations after which the Gaussian ends."""
_STEADY_RAD_S = 1e-6
"""From one frame to the next, a change of speed below this is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatAlignment:
    """How well two sets of beats meet, each figure 0..1; unset if the true head has no beats."""

    of_predicted: float | None
    """BA: mean over the predicted beats of how near a true beat is; 0 if nothing was predicted."""
    of_true: float | None
    """The other way round, mean over true beats: what a prediction with few beats loses."""
    by_chance: float | None
    """What `of_predicted` is on average for beats at random times, which is no merit."""


def measure_beat_alignment(
    truth: ArrayLike,
    predicted: ArrayLike,
    frame_rate_hz: float,
    *,
    sigma_s: float = SIGMA_S,
    smoothing_s: float = SMOOTHING_S,
) -> BeatAlignment:
    """Beat alignment (BA) of a predicted head with the true one.

        BA = 1/|P| sum_{p in P} exp(-min_{q in Q} (p - q)^2 / (2 sigma^2))

    with the times P and Q of the predicted and the true kinematic beats, in seconds.

    Args:
        truth: True head rotation as axis times angle. [T, 3], rad
        predicted: Predicted head rotation. [T, 3], rad
        frame_rate_hz: Frames in a second.
        sigma_s: The sigma, in seconds.
        smoothing_s: Smoothing of the speed, see `kinematic_beats_s`.

    Returns:
        BA, the same over true beats, and BA by chance.

    Raises:
        InvalidRequest: If the heads differ in length or sigma is not above 0.

    Source:
        The Beat Alignment Score of AI Choreographer, arXiv:2101.08779, with beats of the true head
        in place of those of the music and sigma in seconds in place of 3 frames at 60 a second.
    """
    ours, theirs = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if ours.shape != theirs.shape:
        raise InvalidRequest(
            f"head rotations {theirs.shape} and {ours.shape}; allowed: two equal shapes [T, 3]"
        )
    predicted_s = kinematic_beats_s(ours, frame_rate_hz, smoothing_s=smoothing_s)
    true_s = kinematic_beats_s(theirs, frame_rate_hz, smoothing_s=smoothing_s)
    if len(true_s) == 0:
        return BeatAlignment(of_predicted=None, of_true=None, by_chance=None)
    any_s = np.asarray((np.arange(len(theirs) - 1) + 0.5) / frame_rate_hz, np.float64)
    return BeatAlignment(
        of_predicted=align_beats(predicted_s, true_s, sigma_s=sigma_s),
        of_true=align_beats(true_s, predicted_s, sigma_s=sigma_s),
        by_chance=align_beats(any_s, true_s, sigma_s=sigma_s),
    )


def align_beats(beats_s: DoubleArray, anchors_s: DoubleArray, *, sigma_s: float) -> float:
    """Mean nearness of beats to their nearest anchors.

    Args:
        beats_s: Times over which the mean is taken. [N], s
        anchors_s: Times that should be met, in order. [M], s
        sigma_s: Distance at which a beat counts exp(-1/2).

    Returns:
        0..1; 0 if either is empty.

    Raises:
        InvalidRequest: If sigma is not above 0.
    """
    if not sigma_s > 0:
        raise InvalidRequest(f"sigma_s {sigma_s}; allowed: above 0")
    if len(beats_s) == 0 or len(anchors_s) == 0:
        return 0.0
    later = np.searchsorted(anchors_s, beats_s)
    neighbours = [np.clip(index, 0, len(anchors_s) - 1) for index in (later - 1, later)]
    distances_s = np.min([np.abs(anchors_s[index] - beats_s) for index in neighbours], axis=0)
    return float(np.exp(-np.square(distances_s) / (2 * sigma_s**2)).mean())


def kinematic_beats_s(
    rotation: ArrayLike, frame_rate_hz: float, *, smoothing_s: float = SMOOTHING_S
) -> DoubleArray:
    """Times at which a head comes to rest or turns round.

    Args:
        rotation: Head rotation as axis times angle. [T, 3], rad
        frame_rate_hz: Frames in a second.
        smoothing_s: Standard deviation of the Gaussian that smooths the speed; 0 for none.

    Returns:
        Times of the local minima of the angular speed, each in the middle of its stretch of equal
        speed; the first and the last speed are no minimum. [N], s

    Raises:
        InvalidRequest: If the smoothing is below 0.

    Source:
        AI Choreographer, arXiv:2101.08779; the smoothing is ours.
    """
    if not smoothing_s >= 0:
        raise InvalidRequest(f"smoothing_s {smoothing_s}; allowed: 0 and above")
    speeds = _smooth(rotation_speeds_rad_s(rotation, frame_rate_hz), smoothing_s * frame_rate_hz)
    changes = np.diff(speeds)
    moving = np.flatnonzero(np.abs(changes) > _STEADY_RAD_S)
    is_minimum = (changes[moving[:-1]] < 0) & (changes[moving[1:]] > 0)
    middles = (moving[:-1] + 1 + moving[1:])[is_minimum] / 2
    return np.asarray((middles + 0.5) / frame_rate_hz)  # a speed lies between two frames


def _smooth(values: DoubleArray, sigma_frames: float) -> DoubleArray:
    """Values under a Gaussian; both ends go on as they are. [T]"""
    reach = int(np.ceil(_REACH * sigma_frames))
    if reach == 0 or len(values) == 0:
        return values
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / sigma_frames))
    padded = np.pad(values, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
