"""Bounds of small arrays: the numbers of NumPy's own."""

import numpy as np
import pytest

from posecast.rig.clamp import clamp


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.array([[-2.0, 0.25], [1.0, 7.0]], np.float32), id="float32"),
        pytest.param(np.linspace(-1, 2, 7), id="float64"),
        pytest.param(np.arange(-3, 4), id="integers"),
        pytest.param(np.zeros(0), id="none"),
        pytest.param(np.array([np.nan, 0.5]), id="not a number"),
    ],
)
def test_clamped_values_are_those_of_numpy(values):
    given = values.copy()

    found = clamp(values, 0, 1)

    np.testing.assert_array_equal(found, np.clip(values, 0, 1))
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(values, given)  # the caller's array stays as it is
