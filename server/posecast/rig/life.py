"""What eyes and head of one stream do of themselves, with changes in the middle of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posecast.config import FRAME_RATE_HZ
from posecast.rig.eyes import Eyes
from posecast.rig.fade import Fade, smoothstep
from posecast.rig.head_pose import interpolate_quaternions
from posecast.rig.head_wander import HeadWander
from posecast.rig.regions import BLINKS, GAZE, indices_of
from posecast.signals import FloatArray, Style

TAKEOVER_S = 0.4
"""How long new processes take to replace the old ones."""
_EYES = indices_of((*BLINKS, *GAZE, "eyeWideLeft", "eyeWideRight"))


class Life:
    """Eyes and wandering head of one stream.

    After a change the old and the new processes run side by side and fade into each other, each
    method over its own frames: head poses are made ahead, at the model's rate. A further change
    while they fade lets its process fade in over the others, so that nothing jumps.

    Source:
        Our own.
    """

    def __init__(self, seed: int, style: Style) -> None:
        """Start a stream.

        Args:
            seed: Seed of the stream, 0..2**64-1.
            style: Tells how often it blinks, how far it looks and how the head wanders.
        """
        # The oldest first; each later one fades in over all before it.
        self._wanders = [(_wander_of(seed, style), Fade(TAKEOVER_S, FRAME_RATE_HZ))]
        self._eyes = [(_eyes_of(seed, style), 0.0)]  # with the time that they count from
        self._is_last_wander_shown = self._are_last_eyes_shown = False
        self._shown_until_s = 0.0

    def change(self, seed: int, style: Style) -> None:
        """Go on with another seed and style, from the next frame of each method on.

        Args:
            seed: Seed of the new processes, 0..2**64-1.
            style: As at the start.
        """
        # What no frame has shown needs no fading out; the lists stay as short as a fade is.
        if not self._is_last_wander_shown:
            self._wanders.pop()
        if not self._are_last_eyes_shown:
            self._eyes.pop()
        self._wanders.append((_wander_of(seed, style), Fade(TAKEOVER_S, FRAME_RATE_HZ)))
        self._eyes.append((_eyes_of(seed, style), self._shown_until_s))
        self._is_last_wander_shown = self._are_last_eyes_shown = False

    def turn_head(self, head: FloatArray, weights: FloatArray) -> FloatArray:
        """Turn the head of consecutive model frames a little further.

        Args:
            head: Unit quaternions. [T, 4]
            weights: ARKit weights of the same frames. [T, 52]

        Returns:
            Unit quaternions. [T, 4]
        """
        turned = self._wanders[0][0].add_to(head, weights)
        num_over = 0
        for index, (wander, fade) in enumerate(self._wanders[1:], start=1):
            share = fade.take(len(head)).astype(np.float32)
            newer = wander.add_to(head, weights)
            blended = interpolate_quaternions(turned, newer, share)
            # The end is exact, so that it does not matter when the old ones are dropped.
            turned = np.where(share[:, None] < 1, blended, newer)
            if not fade.frames_left:
                num_over = index
        del self._wanders[:num_over]
        self._is_last_wander_shown |= len(head) > 0
        return turned

    def move_eyes(self, weights: FloatArray, times_s: NDArray[np.float64]) -> None:
        """Set the blink and look curves of consecutive output frames.

        Args:
            weights: ARKit weights, changed in place. [T, 52]
            times_s: Time of each frame since the start of the stream. [T]
        """
        if not len(times_s):
            return
        given = weights.copy() if len(self._eyes) > 1 else weights
        eyes, start_s = self._eyes[0]
        eyes.add_to(weights, times_s - start_s)
        num_over = 0
        for index, (eyes, start_s) in enumerate(self._eyes[1:], start=1):
            newer = given.copy()
            eyes.add_to(newer, times_s - start_s)
            part = np.clip((times_s - start_s) / TAKEOVER_S, 0, 1)
            share = smoothstep(part).astype(np.float32)[:, None]
            # A lid's width is among them: one mean of (1 - blink) is 1 - the mean of the blinks.
            weights[:, _EYES] = (1 - share) * weights[:, _EYES] + share * newer[:, _EYES]
            if part[-1] >= 1:
                num_over = index
        del self._eyes[:num_over]
        self._shown_until_s = float(times_s[-1])
        self._are_last_eyes_shown = True


def _wander_of(seed: int, style: Style) -> HeadWander:
    return HeadWander(seed, amplitude_rad=style.head_wander_rad, tempo_hz=style.head_tempo_hz)


def _eyes_of(seed: int, style: Style) -> Eyes:
    return Eyes(seed, blink_rate_hz=style.blink_rate_hz, gaze_range=style.gaze_range)
