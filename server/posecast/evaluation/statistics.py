"""Effect sizes and correlations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from posecast.evaluation.curves import DoubleArray


def average_ranks(values: ArrayLike) -> DoubleArray:
    """Rank of each value from 1, ties sharing the mean of their ranks.

    Args:
        values: Numbers. [N]

    Returns:
        Ranks. [N]
    """
    _, inverse, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last_ranks = np.cumsum(counts)
    return (last_ranks - (counts - 1) / 2)[inverse]


def area_under_curve(positives: ArrayLike, negatives: ArrayLike) -> float | None:
    """Chance that a positive has a higher value than a negative, a tie counting half.

    An effect size that outliers do not move: 0.5 is no effect, 1 is perfect separation, below 0.5
    the effect is the wrong way round (area under the ROC curve, Mann and Whitney's U over its
    maximum).

    Args:
        positives: Values that should be high. [N]
        negatives: Values that should be low. [M]

    Returns:
        The chance; nothing if either group is empty.
    """
    high, low = np.asarray(positives, np.float64), np.asarray(negatives, np.float64)
    if len(high) == 0 or len(low) == 0:
        return None
    ranks = average_ranks(np.concatenate([high, low]))
    rank_sum = ranks[: len(high)].sum()
    return float((rank_sum - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))


def effect_size(positives: ArrayLike, negatives: ArrayLike) -> float | None:
    """By how many standard deviations positives lie above negatives: Cohen's d.

    Args:
        positives: Values that should be high. [N]
        negatives: Values that should be low. [M]

    Returns:
        Difference of the means over the pooled standard deviation; nothing if either group is
        empty or no value differs from its group's mean.
    """
    high, low = np.asarray(positives, np.float64), np.asarray(negatives, np.float64)
    freedom = len(high) + len(low) - 2
    if len(high) == 0 or len(low) == 0 or freedom < 1:
        return None
    squares = np.square(high - high.mean()).sum() + np.square(low - low.mean()).sum()
    spread = np.sqrt(squares / freedom)
    return float((high.mean() - low.mean()) / spread) if spread > 1e-9 else None


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float | None:
    """Spearman's correlation of two values of the same things.

    Args:
        first: One value. [N]
        second: The other value. [N]

    Returns:
        -1..1; nothing for fewer than three things, or if either value never changes.
    """
    return correlation(average_ranks(first), average_ranks(second))


def correlation(first: DoubleArray, second: DoubleArray) -> float | None:
    """Pearson's correlation.

    Args:
        first: One value. [N]
        second: The other value. [N]

    Returns:
        -1..1; nothing for fewer than three things, or if either value never changes.
    """
    if len(first) < 3 or np.ptp(first) < 1e-9 or np.ptp(second) < 1e-9:
        return None
    return float(np.corrcoef(first, second)[0, 1])
