"""How widely and fast a head wanders, told from all else that it does: `HeadWander` inverted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from posecast.config import FRAME_RATE_HZ
from posecast.rig.head_pose import rotation_vector_from_quaternion
from posecast.rig.head_wander import AXIS_SHARES, QUICKEST, SLOWEST, WanderClock
from posecast.signals import FloatArray

STILL_RAD = 1e-4
"""Standard deviation under which a head counts as still: rounding, not movement."""
USUAL_TEMPO_HZ = 0.25
_TEMPO_SPREAD = 0.4
"""How far usual tempi lie apart, as a standard deviation of the logarithm."""
_STEP_FRAMES = 6
"""Frames of which one mean is taken: 0.24 s, for waves of at most a hertz or so."""
_SEGMENT_STEPS = 84
"""About 20 s; the work grows with the cube of it."""
_FEWEST_STEPS = 4
_TEMPI_HZ = np.geomspace(0.08, 0.64, 18)
_STEP_UP = 2.2
_OTHERS = 0.05 * _STEP_UP ** np.arange(9)
"""Standard deviation of what else the head does over that of the wandering."""
_NOISE = 0.1
"""That of each mean by itself, for what none of the kernels tells."""
_DRIFT_S, _TURN_S = 1.5, 0.2
"""What else the head does drifts and comes back in a second or two, as poses do where a network's
windows join, or is a nod or turn of a few tenths of a second; the rest is quicker."""
_PARTS = (0.45, 0.45, 0.1)
"""Shares of these three in the variance."""
_SHARES = np.array(AXIS_SHARES)
_LOG_FREQUENCY = np.linspace(np.log(SLOWEST), np.log(QUICKEST), 400)
_PHASES = np.linspace(0, 60, 6001)
_Matrix = NDArray[np.float64]


def _wave_correlation() -> _Matrix:
    """Correlation of the waves over time in units of 1 / tempo, at `_PHASES`."""
    return np.cos(2 * np.pi * _PHASES[:, None] * np.exp(_LOG_FREQUENCY)).mean(axis=1)


_CORRELATION = _wave_correlation()


class Wander(NamedTuple):
    """The fields of `signals.Style` that tell how the head wanders."""

    amplitude_rad: float
    """Amplitude with which `HeadWander` is as wide; 0 for a still head."""
    tempo_hz: float
    """Its tempo; for a still head the usual one."""


def measure_wander(head: FloatArray, weights: FloatArray) -> Wander:
    """Measure a head at 25 frames a second.

    Args:
        head: Unit quaternions. [T, 4]
        weights: ARKit weights of the same frames; the lips tell speech from pauses. [T, 52]

    Returns:
        Means over what the head may do, by how likely it makes the motion. The shorter it is, the
        more the tempo is the usual one.

    Source:
        Our own: a Gaussian process of waves in the time of `HeadWander`, beside drifts and turns in
        real time, on a grid of tempi and ratios; the amplitude by the score equation of restricted
        maximum likelihood (Patterson and Thompson, 1971).
    """
    rotation = rotation_vector_from_quaternion(head).astype(np.float64)
    if rotation.std(axis=0).max() < STILL_RAD:
        return Wander(0.0, USUAL_TEMPO_HZ)
    played_s = WanderClock().advance(weights)
    segments = [
        _Segment(axes[:, :3] / _SHARES, axes[:, 3])
        for axes in _cut(np.column_stack([rotation, played_s]))
    ]
    if not segments:
        return Wander(_plain_amplitude(rotation), USUAL_TEMPO_HZ)
    likelihood = -0.5 * np.square(np.log(_TEMPI_HZ / USUAL_TEMPO_HZ) / _TEMPO_SPREAD)[:, None]
    fits = [segment.fit() for segment in segments]
    likelihood = likelihood + np.sum([fit.log_likelihood for fit in fits], axis=0)
    amplitude = np.sqrt(np.mean([np.square(fit.amplitude) for fit in fits], axis=0))
    odds = np.exp(likelihood - likelihood.max())
    odds /= odds.sum()
    return Wander(
        float(np.exp((odds * np.log(amplitude + 1e-12)).sum())),
        float(np.exp((odds * np.log(_TEMPI_HZ)[:, None]).sum())),
    )


def _cut(columns: _Matrix) -> list[_Matrix]:
    """Means of a few frames, in segments of about 20 s; what is too short is left out."""
    num_steps = len(columns) // _STEP_FRAMES
    means = (
        columns[: num_steps * _STEP_FRAMES]
        .reshape(num_steps, _STEP_FRAMES, columns.shape[1])
        .mean(axis=1)
    )
    num_segments = max(1, round(num_steps / _SEGMENT_STEPS))
    parts = np.array_split(means, num_segments)
    return [part for part in parts if len(part) >= _FEWEST_STEPS]


def _plain_amplitude(rotation: _Matrix) -> float:
    return float(np.sqrt(rotation.var(axis=0).sum() / np.square(_SHARES).sum()))


class _Fit(NamedTuple):
    """What a segment says of each tempo and each ratio of other motion. [18, 8]"""

    log_likelihood: _Matrix
    amplitude: _Matrix


class _Segment:
    """Some 20 s of a head, without its mean pose."""

    def __init__(self, turned: _Matrix, played_s: _Matrix) -> None:
        """Take the turns over the shares of their axes, [N, 3], and the wander's time, [N]."""
        num = len(turned)
        whole = np.column_stack([np.ones(num), np.eye(num)[:, 1:]])
        self._contrasts = np.linalg.qr(whole)[0][:, 1:]  # what is left when a mean is unknown
        self._turned = self._contrasts.T @ turned
        self._apart_s = np.abs(played_s[:, None] - played_s)
        steps_s = np.arange(num) * _STEP_FRAMES / FRAME_RATE_HZ
        self._others = self._contrast(_other_motion(np.abs(steps_s[:, None] - steps_s)))

    def _contrast(self, covariance: _Matrix) -> _Matrix:
        return self._contrasts.T @ covariance @ self._contrasts

    def fit(self) -> _Fit:
        rows = [self._fit_tempo(tempo_hz) for tempo_hz in _TEMPI_HZ.tolist()]
        return _Fit(*(np.stack(column) for column in zip(*rows, strict=True)))

    def _fit_tempo(self, tempo_hz: float) -> tuple[_Matrix, _Matrix]:
        """Logarithm of the likelihood and amplitude at each ratio but the last."""
        waves = self._contrast(np.interp(self._apart_s * tempo_hz, _PHASES, _CORRELATION, right=0))
        num = len(waves)
        covariance = (
            waves + np.square(_OTHERS)[:, None, None] * self._others + _NOISE**2 * np.eye(num)
        )
        inverse = np.linalg.inv(covariance)
        weighed = inverse @ self._turned
        misfit = (self._turned * weighed).sum(axis=1)
        seen = ((waves @ weighed) * weighed).sum(axis=1)
        expected = (inverse * waves).sum(axis=(1, 2))
        size = np.linalg.slogdet(covariance)[1]
        # Nods are mostly pitch, so that beside its wandering the pitch has about twice as much else
        # as yaw and roll: it is taken a step further up.
        misfit, seen = (part[1:, 0] + part[:-1, 1] + part[:-1, 2] for part in (misfit, seen))
        expected, size = (part[1:] + 2 * part[:-1] for part in (expected, size))
        log_likelihood = -0.5 * (3 * num * np.log(misfit / (3 * num) + 1e-24) + size)
        return log_likelihood, np.sqrt(seen / expected)


def _other_motion(apart_s: _Matrix) -> _Matrix:
    drift = np.exp(-apart_s / _DRIFT_S)
    turn = (1 - 0.5 * (apart_s / _TURN_S) ** 2) * np.exp(-0.25 * (apart_s / _TURN_S) ** 2)
    return _PARTS[0] * drift + _PARTS[1] * turn + _PARTS[2] * (apart_s == 0)
