"""Blinks and saccades as random processes in continuous time, the same for a seed at any rate."""

from __future__ import annotations

import numpy as np

from posecast.rig.clamp import clamp
from posecast.rig.fade import smoothstep
from posecast.rig.regions import indices_of
from posecast.signals import FloatArray

CLOSING_S, CLOSED_S, OPENING_S = 0.08, 0.04, 0.2
"""Course of a blink. One frame at 25 frames a second always falls into the closed part."""
BLINK_S = CLOSING_S + CLOSED_S + OPENING_S  # 0.32
REFRACTORY_S = 0.35
"""Shortest time between two blinks' starts, beyond the blink itself."""
MEAN_FIXATION_S, SHORTEST_FIXATION_S = 0.9, 0.25
SACCADE_S = 0.05
VERTICAL_SHARE = 0.6
"""Range of the vertical look over that of the horizontal."""
_PURPOSE_BLINKS, _PURPOSE_GAZE = 1, 2
_BLINK = indices_of(("eyeBlinkLeft", "eyeBlinkRight"))
_WIDE = indices_of(("eyeWideLeft", "eyeWideRight"))
_LOOK_UP = indices_of(("eyeLookUpLeft", "eyeLookUpRight"))
_LOOK_DOWN = indices_of(("eyeLookDownLeft", "eyeLookDownRight"))
_LOOK_RIGHT = indices_of(("eyeLookInLeft", "eyeLookOutRight"))
_LOOK_LEFT = indices_of(("eyeLookOutLeft", "eyeLookInRight"))


class Eyes:
    """What the eyes of one stream do; each process draws from a generator of its own.

    Source:
        Our own processes: renewals with gamma waits for blinks, exponential ones for fixations.
    """

    def __init__(self, seed: int, *, blink_rate_hz: float, gaze_range: float) -> None:
        """Start both processes.

        Args:
            seed: Seed of the stream, 0..2**64-1.
            blink_rate_hz: Mean blinks a second; 0 for none.
            gaze_range: Standard deviation of the look curves.
        """
        self._blink_rate_hz, self._gaze_range = blink_rate_hz, gaze_range
        self._blink_rng = _generator(seed, _PURPOSE_BLINKS)
        self._gaze_rng = _generator(seed, _PURPOSE_GAZE)
        self._blink_starts: list[float] = []
        self._gaze_times: list[float] = [0.0]
        self._gaze_targets: list[np.ndarray] = [np.zeros(2)]

    def add_to(self, weights: FloatArray, times_s: np.ndarray) -> None:
        """Set the blink and look curves of consecutive frames.

        Args:
            weights: ARKit weights, changed in place. [T, 52]
            times_s: Time of each frame since the start of the stream. [T]
        """
        if not len(times_s):
            return
        blink = self._blink(times_s)
        right, up = self._gaze(times_s).T
        weights[:, _BLINK] = blink[:, None]
        # A lid that is shut cannot be wide open.
        weights[:, _WIDE] *= 1 - blink[:, None]
        for curves, value in (
            (_LOOK_UP, up),
            (_LOOK_DOWN, -up),
            (_LOOK_RIGHT, right),
            (_LOOK_LEFT, -right),
        ):
            weights[:, curves] = clamp(value, 0, 1)[:, None]

    def _blink(self, times_s: np.ndarray) -> np.ndarray:
        self._extend_blinks(float(times_s[-1]) + CLOSING_S)
        closure = np.zeros(len(times_s))
        for start in self._blink_starts:
            # Only the frames of the blink: in a long batch there are many, in a short one few.
            during = slice(*np.searchsorted(times_s, (start, start + BLINK_S)))
            since = times_s[during] - start
            rise = clamp(since / CLOSING_S, 0, 1)
            fall = clamp(1 - (since - CLOSING_S - CLOSED_S) / OPENING_S, 0, 1)
            closure[during] = smoothstep(np.minimum(rise, fall))
        horizon = float(times_s[-1]) - BLINK_S
        # The last one stays: the next is drawn from it.
        while len(self._blink_starts) > 1 and self._blink_starts[0] < horizon:
            self._blink_starts.pop(0)
        return closure

    def _extend_blinks(self, until_s: float) -> None:
        if self._blink_rate_hz <= 0:
            return
        cycle_s = BLINK_S + REFRACTORY_S
        mean_wait_s = max(0.05, 1 / self._blink_rate_hz - cycle_s)
        if not self._blink_starts:
            self._blink_starts.append(self._first_wait_s(cycle_s, mean_wait_s))
        while self._blink_starts[-1] < until_s:
            wait_s = cycle_s + self._wait_s(mean_wait_s)
            self._blink_starts.append(self._blink_starts[-1] + wait_s)

    def _wait_s(self, mean_s: float) -> float:
        """Gamma of shape 2: exponential waits would leave a face unblinking for ten seconds."""
        return float(self._blink_rng.gamma(2.0, mean_s / 2))

    def _first_wait_s(self, cycle_s: float, mean_wait_s: float) -> float:
        """What is left of the interval that the stream's start falls into.

        An instant falls into an interval in proportion to its length; the gamma part of such an
        interval is a gamma wait of one more shape, or an ordinary one if it fell into the fixed
        part. The blinks expected in any stretch of time are then the rate times its length, in a
        short clip too.

        Source:
            Residual life of a stationary renewal process.
        """
        rng = self._blink_rng
        falls_into_wait = rng.random() < mean_wait_s / (cycle_s + mean_wait_s)
        wait_s = rng.gamma(3.0 if falls_into_wait else 2.0, mean_wait_s / 2)
        return float(rng.random() * (cycle_s + wait_s))

    def _gaze(self, times_s: np.ndarray) -> np.ndarray:
        """Look to the own right and up. [T, 2]"""
        while self._gaze_times[-1] < times_s[-1]:
            fixation_s = SHORTEST_FIXATION_S + self._gaze_rng.exponential(MEAN_FIXATION_S)
            self._gaze_times.append(self._gaze_times[-1] + fixation_s)
            direction = self._gaze_rng.standard_normal(2) * (1, VERTICAL_SHARE)
            self._gaze_targets.append(clamp(self._gaze_range * direction, -1, 1))
        index = np.searchsorted(self._gaze_times, times_s, side="right") - 1
        targets = np.array(self._gaze_targets)
        before = targets[np.maximum(index - 1, 0)]
        since = times_s - np.array(self._gaze_times)[index]
        part = smoothstep(clamp(since / SACCADE_S, 0, 1))[:, None]
        looked = before + part * (targets[index] - before)
        passed = max(0, int(index[-1]) - 1)
        del self._gaze_times[:passed], self._gaze_targets[:passed]
        return looked


def _generator(seed: int, purpose: int) -> np.random.Generator:
    # The second key word is a window index that no stream reaches: no draw is shared with motion.
    key = np.array([seed, 2**64 - 1], np.uint64)
    counter = np.array([0, 0, 0, purpose], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))
