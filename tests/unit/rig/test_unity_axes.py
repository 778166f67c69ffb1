"""Rotations in Unity's axes."""

from __future__ import annotations

import numpy as np

from posecast.rig.unity_axes import unity_quaternions


def test_rotations_are_the_golden_ones(bridge_cases):
    cases = bridge_cases("axes.csv")
    wire, unity = (
        np.array([[float(case[f"{engine}{axis}"]) for axis in "xyzw"] for case in cases])
        for engine in ("", "unity_")
    )

    turned = unity_quaternions(wire.astype(np.float32))

    assert turned.dtype == np.float32
    np.testing.assert_allclose(np.abs((turned * unity).sum(axis=1)), 1, atol=1e-6)
    signs = np.sign((turned * unity).sum(axis=1))[:, None]
    np.testing.assert_allclose(signs * turned, unity, atol=1e-6)


def test_a_face_at_rest_has_no_negative_zero():
    rest = unity_quaternions(np.array([[0, 0, 0, 1]], np.float32))

    assert not np.signbit(rest).any()
