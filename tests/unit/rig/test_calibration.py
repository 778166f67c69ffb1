"""What the calibration shows is what it tells, one thing at a time."""

from __future__ import annotations

import numpy as np

from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.calibration import FRAME_RATE_HZ, STEP_S, STEPS, calibration_frames
from posecast.rig.head_pose import yaw_pitch_roll_deg_from_quaternion


def test_each_step_moves_one_thing_and_leaves_a_pause():
    frames = calibration_frames()
    angles = yaw_pitch_roll_deg_from_quaternion(frames.head)
    num_frames = round(STEP_S * FRAME_RATE_HZ)
    assert len(frames) == len(STEPS) * num_frames

    for place, step in enumerate(STEPS):
        rows = slice(place * num_frames, (place + 1) * num_frames)
        weights = frames.weights[rows]
        held = num_frames // 4
        np.testing.assert_allclose(angles[rows][held], step.yaw_pitch_roll_deg, atol=1e-4)
        on = {name for name, index in CURVE_INDEX.items() if weights[:, index].any()}
        assert on == ({step.curve_name} if step.curve_name else set())
        assert weights[held].sum() == (1.0 if step.curve_name else 0.0)
        assert not weights[-5:].any()
        np.testing.assert_allclose(angles[rows][-5:], 0, atol=1e-6)


def test_the_words_name_the_axes_of_the_own_point_of_view():
    told = [step.told for step in STEPS]

    assert [step.yaw_pitch_roll_deg for step in STEPS[:3]] == [(20, 0, 0), (0, 20, 0), (0, 0, 20)]
    assert ["own left" in told[0], "lifts" in told[1], "own right" in told[2]] == [True] * 3
