"""A face that shows one thing after another, to find the signs and scales of a character."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg
from posecast.signals import FaceFrames

FRAME_RATE_HZ = 30
STEP_S = 2.0
"""How long each thing takes: it comes, is held, goes, and leaves a pause."""
_COMES_S, _HELD_UNTIL_S, _GONE_S = 0.25, 1.25, 1.5


class Step(NamedTuple):
    """One thing to see."""

    told: str
    """What the character should do."""
    yaw_pitch_roll_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Its head, + to the own left, up, to the own right shoulder."""
    curve_name: str | None = None
    """The one ARKit curve that is fully on, if any."""


STEPS = (
    Step("turns its head 20 degrees to its own left", (20.0, 0.0, 0.0)),
    Step("lifts its head 20 degrees", (0.0, 20.0, 0.0)),
    Step("tilts its head 20 degrees to its own right shoulder", (0.0, 0.0, 20.0)),
    Step("opens its jaw", curve_name="jawOpen"),
    Step("moves its jaw to its own left", curve_name="jawLeft"),
    Step("shuts its own left eye", curve_name="eyeBlinkLeft"),
)


def calibration_frames() -> FaceFrames:
    """All steps, one after another.

    Returns:
        12 s at 30 frames a second, each step with nothing else moving.

    Source:
        Our own: what people compare with the table of axes.
    """
    num_frames = round(STEP_S * FRAME_RATE_HZ)
    times_s = np.arange(num_frames) / FRAME_RATE_HZ
    amount = np.interp(times_s, [0, _COMES_S, _HELD_UNTIL_S, _GONE_S], [0, 1, 1, 0])
    weights = np.zeros((len(STEPS), num_frames, NUM_CURVES), np.float32)
    angles = np.zeros((len(STEPS), num_frames, 3), np.float32)
    for place, step in enumerate(STEPS):
        angles[place] = amount[:, None] * step.yaw_pitch_roll_deg
        if step.curve_name is not None:
            weights[place, :, CURVE_INDEX[step.curve_name]] = amount
    return FaceFrames(
        first_index=0,
        frame_rate_hz=FRAME_RATE_HZ,
        weights=weights.reshape(-1, NUM_CURVES),
        head=quaternion_from_yaw_pitch_roll_deg(angles.reshape(-1, 3)),
    )
