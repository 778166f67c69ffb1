"""Lips are found by geometry and measured."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch
from posecast.rig.flame_layer import FlameLayer
from posecast.rig.flame_lips import LipGauge


@pytest.fixture(scope="module")
def gauge(toy_head):
    return LipGauge(toy_head.model)


def test_rest_is_a_shut_mouth_as_wide_as_the_toys(gauge):
    rest = gauge.rest
    assert rest.gap_m == pytest.approx([0.001], abs=1e-6)
    # The outermost vertices that part; the corners beside them belong to both lips.
    assert rest.left_m == pytest.approx(rest.right_m)
    assert 0.015 <= rest.left_m[0] <= 0.03


def test_measures_are_those_of_the_vertices(gauge, toy_head):
    rng = np.random.default_rng(19)
    expression, pose = rng.normal(0, 0.5, (6, 50)), rng.normal(0, 0.2, (6, 6))

    measured = gauge.measure(expression, pose)

    layer = FlameLayer(toy_head.model, np.float64)
    vertices = layer.vertices(None, expression, pose, zero_head=True)
    upper, lower = toy_head.lips
    gap = vertices[:, upper, 1] - vertices[:, lower, 1]
    np.testing.assert_allclose(measured.gap_m, gap, atol=1e-6)


@pytest.mark.parametrize("joint", [2, 1], ids=["no-jaw", "all-jaw"])
def test_a_model_whose_jaw_parts_nothing_is_refused(toy_head, joint):
    weights = np.zeros_like(toy_head.model.skinning_weights)
    weights[:, 3 - joint] = 1
    with pytest.raises(CheckpointMismatch, match="no lips that its jaw parts"):
        LipGauge(dataclasses.replace(toy_head.model, skinning_weights=weights))
