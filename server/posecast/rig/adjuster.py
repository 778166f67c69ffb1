"""Applies a stream's adjustments to the frames of its face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.adjustments import FaceAdjustments
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.fade import Fade
from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    rotation_vector_from_quaternion,
)
from posecast.rig.low_pass import LowPass, follow_share
from posecast.rig.regions import BLINKS, LOWER_FACE, UPPER_FACE, indices_of
from posecast.signals import FloatArray

RAMP_S = 0.2
"""How long a change takes."""
_GAIN, _OFFSET, _MINIMUM, _MAXIMUM, _FOLLOW = range(5)
_HEAD_GAIN, _HEAD_FOLLOW = range(2)
_JAW_OPEN, _MOUTH_CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
_UPPER, _LOWER, _BLINKS = indices_of(UPPER_FACE), indices_of(LOWER_FACE), indices_of(BLINKS)


class FaceAdjuster:
    """Adjusts the frames of one stream, at the rate at which they leave, however they are cut.

    In this order: strengths of the regions about 0, multiplier and offset of each curve, its
    bounds, `mouthClose <= jawOpen`, low-pass. What holds for every face wins over what a client
    asks for: a minimum of mouthClose cannot lift it above jawOpen.

    Source:
        Our own.
    """

    def __init__(self, adjustments: FaceAdjustments, frame_rate_hz: int) -> None:
        """Start a stream.

        Args:
            adjustments: In full effect from the first frame on.
            frame_rate_hz: Frames in a second.

        Raises:
            InvalidRequest: If a curve is not one of ARKit's.
        """
        self._frame_rate_hz = frame_rate_hz
        self._before = self._after = _effect_of(adjustments, frame_rate_hz)
        self._ramp = Fade(RAMP_S, frame_rate_hz)
        self._ramp.take(self._ramp.frames_left)  # there is nothing to change from
        self._low_pass = LowPass()

    def change(self, adjustments: FaceAdjustments) -> None:
        """Move to other adjustments, from the next frame on and from what is in effect now.

        Args:
            adjustments: In full effect 0.2 s later.

        Raises:
            InvalidRequest: If a curve is not one of ARKit's; nothing changes then.
        """
        after = _effect_of(adjustments, self._frame_rate_hz)
        self._before = _blend(self._before, self._after, np.array(self._ramp.share))
        self._after = after
        self._ramp = Fade(RAMP_S, self._frame_rate_hz)

    def resume_from(self, weights: FloatArray, head: FloatArray) -> None:
        """Smooth on from a face that was shown in the place of the last adjusted frame.

        After an interrupt, for example, whose easing frames are not adjusted.

        Args:
            weights: ARKit weights. [52]
            head: Unit quaternion. [4]
        """
        self._low_pass.resume_from(weights, head)

    def apply(self, weights: FloatArray, head: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Adjust the next frames.

        Args:
            weights: ARKit weights, 0..1 with mouthClose <= jawOpen. [T, 52]
            head: Unit quaternions. [T, 4]

        Returns:
            Weights, 0..1 with mouthClose <= jawOpen, [T, 52], and unit quaternions, [T, 4]; the
            very arrays that came in where nothing is adjusted.
        """
        if not len(weights):
            return weights, head
        num_ramping = min(len(weights), self._ramp.frames_left)
        if not num_ramping:
            return self._adjust(weights, head, self._after, (self._after,))
        # A frame in the ramp and one behind it take different ways, so the batch is cut there.
        share = self._ramp.take(num_ramping)
        effect = _blend(self._before, self._after, share)
        ramping = self._adjust(
            weights[:num_ramping], head[:num_ramping], effect, (self._before, self._after)
        )
        if num_ramping == len(weights):
            return ramping
        rest = self.apply(weights[num_ramping:], head[num_ramping:])
        return np.concatenate([ramping[0], rest[0]]), np.concatenate([ramping[1], rest[1]])

    def _adjust(
        self, weights: FloatArray, head: FloatArray, effect: _Effect, ends: tuple[_Effect, ...]
    ) -> tuple[FloatArray, FloatArray]:
        """Adjust by one effect; what all its ends leave alone is not touched."""
        if any(end.moves_curves for end in ends):
            weights = _adjust_curves(weights, effect.curves)
        if any(end.turns_head for end in ends):
            gain = effect.head[..., [_HEAD_GAIN]].astype(np.float32)
            rotation = rotation_vector_from_quaternion(head) * gain
            head = quaternion_from_rotation_vector(rotation)
        smooths_curves = any(end.smooths_curves for end in ends)
        smooths_head = any(end.smooths_head for end in ends)
        return (
            self._low_pass.follow_weights(
                weights, effect.curves[..., _FOLLOW, :] if smooths_curves else None
            ),
            self._low_pass.follow_head(
                head, effect.head[..., [_HEAD_FOLLOW]] if smooths_head else None
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """What adjustments come to, curve by curve."""

    curves: NDArray[np.float64]
    """Gain, offset, minimum, maximum, follow. [5, 52], by frame [T, 5, 52]"""
    head: NDArray[np.float64]
    """Gain, follow. [2], by frame [T, 2]"""
    moves_curves: bool
    smooths_curves: bool
    turns_head: bool
    smooths_head: bool


def _effect_of(adjustments: FaceAdjustments, frame_rate_hz: int) -> _Effect:
    strengths, smoothing = adjustments.strengths, adjustments.smoothing
    curves = np.tile(np.array([[1.0], [0.0], [0.0], [1.0], [1.0]]), (1, NUM_CURVES))
    curves[_GAIN, _UPPER] = strengths.upper_face
    curves[_GAIN, _LOWER] = strengths.lower_face
    curves[_GAIN, _BLINKS] = strengths.blinks
    for name, curve in adjustments.curves.items():
        if name not in CURVE_INDEX:
            raise InvalidRequest(
                f"curve {name!r}; allowed: the {NUM_CURVES} ARKit names, e.g. 'jawOpen'"
            )
        index = CURVE_INDEX[name]
        curves[_GAIN, index] *= curve.multiplier
        curves[_OFFSET : _MAXIMUM + 1, index] = curve.offset, curve.minimum, curve.maximum
    curves[_FOLLOW, _UPPER] = follow_share(smoothing.upper_face_s, frame_rate_hz)
    curves[_FOLLOW, _LOWER] = follow_share(smoothing.lower_face_s, frame_rate_hz)
    head = np.array([strengths.head, follow_share(smoothing.head_s, frame_rate_hz)])
    return _effect(curves, head)


def _effect(curves: NDArray[np.float64], head: NDArray[np.float64]) -> _Effect:
    gain, offset, minimum, maximum, follow = np.moveaxis(curves, -2, 0)
    return _Effect(
        curves=curves,
        head=head,
        moves_curves=bool(((gain != 1) | (offset != 0) | (minimum != 0) | (maximum != 1)).any()),
        smooths_curves=bool((follow != 1).any()),
        turns_head=bool((head[..., _HEAD_GAIN] != 1).any()),
        smooths_head=bool((head[..., _HEAD_FOLLOW] != 1).any()),
    )


def _blend(before: _Effect, after: _Effect, share: NDArray[np.float64]) -> _Effect:
    """Between two effects, exact at either end; a row of shares gives a row for each frame."""
    by_curve, by_part = share[..., None, None], share[..., None]
    return _effect(
        (1 - by_curve) * before.curves + by_curve * after.curves,
        (1 - by_part) * before.head + by_part * after.head,
    )


def _adjust_curves(weights: FloatArray, curves: NDArray[np.float64]) -> FloatArray:
    gain, offset = curves[..., _GAIN, :], curves[..., _OFFSET, :]
    minimum, maximum = curves[..., _MINIMUM, :], curves[..., _MAXIMUM, :]
    adjusted = np.minimum(np.maximum(weights * gain + offset, minimum), maximum)
    adjusted[:, _MOUTH_CLOSE] = np.minimum(adjusted[:, _MOUTH_CLOSE], adjusted[:, _JAW_OPEN])
    return adjusted.astype(np.float32)
