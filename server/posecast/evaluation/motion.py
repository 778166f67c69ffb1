"""How lively the head and the eyes are, and how smooth everything is."""

from __future__ import annotations

import numpy as np

from posecast.evaluation.alignment import Alignment
from posecast.evaluation.articulation import SHORTEST_PAUSE_S
from posecast.evaluation.counts import Ratio
from posecast.evaluation.curves import DoubleArray, TimedCurve, jaw_opening, lip_aperture
from posecast.evaluation.phones import PHONES, SILENCE
from posecast.evaluation.rotations import angles_between_quaternions_rad
from posecast.evaluation.spectrum import power_spectrum
from posecast.rig.head_pose import yaw_pitch_roll_deg_from_quaternion
from posecast.signals import FaceFrames

BLINK_SHUT = 0.4
"""An eye closing above this begins a blink."""
BLINK_OPEN = 0.25
"""An eye closing below this ends it."""
FAST_HZ = 10.0
"""Lips hardly speak faster than this: what moves there is jitter, not speech."""


def head_angles_deg(frames: FaceFrames) -> DoubleArray:
    """Yaw, pitch and roll of each frame in degrees. [T, 3]"""
    return yaw_pitch_roll_deg_from_quaternion(frames.head).astype(np.float64)


def head_range_deg(angles_deg: DoubleArray) -> DoubleArray:
    """How far the head turns about each axis.

    Args:
        angles_deg: Yaw, pitch and roll. [T, 3]

    Returns:
        Distance from the 5th to the 95th percentile. [3]
    """
    low, high = np.percentile(angles_deg, [5, 95], axis=0)
    return np.asarray(high - low, np.float64)


def head_speeds_deg_s(frames: FaceFrames) -> TimedCurve:
    """Speed of the head from frame to frame.

    Args:
        frames: A face.

    Returns:
        Angle between consecutive frames over their distance in time, in the middle between them.
        [T - 1]
    """
    angles_deg = np.degrees(angles_between_quaternions_rad(frames.head[1:], frames.head[:-1]))
    times_s = frames.times_s[:-1] + 0.5 / frames.frame_rate_hz
    return TimedCurve(times_s, angles_deg * frames.frame_rate_hz)


def head_speed_deg_s(frames: FaceFrames) -> float:
    """Mean speed of the head; a single frame does not move."""
    speeds = head_speeds_deg_s(frames).values
    return float(speeds.mean()) if len(speeds) else 0.0


def head_turn_in_speech(frames: FaceFrames, alignment: Alignment) -> Ratio:
    """How far the head turns while someone speaks.

    Args:
        frames: A face.
        alignment: Phones of its clip.

    Returns:
        Degrees over seconds of phones; stretches that are not known do not count.
    """
    spoken = [(part.start_s, part.end_s) for part in alignment if part.phone in PHONES]
    return _turn_within(frames, spoken)


def head_turn_in_pauses(frames: FaceFrames, alignment: Alignment) -> Ratio:
    """How far the head turns in pauses.

    Args:
        frames: A face.
        alignment: Phones of its clip.

    Returns:
        Degrees over seconds of pauses longer than `SHORTEST_PAUSE_S`.
    """
    pauses = [
        (part.start_s, part.end_s)
        for part in alignment
        if part.phone == SILENCE and part.duration_s > SHORTEST_PAUSE_S
    ]
    return _turn_within(frames, pauses)


def _turn_within(frames: FaceFrames, stretches: list[tuple[float, float]]) -> Ratio:
    speeds = head_speeds_deg_s(frames)
    is_inside = np.zeros(len(speeds.times_s), np.bool_)
    for start_s, end_s in stretches:
        is_inside |= (start_s <= speeds.times_s) & (speeds.times_s < end_s)
    frame_s = 1 / frames.frame_rate_hz
    return Ratio(float(speeds.values[is_inside].sum()) * frame_s, float(is_inside.sum()) * frame_s)


def lip_energy_above_10_hz(frames: FaceFrames) -> Ratio:
    """How much of the lips' movement is faster than speech moves them.

    The signals are jawOpen and the lip aperture, each around its mean over the clip, under a Hann
    window; their energies are added. At 25 frames a second the band is 10 to 12.5 Hz.

    Args:
        frames: A face.

    Returns:
        Energy at `FAST_HZ` and above over all energy, each the mean square times the clip's length.
    """
    return _fast_energy(frames, [lip_aperture(frames).values, jaw_opening(frames).values])


def lip_speed_energy_above_10_hz(frames: FaceFrames) -> Ratio:
    """The same for the speeds of both signals, in which what is fast weighs more.

    Args:
        frames: A face.

    Returns:
        Energy of the first differences at `FAST_HZ` and above over all their energy.
    """
    positions = (lip_aperture(frames).values, jaw_opening(frames).values)
    return _fast_energy(frames, [np.diff(values) * frames.frame_rate_hz for values in positions])


def _fast_energy(frames: FaceFrames, signals: list[DoubleArray]) -> Ratio:
    duration_s = len(frames) / frames.frame_rate_hz
    spectra = [power_spectrum(values, frames.frame_rate_hz) for values in signals]
    return Ratio(
        amount=duration_s * sum(spectrum.between(FAST_HZ) for spectrum in spectra),
        base=duration_s * sum(spectrum.total for spectrum in spectra),
    )


def blink_depths(closing: TimedCurve) -> tuple[float, ...]:
    """How far the eyes close in each blink.

    Args:
        closing: Mean of both eyeBlink curves.

    Returns:
        The peak of each blink: from where the curve rises above `BLINK_SHUT` until it is below
        `BLINK_OPEN`.
    """
    depths: list[float] = []
    is_blinking = False
    for value in closing.values:
        if is_blinking:
            depths[-1] = max(depths[-1], float(value))
            is_blinking = bool(value >= BLINK_OPEN)
        elif value > BLINK_SHUT:
            depths.append(float(value))
            is_blinking = True
    return tuple(depths)


def jitter(values: DoubleArray) -> float:
    """Mean magnitude of the second difference from frame to frame.

    Args:
        values: A curve, or several. [T] or [T, N]

    Returns:
        The mean over frames and curves, in the unit of the values; 0 for fewer than three frames.
    """
    return float(np.abs(np.diff(values, n=2, axis=0)).mean()) if len(values) > 2 else 0.0
