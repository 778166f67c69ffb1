"""Takes a face from what was shown to what follows, without a jump."""

from __future__ import annotations

import numpy as np

from posecast.rig.arkit import NUM_CURVES
from posecast.rig.fade import Fade
from posecast.rig.head_pose import interpolate_quaternions, multiply_quaternions
from posecast.rig.regions import LOWER_FACE, indices_of
from posecast.signals import FaceFrames, FloatArray

TO_REST_S = 0.2
"""How long a face takes to rest."""
EASE_OVER_S = 0.4
"""How long what was shown is felt in the frames that follow."""
_IDENTITY = np.array([0, 0, 0, 1], np.float32)
_BESIDE_SPEECH = np.setdiff1d(np.arange(NUM_CURVES), indices_of(LOWER_FACE))


def ease_to_rest(
    weights: FloatArray, head: FloatArray, *, frame_rate_hz: int, first_index: int
) -> FaceFrames:
    """The frames in which a face comes to rest: all weights 0, looking straight ahead.

    Args:
        weights: ARKit weights of the face that was shown last. [52]
        head: Its head, unit quaternion. [4]
        frame_rate_hz: Frames in a second.
        first_index: Index of the first frame that is returned.

    Returns:
        Frames of 0.2 s: the first one already moves, the last one is at rest exactly.

    Source:
        Our own: a smooth step. All curves shrink alike, so mouthClose stays below jawOpen.
    """
    fade = Fade(TO_REST_S, frame_rate_hz)
    left = (1 - fade.take(fade.frames_left)).astype(np.float32)
    at_rest = np.tile(_IDENTITY, (len(left), 1))
    return FaceFrames(
        first_index=first_index,
        frame_rate_hz=frame_rate_hz,
        weights=left[:, None] * weights.astype(np.float32),
        # From rest backwards: this way round the end is exact.
        head=interpolate_quaternions(at_rest, np.tile(head, (len(left), 1)), left),
    )


class EaseOver:
    """Lets the frames after a shown face begin at it and find to their own way.

    How far the shown face is from the first frame is added to the frames and fades. Jaw, mouth and
    tongue are left alone: speech must not be late.

    Source:
        Our own: offset blending, as for the transitions between recorded motions.
    """

    def __init__(self, weights: FloatArray, head: FloatArray, *, frame_rate_hz: int) -> None:
        """Start from a face.

        Args:
            weights: ARKit weights of the face that was shown last. [52]
            head: Its head, unit quaternion. [4]
            frame_rate_hz: Frames in a second.
        """
        self._shown_weights, self._shown_head = weights.copy(), head.copy()
        self._offset: FloatArray = np.zeros(len(_BESIDE_SPEECH), np.float32)
        self._turn = _IDENTITY
        self._is_measured = False
        self._fade = Fade(EASE_OVER_S, frame_rate_hz)

    def apply(self, weights: FloatArray, head: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Ease the next frames over.

        Args:
            weights: ARKit weights. [T, 52]
            head: Unit quaternions. [T, 4]

        Returns:
            Weights, 0..1, [T, 52], and unit quaternions, [T, 4]. After 0.4 s the very arrays that
            came in.
        """
        num_eased = min(len(weights), self._fade.frames_left)
        if not num_eased:
            return weights, head
        if not self._is_measured:
            self._measure(weights[0], head[0])
        left = (1 - self._fade.take(num_eased)).astype(np.float32)
        weights, head = weights.copy(), head.copy()
        eased = weights[:num_eased, _BESIDE_SPEECH] + left[:, None] * self._offset
        weights[:num_eased, _BESIDE_SPEECH] = np.clip(eased, 0, 1)
        head[:num_eased] = multiply_quaternions(self._turns(left), head[:num_eased])
        return weights, head

    def _measure(self, weights: FloatArray, head: FloatArray) -> None:
        self._is_measured = True
        self._offset = self._shown_weights[_BESIDE_SPEECH] - weights[_BESIDE_SPEECH]
        back = head * np.array([-1, -1, -1, 1], np.float32)
        self._turn = multiply_quaternions(self._shown_head[None], back[None])[0]

    def _turns(self, left: FloatArray) -> FloatArray:
        """What is left of the turn from the first frame's head to the shown one. [T, 4]"""
        rows = (len(left), 1)
        return interpolate_quaternions(np.tile(_IDENTITY, rows), np.tile(self._turn, rows), left)
