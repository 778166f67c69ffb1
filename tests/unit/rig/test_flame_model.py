"""The arrays of a head model belong together, or are refused."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch
from posecast.rig.flame_model import LEFT_EYE, RIGHT_EYE


def test_a_model_knows_its_vertices_and_joints(toy_head):
    model = toy_head.model
    assert model.num_vertices == len(model.template)
    np.testing.assert_allclose(model.joints[LEFT_EYE], [0.03, 0.03, 0.06], atol=1e-5)
    np.testing.assert_allclose(model.joints[RIGHT_EYE], [-0.03, 0.03, 0.06], atol=1e-5)


@pytest.mark.parametrize(
    "name",
    ["template", "shape_basis", "expression_basis", "pose_basis", "joint_regressor",
     "skinning_weights", "parents"],
)  # fmt: skip
def test_an_array_of_another_shape_is_refused(toy_head, name):
    cut = getattr(toy_head.model, name)[:-1]
    with pytest.raises(CheckpointMismatch, match=r"has shape \(.*\); expected \("):
        dataclasses.replace(toy_head.model, **{name: cut})


def test_numbers_that_are_not_finite_are_refused(toy_head):
    template = toy_head.model.template.copy()
    template[3, 1] = np.nan
    with pytest.raises(CheckpointMismatch, match="template is not finite"):
        dataclasses.replace(toy_head.model, template=template)


@pytest.mark.parametrize("parents", [[0, 0, 1, 1, 1], [-1, 0, 2, 1, 1], [-1, 0, 1, 4, 1]])
def test_joints_that_do_not_hang_on_earlier_ones_are_refused(toy_head, parents):
    with pytest.raises(CheckpointMismatch, match="expected -1 for the root and an earlier joint"):
        dataclasses.replace(toy_head.model, parents=np.array(parents))


def test_the_axes_of_flame_are_ours(toy_head):
    toy_head.model.check_axes()


@pytest.mark.parametrize(
    "axes",
    [[[-1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
     [[1, 0, 0], [0, 1, 0], [0, 0, -1]]],
    ids=["mirrored", "z-up", "looking-back"],
)  # fmt: skip
def test_a_model_in_other_axes_is_refused(toy_head, axes):
    turned = dataclasses.replace(toy_head.model, template=toy_head.model.template @ np.array(axes))
    with pytest.raises(CheckpointMismatch, match="expected Y up, the face's own left at"):
        turned.check_axes()
