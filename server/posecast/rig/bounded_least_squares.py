"""Small least-squares problems whose unknowns have bounds, many at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LOWER, _FREE, _UPPER = 0, 1, 2
_PATIENCE = 3
"""Exchanges of whole blocks that may fail to improve before single ones, which cannot cycle."""
_PROBLEMS_AT_ONCE = 128


def solve_bounded(hessian: Array, slope: Array, low: Array, high: Array) -> Array:
    """Minimise w' H w / 2 - s' w for each row s, with every w within its bounds.

    Exact up to rounding, and each row by itself: its answer does not depend on the others.

    Args:
        hessian: H, symmetric and positive definite, the same for all rows. [N, N]
        slope: s. [T, N]
        low: Smallest values. [T, N]
        high: Largest values, none below `low`; equal ones pin an unknown. [T, N]

    Returns:
        The w of each row. [T, N]

    Source:
        Block principal pivoting, Judice and Pires (1994), with Murty's single exchanges behind it.
    """
    parts = [slice(i, i + _PROBLEMS_AT_ONCE) for i in range(0, len(slope), _PROBLEMS_AT_ONCE)]
    solved = [_solve(hessian, slope[part], low[part], high[part]) for part in parts]
    return np.concatenate(solved) if solved else slope.copy()


def _solve(hessian: Array, slope: Array, low: Array, high: Array) -> Array:
    result = np.empty_like(slope)
    todo = np.arange(len(slope))
    states = np.full(slope.shape, _LOWER)
    patience = np.full(len(slope), _PATIENCE)
    fewest = np.full(len(slope), slope.shape[1] + 1)
    # Rounding must not exchange an unknown for ever; scaled by what moves the gradient.
    tolerance = 1e-10 * np.abs(slope).max(axis=1, keepdims=True, initial=0) + 1e-300
    while len(todo):
        values = _with_states(hessian, slope, low, high, states)
        gradient = (hessian @ values[..., None])[..., 0] - slope
        wanted = _better_states(states, values, gradient, (low, high, tolerance))
        wrong = wanted != states
        count = wrong.sum(axis=1)
        result[todo] = np.minimum(np.maximum(values, low), high)
        improves = count < fewest
        patience = np.where(improves, _PATIENCE, patience - 1)
        fewest = np.minimum(fewest, count)
        last = slope.shape[1] - 1 - np.argmax(wrong[:, ::-1], axis=1)
        single = wrong & (np.arange(slope.shape[1]) == last[:, None])
        exchanged = np.where((patience >= 0)[:, None], wrong, single)
        states = np.where(exchanged, wanted, states)
        left = count > 0
        todo, states, patience, fewest = todo[left], states[left], patience[left], fewest[left]
        slope, low, high, tolerance = slope[left], low[left], high[left], tolerance[left]
    return result


def _with_states(hessian: Array, slope: Array, low: Array, high: Array, states: Array) -> Array:
    """The minimum over the free unknowns, the others at their bounds. [T, N]"""
    is_free = states == _FREE
    fixed = np.where(states == _UPPER, high, low)
    held = np.where(is_free, 0.0, fixed)
    right = np.where(is_free, slope - (hessian @ held[..., None])[..., 0], fixed)
    both_free = is_free[:, :, None] & is_free[:, None, :]
    system = np.where(both_free, hessian, np.eye(len(hessian)))
    return np.linalg.solve(system, right[..., None])[..., 0]


def _better_states(
    states: Array, values: Array, gradient: Array, limits: tuple[Array, Array, Array]
) -> Array:
    """Where each unknown should be, judged by its value if free and by its gradient if not."""
    low, high, tolerance = limits
    is_free = states == _FREE
    span = 1e-12 * (high - low)
    wanted = np.where(is_free & (values < low - span), _LOWER, states)
    wanted = np.where(is_free & (values > high + span), _UPPER, wanted)
    can_move = high > low
    leaves_low = (states == _LOWER) & (gradient < -tolerance) & can_move
    leaves_high = (states == _UPPER) & (gradient > tolerance) & can_move
    return np.where(leaves_low | leaves_high, _FREE, wanted)
