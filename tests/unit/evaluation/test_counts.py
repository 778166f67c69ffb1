from __future__ import annotations

import pytest

from posecast.evaluation.counts import Count, Ratio


def test_median_of_counts_is_the_median_share_of_one_total():
    assert Count.median([Count(1, 4), Count(4, 4), Count(2, 4)]) == (2, 4)
    assert Count.median([Count(1, 4), Count(2, 4)]) == (1.5, 4)
    assert Count.median([Count(0, 0), Count(0, 0)]).share is None


def test_ratios_add_up_apart():
    assert Ratio.pooled([Ratio(1, 2), Ratio(2, 1)]) == (3, 3)
    assert Ratio(3.0, 2.0).value == pytest.approx(1.5)
    assert Ratio(0.0, 0.0).value is None
