"""A fitted map: a face made of ARKit's shapes comes back, and the promises of the rig hold."""

import dataclasses
import json

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.arkit_shapes import ArkitShapes
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_fit import fit_flame_arkit
from posecast.rig.mirror import MIRRORED_CURVES

JAW, CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
FULL_JAW_RAD = 0.3  # the toy's jawOpen is FLAME's jaw at this angle
UNREACHABLE = {"cheekPuff", "noseSneerLeft", "noseSneerRight"}  # left out of the toy's expressions
TOY_RIDGE = 0.1  # how far the ridge may pull a weight: a tenth of it, more where curves look alike


@pytest.fixture(scope="module")
def spoken(toy_head, toy_fit):
    """Weights of 100 faces with a few curves each, and the coefficients that make them."""
    rng = np.random.default_rng(13)
    weights = np.zeros((100, NUM_CURVES))
    curves = [index for index in toy_fit.fitted.curves if not 14 <= index <= 17]  # jaw apart
    for row in weights:
        row[rng.choice(curves, 4, replace=False)] = rng.uniform(0.2, 1, 4)
    weights[:, JAW] = rng.uniform(0, 1, 100)
    weights[:, CLOSE] = np.minimum(weights[:, CLOSE], weights[:, JAW])
    pose = np.zeros((100, 6), np.float32)
    pose[:, 3] = FULL_JAW_RAD * weights[:, JAW]
    return weights, toy_head.coefficients_of(weights, pose[:, 3]), pose


def weights_of(fit, expression, pose):
    return fit.fitted.weights(FlameCoefficients(expression=expression, pose=pose))


def test_each_curve_comes_back_and_those_that_flame_cannot_make_are_named(toy_fit):
    fits = {fit.name: fit for fit in toy_fit.curves}

    unmade = {name for name, fit in fits.items() if fit.comes_back is None and fit.moves_m}
    assert unmade == UNREACHABLE | {"eyeLookDownLeft", "eyeLookDownRight"}
    assert all(fits[name].share_made < 0.05 for name in UNREACHABLE)
    assert fits["tongueOut"].moves_m == 0
    made = [fit for fit in fits.values() if fit.comes_back is not None]
    assert min(fit.share_made for fit in made) > 0.98
    assert min(fit.comes_back for fit in made) > 1 - 2 * TOY_RIDGE
    assert np.mean([fit.comes_back for fit in made]) > 1 - TOY_RIDGE
    assert fits["jawOpen"].comes_back == pytest.approx(1, abs=0.01)
    assert fits["mouthClose"].comes_back == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("noise", "largest"), [(0.0, 0.04), (0.03, 0.06)], ids=["exact", "noisy"]
)  # a unit of the toy's expressions is about one whole curve
def test_a_face_made_of_arkit_shapes_comes_back(toy_fit, spoken, noise, largest):
    weights, expression, pose = spoken
    drawn = np.random.default_rng(14).normal(0, noise, expression.shape)

    back = weights_of(toy_fit, (expression + drawn).astype(np.float32), pose)

    used = toy_fit.fitted.curves
    error = np.sqrt(np.square(back - weights)[:, used].mean())
    guess = np.sqrt(np.square(weights - weights.mean(axis=0))[:, used].mean())
    assert guess > 0.19
    assert error < largest
    assert np.abs(back[:, JAW] - weights[:, JAW]).max() < 0.02


def test_what_is_shown_is_near_what_flame_moves(toy_head, toy_fit, spoken):
    """Vertices, not weights: curves that look alike may share a displacement as they like."""
    weights, expression, pose = spoken
    back = weights_of(toy_fit, expression, pose)
    lost = np.einsum("tc,cvk->tvk", back - weights, toy_head.fields)
    whole = np.einsum("tc,cvk->tvk", weights, toy_head.fields)
    assert np.square(lost).sum() < 1e-4 * np.square(whole).sum()


def test_a_mirrored_face_gives_mirrored_weights(toy_head, toy_fit, spoken):
    _, expression, pose = spoken
    turned = pose.copy()
    turned[:, 4:] = np.random.default_rng(15).normal(0, 0.05, (100, 2))
    across = turned * np.array([1, -1, -1, 1, -1, -1], np.float32)

    weights = weights_of(toy_fit, expression, turned)
    mirrored = weights_of(toy_fit, toy_head.mirror_expression(expression), across)

    assert np.abs(weights - weights[:, MIRRORED_CURVES]).max() > 0.5
    np.testing.assert_allclose(mirrored, weights[:, MIRRORED_CURVES], atol=1e-5)  # float32 bases


def test_zero_gives_zero(toy_fit):
    assert (weights_of(toy_fit, np.zeros((2, 50), np.float32), np.zeros((2, 6))) == 0).all()


def test_more_jaw_is_never_less_jaw_open(toy_fit):
    angles = np.linspace(-0.2, 1.0, 200)
    pose = np.zeros((200, 6), np.float32)
    pose[:, 3] = angles
    for row in np.random.default_rng(16).normal(0, 0.5, (5, 50)):
        opened = weights_of(toy_fit, np.tile(row, (200, 1)).astype(np.float32), pose)[:, JAW]
        assert (np.diff(opened) >= 0).all()
        assert (opened[angles <= 0] == 0).all()
        assert opened[-1] == 1


def test_any_coefficients_give_weights_in_range_with_lips_closed_no_more_than_the_jaw_is_open(
    toy_fit,
):
    rng = np.random.default_rng(17)
    expression = rng.normal(0, 3, (300, 50)).astype(np.float32)
    weights = weights_of(toy_fit, expression, rng.normal(0, 0.5, (300, 6)).astype(np.float32))

    assert weights.dtype == np.float32
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert (weights[:, CLOSE] <= weights[:, JAW]).all()
    unused = np.setdiff1d(np.arange(NUM_CURVES), toy_fit.fitted.curves)
    assert (weights[:, unused] == 0).all()


def test_lips_that_flame_closes_over_an_open_jaw_close(toy_head, toy_fit):
    weights = np.zeros((5, NUM_CURVES))
    weights[:, CLOSE] = share = np.linspace(0.2, 1, 5)
    pose = np.zeros((5, 6), np.float32)
    pose[:, 3] = FULL_JAW_RAD * share

    weights[:, JAW] = share
    back = weights_of(toy_fit, toy_head.coefficients_of(weights, pose[:, 3]), pose)

    np.testing.assert_allclose(back[:, CLOSE], back[:, JAW], atol=0.05)
    np.testing.assert_allclose(back[:, JAW], share, atol=0.02)


def test_the_jaw_goes_aside_as_its_joint_turns(toy_fit):
    pose = np.zeros((3, 6), np.float32)
    pose[:, 4] = [0.06, 0.12, -0.12]
    weights = weights_of(toy_fit, np.zeros((3, 50), np.float32), pose)

    left, right = CURVE_INDEX["jawLeft"], CURVE_INDEX["jawRight"]
    np.testing.assert_allclose(weights[:, left], [0.5, 1, 0], atol=0.02)
    np.testing.assert_allclose(weights[:, right], [0, 0, 1], atol=0.02)


def test_silence_is_still_and_small_noise_stays_small(toy_fit, spoken):
    _, expression, pose = spoken
    held = weights_of(toy_fit, np.tile(expression[:1], (50, 1)), np.tile(pose[:1], (50, 1)))
    assert (held == held[0]).all()

    drawn = np.random.default_rng(18).normal(0, 1e-3, (50, 50)).astype(np.float32)
    trembling = weights_of(toy_fit, expression[:1] + drawn, np.tile(pose[:1], (50, 1)))
    assert np.abs(trembling - held).max() < 0.02


def test_a_frame_does_not_depend_on_the_others(toy_fit, spoken):
    _, expression, pose = spoken
    whole = weights_of(toy_fit, expression, pose)
    parts = [weights_of(toy_fit, expression[i : i + 7], pose[i : i + 7]) for i in range(0, 100, 7)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_fitting_twice_gives_the_same_map(toy_head, toy_shapes, toy_fit):
    again = fit_flame_arkit(toy_head.model, toy_shapes, made_from={"flame": "toy"})
    for field in dataclasses.fields(again.fitted):
        name = field.name
        np.testing.assert_array_equal(getattr(again.fitted, name), getattr(toy_fit.fitted, name))


def test_the_map_tells_what_it_was_made_from(toy_fit):
    told = json.loads(toy_fit.fitted.provenance)
    assert told["flame"] == "toy"
    assert told["made_by"].startswith("posecast ")
    assert told["share_kept"] == pytest.approx(toy_fit.share_kept, abs=1e-4)
    assert set(told["curves"]["jawOpen"]) == {"moves_m", "share_made", "comes_back"}


def test_random_faces_are_kept_in_part(toy_fit):
    """Half of what a toy's expression does is the negative of a curve, which no weight can be."""
    assert 0.5 < toy_fit.share_kept < 0.8


def test_shapes_that_are_not_there_stay_zero(toy_head, toy_shapes, spoken):
    kept = {
        name: values
        for name, values in toy_shapes.displacements.items()
        if not name.startswith(("brow", "jawL", "jawR"))
    }
    fit = fit_flame_arkit(
        toy_head.model, dataclasses.replace(toy_shapes, displacements=kept), made_from={}
    )

    weights = weights_of(fit, *spoken[1:])

    gone = [CURVE_INDEX[name] for name in toy_shapes.displacements if name not in kept]
    assert (weights[:, gone] == 0).all()
    assert weights[:, JAW].max() > 0.9


def test_a_jaw_that_does_not_open_is_refused(toy_head, toy_shapes):
    shut = {**toy_shapes.displacements, "jawOpen": toy_shapes.displacements["browInnerUp"]}
    with pytest.raises(InvalidRequest, match="jawOpen does not move as FLAME's jaw does"):
        fit_flame_arkit(
            toy_head.model,
            ArkitShapes(neutral=toy_shapes.neutral, displacements=shut),
            made_from={},
        )
