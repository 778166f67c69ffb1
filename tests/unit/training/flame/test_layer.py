"""The torch head is the NumPy head, with gradients."""

import numpy as np
import pytest
import torch

from posecast.rig.flame_layer import FlameLayer
from posecast.rig.flame_model import FlameModel
from posecast.training.flame.layer import TorchFlameLayer, rotation_matrices


def make_model(num_vertices=30):
    rng = np.random.default_rng(4)

    def draw(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    def shares(*shape):
        odds = np.exp(draw(*shape))
        return odds / odds.sum(axis=-1, keepdims=True)

    return FlameModel(
        template=0.1 * draw(num_vertices, 3),
        shape_basis=0.01 * draw(num_vertices, 3, 120),
        expression_basis=0.01 * draw(num_vertices, 3, 60),
        pose_basis=0.01 * draw(36, num_vertices * 3),
        joint_regressor=shares(5, num_vertices),
        skinning_weights=shares(num_vertices, 5),
        parents=np.array([-1, 0, 1, 1, 1]),
    )


def draw_coefficients(batch, num_frames):
    rng = np.random.default_rng(6)
    return [
        rng.standard_normal(shape).astype(np.float32)
        for shape in ((batch, 100), (batch, num_frames, 50), (batch, num_frames, 6))
    ]


@pytest.mark.parametrize("head", [0.0, 1.0], ids=["still_head", "turning_head"])
def test_vertices_are_those_of_the_numpy_layer(head):
    model = make_model()
    shape, expression, pose = draw_coefficients(2, 7)
    pose[..., :3] *= head
    wanted = np.stack(
        [
            FlameLayer(model, np.float64).vertices(*row)
            for row in zip(shape, expression, pose, strict=True)
        ]
    )

    found = TorchFlameLayer(model)(*map(torch.from_numpy, (shape, expression, pose)))

    np.testing.assert_allclose(found.numpy(), wanted, atol=2e-6)


def test_gradients_are_those_of_small_steps():
    layer = TorchFlameLayer(make_model(12)).double()
    given = [torch.from_numpy(value).double() for value in draw_coefficients(1, 2)]
    given[2][0, 0] = 0.0  # at rest, where the length of a rotation has no slope
    for value in given:
        value.requires_grad_()

    assert torch.autograd.gradcheck(layer, given, atol=1e-5)


def test_rest_is_the_identity_and_a_quarter_turn_a_quarter_turn():
    vectors = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, torch.pi / 2]])

    rest, quarter = rotation_matrices(vectors)

    torch.testing.assert_close(rest, torch.eye(3))
    torch.testing.assert_close(quarter @ torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1.0, 0]))
