"""Bounded least squares: the conditions of a minimum hold, row by row."""

import numpy as np
import pytest

from posecast.rig.bounded_least_squares import solve_bounded

N = 20


@pytest.fixture
def problem():
    """A problem whose unknowns look much alike, so that many bounds matter."""
    rng = np.random.default_rng(11)
    shapes = rng.normal(size=(60, N)) + 1.5 * rng.normal(size=(60, 1))
    hessian = shapes.T @ shapes + 1e-3 * np.eye(N)
    slope = rng.normal(0, 3, (300, 60)) @ shapes
    low = np.zeros((300, N))
    high = rng.uniform(0.1, 1, (300, N))
    high[:, 3] = low[:, 3] = 0.25
    return hessian, slope, low, high


def test_every_row_is_a_minimum_within_its_bounds(problem):
    hessian, slope, low, high = problem

    found = solve_bounded(*problem)

    gradient = (found @ hessian - slope) / np.abs(slope).max()
    at_low, at_high = found <= low, found >= high
    assert ((found >= low) & (found <= high)).all()
    assert at_low.any()
    assert at_high.any()
    assert (~at_low & ~at_high).any()
    assert (found[:, 3] == 0.25).all()
    np.testing.assert_allclose(gradient[~at_low & ~at_high], 0, atol=1e-12)
    assert (gradient[at_low & ~at_high] >= -1e-9).all()
    assert (gradient[at_high & ~at_low] <= 1e-9).all()


def test_a_row_does_not_depend_on_the_others(problem):
    hessian, *rows = problem
    alone = [solve_bounded(hessian, *(row[i : i + 1] for row in rows)) for i in range(300)]
    np.testing.assert_array_equal(solve_bounded(*problem), np.concatenate(alone))


def test_without_active_bounds_it_is_the_plain_solution(problem):
    hessian, slope, *_ = problem
    wide = np.full(slope.shape, 1e9)
    np.testing.assert_allclose(
        solve_bounded(hessian, slope, -wide, wide), np.linalg.solve(hessian, slope.T).T, rtol=1e-6
    )


def test_unknowns_that_can_hardly_be_told_apart_still_end_in_a_minimum():
    """A condition of 1e7, a hundred times that of any fit: Newton's steps alone run into bounds."""
    rng = np.random.default_rng(0)
    shapes = rng.normal(size=(N, N)) * np.geomspace(1, 3e-3, N)[:, None]
    hessian = shapes.T @ shapes
    slope = rng.normal(size=(60, N)) @ shapes
    low, high = np.zeros((60, N)), np.ones((60, N))

    found = solve_bounded(hessian, slope, low, high)

    gradient = (found @ hessian - slope) / np.abs(slope).max()
    blocked = ((found <= low) & (gradient > 0)) | ((found >= high) & (gradient < 0))
    assert np.linalg.cond(hessian) > 1e7
    np.testing.assert_allclose(np.where(blocked, 0, gradient), 0, atol=1e-10)


def test_no_rows_give_no_rows():
    empty = np.zeros((0, N))
    assert solve_bounded(np.eye(N), empty, empty, empty).shape == (0, N)
