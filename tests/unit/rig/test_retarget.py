"""Motion to weights: the promises of the rig hold for any motion."""

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES, MOTION_DIM, NUM_CURVES
from posecast.rig.retarget import MotionScale, face_from_motion, lip_aperture

JAW, CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
UNIT = MotionScale(mean=np.zeros(MOTION_DIM, np.float32), std=np.ones(MOTION_DIM, np.float32))


def motion_of(**curves):
    motion = np.zeros((1, MOTION_DIM), np.float32)
    for name, value in curves.items():
        motion[0, CURVE_INDEX[name]] = value
    return motion


def face(**curves):
    return face_from_motion(motion_of(**curves), UNIT)[0][0]


def test_curve_names_are_arkits_fifty_two():
    assert NUM_CURVES == len(set(CURVE_NAMES)) == 52
    lefts = {name.removesuffix("Left") for name in CURVE_NAMES if name.endswith("Left")}
    rights = {name.removesuffix("Right") for name in CURVE_NAMES if name.endswith("Right")}
    assert lefts - {"jaw", "mouth"} == rights - {"jaw", "mouth"}


def test_rest_is_shut():
    weights, head = face_from_motion(np.zeros((3, MOTION_DIM), np.float32), UNIT)
    assert not weights.any()
    np.testing.assert_array_equal(head, [[0, 0, 0, 1]] * 3)


def test_sampling_noise_does_not_part_lips_at_rest():
    assert face(jawOpen=0.019)[JAW] == 0
    assert face(jawOpen=0.019, mouthClose=0.019)[CLOSE] == 0


def test_a_fully_open_jaw_stays_fully_open():
    assert face(jawOpen=1.0)[JAW] == 1.0


def test_any_motion_gives_weights_in_range_with_lips_closed_no_more_than_the_jaw_is_open():
    motion = np.random.default_rng(3).normal(0, 1.5, (500, MOTION_DIM)).astype(np.float32)
    weights, head = face_from_motion(motion, UNIT)
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert (weights[:, CLOSE] <= weights[:, JAW]).all()
    np.testing.assert_allclose(np.linalg.norm(head, axis=1), 1, atol=1e-6)


def test_lips_that_nearly_touch_touch():
    weights = face(jawOpen=0.3, mouthClose=0.29)
    assert weights[CLOSE] == pytest.approx(weights[JAW], abs=1e-6)


def test_lips_that_hardly_approach_each_other_stay_apart():
    assert face(jawOpen=0.3, mouthClose=0.1)[CLOSE] == 0


def test_contact_grows_with_what_the_network_asks_for():
    asked = np.linspace(0, 0.4, 60)
    given = [face(jawOpen=0.4, mouthClose=value)[CLOSE] for value in asked]
    assert (np.diff(given) >= 0).all()
    assert given[0] == 0


@pytest.mark.parametrize(
    ("contact", "share"), [((0.1, 0.3), 1.0), ((0.2, 0.6), 0.5), ((0.4, 0.9), 0.0)]
)
def test_a_package_tells_where_its_lips_begin_to_touch(contact, share):
    motion = np.zeros((1, MOTION_DIM), np.float32)
    motion[0, JAW], motion[0, CLOSE] = (
        0.5,
        0.212,
    )  # of which 0.2 is left above the threshold of rest
    weights, _ = face_from_motion(motion, UNIT, contact)
    assert weights[0, CLOSE] == pytest.approx(share * weights[0, JAW], abs=0.02)


def test_scale_takes_back_what_it_did():
    rng = np.random.default_rng(4)
    scale = MotionScale(
        mean=rng.normal(size=MOTION_DIM).astype(np.float32),
        std=rng.uniform(0.1, 1, MOTION_DIM).astype(np.float32),
    )
    motion = rng.normal(size=(7, MOTION_DIM)).astype(np.float32)
    np.testing.assert_allclose(scale.denormalise(scale.normalise(motion)), motion, atol=1e-5)


def test_columns_that_never_move_stay_at_their_mean():
    std = np.ones(MOTION_DIM, np.float32)
    std[5] = 0
    scale = MotionScale(mean=np.full(MOTION_DIM, 0.25, np.float32), std=std)
    motion = np.full((2, MOTION_DIM), 9.0, np.float32)
    assert (scale.normalise(motion)[:, 5] == 0).all()
    assert (scale.denormalise(motion)[:, 5] == 0.25).all()


@pytest.mark.parametrize("row", ["mean", "std"])
def test_rows_of_another_motion_space_are_refused(row):
    rows = {"mean": np.zeros(MOTION_DIM, np.float32), "std": np.ones(MOTION_DIM, np.float32)}
    rows[row] = np.zeros(54, np.float32)
    with pytest.raises(CheckpointMismatch, match=rf"motion {row} has shape \(54,\).*\(55,\)"):
        MotionScale(**rows)


def aperture(**curves):
    weights = np.zeros((1, NUM_CURVES), np.float32)
    for name, value in curves.items():
        weights[0, CURVE_INDEX[name]] = value
    return float(lip_aperture(weights)[0])


def test_aperture_is_what_the_jaw_opens_and_the_lips_do_not_undo():
    assert aperture() == 0
    assert aperture(jawOpen=0.5) == pytest.approx(0.5)
    assert aperture(jawOpen=0.5, mouthClose=0.5) == pytest.approx(0)
    assert aperture(mouthUpperUpLeft=1, mouthLowerDownRight=1) == pytest.approx(0.2)
    assert aperture(mouthRollLower=1) == 0  # never below zero


@pytest.mark.parametrize(
    ("closing", "share"), [(0.0, 0.0), (0.2, 0.0), (0.4, 0.5), (0.6, 1.0), (1.0, 1.0)]
)
def test_lips_touch_where_speech_says_so_though_the_motion_does_not(closing, share):
    motion = motion_of(jawOpen=0.5)
    weights, _ = face_from_motion(motion, UNIT, (0.2, 0.6), np.full(1, closing, np.float32))
    assert weights[0, CLOSE] == pytest.approx(share * weights[0, JAW], abs=1e-6)


def test_speech_opens_no_lips_that_the_motion_shuts():
    motion = motion_of(jawOpen=0.5, mouthClose=0.5)
    shut, _ = face_from_motion(motion, UNIT)
    heard, _ = face_from_motion(motion, UNIT, closing=np.zeros(1, np.float32))
    np.testing.assert_array_equal(heard, shut)
