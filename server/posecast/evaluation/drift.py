"""Whether a long take drifts away, and whether its windows can be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posecast.audio.resampler import Resampler
from posecast.config import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from posecast.evaluation.curves import DoubleArray
from posecast.evaluation.motion import head_angles_deg, head_speeds_deg_s
from posecast.evaluation.tables import format_number, format_rows
from posecast.rig.arkit import CURVE_INDEX, LIP_CURVES
from posecast.session.timeline import Schedule
from posecast.signals import FaceFrames, FloatArray, Waveform

PAUSE_S = 0.4
"""Silence between two clips."""
_LIP_COLUMNS = [CURVE_INDEX[name] for name in LIP_CURVES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What a long take does."""

    head_means_deg: tuple[tuple[float, float, float], ...]
    """Mean yaw, pitch and roll of each minute; a rest of under half a minute joins the last."""
    head_mean_deg: tuple[float, float, float]
    """Mean of the whole take."""
    largest_deviation_deg: float
    """Furthest that the mean of a minute, of any axis, lies from that of the whole."""
    lip_seam: float | None
    """Mean change of the lips' curves from frame to frame across borders of windows, over that
    within windows; nothing if there is no border or nothing moves."""
    head_seam: float | None
    """The same of the head's rotation."""


def join_clips(clips: Sequence[Waveform], *, duration_s: float) -> Waveform:
    """One long sound of clips in turn, a pause after each, from the first again after the last.

    Args:
        clips: At least one clip that is not empty, at any rate.
        duration_s: Length of the whole.

    Returns:
        Exactly that length at 16 kHz; the last clip is cut off.
    """
    num_samples = round(duration_s * SAMPLE_RATE_HZ)
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
    turn = np.concatenate([part for clip in clips for part in (_resample(clip), pause)])
    return Waveform(samples=np.resize(turn, num_samples), sample_rate_hz=SAMPLE_RATE_HZ)


def measure_drift(frames: FaceFrames, *, schedule: Schedule) -> Drift:
    """Measure a long take.

    Args:
        frames: The whole take.
        schedule: The windows that it was made in.

    Returns:
        The figures.
    """
    angles_deg = head_angles_deg(frames)
    whole = angles_deg.mean(axis=0)
    minutes = np.array([part.mean(axis=0) for part in _minutes(angles_deg, frames.frame_rate_hz)])
    is_border = _crosses_border(frames, schedule)
    lips = frames.weights[:, _LIP_COLUMNS].astype(np.float64)
    return Drift(
        head_means_deg=tuple(_triple(row) for row in minutes),
        head_mean_deg=_triple(whole),
        largest_deviation_deg=float(np.abs(minutes - whole).max()),
        lip_seam=_seam(np.abs(np.diff(lips, axis=0)).mean(axis=1), is_border),
        head_seam=_seam(head_speeds_deg_s(frames).values, is_border),
    )


def format_drift(takes: Mapping[str, Drift]) -> str:
    """A row a minute, one for the whole, and what it comes to.

    Args:
        takes: Figures of each take by its name.

    Returns:
        Lines of text with aligned columns.
    """
    texts = []
    for name, drift in takes.items():
        header = [f"{name}: minute", "yaw", "pitch", "roll"]
        minutes = [
            [str(number), *(f"{angle:+.2f}" for angle in means)]
            for number, means in enumerate(drift.head_means_deg, start=1)
        ]
        whole = ["whole", *(f"{angle:+.2f}" for angle in drift.head_mean_deg)]
        texts.append(
            format_rows([[header], minutes, [whole]])
            + f"largest deviation of a minute: {drift.largest_deviation_deg:.2f} deg\n"
            + f"change across borders of windows over that within: "
            f"lips {format_number(drift.lip_seam, '.2f')}, "
            f"head {format_number(drift.head_seam, '.2f')}\n"
        )
    return "\n".join(texts)


def _resample(clip: Waveform) -> FloatArray:
    resampler = Resampler(clip.sample_rate_hz)
    return np.concatenate([resampler.push(clip.samples), resampler.finish()])


def _minutes(values: DoubleArray, frame_rate_hz: int) -> list[DoubleArray]:
    """Whole minutes; what is left over joins the last if it is under half of one."""
    minute = 60 * frame_rate_hz
    starts = list(range(minute, len(values) - minute // 2 + 1, minute))
    return np.split(values, starts)


def _crosses_border(frames: FaceFrames, schedule: Schedule) -> np.ndarray:
    """Whether each step from frame to frame lies between two windows. [T - 1]"""
    middles = (frames.times_s[:-1] + 0.5 / frames.frame_rate_hz) * FRAME_RATE_HZ
    following = np.floor(middles).astype(int) + 1
    borders, index = [], 1
    while (first := schedule.window(index).first_frame) <= following[-1:].max(initial=0):
        borders.append(first)
        index += 1
    return np.isin(following, borders)


def _seam(changes: DoubleArray, is_border: np.ndarray) -> float | None:
    if not is_border.any() or is_border.all() or changes[~is_border].mean() < 1e-9:
        return None
    return float(changes[is_border].mean() / changes[~is_border].mean())


def _triple(row: DoubleArray) -> tuple[float, float, float]:
    yaw, pitch, roll = (float(angle) for angle in row)
    return yaw, pitch, roll
