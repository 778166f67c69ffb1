"""Skinning: what every head must do, whatever its numbers."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.flame_layer import FlameLayer, rotation_matrices
from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    yaw_pitch_roll_deg_from_quaternion,
)

RNG = np.random.default_rng(10)


@pytest.fixture(scope="module")
def layer(toy_head):
    return FlameLayer(toy_head.model, np.float64)


def still(frames=1):
    return np.zeros((frames, 50)), np.zeros((frames, 6))


def moving(frames):
    pose = RNG.normal(0, 0.2, (frames, 6))
    return RNG.normal(0, 0.3, (frames, 50)), pose


def test_rest_is_the_template(layer, toy_head):
    np.testing.assert_allclose(
        layer.vertices(None, *still())[0], toy_head.model.template, atol=1e-9
    )


def test_shape_and_expression_displace_linearly(layer, toy_head):
    shape, expression = RNG.normal(size=100), RNG.normal(size=(1, 50))
    displaced = layer.vertices(shape, expression, still()[1])[0] - toy_head.model.template
    expected = toy_head.model.shape_basis @ shape + toy_head.model.expression_basis @ expression[0]
    np.testing.assert_allclose(displaced, expected, atol=1e-7)  # float32 arrays


def test_a_turned_head_keeps_its_form_and_zero_head_takes_the_turn_back(layer):
    expression, pose = moving(6)
    straight = layer.vertices(None, expression, pose, zero_head=True)
    turned = layer.vertices(None, expression, pose)

    def distances(vertices):
        return np.linalg.norm(vertices[:, :40, None] - vertices[:, None, :40], axis=-1)

    assert np.abs(turned - straight).max() > 0.01
    np.testing.assert_allclose(distances(turned), distances(straight), atol=1e-7)
    still_head = np.where(np.arange(6) < 3, 0, pose)
    np.testing.assert_allclose(straight, layer.vertices(None, expression, still_head), atol=1e-9)


@pytest.mark.parametrize(
    ("axis", "moves", "angles"),
    [
        (0, [0, -1, 0], [0, -1, 0]),  # nods down
        (1, [1, 0, 0], [1, 0, 0]),  # turns to the own left
        (2, [-1, 0, 0], [0, 0, 1]),  # tilts to the own right shoulder
    ],
    ids="xyz",
)
def test_the_head_turns_as_our_head_pose_says(layer, toy_head, axis, moves, angles):
    pose = np.zeros((1, 6))
    pose[0, axis] = 0.1
    nose = int(toy_head.model.template[:, 2].argmax())

    moved = (layer.vertices(None, np.zeros((1, 50)), pose)[0] - toy_head.model.template)[nose]
    head = quaternion_from_rotation_vector(pose[:, :3].astype(np.float32))
    told = yaw_pitch_roll_deg_from_quaternion(head)[0]

    np.testing.assert_array_equal(np.sign(np.where(np.abs(moved) > 0.005, moved, 0))[:2], moves[:2])
    np.testing.assert_allclose(told, np.degrees(0.1) * np.array(angles), atol=1e-3)


def test_the_jaw_parts_the_lips_and_moves_to_the_own_left(layer, toy_head):
    upper, lower = toy_head.lips
    pose = np.zeros((2, 6))
    pose[0, 3], pose[1, 4] = 0.3, 0.1

    moved = layer.vertices(None, np.zeros((2, 50)), pose) - toy_head.model.template

    assert moved[0, lower, 1] < -0.01
    assert abs(moved[0, upper, 1]) < 0.002
    assert moved[1, lower, 0] > 0.003


def test_a_long_clip_is_computed_as_its_parts_are(layer):
    expression, pose = moving(300)
    shape = RNG.normal(size=(300, 100))

    whole = layer.vertices(shape, expression, pose)
    part = layer.vertices(shape[200:], expression[200:], pose[200:])

    np.testing.assert_allclose(whole[200:], part, atol=1e-12)


def test_fewer_columns_count_as_zeros(layer):
    expression, pose = moving(3)
    padded = np.where(np.arange(50) < 10, expression, 0)
    np.testing.assert_allclose(
        layer.vertices(np.ones(5), expression[:, :10], pose),
        layer.vertices(np.r_[np.ones(5), np.zeros(95)], padded, pose),
        atol=1e-12,
    )


@pytest.mark.parametrize(
    ("shape", "expression", "pose", "message"),
    [
        (None, (3, 50), (3, 5), r"pose has shape \(3, 5\)"),
        (None, (2, 50), (3, 6), r"expression has shape \(2, 50\); expected \(3, up to 50\)"),
        (None, (3, 51), (3, 6), r"expression has shape \(3, 51\)"),
        ((101,), (3, 50), (3, 6), r"shape has shape \(3, 101\); expected \(3, up to 100\)"),
        ((2, 100), (3, 50), (3, 6), r"shape has shape \(2, 100\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(layer, shape, expression, pose, message):
    given = None if shape is None else np.zeros(shape)
    with pytest.raises(InvalidRequest, match=message):
        layer.vertices(given, np.zeros(expression), np.zeros(pose))


def test_rotation_matrices_turn_by_the_right_hand():
    quarter = rotation_matrices(np.diag([np.pi / 2] * 3))
    np.testing.assert_allclose(quarter[0] @ [0, 1, 0], [0, 0, 1], atol=1e-7)
    np.testing.assert_allclose(quarter[1] @ [0, 0, 1], [1, 0, 0], atol=1e-7)
    np.testing.assert_allclose(quarter[2] @ [1, 0, 0], [0, 1, 0], atol=1e-7)
    np.testing.assert_array_equal(rotation_matrices(np.zeros(3)), np.eye(3))
