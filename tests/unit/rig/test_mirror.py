"""The other side of curves and vertices."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.mirror import MIRRORED_CURVES, find_twins, head_size, other_side


def test_curves_change_sides_and_those_of_the_middle_stay():
    assert other_side("mouthSmileLeft") == "mouthSmileRight"
    assert other_side("jawRight") == "jawLeft"
    assert other_side("jawOpen") == "jawOpen"
    assert MIRRORED_CURVES[CURVE_INDEX["eyeBlinkLeft"]] == CURVE_INDEX["eyeBlinkRight"]
    np.testing.assert_array_equal(MIRRORED_CURVES[MIRRORED_CURVES], np.arange(len(CURVE_NAMES)))


def test_twins_of_a_symmetric_head_are_found(toy_head):
    twins = find_twins(toy_head.model.template)

    assert twins.is_paired.all()
    np.testing.assert_array_equal(twins.twin, toy_head.twin)


def test_mirroring_twice_changes_nothing(toy_head):
    twins = find_twins(toy_head.model.template)
    displaced = np.random.default_rng(1).normal(size=(3, len(twins.twin), 3))

    across = twins.mirror(displaced)

    assert np.abs(across - displaced).max() > 1
    np.testing.assert_array_equal(twins.mirror(across), displaced)


def test_a_vertex_without_a_twin_is_left_out(toy_head):
    vertices = toy_head.model.template.copy()
    lone = int(vertices[:, 0].argmax())
    vertices[lone, 0] += 0.02

    twins = find_twins(vertices)

    other = toy_head.twin[lone]
    np.testing.assert_array_equal(np.flatnonzero(~twins.is_paired), sorted((lone, other)))
    assert (twins.mirror(np.ones((len(vertices), 3)))[[lone, other]] == 0).all()


def test_a_mesh_that_is_not_symmetric_is_refused(toy_head):
    aside = toy_head.model.template + np.array([0.007, 0, 0])
    with pytest.raises(InvalidRequest, match=r"only \d+% of the vertices have a mirror image"):
        find_twins(aside)


def test_size_is_the_largest_extent():
    assert head_size(np.array([[0.0, 0, 0], [1, -3, 2]])) == 3
