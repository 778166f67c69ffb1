"""How far repeated predictions of one clip are from each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest


def mean_pairwise_distance(repetitions: Sequence[NDArray[np.floating]]) -> float:
    """Mean distance of two repetitions at the same frame.

        2/(N (N - 1)) sum_{i < j} mean_t ||x_i[t] - x_j[t]||

    With the 50 expression coefficients, the jaw's or the head's rotation vector this is the
    diversity of expression, jaw or head; with vertices the mean runs over these, too.

    Args:
        repetitions: The same clip, predicted several times. [T, D] or [T, V, D] each

    Returns:
        The mean of the Euclidean norm over the last axis, in the unit of the values: standard
        deviations of FLAME's expression space, rad or m. 0 for equal repetitions.

    Raises:
        InvalidRequest: If there are fewer than two repetitions, or they differ in shape.

    Source:
        The usual diversity of generated motion. DiffPoseTalk, arXiv:2310.00434, judged diversity
        by a user study and tells no such figure.
    """
    shapes = {each.shape for each in repetitions}
    if len(repetitions) < 2 or len(shapes) != 1:
        raise InvalidRequest(
            f"{len(repetitions)} repetitions of shapes {sorted(shapes)}; allowed: two or more of "
            "one shape"
        )
    return float(
        np.mean(
            [
                np.linalg.norm(first.astype(np.float64) - second, axis=-1).mean()
                for first, second in combinations(repetitions, 2)
            ]
        )
    )
