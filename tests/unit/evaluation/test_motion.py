from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.alignment import PhoneSegment
from posecast.evaluation.curves import TimedCurve, brow_level, eye_closing, frowning, smiling
from posecast.evaluation.motion import (
    blink_depths,
    head_angles_deg,
    head_range_deg,
    head_speed_deg_s,
    head_turn_in_pauses,
    head_turn_in_speech,
    jitter,
    lip_energy_above_10_hz,
    lip_speed_energy_above_10_hz,
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


@pytest.mark.parametrize("rate_hz", [25, 60])
def test_head_is_measured_in_speech_and_in_pauses_apart(make_frames, rate_hz):
    times_s = np.arange(8 * rate_hz) / rate_hz
    speed_deg_s = np.where(times_s < 2, 10.0, np.where(times_s < 4, 2.0, 30.0))
    angles_deg = np.zeros((len(times_s), 3), np.float32)
    angles_deg[1:, 0] = np.cumsum(speed_deg_s[:-1]) / rate_hz
    face = make_frames(len(times_s), rate_hz, quaternion_from_yaw_pitch_roll_deg(angles_deg))
    alignment = (
        PhoneSegment("AA", 0, 2),
        PhoneSegment("SIL", 2, 4),
        PhoneSegment("?", 4, 7),
        PhoneSegment("SIL", 7, 7.2),  # too short for a pause
    )

    speech, pauses = head_turn_in_speech(face, alignment), head_turn_in_pauses(face, alignment)

    assert speech.value == pytest.approx(10, rel=0.01)
    assert speech.base == pytest.approx(2)
    assert pauses.value == pytest.approx(2, rel=0.01)
    assert pauses.base == pytest.approx(2)


def test_without_pauses_there_is_no_speed_in_them(make_frames):
    assert head_turn_in_pauses(make_frames(50), (PhoneSegment("AA", 0, 2),)).value is None
    assert head_turn_in_speech(make_frames(50), ()).value is None
    assert head_turn_in_speech(make_frames(1), (PhoneSegment("AA", 0, 2),)).value is None


def test_fast_energy_of_the_lips_is_known(make_frames):
    times_s = np.arange(500) / 25
    slow, fast = np.sin(2 * np.pi * 2 * times_s), np.sin(2 * np.pi * 11 * times_s)
    face = make_frames(500, jawOpen=0.5 + 0.3 * slow + 0.1 * fast)

    position, speed = lip_energy_above_10_hz(face), lip_speed_energy_above_10_hz(face)

    assert position.value == pytest.approx(0.01 / (0.09 + 0.01), rel=0.01)
    # a first difference multiplies each sine by 2 sin(pi f / rate)
    gains = np.sin(np.pi * np.array([2, 11]) / 25) ** 2
    expected = 0.01 * gains[1] / (0.09 * gains[0] + 0.01 * gains[1])
    assert speed.value == pytest.approx(expected, rel=0.01)
    assert position.base == pytest.approx(20 * 2 * (0.09 + 0.01) / 2, rel=0.01)  # jaw and aperture


def test_lips_that_hide_behind_a_still_jaw_are_seen_to_shake(make_frames):
    shaking = 0.25 + 0.2 * np.sin(2 * np.pi * 11 * np.arange(500) / 25)

    assert lip_energy_above_10_hz(make_frames(500, jawOpen=0.5, mouthClose=shaking)).value > 0.95


def test_still_lips_have_no_share(make_frames):
    assert lip_energy_above_10_hz(make_frames(100)).value is None
    assert lip_speed_energy_above_10_hz(make_frames(2, jawOpen=[0, 1])).value is None


def test_corners_and_brows_are_read(make_frames):
    face = make_frames(
        2, mouthSmileLeft=0.2, mouthSmileRight=0.4, mouthFrownRight=0.5,
        browInnerUp=0.3, browOuterUpLeft=0.3, browDownRight=0.4,
    )  # fmt: skip

    assert smiling(face).values == pytest.approx([0.3, 0.3])
    assert frowning(face).values == pytest.approx([0.25, 0.25])
    assert brow_level(face).values == pytest.approx([0.0, 0.0], abs=1e-7)
