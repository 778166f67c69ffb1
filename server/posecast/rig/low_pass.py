"""A low-pass over the frames of one stream's face."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from posecast.signals import FloatArray


def follow_share(time_constant_s: float, frame_rate_hz: int) -> float:
    """Share of the way to its input that a one-pole low-pass goes in one frame.

    Args:
        time_constant_s: After it a step has come 63 % of its way; 0 is no low-pass.
        frame_rate_hz: Frames in a second.

    Returns:
        Above 0, at most 1. A step looks alike at every frame rate.

    Source:
        Exact sampling of a first-order lag.
    """
    if time_constant_s <= 0:
        return 1.0
    return -math.expm1(-1 / (time_constant_s * frame_rate_hz))


class LowPass:
    """Lets each frame follow its input from where the frame before it was.

    The state is kept in float64: in float32 a weight that fades towards 0 would stay for ever at
    one of the smallest numbers instead of coming to rest.

    Source:
        One-pole low-pass; for the head by normalised linear interpolation.
    """

    def __init__(self) -> None:
        """Start before the first frame, which will be taken as it is."""
        self._weights: NDArray[np.float64] | None = None
        self._head: NDArray[np.float64] | None = None

    def resume_from(self, weights: FloatArray, head: FloatArray) -> None:
        """Take a face as the one before the next frame.

        Args:
            weights: ARKit weights. [52]
            head: Unit quaternion. [4]
        """
        self._weights = weights.astype(np.float64)
        self._head = head.astype(np.float64)

    def follow_weights(self, weights: FloatArray, shares: NDArray[np.float64] | None) -> FloatArray:
        """Smooth the curves of consecutive frames.

        A frame is a weighted mean of what comes in and the frame before, so that curves with equal
        shares keep their order: mouthClose stays below jawOpen. Written as a mean, not as a step
        towards the input, for then no rounding can break that.

        Args:
            weights: ARKit weights. [T, 52] with T > 0
            shares: How far each curve goes, 0..1, [52] or by frame [T, 52]; None lets all pass.

        Returns:
            Smoothed weights. [T, 52]
        """
        if shares is None:
            self._weights = weights[-1].astype(np.float64)
            return weights
        came_in = weights.astype(np.float64)
        state = came_in[0] if self._weights is None else self._weights
        new_parts = shares * came_in
        kept_shares = np.broadcast_to(1 - shares, came_in.shape)
        smoothed = np.empty_like(weights)
        for frame, new_part in enumerate(new_parts):
            state = kept_shares[frame] * state + new_part
            smoothed[frame] = state
        self._weights = state
        return smoothed

    def follow_head(self, head: FloatArray, shares: NDArray[np.float64] | None) -> FloatArray:
        """Smooth the head of consecutive frames.

        Args:
            head: Unit quaternions. [T, 4] with T > 0
            shares: How far it goes, 0..1, [1] or by frame [T, 1]; None lets all pass.

        Returns:
            Unit quaternions with w >= 0. [T, 4]
        """
        if shares is None:
            self._head = head[-1].astype(np.float64)
            return head
        came_in = head.astype(np.float64)
        state = came_in[0] if self._head is None else self._head
        shares = np.broadcast_to(shares, (len(head), 1))[:, 0]
        smoothed = np.empty_like(came_in)
        for frame, target in enumerate(came_in):
            # Along the shorter way; a quaternion and its negative are the same rotation.
            nearer = -target if target @ state < 0 else target
            state = (1 - shares[frame]) * state + shares[frame] * nearer
            state /= math.sqrt(state @ state)
            smoothed[frame] = state
        self._head = state.copy()
        return np.where(smoothed[:, 3:] < 0, -smoothed, smoothed).astype(np.float32)
