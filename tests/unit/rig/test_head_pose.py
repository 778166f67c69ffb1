"""Signs and round trips of head rotation: a mirrored head would look right at first sight."""

import numpy as np
import pytest

from posecast.rig.head_pose import (
    interpolate_quaternions,
    quaternion_from_rotation_vector,
    quaternion_from_yaw_pitch_roll_deg,
    rotation_vector_from_quaternion,
    yaw_pitch_roll_deg_from_quaternion,
)


def rotate(quaternion, vector):
    """A vector turned by a unit quaternion (x, y, z, w), by the textbook formula."""
    axis, w = quaternion[:3], quaternion[3]
    return vector + 2 * np.cross(axis, np.cross(axis, vector) + w * vector)


def rotation_vectors(largest_rad=3.0):
    rng = np.random.default_rng(1)
    axes = rng.standard_normal((200, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    return (axes * rng.uniform(0, largest_rad, (200, 1))).astype(np.float32)


@pytest.mark.parametrize(
    ("rotation", "angles"),
    [
        pytest.param((0.2, 0, 0), (0, -11.459, 0), id="x nods down"),
        pytest.param((0, 0.2, 0), (11.459, 0, 0), id="y turns to the own left"),
        pytest.param((0, 0, 0.2), (0, 0, 11.459), id="z tilts to the own right shoulder"),
        pytest.param((0, 0, 0), (0, 0, 0), id="rest"),
    ],
)
def test_each_axis_has_its_sign(rotation, angles):
    quaternion = quaternion_from_rotation_vector(np.array([rotation], np.float32))
    np.testing.assert_allclose(yaw_pitch_roll_deg_from_quaternion(quaternion)[0], angles, atol=1e-3)


def test_a_nod_lowers_the_nose_and_a_turn_moves_it_to_the_own_left():
    nod, turn = quaternion_from_rotation_vector(np.array([[0.2, 0, 0], [0, 0.2, 0]], np.float32))
    nose = np.array([0.0, 0.0, 1.0])  # the face looks along +Z, +X is its own left
    assert rotate(nod, nose)[1] < -0.19
    assert rotate(turn, nose)[0] > 0.19


def test_a_tilt_moves_the_crown_towards_the_own_right_shoulder():
    (tilt,) = quaternion_from_rotation_vector(np.array([[0, 0, 0.2]], np.float32))
    assert rotate(tilt, np.array([0.0, 1.0, 0.0]))[0] < -0.19


def test_quaternion_turns_vectors_as_the_rotation_vector_says():
    rotations = rotation_vectors()
    for rotation, quaternion in zip(
        rotations, quaternion_from_rotation_vector(rotations), strict=True
    ):
        angle = np.linalg.norm(rotation)
        axis, point = rotation / angle, np.array([0.3, -0.5, 0.8])
        expected = (
            point * np.cos(angle)
            + np.cross(axis, point) * np.sin(angle)
            + axis * (axis @ point) * (1 - np.cos(angle))
        )
        np.testing.assert_allclose(rotate(quaternion, point), expected, atol=1e-5)


def test_quaternions_are_unit_with_w_above_zero_even_beyond_half_a_turn():
    quaternions = quaternion_from_rotation_vector(rotation_vectors(6.0))
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=1), 1, atol=1e-6)
    assert (quaternions[:, 3] >= 0).all()


def test_tiny_rotations_keep_their_digits():
    rotation = np.array([[1e-6, -2e-6, 3e-6]], np.float32)
    quaternion = quaternion_from_rotation_vector(rotation)
    np.testing.assert_allclose(quaternion[:, :3], rotation / 2, rtol=1e-6)


def test_angles_survive_the_round_trip():
    rng = np.random.default_rng(2)
    angles = rng.uniform((-170, -85, -170), (170, 85, 170), (300, 3)).astype(np.float32)
    back = yaw_pitch_roll_deg_from_quaternion(quaternion_from_yaw_pitch_roll_deg(angles))
    np.testing.assert_allclose(back, angles, atol=2e-3)  # float32 quaternions near pitch 85


def test_rotations_survive_the_round_trip_through_angles():
    quaternions = quaternion_from_rotation_vector(rotation_vectors())
    back = quaternion_from_yaw_pitch_roll_deg(yaw_pitch_roll_deg_from_quaternion(quaternions))
    likeness = np.abs((quaternions * back).sum(axis=1))
    np.testing.assert_allclose(likeness, 1, atol=1e-5)


@pytest.mark.parametrize("pitch", [90.0, -90.0])
def test_looking_straight_up_or_down_has_roll_zero_and_keeps_the_rotation(pitch):
    head = quaternion_from_yaw_pitch_roll_deg(np.array([[30.0, pitch, 20.0]], np.float32))
    angles = yaw_pitch_roll_deg_from_quaternion(head)
    assert angles[0, 2] == 0
    back = quaternion_from_yaw_pitch_roll_deg(angles)
    assert abs(float((head * back).sum())) > 1 - 1e-5


def test_a_moving_head_has_moving_quaternions_without_a_jump():
    phase = np.linspace(0, 2 * np.pi, 500)
    rotation = np.stack([np.sin(phase), np.cos(2 * phase), np.sin(3 * phase)], axis=1)
    quaternions = quaternion_from_rotation_vector(rotation.astype(np.float32))
    assert np.abs(np.diff(quaternions, axis=0)).max() < 0.03


def test_interpolation_starts_and_ends_at_its_ends_and_halves_the_angle():
    earlier, later = quaternion_from_rotation_vector(
        np.array([[0, 0.1, 0], [0, 0.3, 0]], np.float32)
    )[:, None]
    yaw = [
        yaw_pitch_roll_deg_from_quaternion(
            interpolate_quaternions(earlier, later, np.array([part], np.float32))
        )[0, 0]
        for part in (0.0, 0.5, 1.0)
    ]
    np.testing.assert_allclose(yaw, np.degrees([0.1, 0.2, 0.3]), atol=1e-3)


def test_interpolation_goes_the_shorter_way():
    earlier = np.array([[0, np.sin(1.5), 0, np.cos(1.5)]], np.float32)
    later = np.array([[0, -np.sin(1.6), 0, -np.cos(1.6)]], np.float32)
    middle = interpolate_quaternions(earlier, later, np.array([0.5], np.float32))
    np.testing.assert_allclose(np.abs(middle[0, 1]), np.sin(1.55), atol=1e-4)


def test_a_rotation_vector_comes_back_from_its_quaternion_of_either_sign():
    rng = np.random.default_rng(4)
    axes = rng.standard_normal((200, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    angles = np.concatenate([[0.0, 1e-6, 3.1], rng.uniform(0, 3, 197)])
    rotation = (axes * angles[:, None]).astype(np.float32)

    head = quaternion_from_rotation_vector(rotation)

    # float32 quaternions near half a turn tell the angle to 1e-6 or so
    np.testing.assert_allclose(rotation_vector_from_quaternion(head), rotation, atol=5e-6)
    np.testing.assert_allclose(rotation_vector_from_quaternion(-head), rotation, atol=5e-6)
