"""Nods and raised brows at the accents of the speech, as large as the style tells."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from posecast.config import FRAME_RATE_HZ
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.fade import Fade
from posecast.signals import FloatArray, Gestures

LEAST_HEARD = 0.45
"""Height from which on a peak of the accents counts: a speech encoder in doubt predicts a mean."""
STRENGTH_FROM, STRENGTH_SLOPE, STRONGEST = 0.675, 1.5, 1.5
"""How firm an accent of that height is, by how much more a higher one, and the firmest."""
NOD_ODDS, RAISE_ODDS = 0.75, 0.65
"""How often head and brows take up an accent."""
_LEAST_RAISED = 0.53
"""Height of the accents that may raise the brows: fewer than those with a nod."""
FIRMNESS_SPREAD = 0.35
"""How far nods of one accent differ, as a standard deviation of the logarithm."""
DIRECTION = (1.0, 0.5, 0.3)
"""A nod, and the standard deviation of the turn and the tilt that come with it."""
_STROKE_S, _REBOUND_S, _RAISE_S = 0.16, 0.48, 0.2
OUTER_SHARE = 0.7
"""How far the outer brows rise over the inner ones."""
_NUM_FRAMES = 60
"""How long a nod and its rebound last: 2.4 s, at whose end nothing is left of them."""
TAKEOVER_S = 0.4
"""How long another style takes to change the size."""
_BROWS = [CURVE_INDEX[name] for name in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")]
_BROW_SHARES = (1.0, OUTER_SHARE, OUTER_SHARE)
_PURPOSE = 4


def _bump(since_s: NDArray[np.float64], peak_s: float) -> NDArray[np.float64]:
    """From 0 smoothly to 1 at `peak_s`, then out."""
    part = since_s / peak_s
    return (part * np.exp(1 - part)) ** 3


def _stroke(since_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A nod and its rebound, which make up for each other: no head sinks by nodding."""
    return _bump(since_s, _STROKE_S) - _STROKE_S / _REBOUND_S * _bump(since_s, _REBOUND_S)


_TIMES_S = np.arange(1, _NUM_FRAMES + 1) / FRAME_RATE_HZ
_NOD = _stroke(_TIMES_S) / _stroke(np.linspace(0, _REBOUND_S, 500)).max()
_RAISE = _bump(_TIMES_S, _RAISE_S)


def _turn(x: float, y: float, z: float, pose: list[float]) -> tuple[float, float, float, float]:
    """A rotation vector in radians after a pose, which is a unit quaternion, as another one."""
    angle = math.sqrt(x * x + y * y + z * z)
    part = math.sin(angle / 2) / angle if angle else 0.5
    i, j, k, w = part * x, part * y, part * z, math.cos(angle / 2)
    a, b, c, d = pose
    return (
        w * a + i * d + j * c - k * b,
        w * b - i * c + j * d + k * a,
        w * c + i * b - j * a + k * d,
        w * d - i * a - j * b - k * c,
    )


def _generator(seed: int) -> np.random.Generator:
    # The second key word is a window index that no stream reaches: no draw is shared.
    bits = np.random.Philox(
        key=np.array([seed, 2**64 - 1], np.uint64),
        counter=np.array([0, 0, 0, _PURPOSE], np.uint64),
    )
    return np.random.Generator(bits)


class AccentGestures:
    """Nods and raised brows of one stream.

    The default model's denoiser gives the mean of all that a face may do at an accent, which is
    next to nothing, whatever the style asks (docs/default-model.md). Nods and raised brows are
    therefore drawn here, as blinks and the wandering of the head are. A nod begins with the frame
    after the accent's highest one and is deepest 0.14 s later; which accents are answered and how
    firmly is left to the seed, not to how frames are asked for.

    Source:
        Our own.
    """

    def __init__(self, seed: int, sizes: Gestures) -> None:
        """Start a stream.

        Args:
            seed: Seed of the stream, 0..2**64-1.
            sizes: How far head and brows move.
        """
        self._seed, self._rng = seed, _generator(seed)
        self._former = self._sizes = np.array(sizes, np.float64)
        self._takeover: Fade | None = None
        self._before = (0.0, 0.0)
        self._has_begun = False
        self._ahead = np.zeros((_NUM_FRAMES, 4))  # what is to come of turns [3] and raises [1]

    def change(self, seed: int, sizes: Gestures) -> None:
        """Let another seed and other sizes take over with the next frames, without a jump.

        Args:
            seed: Of the accents that are answered from then on; the same one goes on as it was.
            sizes: As at the start.
        """
        if seed != self._seed:
            self._seed, self._rng = seed, _generator(seed)
        if self._takeover is not None:
            share = self._takeover.share
            self._former = (1 - share) * self._former + share * self._sizes
        else:
            self._former = self._sizes
        self._sizes = np.array(sizes, np.float64)
        self._takeover = Fade(TAKEOVER_S, FRAME_RATE_HZ) if self._has_begun else None

    def add_to(self, weights: FloatArray, head: FloatArray, accents: FloatArray) -> FloatArray:
        """Move the brows of consecutive model frames, and turn the head.

        Args:
            weights: ARKit weights; the brows are changed in place. [T, 52]
            head: Unit quaternions. [T, 4]
            accents: What the speech encoder tells of accents at these frames. [T]

        Returns:
            Unit quaternions. [T, 4]
        """
        num_frames = len(accents)
        if not num_frames:
            return head
        self._has_begun = True
        coming = np.concatenate([self._ahead, np.zeros((num_frames, 4))])
        self._answer(accents, coming)
        now, self._ahead = coming[:num_frames], coming[num_frames:]
        nod_rad, brow_raise = self._take_sizes(num_frames)
        turned = np.empty((num_frames, 4), np.float32)
        rows = zip(now.tolist(), nod_rad.tolist(), brow_raise.tolist(), head.tolist(), strict=True)
        # Number by number: for the few frames of a live window arrays take five times as long.
        for frame, ((x, y, z, raised), size, brow, pose) in enumerate(rows):
            turned[frame] = _turn(size * x, size * y, size * z, pose)
            if raised:
                for column, share in zip(_BROWS, _BROW_SHARES, strict=True):
                    weights[frame, column] = min(
                        1.0, weights[frame, column] + brow * raised * share
                    )
        return turned

    def _take_sizes(self, num_frames: int) -> NDArray[np.float64]:
        """Both sizes at the next frames. [2, T]"""
        if self._takeover is None:
            return np.repeat(self._sizes[:, None], num_frames, axis=1)
        share = self._takeover.take(num_frames)
        if not self._takeover.frames_left:
            self._takeover = None
        return np.outer(self._former, 1 - share) + np.outer(self._sizes, share)

    def _answer(self, accents: FloatArray, coming: NDArray[np.float64]) -> None:
        """Add to what is to come an answer to each accent whose peak is over."""
        earlier, height = self._before
        for index, now in enumerate(accents.tolist()):
            if height > LEAST_HEARD and earlier < height >= now:
                turn, raised = self._draw(height)
                answer = coming[index : index + _NUM_FRAMES]
                answer[:, :3] += _NOD[:, None] * turn
                answer[:, 3] += _RAISE * raised
            earlier, height = height, now
        self._before = (earlier, height)

    def _draw(self, height: float) -> tuple[NDArray[np.float64], float]:
        """How far an accent turns the head, in units of a nod, [3], and raises the brows."""
        # All of it is drawn each time, so that no choice depends on another one's outcome.
        is_nodded, is_raised = self._rng.random(2) < (NOD_ODDS, RAISE_ODDS)
        chance = self._rng.standard_normal(3)
        strength = min(STRONGEST, STRENGTH_FROM + STRENGTH_SLOPE * (height - LEAST_HEARD))
        firmness = strength * float(np.exp(FIRMNESS_SPREAD * chance[0]))
        nod, turn, tilt = DIRECTION
        direction = np.array([nod, turn * chance[1], tilt * chance[2]])
        raised = firmness if is_raised and height > _LEAST_RAISED else 0.0
        return firmness * direction * is_nodded, raised
