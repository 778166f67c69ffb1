from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.counts import Count
from posecast.evaluation.statistics import (
    area_under_curve,
    average_ranks,
    correlation,
    effect_size,
    rank_correlation,
)


def test_ties_share_the_mean_of_their_ranks():
    assert average_ranks([10, 20, 10, 30, 20, 20]).tolist() == [1.5, 4, 1.5, 6, 4, 4]


def test_area_under_curve_is_the_share_of_ordered_pairs():
    positives, negatives = [3, 5, 1, 3], [2, 3, 0]
    pairs = [(a > b) + 0.5 * (a == b) for a in positives for b in negatives]

    assert area_under_curve(positives, negatives) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize(
    ("positives", "negatives", "expected"),
    [([2, 3], [0, 1], 1.0), ([0, 1], [2, 3], 0.0), ([1, 1], [1], 0.5), ([], [1], None),
     ([1], [], None)],
)  # fmt: skip
def test_area_under_curve_at_its_ends(positives, negatives, expected):
    assert area_under_curve(positives, negatives) == expected


def test_effect_size_by_hand():
    # means 4 and 1, squares around them 2 + 8 over 2 + 3 - 2 values
    assert effect_size([3, 5], [-1, 1, 3]) == pytest.approx(3 / np.sqrt(10 / 3))
    assert effect_size([0], [2, 4]) == pytest.approx(-3 / np.sqrt(2))


def test_effect_size_needs_two_groups_and_a_spread():
    assert effect_size([], [1, 2]) is None
    assert effect_size([1, 2], []) is None
    assert effect_size([1], [0]) is None
    assert effect_size([1, 1], [0, 0]) is None


def test_rank_correlation_sees_order_only():
    assert rank_correlation([1, 2, 3, 4], [0.1, 0.2, 10, 1000]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3, 4], [9, 5, 2, -7]) == pytest.approx(-1)


def test_rank_correlation_with_ties_by_hand():
    # ranks 1 2.5 2.5 4 and 2 1 3 4, from their means: -1.5 0 0 1.5 and -0.5 -1.5 0.5 1.5;
    # the products add up to 3, the squares to 4.5 and 5
    assert rank_correlation([1, 2, 2, 3], [2, 1, 3, 4]) == pytest.approx(3 / np.sqrt(22.5))


def test_nothing_correlates_with_a_constant_or_a_pair():
    assert correlation(np.ones(5), np.arange(5.0)) is None
    assert correlation(np.arange(2.0), np.arange(2.0)) is None
    assert rank_correlation([1, 2, 3], [4, 4, 4]) is None


def test_counts_add_up():
    assert Count.pooled([Count(1, 2), Count(3, 4), Count(0, 0)]) == (4, 6)
    assert Count.of([True, False, True]).share == pytest.approx(2 / 3)
    assert Count(0, 0).share is None
