"""Small least-squares problems whose unknowns have bounds, many at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

_STEPS = 0.5 ** np.arange(10)[:, None]
_MOST_ROUNDS = 100
"""Some 3 are usual; the bound is for problems that are next to singular."""
_TOLERANCE = 1e-11
_WORSE = 0.1
"""Share of the gradient's gain below which Newton's step has run into too many bounds."""
_PROBLEMS_AT_ONCE = 128


def solve_bounded(hessian: Array, slope: Array, low: Array, high: Array) -> Array:
    """Minimise w' H w / 2 - s' w for each row s, with every w within its bounds.

    Exact up to rounding where H is well conditioned, and each row by itself: its answer does not
    depend on the others, to the last bit.

    Args:
        hessian: H, symmetric and positive definite, the same for all rows. [N, N]
        slope: s. [T, N]
        low: Smallest values. [T, N]
        high: Largest values, none below `low`; equal ones pin an unknown. [T, N]

    Returns:
        The w of each row. [T, N]

    Source:
        Bertsekas (1982), projected Newton steps, the best of some lengths; steps along the scaled
        gradient where these gain more by far.
    """
    inverse: Array = np.linalg.inv(hessian).astype(np.float64)
    result = np.empty_like(slope)
    for first in range(0, len(slope), _PROBLEMS_AT_ONCE):
        part = slice(first, first + _PROBLEMS_AT_ONCE)
        start = _clip(_product(inverse, slope[part]), low[part], high[part])
        result[part] = _descend(hessian, slope[part], (low[part], high[part]), start)
    return result


def _descend(hessian: Array, slope: Array, bounds: tuple[Array, Array], start: Array) -> Array:
    result, values = start.copy(), start
    todo = np.arange(len(slope))
    low, high = bounds
    tolerance = _TOLERANCE * np.abs(slope).max(axis=1)
    for _ in range(_MOST_ROUNDS):
        gradient = _product(hessian, values) - slope
        is_held = ((values <= low) & (gradient >= 0)) | ((values >= high) & (gradient <= 0))
        goes_on = np.abs(np.where(is_held, 0, gradient)).max(axis=1) > tolerance[todo]
        if not goes_on.any():
            break
        todo, slope, low, high = todo[goes_on], slope[goes_on], low[goes_on], high[goes_on]
        values = _step(hessian, values[goes_on], gradient[goes_on], ~is_held[goes_on], (low, high))
        result[todo] = values
    return result


def _step(
    hessian: Array, values: Array, gradient: Array, is_free: Bools, bounds: tuple[Array, Array]
) -> Array:
    """The best point on the way to the free unknowns' minimum, bent at the bounds. [T, N]"""
    both_free = is_free[:, :, None] & is_free[:, None, :]
    system = np.where(both_free, hessian, np.eye(len(hessian)))
    newton = np.linalg.solve(system, np.where(is_free, -gradient, 0.0)[..., None])[..., 0]
    steepest = -gradient / hessian.diagonal()
    ways = [_along(hessian, values, gradient, way, bounds) for way in (newton, steepest)]
    (by_newton, cost), (by_gradient, other_cost) = ways
    return np.where((cost <= _WORSE * other_cost)[:, None], by_newton, by_gradient)


def _along(
    hessian: Array, values: Array, gradient: Array, way: Array, bounds: tuple[Array, Array]
) -> tuple[Array, Array]:
    """The cheapest of some points on a way, [T, N], and what it costs more than the start, [T]."""
    low, high = bounds
    tried = _clip(values[:, None] + _STEPS * way[:, None], low[:, None], high[:, None])
    moves = tried - values[:, None]
    costs = ((moves @ hessian) * moves).sum(axis=-1) / 2 + (gradient[:, None] * moves).sum(axis=-1)
    best = costs.argmin(axis=1)
    rows = np.arange(len(values))
    return tried[rows, best], costs[rows, best]


def _product(matrix: Array, rows: Array) -> Array:
    """Each row by itself: one product of all would round differently for other numbers of rows."""
    return (matrix @ rows[..., None])[..., 0]


def _clip(values: Array, low: Array, high: Array) -> Array:
    return np.minimum(np.maximum(values, low), high)
