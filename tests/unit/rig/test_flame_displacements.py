"""Prepared measures agree with the vertices that the layer makes."""

import numpy as np

from posecast.rig.flame_displacements import (
    NUM_TERMS,
    displacement_coefficients,
    displacement_terms,
    measure_displacements,
)
from posecast.rig.flame_layer import FlameLayer

RNG = np.random.default_rng(12)


def moving(frames):
    return RNG.normal(0, 0.5, (frames, 50)), RNG.normal(0, 0.3, (frames, 6))


def test_measures_are_those_of_the_skinned_vertices(toy_head):
    model = toy_head.model
    measures = RNG.normal(size=(4, model.num_vertices, 3))
    expression, pose = moving(9)

    coefficients = displacement_coefficients(model, measures)
    measured = measure_displacements(displacement_terms(expression, pose), coefficients)

    vertices = FlameLayer(model, np.float64).vertices(None, expression, pose, zero_head=True)
    expected = np.einsum("nvk,tvk->tn", measures, vertices - model.template)
    assert coefficients.shape == (4, NUM_TERMS)
    # Float32 arrays of the model: the weights of a vertex sum to 1 within 1e-7.
    np.testing.assert_allclose(measured, expected, rtol=1e-5, atol=1e-6)


def test_the_head_does_not_matter():
    expression, pose = moving(3)
    turned = pose + np.array([0.3, 0.2, 0.1, 0, 0, 0])
    np.testing.assert_array_equal(
        displacement_terms(expression, pose), displacement_terms(expression, turned)
    )


def test_rest_displaces_nothing():
    assert (displacement_terms(np.zeros((2, 50)), np.zeros((2, 6))) == 0).all()


def test_a_frame_does_not_depend_on_the_others():
    expression, pose = moving(40)
    coefficients = RNG.normal(size=(30, NUM_TERMS))
    whole = measure_displacements(displacement_terms(expression, pose), coefficients)
    alone = [
        measure_displacements(displacement_terms(expression[i:], pose[i:])[:1], coefficients)
        for i in range(40)
    ]
    np.testing.assert_array_equal(whole, np.concatenate(alone))
