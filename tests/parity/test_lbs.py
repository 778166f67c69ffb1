"""Skinning against the published layer, on the toy model of the golden file."""

import dataclasses

import numpy as np
import pytest
import torch

from posecast.rig.flame_layer import FlameLayer
from posecast.rig.flame_model import FlameModel
from posecast.training.flame.layer import TorchFlameLayer

TOLERANCE = 1e-5  # float32 in another order gives 1e-6


def softmax(values, axis):
    exponentials = np.exp(values - values.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


@pytest.fixture(scope="module")
def model(draw, golden):
    basis = 0.01 * draw("lbs.shapedirs", 60, 3, 150)
    return FlameModel(
        template=0.1 * draw("lbs.v", 60, 3),
        shape_basis=basis[..., :100],
        expression_basis=basis[..., 100:],
        pose_basis=0.01 * draw("lbs.posedirs", 36, 180),
        joint_regressor=softmax(2 * draw("lbs.jreg", 5, 60), axis=1),
        skinning_weights=softmax(2 * draw("lbs.weights", 60, 5), axis=1),
        parents=golden("lbs")["parents"],
    )


@pytest.fixture(scope="module")
def coefficients(draw, golden):
    betas = draw("lbs.betas", 4, 150)
    return betas[:, :100], betas[:, 100:], golden("lbs")["pose6"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vertices_are_the_published_ones(model, coefficients, golden, dtype):
    vertices = FlameLayer(model, dtype).vertices(*coefficients)

    assert vertices.dtype == dtype
    np.testing.assert_allclose(vertices, golden("lbs")["verts"], atol=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("template", (7, 2)),
        ("shape_basis", (7, 2, 31)),
        ("expression_basis", (7, 2, 3)),
        ("pose_basis", (11, 23)),  # of the jaw: neck and eyes never bend
        ("joint_regressor", (2, 7)),
        ("skinning_weights", (7, 2)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_changed_number_of_the_model_is_seen(model, coefficients, golden, name, index):
    changed = getattr(model, name).copy()
    changed[index] += 0.05
    perturbed = dataclasses.replace(model, **{name: changed})

    difference = FlameLayer(perturbed).vertices(*coefficients) - golden("lbs")["verts"]

    assert np.abs(difference).max() > 10 * TOLERANCE


def test_the_layer_that_training_differentiates_gives_the_same(model, coefficients, golden):
    shape, expression, pose = (torch.from_numpy(np.float32(values)) for values in coefficients)

    # Identities differ between the file's frames: each frame is a clip of its own.
    vertices = TorchFlameLayer(model)(shape, expression[:, None], pose[:, None])

    np.testing.assert_allclose(vertices[:, 0].numpy(), golden("lbs")["verts"], atol=TOLERANCE)
