"""Shapes as the networks see them."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.flame_shape import normalise_shape
from posecast.rig.flame_statistics import FlameStatistics


@pytest.fixture
def statistics():
    rng = np.random.default_rng(1)
    lengths = {"shape": 100, "exp": 50, "pose": 6}
    return FlameStatistics(
        **{
            field.name: rng.uniform(0.5, 2.0, lengths[field.name.partition("_")[0]]).astype("f4")
            for field in dataclasses.fields(FlameStatistics)
        }
    )


def test_a_shape_is_told_by_its_distance_from_the_mean(statistics):
    shape = statistics.shape_mean + 2 * statistics.shape_std
    found = normalise_shape(shape, statistics)
    np.testing.assert_allclose(found, 2, rtol=1e-5)
    assert found.dtype == np.float32


def test_no_shape_is_the_mean_one(statistics):
    np.testing.assert_array_equal(
        normalise_shape(None, statistics), normalise_shape(statistics.shape_mean, statistics)
    )


def test_what_never_differs_is_the_mean(statistics):
    std = statistics.shape_std.copy()
    std[3] = 0
    fixed = dataclasses.replace(statistics, shape_std=std)

    found = normalise_shape(statistics.shape_mean + 1, fixed)

    assert found[3] == 0
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        pytest.param(np.zeros(300, np.float32), r"\(300,\); expected \(100,\)", id="long"),
        pytest.param(np.full(100, np.nan, np.float32), "shape is not finite", id="nan"),
    ],
)
def test_a_shape_of_another_kind_is_refused(statistics, shape, message):
    with pytest.raises(InvalidRequest, match=message):
        normalise_shape(shape, statistics)
