from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from posecast.evaluation import flame_surface
from posecast.evaluation.flame_masks import read_masks
from posecast.evaluation.flame_surface import FaceSurface
from posecast.rig.flame_layer import FlameLayer
from posecast.rig.flame_model_file import read_flame_model

REL = 1e-5  # skinning in float32 against float64


@pytest.fixture
def surface(toy_flame, toy_masks):
    return FaceSurface(read_flame_model(toy_flame), read_masks(toy_masks, 60))


@pytest.fixture
def heads(toy_flame):
    """Whole heads without head pose, in one go."""
    layer = FlameLayer(read_flame_model(toy_flame), np.float64)

    def make(shape, take):
        pose = take.pose.copy()
        pose[:, :3] = 0
        return layer.vertices(shape, take.expression, pose)

    return make


def test_figures_are_those_of_whole_heads(surface, heads, toy_masks, make_coefficients):
    truth, predicted = make_coefficients(0), make_coefficients(1)
    masks = np.load(toy_masks)
    true_head, made_head = (heads(truth.shape, take) for take in (truth, predicted))
    rest = heads(
        truth.shape,
        make_coefficients(0, num_frames=1, expression=np.zeros((1, 50)), pose=np.zeros((1, 6))),
    )[0]

    (figures,) = surface.measure(truth, [predicted]).figures

    off_mm = 1000 * np.linalg.norm(true_head - made_head, axis=2)[:, masks["lips"]]
    assert figures.lip_vertex_error_mm == pytest.approx(off_mm.max(axis=1).mean(), rel=REL)
    assert figures.mean_lip_error_mm == pytest.approx(off_mm.mean(), rel=REL)
    dynamics = [
        np.linalg.norm(head - rest, axis=2)[:, masks["upper_face"]].std(axis=0)
        for head in (true_head, made_head)
    ]
    assert figures.upper_face_dynamics_10um == pytest.approx(
        1e5 * (dynamics[0] - dynamics[1]).mean(), abs=0.01
    )
    points = [
        np.einsum("tnkd,nk->tnd", head[:, masks["landmark_vertices"]], masks["landmark_weights"])
        for head in (true_head, made_head)
    ]
    for name, upper, lower in (("inner", 62, 66), ("outer", 51, 57)):
        openings = [np.linalg.norm(each[:, upper] - each[:, lower], axis=1) for each in points]
        assert getattr(figures, f"mouth_opening_{name}_mm") == pytest.approx(
            1000 * np.abs(openings[0] - openings[1]).mean(), rel=REL
        )


def test_equal_takes_differ_by_nothing(surface, make_coefficients):
    truth = make_coefficients(0)

    (figures,) = surface.measure(truth, [truth]).figures

    assert set(dataclasses.asdict(figures).values()) == {0.0}


def test_head_pose_does_not_matter(surface, make_coefficients):
    truth, predicted = make_coefficients(0), make_coefficients(1)
    turned = dataclasses.replace(predicted, pose=predicted.pose.copy())
    turned.pose[:, :3] += 0.7

    assert surface.measure(truth, [turned]) == surface.measure(truth, [predicted])


def test_the_predictions_own_shape_does_not_matter(surface, make_coefficients):
    truth, predicted = make_coefficients(0), make_coefficients(1)
    other = dataclasses.replace(predicted, shape=None)

    assert surface.measure(truth, [other]) == surface.measure(truth, [predicted])


def test_long_clips_are_measured_in_parts(surface, make_coefficients, monkeypatch):
    truth, takes = make_coefficients(0), [make_coefficients(seed) for seed in (1, 2, 3)]
    whole = surface.measure(truth, takes)

    monkeypatch.setattr(flame_surface, "_FRAMES_AT_ONCE", 7)
    parts = surface.measure(truth, takes)

    assert parts.diversity_mm == pytest.approx(whole.diversity_mm, rel=1e-6)
    for part, figures in zip(parts.figures, whole.figures, strict=True):
        assert dataclasses.asdict(part) == pytest.approx(dataclasses.asdict(figures), rel=1e-5)


def test_diversity_is_the_mean_distance_of_whole_heads(surface, heads, make_coefficients):
    truth, first, second = (make_coefficients(seed) for seed in range(3))

    found = surface.measure(truth, [first, second]).diversity_mm

    apart = np.linalg.norm(heads(truth.shape, first) - heads(truth.shape, second), axis=2)
    assert found == pytest.approx(1000 * apart.mean(), rel=1e-5)


def test_a_single_prediction_has_no_diversity(surface, make_coefficients):
    assert surface.measure(make_coefficients(0), [make_coefficients(1)]).diversity_mm is None


def test_without_landmarks_the_opening_is_not_measured(toy_flame, toy_masks, make_coefficients):
    masks = dataclasses.replace(read_masks(toy_masks, 60), landmarks=None)
    surface = FaceSurface(read_flame_model(toy_flame), masks)

    (figures,) = surface.measure(make_coefficients(0), [make_coefficients(1)]).figures

    assert figures.mouth_opening_inner_mm is None
    assert figures.mouth_opening_outer_mm is None
    assert figures.lip_vertex_error_mm > 0
