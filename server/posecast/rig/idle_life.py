"""The face between utterances: lips shut, alive in eyes and head."""

from __future__ import annotations

import numpy as np

from posecast.rig.adjuster import FaceAdjuster
from posecast.rig.arkit import NUM_CURVES
from posecast.rig.eyes import Eyes
from posecast.rig.fade import Fade
from posecast.rig.head_pose import interpolate_quaternions
from posecast.rig.head_wander import HeadWander
from posecast.signals import FloatArray, Style

SETTLING_S = 0.4
"""How long the face takes from what was shown to idle life."""


class IdleLife:
    """Makes idle frames, as many as are asked for, for as long as nobody speaks.

    Source:
        Our own: the processes of `Eyes` and of `HeadWander` in a pause.
    """

    def __init__(
        self,
        style: Style,
        seed: int,
        *,
        frame_rate_hz: int,
        weights: FloatArray,
        head: FloatArray,
        adjuster: FaceAdjuster | None = None,
    ) -> None:
        """Start from a face.

        Args:
            style: Tells how often it blinks, how far it looks and how the head wanders.
            seed: 0..2**64-1. With an utterance's own seed the eyes would do the same again.
            frame_rate_hz: Frames in a second.
            weights: ARKit weights of the face that was shown last, at rest if none was. [52]
            head: Its head, unit quaternion. [4]
            adjuster: The stream's, to adjust idle frames as the others. The face that was shown is
                adjusted already, so this has its place here and not behind `next`.
        """
        self._frame_rate_hz = frame_rate_hz
        self._shown_weights, self._shown_head = weights.astype(np.float64), head.copy()
        self._adjuster = adjuster
        self._eyes = Eyes(seed, blink_rate_hz=style.blink_rate_hz, gaze_range=style.gaze_range)
        self._wander = HeadWander(
            seed, amplitude_rad=style.head_wander_rad, tempo_hz=style.head_tempo_hz
        )
        self._settling = Fade(SETTLING_S, frame_rate_hz)
        self._num_frames = 0

    def next(self, num_frames: int) -> tuple[FloatArray, FloatArray]:
        """Go on by some frames.

        Args:
            num_frames: Any number; how frames are asked for does not change them.

        Returns:
            Weights, 0..1 with mouthClose <= jawOpen, [num_frames, 52], and unit quaternions,
            [num_frames, 4].
        """
        times_s = (self._num_frames + np.arange(num_frames)) / self._frame_rate_hz
        self._num_frames += num_frames
        weights = np.zeros((num_frames, NUM_CURVES), np.float32)
        self._eyes.add_to(weights, times_s)
        np.abs(weights, out=weights)  # clients print the sign of a negative zero
        head = self._wander.in_pause(times_s)
        if self._adjuster is not None:
            weights, head = self._adjuster.apply(weights, head)
        return self._settle(weights, head) if self._settling.frames_left else (weights, head)

    def _settle(self, weights: FloatArray, head: FloatArray) -> tuple[FloatArray, FloatArray]:
        share = self._settling.take(len(weights))
        settled = (1 - share[:, None]) * self._shown_weights + share[:, None] * weights
        shown_head = np.tile(self._shown_head, (len(head), 1))
        turned = interpolate_quaternions(shown_head, head, share.astype(np.float32))
        # The end is exact, so that a batch that reaches beyond it has the frames of two.
        return settled.astype(np.float32), np.where(share[:, None] < 1, turned, head)
