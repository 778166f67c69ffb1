"""The file of statistics: twelve arrays, or a clear refusal."""

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch
from posecast.rig.flame_statistics import FlameStatistics

LENGTHS = {"shape": 100, "exp": 50, "pose": 6}
RNG = np.random.default_rng(8)
ROWS = {
    f"{kind}_{measure}": RNG.uniform(0.1, 1, length)
    for kind, length in LENGTHS.items()
    for measure in ("mean", "std", "max", "min")
}


@pytest.fixture
def write(tmp_path):
    """Writes a file of statistics, with changes; None leaves a row out."""

    def call(**changes):
        rows = {name: row for name, row in {**ROWS, **changes}.items() if row is not None}
        path = tmp_path / "stats_train.npz"
        np.savez(path, **rows)
        return path

    return call


def test_all_twelve_rows_are_read(write):
    statistics = FlameStatistics.from_npz(write(surplus=np.zeros(3)))

    for name, row in ROWS.items():
        read = getattr(statistics, name)
        assert read.dtype == np.float32
        np.testing.assert_allclose(read, row, rtol=1e-6)


@pytest.mark.parametrize(("motion_dim", "columns"), [(54, [0, 1, 2, 3]), (51, [3])])
def test_motion_rows_are_expression_head_and_jaw(write, motion_dim, columns):
    statistics = FlameStatistics.from_npz(write())

    for measure in ("mean", "std"):
        row = getattr(statistics, f"motion_{measure}")(motion_dim)
        expected = np.r_[ROWS[f"exp_{measure}"], ROWS[f"pose_{measure}"][columns]]
        np.testing.assert_allclose(row, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pose_max": None}, "statistics pose_max is missing"),
        ({"exp_mean": np.zeros(100)}, r"exp_mean: shape \(100,\); expected \(50,\)"),
        ({"shape_mean": np.zeros((1, 100))}, r"shape_mean: shape \(1, 100\); expected \(100,\)"),
        ({"pose_mean": np.full(6, np.nan)}, "pose_mean: nan; allowed: finite"),
        ({"exp_std": np.full(50, -0.5)}, "exp_std: -0.5; allowed: finite, 0 and more"),
        ({"exp_min": np.array(["a"] * 50)}, "could not convert"),
        ({"exp_min": np.array([None] * 50)}, "not an npz file of plain arrays"),
    ],
    ids=["missing", "length", "rank", "nan", "negative", "text", "pickled"],
)
def test_a_file_with_other_rows_is_refused(write, changes, message):
    with pytest.raises(CheckpointMismatch, match=rf"stats_train.npz: .*{message}"):
        FlameStatistics.from_npz(write(**changes))


def test_a_standard_deviation_may_be_zero(write):
    assert (FlameStatistics.from_npz(write(pose_std=np.zeros(6))).pose_std == 0).all()
