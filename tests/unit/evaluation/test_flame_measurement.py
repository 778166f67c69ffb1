from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from posecast.evaluation.flame_clips import FlameClip
from posecast.evaluation.flame_masks import read_masks
from posecast.evaluation.flame_measurement import measure_flame_clip
from posecast.evaluation.flame_surface import FaceSurface
from posecast.rig.flame_model_file import read_flame_model


def clip_of(truth, *predictions):
    return FlameClip(name="clip", truth=truth, predictions=predictions)


def test_errors_are_in_their_units(make_coefficients):
    still = np.zeros((80, 6))
    truth = make_coefficients(0, pose=still)
    pose = still.copy()
    pose[:, 1] = 0.2
    pose[:, 3] = -0.05
    expression = truth.expression.copy()
    expression[:, :2] += [3, 4]

    measured = measure_flame_clip(
        clip_of(truth, dataclasses.replace(truth, expression=expression, pose=pose)), None
    )

    (figures,) = measured.coefficients
    assert figures.expression_error_sd == pytest.approx(np.sqrt(25 / 50), rel=1e-5)
    assert figures.head_error_rad == pytest.approx(0.2)
    assert figures.jaw_error_rad == pytest.approx(0.05)
    assert figures.beat_alignment is None  # the true head is still


def test_perfect_prediction(make_coefficients):
    truth = make_coefficients(0)

    (figures,) = measure_flame_clip(clip_of(truth, truth), None).coefficients

    assert (figures.expression_error_sd, figures.jaw_error_rad, figures.head_error_rad) == (0, 0, 0)
    assert (figures.beat_alignment, figures.beat_alignment_of_true) == (1, 1)
    assert figures.beat_alignment_by_chance < 0.7


def test_every_repetition_is_measured(make_coefficients, toy_flame, toy_masks):
    surface = FaceSurface(read_flame_model(toy_flame), read_masks(toy_masks, 60))
    truth, takes = make_coefficients(0), [make_coefficients(seed) for seed in (1, 2, 3)]

    together = measure_flame_clip(clip_of(truth, *takes), surface)

    alone = [measure_flame_clip(clip_of(truth, take), surface) for take in takes]
    assert together.coefficients == tuple(each.coefficients[0] for each in alone)
    assert together.surface == tuple(each.surface[0] for each in alone)
    values = together.values()
    assert values["lip_vertex_error_mm"] == tuple(e.surface[0].lip_vertex_error_mm for e in alone)
    assert len(values["beat_alignment"]) == 3
    assert len(values["vertex_diversity_mm"]) == 1


def test_diversity_is_that_of_the_parts(make_coefficients):
    first = make_coefficients(1)
    pose = first.pose.copy()
    pose[:, :3] += [0, 0.3, 0.4]
    pose[:, 3] += 0.1
    expression = first.expression.copy()
    expression[:, 7] += 2
    second = dataclasses.replace(first, expression=expression, pose=pose)

    diversity = measure_flame_clip(
        clip_of(make_coefficients(0), first, second, first), None
    ).diversity

    share = 2 / 3  # one of three pairs is equal
    assert diversity.head_diversity_rad == pytest.approx(0.5 * share, rel=1e-5)
    assert diversity.jaw_diversity_rad == pytest.approx(0.1 * share, rel=1e-5)
    assert diversity.expression_diversity_sd == pytest.approx(2 * share, rel=1e-5)
    assert diversity.vertex_diversity_mm is None


def test_a_single_prediction_has_no_diversity_and_no_model_no_surface(make_coefficients):
    measured = measure_flame_clip(clip_of(make_coefficients(0), make_coefficients(1)), None)

    assert measured.diversity is None
    assert measured.surface == ()
    assert not any(name.endswith(("_mm", "_diversity_rad")) for name in measured.values())
