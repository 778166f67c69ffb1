"""FLAME coefficients: what belongs together, and the two layouts of motion."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.flame import FlameCoefficients, denormalise, normalise
from posecast.rig.flame_statistics import FlameStatistics

RNG = np.random.default_rng(6)


@pytest.fixture
def statistics():
    rows = {}
    for kind, length in (("shape", 100), ("exp", 50), ("pose", 6)):
        for measure in ("mean", "max", "min"):
            rows[f"{kind}_{measure}"] = RNG.normal(size=length).astype(np.float32)
        rows[f"{kind}_std"] = RNG.uniform(0.1, 2, length).astype(np.float32)
    return FlameStatistics(**rows)


@pytest.fixture
def face():
    return FlameCoefficients(
        expression=RNG.normal(size=(7, 50)).astype(np.float32),
        pose=RNG.normal(size=(7, 6)).astype(np.float32),
        shape=RNG.normal(size=100).astype(np.float32),
    )


@pytest.mark.parametrize(("motion_dim", "columns"), [(54, [0, 1, 2, 3]), (51, [3])])
def test_motion_is_expression_head_and_jaw_in_standard_units(face, statistics, motion_dim, columns):
    motion = normalise(face, statistics, motion_dim)

    pose = (face.pose - statistics.pose_mean) / statistics.pose_std
    expression = (face.expression - statistics.exp_mean) / statistics.exp_std
    assert motion.shape == (7, motion_dim)
    assert motion.dtype == np.float32
    np.testing.assert_allclose(motion[:, :50], expression, rtol=1e-5)
    np.testing.assert_allclose(motion[:, 50:], pose[:, columns], rtol=1e-5)


def test_coefficients_come_back_with_the_jaw_turned_about_x_alone(face, statistics):
    back = denormalise(normalise(face, statistics, 54), statistics, face.shape)

    np.testing.assert_allclose(back.expression, face.expression, atol=1e-5)
    np.testing.assert_allclose(back.pose[:, :4], face.pose[:, :4], atol=1e-5)
    np.testing.assert_allclose(back.pose[:, 4:], [statistics.pose_mean[4:]] * 7, atol=1e-7)
    assert back.shape is face.shape


def test_without_head_pose_the_head_is_exactly_still(face, statistics):
    back = denormalise(normalise(face, statistics, 51), statistics)

    assert (back.pose[:, :3] == 0).all()
    np.testing.assert_allclose(back.pose[:, 3], face.pose[:, 3], atol=1e-5)
    np.testing.assert_allclose(back.pose[:, 4:], [statistics.pose_mean[4:]] * 7, atol=1e-7)


def test_a_jaw_that_never_moved_aside_gives_no_nan(face, statistics):
    std = statistics.pose_std.copy()
    std[4:] = 0
    still = dataclasses.replace(statistics, pose_std=std)

    np.testing.assert_array_equal(normalise(face, still, 54), normalise(face, statistics, 54))


def test_a_column_that_never_moved_becomes_zero(face, statistics):
    std = statistics.exp_std.copy()
    std[9] = 0

    motion = normalise(face, dataclasses.replace(statistics, exp_std=std), 54)

    assert (motion[:, 9] == 0).all()
    assert np.isfinite(motion).all()


@pytest.mark.parametrize("width", [50, 55, 56])
def test_motion_of_another_width_is_refused(face, statistics, width):
    message = rf"width {width}; allowed: 54 with head pose, 51 without"
    with pytest.raises(InvalidRequest, match=message):
        normalise(face, statistics, width)
    with pytest.raises(InvalidRequest, match=message):
        denormalise(np.zeros((2, width), np.float32), statistics)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expression": np.zeros((7, 100))}, r"expression has shape \(7, 100\).*\(frames, 50\)"),
        ({"pose": np.zeros(6)}, r"pose has shape \(6,\).*\(frames, 6\)"),
        ({"pose": np.zeros((8, 6))}, "7 frames of expression with 8 of pose"),
        ({"shape": np.zeros((1, 100))}, r"shape has shape \(1, 100\); expected \(100,\)"),
        ({"shape": np.full(100, np.inf)}, "shape is not finite"),
        ({"pose": np.full((7, 6), np.nan)}, "pose of frame 0 is not finite"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:18],
)
def test_arrays_that_do_not_belong_together_are_refused(face, changes, message):
    with pytest.raises(InvalidRequest, match=message):
        dataclasses.replace(face, **changes)


def test_length_is_the_number_of_frames(face):
    assert len(face) == 7
