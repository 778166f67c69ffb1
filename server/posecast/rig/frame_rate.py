"""Frames at 25 a second to the rate that was asked for, with closures kept at their depth."""

from __future__ import annotations

import numpy as np

from posecast.config import FRAME_RATE_HZ
from posecast.rig.clamp import clamp
from posecast.rig.head_pose import interpolate_quaternions
from posecast.rig.retarget import lip_aperture
from posecast.signals import FloatArray


class FrameRateConverter:
    """Converts one stream; output frame `j` belongs to the time `j / rate_hz`.

    Interpolation alone would open a lip closure that falls between two output frames. The output
    frame that is nearest to a minimum of the lip aperture therefore takes that model frame as it
    is; it moves by less than half an output frame. The head does not: it would tremble.

    Source:
        Our own.
    """

    def __init__(self, rate_hz: int) -> None:
        """Start a stream.

        Args:
            rate_hz: Output rate, at least 25.
        """
        self._rate_hz = rate_hz
        self._weights: FloatArray = np.zeros((0, 0), np.float32)
        self._head: FloatArray = np.zeros((0, 4), np.float32)
        self._first_kept = 0
        self._num_pushed = 0
        self._num_returned = 0

    def push(self, weights: FloatArray, head: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Take the next model frames and return the output frames that they settle.

        Args:
            weights: ARKit weights. [T, 52]
            head: Unit quaternions. [T, 4]

        Returns:
            Weights and quaternions at the output rate.
        """
        self._append(weights, head)
        # Up to the last model frame but one, all is known: the frame after it tells whether it is a
        # minimum, and an output frame before it lies between two known ones.
        lacking = 0 if self._rate_hz == FRAME_RATE_HZ else 1
        return self._emit(self._count_up_to(self._num_pushed - 1 - lacking))

    def finish(self, num_frames: int) -> tuple[FloatArray, FloatArray]:
        """Return the rest of a stream that has `num_frames` output frames, the last frame held."""
        return self._emit(num_frames)

    def _append(self, weights: FloatArray, head: FloatArray) -> None:
        if self._num_pushed == 0:
            self._weights, self._head = weights, head
        else:
            self._weights = np.concatenate([self._weights, weights])
            self._head = np.concatenate([self._head, head])
        self._num_pushed += len(weights)

    def _count_up_to(self, model_frame: int) -> int:
        """Number of output frames that lie at or before a model frame."""
        return max(0, model_frame * self._rate_hz // FRAME_RATE_HZ + 1) if model_frame >= 0 else 0

    def _emit(self, end: int) -> tuple[FloatArray, FloatArray]:
        outputs = np.arange(self._num_returned, max(end, self._num_returned))
        if not len(outputs):
            return self._weights[:0], self._head[:0]
        numerators = outputs * FRAME_RATE_HZ  # position = numerator / rate, in model frames
        base = numerators // self._rate_hz
        part = (numerators % self._rate_hz) / self._rate_hz
        low, high = self._kept(base), self._kept(base + 1)
        head = interpolate_quaternions(self._head[low], self._head[high], part.astype(np.float32))
        nearest, is_minimum = self._nearest_minimum(numerators)
        base, part = np.where(is_minimum, nearest, base), np.where(is_minimum, 0.0, part)
        low, high = self._kept(base), self._kept(base + 1)
        blend = part.astype(np.float32)[:, None]
        weights = (1 - blend) * self._weights[low] + blend * self._weights[high]
        self._num_returned = end
        self._forget(int(end * FRAME_RATE_HZ // self._rate_hz) - 2)
        return weights.astype(np.float32), head

    def _nearest_minimum(self, numerators: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Nearest model frame, and whether it is a minimum that this output frame is nearest to."""
        nearest = (2 * numerators + self._rate_hz) // (2 * self._rate_hz)
        distance = np.abs(numerators - nearest * self._rate_hz)  # in model frames / rate
        is_nearest_output = 2 * distance < FRAME_RATE_HZ
        aperture = lip_aperture(self._weights)
        here, before, after = (aperture[self._kept(nearest + k)] for k in (0, -1, 1))
        is_minimum = (here < before) & (here <= after) | (here <= before) & (here < after)
        return nearest, is_nearest_output & is_minimum

    def _kept(self, frame: np.ndarray) -> np.ndarray:
        """Place of model frames in what is kept; frames beyond either end are held."""
        return clamp(frame - self._first_kept, 0, len(self._weights) - 1)

    def _forget(self, before: int) -> None:
        drop = max(0, before - self._first_kept)
        self._weights, self._head = self._weights[drop:], self._head[drop:]
        self._first_kept += drop
