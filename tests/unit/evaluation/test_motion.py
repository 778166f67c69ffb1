from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.curves import TimedCurve, eye_closing
from posecast.evaluation.motion import (
    blink_depths,
    head_angles_deg,
    head_range_deg,
    head_speed_deg_s,
    jitter,
)
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg


def test_every_blink_is_counted_once_with_its_depth(make_frames):
    closing = np.zeros(100)
    closing[10:14] = [0.5, 0.9, 0.6, 0.2]
    closing[40:45] = [0.5, 0.7, 0.3, 0.6, 0.1]  # does not open in between
    closing[70:72] = 0.35  # a narrowed eye
    face = make_frames(100, eyeBlinkLeft=closing, eyeBlinkRight=closing)

    assert blink_depths(eye_closing(face)) == pytest.approx((0.9, 0.7))


def test_blink_at_the_ends_is_counted():
    values = np.array([0.8, 0.1, 0.1, 0.6])

    assert blink_depths(TimedCurve(np.arange(4) / 25, values)) == pytest.approx((0.8, 0.6))


def test_one_eye_alone_is_half_shut(make_frames):
    face = make_frames(3, eyeBlinkLeft=0.7)

    assert blink_depths(eye_closing(face)) == ()


def test_jitter_of_a_sine_is_known():
    times = np.arange(10_000)
    omega = 0.3
    sine = np.sin(omega * times)

    # the second difference of a sine is itself times 2 - 2 cos(omega); its mean magnitude is 2 / pi
    expected = (2 - 2 * np.cos(omega)) * 2 / np.pi
    assert jitter(sine) == pytest.approx(expected, rel=0.01)


def test_jitter_is_taken_along_time():
    steady = np.linspace(0, 1, 50)[:, None] * np.array([1.0, -5.0, 30.0])

    assert jitter(steady) == pytest.approx(0, abs=1e-12)
    assert jitter(np.array([1.0, 2.0])) == 0


@pytest.mark.parametrize(("axis", "rate_hz"), [(0, 25), (1, 50), (2, 60)])
def test_steady_turn_has_its_speed_and_its_range(make_frames, axis, rate_hz):
    angles_deg = np.zeros((201, 3), np.float32)
    angles_deg[:, axis] = np.linspace(-10, 10, 201)
    face = make_frames(201, rate_hz, quaternion_from_yaw_pitch_roll_deg(angles_deg))

    range_deg = head_range_deg(head_angles_deg(face))

    assert head_speed_deg_s(face) == pytest.approx(0.1 * rate_hz, rel=0.01)
    assert range_deg == pytest.approx(18 * np.eye(3)[axis], abs=1e-3)


def test_same_rotation_with_the_other_sign_is_no_movement(make_frames):
    head = np.array([[0, 0, 0, 1], [0, 0, 0, -1], [0, 0, 0, 1]])

    assert head_speed_deg_s(make_frames(3, head=head)) == pytest.approx(0, abs=1e-3)


def test_single_frame_does_not_move(make_frames):
    face = make_frames(1)

    assert head_speed_deg_s(face) == 0
    assert jitter(head_angles_deg(face)) == 0
