from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from posecast.evaluation.flame_figures import pool_flame
from posecast.evaluation.flame_measurement import (
    CoefficientFigures,
    FlameDiversity,
    FlameMeasurement,
)
from posecast.evaluation.groups import Grouping, ungrouped

NAMES = ("a", "b", "c", "d")


def measurement(name, *jaw_errors, beats=0.5):
    return FlameMeasurement(
        clip=name,
        num_frames=10,
        coefficients=tuple(
            CoefficientFigures(
                expression_error_sd=0.0,
                jaw_error_rad=error,
                head_error_rad=0.0,
                beat_alignment=beats,
                beat_alignment_of_true=beats,
                beat_alignment_by_chance=beats,
            )
            for error in jaw_errors
        ),
        surface=(),
        diversity=FlameDiversity(
            expression_diversity_sd=jaw_errors[0],
            jaw_diversity_rad=0.0,
            head_diversity_rad=0.0,
            vertex_diversity_mm=None,
        ),
    )


@pytest.fixture
def clips():
    errors = np.random.default_rng(0).random((4, 3))
    return errors, [
        measurement(name, *row) for name, row in zip(NAMES, errors.tolist(), strict=True)
    ]


def test_mean_is_over_clips_and_spread_over_repetitions(clips):
    errors, measurements = clips

    system = pool_flame(measurements, ungrouped(NAMES))

    figure = system.all_clips.figures["jaw_error_rad"]
    assert system.num_repetitions == 3
    assert (system.all_clips.num_clips, system.all_clips.num_frames) == (4, 40)
    assert figure.mean == pytest.approx(errors.mean())
    by_repetition = [sum(column) / 4 for column in errors.T]
    variance = sum((value - errors.mean()) ** 2 for value in by_repetition) / 2
    assert figure.repetition_sd == pytest.approx(variance**0.5)
    assert figure.interval.low < figure.mean < figure.interval.high
    assert system.clips["b"].figures["jaw_error_rad"].mean == pytest.approx(errors[1].mean())
    assert system.clips["b"].figures["jaw_error_rad"].interval is None


def test_diversity_has_no_spread_over_repetitions(clips):
    errors, measurements = clips

    figure = pool_flame(measurements, ungrouped(NAMES)).all_clips.figures["expression_diversity_sd"]

    assert figure.mean == pytest.approx(errors[:, 0].mean())
    assert figure.repetition_sd is None
    assert figure.interval is not None


def test_groups_are_pooled_alone_and_speakers_are_drawn(clips):
    errors, measurements = clips
    grouping = Grouping(
        group_of=dict(zip(NAMES, ["men", "women", "men", "women"], strict=True)),
        speaker_of=dict(zip(NAMES, ["x", "y", "x", "z"], strict=True)),
    )

    system = pool_flame(measurements, grouping)

    assert list(system.groups) == ["men", "women"]
    men, women = (system.groups[name].figures["jaw_error_rad"] for name in ("men", "women"))
    assert men.mean == pytest.approx(errors[[0, 2]].mean())
    assert men.interval is None  # one man
    assert (women.interval.low, women.interval.high) == pytest.approx(
        sorted(errors[[1, 3]].mean(axis=1))
    )


def test_clips_without_a_figure_are_left_out_of_it():
    measurements = [
        measurement("a", 0.0, beats=None),
        measurement("b", 0.0, beats=0.4),
        measurement("c", 0.0, beats=0.8),
    ]

    figures = pool_flame(measurements, ungrouped("abc")).all_clips.figures

    assert figures["beat_alignment"].mean == pytest.approx(0.6)
    assert asdict(figures["vertex_diversity_mm"]) == {
        "mean": None, "repetition_sd": None, "interval": None,
    }  # fmt: skip
