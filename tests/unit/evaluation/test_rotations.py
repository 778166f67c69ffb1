from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.rotations import (
    angles_between_quaternions_rad,
    angles_between_rad,
    rotation_speeds_rad_s,
)


def matrix(vector):
    """The rotation as a matrix, by the series of the exponential."""
    x, y, z = vector
    generator = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    term = result = np.eye(3)
    for order in range(1, 40):
        term = term @ generator / order
        result = result + term
    return result


def test_angles_are_those_between_matrices():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(-1.5, 1.5, (2, 20, 3))
    between = [matrix(a).T @ matrix(b) for a, b in zip(first, second, strict=True)]
    expected = [np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)) for turn in between]

    assert angles_between_rad(first, second) == pytest.approx(expected, abs=1e-9)


def test_tiny_angles_are_exact():
    turned = np.array([[0.3, 1e-9, 0], [0.3 + 1e-9, 0, 0]])
    start = np.array([[0.3, 0, 0], [0.3, 0, 0]])

    angles = angles_between_rad(start, turned)

    assert angles[1] == pytest.approx(1e-9, rel=1e-5)
    assert 0.9e-9 < angles[0] < 1e-9  # about another axis: a little less


def test_sign_and_length_of_quaternions_do_not_matter():
    half = np.sqrt(0.5)
    quarter_turn = np.array([[half, 0, 0, half]])

    for factor in (1, -1, 2):
        angles = angles_between_quaternions_rad(np.array([[0, 0, 0, 1]]), factor * quarter_turn)
        assert angles == pytest.approx([np.pi / 2])


def test_speed_is_the_turn_over_the_time():
    pitch = np.array([0, 0.01, 0.03, 0.02])

    speeds = rotation_speeds_rad_s(np.stack([pitch, 0 * pitch, 0 * pitch], axis=1), 25)

    assert speeds == pytest.approx([0.25, 0.5, 0.25])


@pytest.mark.parametrize("num_frames", [0, 1])
def test_a_single_frame_has_no_speed(num_frames):
    assert len(rotation_speeds_rad_s(np.zeros((num_frames, 3)), 25)) == 0
