"""Easing to rest and over from a shown face: no jump, in time, and speech is never late."""

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, LIP_CURVES, NUM_CURVES
from posecast.rig.easing import EaseOver, ease_to_rest
from posecast.rig.head_pose import quaternion_from_rotation_vector, rotation_vector_from_quaternion
from posecast.rig.regions import BLINKS, GAZE, LOWER_FACE, UPPER_FACE, indices_of

JAW, CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
BESIDE_SPEECH = indices_of(UPPER_FACE + BLINKS + GAZE)
RATES = [(25, 5), (30, 6), (50, 10), (60, 12)]


def face(num_frames=1, seed=8):
    rng = np.random.default_rng(seed)
    weights = rng.random((num_frames, NUM_CURVES)).astype(np.float32)
    weights[:, CLOSE] = weights[:, JAW] * np.minimum(1, 2 * rng.random(num_frames))
    rotation = rng.normal(0, 0.2, (num_frames, 3)).astype(np.float32)
    return weights, quaternion_from_rotation_vector(rotation)


def steady_face(num_frames, value, yaw_rad):
    rotation = np.zeros((num_frames, 3), np.float32)
    rotation[:, 1] = yaw_rad
    weights = np.full((num_frames, NUM_CURVES), value, np.float32)
    return weights, quaternion_from_rotation_vector(rotation)


def to_rest(weights, head, rate_hz=30):
    return ease_to_rest(weights[0], head[0], frame_rate_hz=rate_hz, first_index=17)


def over(shown, coming, rate_hz=30, cuts=()):
    easing = EaseOver(shown[0][0], shown[1][0], frame_rate_hz=rate_hz)
    num_frames = len(coming[0])
    parts = [
        easing.apply(coming[0][start:end], coming[1][start:end])
        for start, end in zip([0, *cuts], [*cuts, num_frames], strict=True)
    ]
    return tuple(np.concatenate(kind) for kind in zip(*parts, strict=True))


def yaws_of(head):
    return rotation_vector_from_quaternion(head)[:, 1]


@pytest.mark.parametrize(("rate_hz", "num_frames"), RATES)
def test_a_face_is_at_rest_exactly_after_a_fifth_of_a_second(rate_hz, num_frames):
    frames = to_rest(*face(), rate_hz)
    assert len(frames) == num_frames
    assert (frames.first_index, frames.frame_rate_hz) == (17, rate_hz)
    assert not frames.weights[-1].any()
    assert not np.signbit(frames.weights).any()
    np.testing.assert_array_equal(frames.head[-1], [0, 0, 0, 1])
    assert frames.weights[-2].max() > 0


@pytest.mark.parametrize("rate_hz", [25, 60])
def test_the_first_frame_to_rest_moves_and_none_jumps(rate_hz):
    weights, head = face()
    frames = to_rest(weights, head, rate_hz)
    path = np.concatenate([weights, frames.weights])
    moved = weights[0] > 0
    assert (frames.weights[0, moved] < weights[0, moved]).all()
    # A smooth step's steepest point is 1.5 times its mean slope.
    assert np.abs(np.diff(path, axis=0)).max() <= 1.5 / len(frames) + 1e-6
    angles = np.linalg.norm(rotation_vector_from_quaternion(frames.head), axis=1)
    assert (np.diff(angles) < 0).all()
    assert angles[0] < np.linalg.norm(rotation_vector_from_quaternion(head))


@pytest.mark.parametrize("seed", range(5))
def test_a_face_on_its_way_to_rest_is_a_face(seed):
    frames = to_rest(*face(seed=seed), 60)
    assert frames.weights.dtype == frames.head.dtype == np.float32
    assert frames.weights.min() >= 0
    assert frames.weights.max() <= 1
    assert (frames.weights[:, CLOSE] <= frames.weights[:, JAW]).all()
    np.testing.assert_allclose(np.linalg.norm(frames.head, axis=1), 1, atol=1e-6)  # float32


@pytest.mark.parametrize("rate_hz", [25, 30, 50, 60])
def test_frames_begin_at_the_shown_face_and_are_themselves_after_two_fifths_of_a_second(rate_hz):
    shown, coming = steady_face(1, 0.9, 0.3), steady_face(rate_hz, 0.2, -0.1)
    weights, head = over(shown, coming, rate_hz)
    num_eased = 2 * rate_hz // 5
    eased = weights[:, BESIDE_SPEECH]
    # The first frame's share of the way is at most 3 / 10**2, of 0.7 and of 0.4 rad.
    assert (eased[0] > 0.87).all()
    assert (eased[0] < 0.9).all()
    assert yaws_of(head)[0] == pytest.approx(0.3, abs=0.015)
    assert (np.diff(eased[:num_eased], axis=0) < 0).all()
    assert (np.diff(yaws_of(head)[:num_eased]) < 0).all()
    np.testing.assert_array_equal(weights[num_eased - 1 :], coming[0][num_eased - 1 :])
    np.testing.assert_allclose(head[num_eased - 1 :], coming[1][num_eased - 1 :], atol=1e-6)


def test_lips_jaw_and_tongue_are_never_eased():
    coming = face(30, seed=2)
    weights, _ = over(face(), coming)
    lower = indices_of(LOWER_FACE)
    assert set(LIP_CURVES) <= set(LOWER_FACE)
    np.testing.assert_array_equal(weights[:, lower], coming[0][:, lower])


def test_what_comes_keeps_its_own_movement_while_it_is_eased():
    coming = steady_face(30, 0.3, 0.0)
    brow = CURVE_INDEX["browInnerUp"]
    coming[0][:, brow] += np.float32(0.1) * np.sin(np.arange(30, dtype=np.float32))
    shown = steady_face(1, 0.6, 0.0)
    weights, _ = over(shown, coming)
    still, _ = over(shown, steady_face(30, 0.3, 0.0))
    # Both begin at the same offset from 0.3, as the sine begins at 0.
    np.testing.assert_allclose(
        weights[:, brow] - still[:, brow], coming[0][:, brow] - 0.3, atol=1e-6
    )


@pytest.mark.parametrize("seed", range(5))
def test_an_eased_face_is_a_face_and_does_not_jump(seed):
    coming_weights, coming_head = (np.repeat(kind, 30, axis=0) for kind in face(1, seed + 10))
    shown = face(1, seed)
    weights, head = over(shown, (coming_weights, coming_head))
    assert weights.dtype == head.dtype == np.float32
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert (weights[:, CLOSE] <= weights[:, JAW]).all()
    np.testing.assert_allclose(np.linalg.norm(head, axis=1), 1, atol=1e-6)  # float32
    path = np.concatenate([shown[0], weights])[:, BESIDE_SPEECH]
    assert np.abs(np.diff(path, axis=0)).max() <= 1.5 / 12 + 1e-6  # the steepest of 12 frames
    assert np.abs(np.diff(np.concatenate([shown[1], head]), axis=0)).max() < 0.06


@pytest.mark.parametrize(("shown", "first", "later"), [(0.9, 0.1, 1.0), (0.1, 0.9, 0.0)])
def test_an_offset_does_not_push_a_weight_out_of_range(shown, first, later):
    coming = steady_face(30, later, 0.0)
    coming[0][0] = first
    weights, _ = over(steady_face(1, shown, 0.0), coming)
    np.testing.assert_array_equal(weights[1:], np.float32(later))


def test_after_the_easing_the_very_arrays_pass():
    easing = EaseOver(face()[0][0], face()[1][0], frame_rate_hz=30)
    easing.apply(*face(12))
    weights, head = face(5)
    assert easing.apply(weights, head)[0] is weights
    assert easing.apply(weights, head)[1] is head


def test_what_came_in_is_not_changed_in_place():
    coming = face(5, seed=3)
    before = coming[0].copy(), coming[1].copy()
    over(face(), coming)
    np.testing.assert_array_equal(coming[0], before[0])
    np.testing.assert_array_equal(coming[1], before[1])


def test_chunking_does_not_change_frames():
    shown, coming = face(), face(20, seed=3)
    whole = over(shown, coming)
    for cuts in ([], range(1, 20), *([cut] for cut in range(21)), [0, 0, 7]):
        cut = over(shown, coming, cuts=list(cuts))
        np.testing.assert_array_equal(cut[0], whole[0])
        np.testing.assert_array_equal(cut[1], whole[1])
