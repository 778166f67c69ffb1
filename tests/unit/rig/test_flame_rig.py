"""A face from FLAME coefficients without a fitted map, and the rig around either."""

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_map_file import write_flame_map
from posecast.rig.flame_rig import FlameRig
from posecast.rig.head_pose import rotation_vector_from_quaternion
from posecast.rig.mirror import MIRRORED_CURVES

JAW, CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
MIRRORED_POSE = np.array([1, -1, -1, 1, -1, -1], np.float32)


@pytest.fixture(params=["jaw", "lips", "fitted"])
def rig(request, toy_head, toy_fit, tmp_path):
    """Each kind of rig."""
    if request.param == "fitted":
        write_flame_map(tmp_path / "map.npz", toy_fit.fitted)
        return FlameRig.fitted(tmp_path / "map.npz")
    return FlameRig.fallback(toy_head.model if request.param == "lips" else None)


@pytest.fixture
def lips(toy_head):
    """The fallback that measures lips."""
    return FlameRig.fallback(toy_head.model)


def face(expression=None, **pose):
    """One frame; pose columns by name."""
    row = np.zeros((1, 6), np.float32)
    for name, value in pose.items():
        row[0, ["head_x", "head_y", "head_z", "jaw_x", "jaw_y", "jaw_z"].index(name)] = value
    expression = np.zeros((1, 50), np.float32) if expression is None else expression
    return FlameCoefficients(expression=expression, pose=row)


def expression_of(toy_head, **curves):
    weights = np.zeros((1, 52))
    for name, value in curves.items():
        weights[0, CURVE_INDEX[name]] = value
    return toy_head.coefficients_of(weights)


def shown(weights):
    """Curves that are not 0, by name."""
    return {name: float(v) for name, v in zip(CURVE_NAMES, weights[0], strict=True) if v > 1e-3}


def moving(frames, seed=20):
    rng = np.random.default_rng(seed)
    return FlameCoefficients(
        expression=rng.normal(0, 1, (frames, 50)).astype(np.float32),
        pose=rng.normal(0, 0.3, (frames, 6)).astype(np.float32),
    )


def test_rest_is_zero_and_straight(rig):
    weights, head = rig.face(face())
    assert (weights == 0).all()
    np.testing.assert_array_equal(head, [[0, 0, 0, 1]])


def test_any_face_is_in_range_with_lips_closed_no_more_than_the_jaw_is_open(rig):
    weights, head = rig.face(moving(200))

    assert weights.shape == (200, 52)
    assert weights.dtype == head.dtype == np.float32
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert (weights[:, CLOSE] <= weights[:, JAW]).all()
    np.testing.assert_allclose(np.linalg.norm(head, axis=1), 1, atol=1e-6)


def test_chunking_does_not_change_frames(rig):
    whole = moving(60)
    weights, head = rig.face(whole)
    for cuts in ([1] * 60, [7, 13, 40], [59, 1]):
        ends = np.cumsum(cuts)
        parts = [
            rig.face(FlameCoefficients(expression=whole.expression[a:b], pose=whole.pose[a:b]))
            for a, b in zip(ends - cuts, ends, strict=True)
        ]
        np.testing.assert_array_equal(np.concatenate([part[0] for part in parts]), weights)
        np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), head)


def test_more_jaw_is_never_less_jaw_open(rig):
    pose = np.zeros((100, 6), np.float32)
    pose[:, 3] = np.linspace(-0.1, 0.6, 100)
    expression = np.tile(moving(1).expression, (100, 1))
    weights, _ = rig.face(FlameCoefficients(expression=expression, pose=pose))
    assert (np.diff(weights[:, JAW]) >= 0).all()
    assert weights[-1, JAW] == 1


def test_a_mirrored_face_gives_mirrored_weights(rig, toy_head):
    given = moving(40)
    expression = 0.3 * given.expression
    mirrored = FlameCoefficients(
        expression=toy_head.mirror_expression(expression), pose=given.pose * MIRRORED_POSE
    )

    weights, head = rig.face(FlameCoefficients(expression=expression, pose=given.pose))
    across, head_across = rig.face(mirrored)

    np.testing.assert_allclose(across, weights[:, MIRRORED_CURVES], atol=1e-5)  # float32 bases
    np.testing.assert_allclose(head_across, head * [1, -1, -1, 1], atol=1e-6)


def test_silence_is_still(rig):
    one = moving(1)
    held = FlameCoefficients(
        expression=np.tile(one.expression, (30, 1)), pose=np.tile(one.pose, (30, 1))
    )
    weights, head = rig.face(held)
    assert (weights == weights[0]).all()
    assert (head == head[0]).all()


def test_the_head_turns_as_flames_does(rig):
    given = moving(20)
    _, head = rig.face(given)
    np.testing.assert_allclose(rotation_vector_from_quaternion(head), given.pose[:, :3], atol=1e-5)


def test_the_jaw_alone_opens_fully_at_its_stated_angle_and_goes_aside():
    rig = FlameRig.fallback()
    assert shown(rig.face(face(jaw_x=0.15))[0]) == {"jawOpen": pytest.approx(0.5)}
    assert shown(rig.face(face(jaw_x=0.3))[0]) == {"jawOpen": pytest.approx(1.0)}
    assert shown(rig.face(face(jaw_x=-0.1))[0]) == {}
    assert shown(rig.face(face(jaw_y=0.075))[0]) == {"jawLeft": pytest.approx(0.5)}
    assert shown(rig.face(face(jaw_y=-0.15))[0]) == {"jawRight": pytest.approx(1.0)}


def test_without_a_model_no_expression_is_guessed():
    assert shown(FlameRig.fallback().face(face(moving(1).expression, jaw_x=0.15))[0]) == {
        "jawOpen": pytest.approx(0.5)
    }


def test_an_open_jaw_alone_leaves_the_measured_lips_open(lips):
    assert set(shown(lips.face(face(jaw_x=0.25))[0])) == {"jawOpen"}


def test_lips_that_close_over_an_open_jaw_are_measured(lips, toy_head):
    closed = [
        shown(lips.face(face(expression_of(toy_head, mouthClose=share * 0.5), jaw_x=0.15))[0])
        for share in (0.25, 0.5, 1.0)
    ]
    for share, curves in zip((0.25, 0.5, 1.0), closed, strict=True):
        # The toy's shape undoes nine tenths of the gap.
        assert curves["mouthClose"] == pytest.approx(0.9 * share * 0.5, abs=0.02)


@pytest.mark.parametrize(
    ("curve", "jaw_x", "seen"),
    [
        ("mouthPucker", 0.0, "mouthPucker"),
        ("mouthPucker", 0.3, "mouthFunnel"),
        ("mouthStretchLeft", 0.0, "mouthStretchLeft"),
        ("mouthStretchRight", 0.1, "mouthStretchRight"),
    ],
)
def test_rounded_and_stretched_lips_are_measured(lips, toy_head, curve, jaw_x, seen):
    amounts = [
        shown(lips.face(face(expression_of(toy_head, **{curve: value}), jaw_x=jaw_x))[0])
        for value in (0.3, 0.6, 1.0)
    ]
    rounding = {"mouthFunnel", "mouthPucker", "mouthStretchLeft", "mouthStretchRight"}
    values = [curves.get(seen, 0.0) for curves in amounts]
    assert values == sorted(values)
    assert values[-1] > 0.25
    for curves in amounts:
        others = {name: curves[name] for name in set(curves) & rounding - {seen}}
        assert all(value < 0.5 * curves[seen] for value in others.values())


def test_a_mouth_that_moves_aside_is_not_stretched(lips, toy_head):
    curves = shown(lips.face(face(expression_of(toy_head, mouthLeft=0.6)))[0])
    assert set(curves) <= {"mouthPucker"}
    assert curves.get("mouthPucker", 0) < 0.1


def test_a_file_that_is_no_map_is_refused(tmp_path):
    with pytest.raises(CheckpointMismatch, match=r"gone.npz: No such file"):
        FlameRig.fitted(tmp_path / "gone.npz")
