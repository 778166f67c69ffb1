from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.evaluation.flame_diversity import mean_pairwise_distance


def test_distance_is_that_of_plain_loops():
    repetitions = np.random.default_rng(0).standard_normal((4, 5, 3))
    distances = [
        np.sqrt(sum((repetitions[i, t, d] - repetitions[j, t, d]) ** 2 for d in range(3)))
        for i, j in permutations(range(4), 2)
        for t in range(5)
    ]

    assert mean_pairwise_distance(repetitions) == pytest.approx(np.mean(distances), rel=1e-12)


def test_two_repetitions_are_their_distance_apart():
    still = np.zeros((3, 2))

    assert mean_pairwise_distance([still, still + np.array([3, 4])]) == 5


def test_vertices_are_averaged_over_the_face():
    still = np.zeros((3, 2, 3))
    moved = still.copy()
    moved[:, 0] = [0, 0.003, 0.004]

    assert mean_pairwise_distance([still, moved]) == pytest.approx(0.0025)


def test_equal_repetitions_have_none():
    take = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)

    assert mean_pairwise_distance([take, take.copy(), take.copy()]) == 0


def test_diversity_grows_with_the_spread():
    noise = np.random.default_rng(0).standard_normal((4, 5, 3))

    values = [mean_pairwise_distance(1 + gain * noise) for gain in (0, 0.5, 1, 2)]

    assert values == pytest.approx([0, values[2] / 2, values[2], 2 * values[2]])


@pytest.mark.parametrize(
    "repetitions", [[np.zeros((3, 2))], [np.zeros((3, 2)), np.zeros((4, 2))]], ids=["one", "uneven"]
)
def test_what_has_no_pairs_is_refused(repetitions):
    with pytest.raises(InvalidRequest, match="allowed: two or more of one shape"):
        mean_pairwise_distance(repetitions)
