"""Hand-computed cases, loops in float64, and what must not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.evaluation.vertex_metrics import (
    MOUTH_OPENINGS,
    SurfacePoints,
    lip_vertex_error_mm,
    lip_vertex_error_squared_m2,
    mean_lip_error_mm,
    mouth_opening_difference_mm,
    mouth_opening_m,
    upper_face_dynamics_deviation_10um,
    upper_face_dynamics_deviation_squared_m2,
)

LIPS = np.array([1, 4, 7])
UPPER_FACE = np.array([0, 2, 3, 9])
PAIR = (0, 1)


def faces(num_frames=6, num_vertices=10, seed=0):
    """A true face, a predicted one and the face at rest, in metres."""
    rng = np.random.default_rng(seed)
    rest = 0.1 * rng.standard_normal((num_vertices, 3))
    truth, predicted = (
        rest + 0.005 * rng.standard_normal((num_frames, num_vertices, 3)) for _ in range(2)
    )
    return truth, predicted, rest


def landmarks(seed=1):
    rng = np.random.default_rng(seed)
    weights = rng.random((3, 3))
    return SurfacePoints(rng.integers(0, 10, (3, 3)), weights / weights.sum(axis=1, keepdims=True))


FIGURES = {
    "LVE": lambda t, p, r: lip_vertex_error_mm(t, p, LIPS),
    "LVE squared": lambda t, p, r: lip_vertex_error_squared_m2(t, p, LIPS),
    "mean lip error": lambda t, p, r: mean_lip_error_mm(t, p, LIPS),
    "FDD": lambda t, p, r: upper_face_dynamics_deviation_10um(t, p, r, UPPER_FACE),
    "FDD squared": lambda t, p, r: upper_face_dynamics_deviation_squared_m2(t, p, r, UPPER_FACE),
    "MOD": lambda t, p, r: mouth_opening_difference_mm(t, p, landmarks(), PAIR),
}
every_figure = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


def distance(first, second):
    return math.sqrt(sum((float(a) - float(b)) ** 2 for a, b in zip(first, second, strict=True)))


def spread(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def loop_lip_errors(truth, predicted):
    return [
        [distance(truth[t, v], predicted[t, v]) for v in LIPS] for t in range(len(truth))
    ]  # fmt: skip


def loop_dynamics(face, rest, power):
    return [
        spread([distance(face[t, v], rest[v]) ** power for t in range(len(face))])
        for v in UPPER_FACE
    ]


def test_lip_errors_are_those_of_plain_loops():
    truth, predicted, rest = faces()
    errors = loop_lip_errors(truth, predicted)
    worst = [max(frame) for frame in errors]

    assert FIGURES["LVE"](truth, predicted, rest) == pytest.approx(1000 * sum(worst) / 6, rel=1e-12)
    assert FIGURES["LVE squared"](truth, predicted, rest) == pytest.approx(
        sum(value**2 for value in worst) / 6, rel=1e-12
    )
    assert FIGURES["mean lip error"](truth, predicted, rest) == pytest.approx(
        1000 * sum(map(sum, errors)) / 18, rel=1e-12
    )


@pytest.mark.parametrize(("name", "power", "scale"), [("FDD", 1, 1e5), ("FDD squared", 2, 1.0)])
def test_dynamics_deviations_are_those_of_plain_loops(name, power, scale):
    truth, predicted, rest = faces()
    differences = [
        ours - theirs
        for ours, theirs in zip(
            loop_dynamics(truth, rest, power), loop_dynamics(predicted, rest, power), strict=True
        )
    ]

    found = FIGURES[name](truth, predicted, rest)

    assert found == pytest.approx(scale * sum(differences) / 4, rel=1e-10)


def test_mouth_opening_difference_is_that_of_plain_loops():
    truth, predicted, rest = faces()
    points = landmarks()

    def place(face, t, n):
        return [
            sum(points.weights[n, c] * face[t, points.vertices[n, c], axis] for c in range(3))
            for axis in range(3)
        ]

    openings = [
        [distance(place(face, t, 0), place(face, t, 1)) for t in range(6)]
        for face in (truth, predicted)
    ]
    expected = 1000 * sum(abs(a - b) for a, b in zip(*openings, strict=True)) / 6

    assert FIGURES["MOD"](truth, predicted, rest) == pytest.approx(expected, rel=1e-12)


def test_worst_lip_vertex_counts_and_others_do_not():
    truth = np.zeros((2, 10, 3))
    predicted = truth.copy()
    predicted[0, 1] = [0.003, 0.004, 0]  # 5 mm
    predicted[0, 4] = [0, 0, 0.002]
    predicted[1, 7] = [0, 0.001, 0]
    predicted[:, 8] = 1.0  # no lip

    assert lip_vertex_error_mm(truth, predicted, LIPS) == pytest.approx((5 + 1) / 2)
    assert lip_vertex_error_squared_m2(truth, predicted, LIPS) == pytest.approx((25e-6 + 1e-6) / 2)
    assert mean_lip_error_mm(truth, predicted, LIPS) == pytest.approx((5 + 2 + 1) / 6)


def test_upper_face_that_moves_less_has_a_positive_deviation():
    rest = np.zeros((10, 3))
    truth = np.zeros((4, 10, 3))
    truth[:, UPPER_FACE, 1] = np.array([0, 0.002, 0, 0.002])[:, None]  # spread 1 mm

    assert FIGURES["FDD"](truth, truth / 2, rest) == pytest.approx(50)  # 0.5 mm
    assert FIGURES["FDD"](truth / 2, truth, rest) == pytest.approx(-50)
    assert FIGURES["FDD squared"](truth, truth / 2, rest) == pytest.approx(2e-6 - 0.5e-6)


def test_named_pairs_measure_inner_and_outer_lips():
    truth = np.zeros((2, 68, 3))
    truth[:, [62, 51], 1] = [[0.004, 0.02], [0.006, 0.02]]
    predicted = truth.copy()
    predicted[:, 62, 1] = [0.005, 0.003]  # off by 1 mm and 3 mm
    points = SurfacePoints.at_vertices(np.arange(68))

    assert mouth_opening_m(truth, points, MOUTH_OPENINGS["inner"]) == pytest.approx([0.004, 0.006])
    assert mouth_opening_difference_mm(
        truth, predicted, points, MOUTH_OPENINGS["inner"]
    ) == pytest.approx(2)
    assert mouth_opening_difference_mm(truth, predicted, points, MOUTH_OPENINGS["outer"]) == 0


@every_figure
def test_equal_faces_differ_by_nothing(figure):
    truth, _, rest = faces()

    assert figure(truth, truth.copy(), rest) == 0


@every_figure
def test_moving_both_faces_changes_nothing(figure):
    truth, predicted, rest = faces()
    shift = np.array([0.3, -0.2, 0.1])

    assert figure(truth + shift, predicted + shift, rest + shift) == pytest.approx(
        figure(truth, predicted, rest), rel=1e-9
    )


@every_figure
def test_order_of_frames_does_not_matter(figure):
    truth, predicted, rest = faces()
    order = np.random.default_rng(3).permutation(len(truth))

    assert figure(truth[order], predicted[order], rest) == pytest.approx(
        figure(truth, predicted, rest), rel=1e-12
    )


def test_numbering_of_vertices_does_not_matter():
    truth, predicted, rest = faces()
    order = np.random.default_rng(3).permutation(10)
    place = np.argsort(order)  # where each vertex has gone
    points = landmarks()
    moved = (truth[:, order], predicted[:, order])

    assert lip_vertex_error_mm(*moved, place[LIPS]) == pytest.approx(
        FIGURES["LVE"](truth, predicted, rest), rel=1e-12
    )
    assert upper_face_dynamics_deviation_10um(
        *moved, rest[order], place[UPPER_FACE]
    ) == pytest.approx(FIGURES["FDD"](truth, predicted, rest), rel=1e-12)
    assert mouth_opening_difference_mm(
        *moved, SurfacePoints(place[points.vertices], points.weights), PAIR
    ) == pytest.approx(FIGURES["MOD"](truth, predicted, rest), rel=1e-12)


@pytest.mark.parametrize("name", ["LVE", "LVE squared", "mean lip error"])
def test_errors_grow_with_the_distance_from_the_truth(name):
    truth, predicted, rest = faces()
    towards = [truth + part * (predicted - truth) for part in (0.0, 0.5, 1.0, 2.0)]

    errors = [FIGURES[name](truth, face, rest) for face in towards]

    power = 2 if name == "LVE squared" else 1
    assert errors == pytest.approx([part**power * errors[2] for part in (0, 0.5, 1, 2)])


def test_dynamics_deviation_falls_as_the_prediction_moves_more():
    truth, _, rest = faces()
    moving = [rest + gain * (truth - rest) for gain in (0.0, 0.5, 1.0, 2.0)]

    deviations = [FIGURES["FDD"](truth, face, rest) for face in moving]

    assert deviations[0] > deviations[1] > 0 > deviations[3]
    assert deviations[2] == pytest.approx(0, abs=1e-9)
    assert deviations[0] == pytest.approx(-deviations[3])  # linear in the gain


def test_squared_error_is_no_square_of_the_error():
    truth, predicted, rest = faces()

    root_mm = 1000 * math.sqrt(FIGURES["LVE squared"](truth, predicted, rest))

    assert root_mm > FIGURES["LVE"](truth, predicted, rest) * 1.001


def test_float32_vertices_are_measured_in_float64():
    truth, predicted, rest = (face.astype(np.float32) for face in faces())

    for figure in FIGURES.values():
        exact = figure(*(face.astype(np.float64) for face in (truth, predicted, rest)))
        assert figure(truth, predicted, rest) == pytest.approx(exact, rel=1e-12)


@every_figure
def test_faces_of_two_lengths_are_refused(figure):
    truth, predicted, rest = faces()

    with pytest.raises(InvalidRequest, match=r"vertices \(6, 10, 3\) and \(5, 10, 3\); allowed"):
        figure(truth, predicted[:5], rest)


def test_nothing_to_measure_is_refused():
    truth, predicted, _ = faces()

    with pytest.raises(InvalidRequest, match="0 frames, 3 vertices; allowed: at least one"):
        lip_vertex_error_mm(truth[:0], predicted[:0], LIPS)
    with pytest.raises(InvalidRequest, match="6 frames, 0 vertices"):
        lip_vertex_error_mm(truth, predicted, LIPS[:0])


def test_landmark_that_is_not_there_is_refused():
    truth, _, _ = faces()

    with pytest.raises(InvalidRequest, match=r"landmarks \(62, 66\); allowed: 0 to 2"):
        mouth_opening_m(truth, landmarks(), MOUTH_OPENINGS["inner"])
