"""What neck and head turn of a head's rotation."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.rig.head_pose import multiply_quaternions, rotation_vector_from_quaternion
from posecast.rig.neck import share_with_neck


@pytest.fixture
def heads():
    drawn = np.random.default_rng(5).normal(size=(200, 4))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def test_neck_and_head_together_are_the_head(heads):
    neck, head = share_with_neck(heads)

    together = multiply_quaternions(neck, head)
    np.testing.assert_allclose(np.abs((together * heads).sum(axis=1)), 1, atol=1e-6)


def test_the_neck_has_three_tenths_of_the_angle_about_the_same_axis(heads):
    whole = rotation_vector_from_quaternion(heads)

    neck, head = (rotation_vector_from_quaternion(part) for part in share_with_neck(heads))

    np.testing.assert_allclose(neck, 0.3 * whole, atol=1e-5)
    np.testing.assert_allclose(head, 0.7 * whole, atol=1e-5)


def test_a_head_at_rest_leaves_both_at_rest_exactly():
    rest = np.array([[0, 0, 0, 1]], np.float32)

    for part in share_with_neck(rest):
        assert part.dtype == np.float32
        assert np.array_equal(part, rest)
