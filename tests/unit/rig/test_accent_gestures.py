"""Nods and raised brows answer accents, as far as the style says, and never jump."""

import itertools

import numpy as np
import pytest

from posecast.rig import accent_gestures
from posecast.rig.accent_gestures import AccentGestures
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.head_pose import (
    multiply_quaternions,
    quaternion_from_rotation_vector,
    rotation_vector_from_quaternion,
)
from posecast.signals import Gestures

SIZES = Gestures(nod_rad=0.05, brow_raise=0.3)
INNER, OUTER = CURVE_INDEX["browInnerUp"], CURVE_INDEX["browOuterUpLeft"]
REST = np.array([0, 0, 0, 1], np.float32)


def accents(num_frames, peaks, height=1.0):
    """Bumps of 100 ms at some frames. [T]"""
    frames = np.arange(num_frames)[:, None] - np.array(peaks)
    return (height * np.exp(-0.5 * (frames / 2.5) ** 2)).max(axis=1).astype(np.float32)


def perform(gestures, track, cuts=(), changes=None):
    """Turns in radians, [T, 3], and weights, [T, 52]."""
    weights = np.zeros((len(track), NUM_CURVES), np.float32)
    changes, turned = changes or {}, []
    for start, end in itertools.pairwise(sorted({0, *cuts, *changes, len(track)})):
        if start in changes:
            gestures.change(*changes[start])
        heads = np.tile(REST, (end - start, 1))
        turned.append(gestures.add_to(weights[start:end], heads, track[start:end]))
    return rotation_vector_from_quaternion(np.concatenate(turned)), weights


def pitches(track, sizes=SIZES, seeds=40):
    return [perform(AccentGestures(seed, sizes), track)[0][:, 0] for seed in range(seeds)]


def test_a_head_nods_just_after_the_accent_and_comes_back():
    track = accents(150, [50])

    middle = np.mean(pitches(track), axis=0)

    assert np.abs(middle[:51]).max() == 0  # nothing is known of the accent before
    assert 52 <= middle.argmax() <= 55
    assert 0.6 < middle.max() / SIZES.nod_rad < 1.6
    assert middle[60:80].min() < -0.1 * middle.max()
    assert abs(middle[130]) < 0.02 * middle.max()
    assert abs(middle.mean()) < 0.02 * middle.max()


def test_some_accents_are_answered_and_not_all_alike():
    track = accents(1000, range(20, 1000, 40))
    turned = perform(AccentGestures(3, SIZES), track)[0]
    depths = np.array([turned[peak : peak + 8, 0].max() for peak in range(20, 960, 40)])
    nodded = depths > 0.3 * SIZES.nod_rad
    assert 0.5 < nodded.mean() < 0.95
    assert depths[nodded].max() > 1.4 * depths[nodded].min()


def test_seeds_nod_differently():
    one, other = pitches(accents(400, range(20, 400, 30)), seeds=2)
    assert np.abs(one - other).max() > 0.3 * SIZES.nod_rad


def test_brows_rise_with_firm_accents_and_the_outer_ones_less():
    faces = [perform(AccentGestures(seed, SIZES), accents(60, [20]))[1] for seed in range(40)]
    middle = np.mean(faces, axis=0)
    assert 0.1 < middle[:, INNER].max() < 0.45
    np.testing.assert_allclose(middle[:, OUTER], 0.7 * middle[:, INNER], atol=1e-6)
    still = np.delete(middle, accent_gestures._BROWS, axis=1)
    assert np.abs(still).max() == 0


@pytest.mark.parametrize("height", [0.2, 0.44])
def test_what_is_hardly_an_accent_is_not_answered(height):
    turned, weights = perform(AccentGestures(0, SIZES), accents(100, [20, 50, 80], height))
    assert np.abs(turned).max() == 0
    assert weights.max() == 0


def test_the_size_is_the_style_s():
    track = accents(300, range(20, 300, 25))
    small, large = (
        perform(AccentGestures(5, Gestures(nod_rad=nod, brow_raise=nod)), track)
        for nod in (0.02, 0.06)
    )
    np.testing.assert_allclose(large[0], 3 * small[0], atol=2e-4)
    np.testing.assert_allclose(large[1], 3 * small[1], atol=1e-6)


def test_none_leaves_the_face_as_it_is():
    track = accents(100, [20, 60])
    turned, weights = perform(AccentGestures(0, Gestures(0.0, 0.0)), track)
    assert np.abs(turned).max() == 0
    assert weights.max() == 0


def test_frames_do_not_depend_on_how_they_are_asked_for():
    track = accents(200, range(10, 200, 23))
    whole = perform(AccentGestures(9, SIZES), track)
    cut = perform(AccentGestures(9, SIZES), track, cuts=(1, 2, 11, 12, 40, 111))
    np.testing.assert_array_equal(whole[0], cut[0])
    np.testing.assert_array_equal(whole[1], cut[1])


def test_another_size_takes_over_smoothly():
    track = accents(300, range(10, 300, 20))
    large = Gestures(nod_rad=0.15, brow_raise=0.5)
    plain, _ = perform(AccentGestures(2, SIZES), track)
    changed, _ = perform(
        AccentGestures(2, SIZES), track, changes={100: (2, large), 104: (2, SIZES), 150: (2, large)}
    )
    both, _ = perform(AccentGestures(2, large), track)
    np.testing.assert_array_equal(changed[:100], plain[:100])
    np.testing.assert_allclose(changed[165:], both[165:], atol=1e-6)
    fastest = np.abs(np.diff(both, axis=0)).max()
    assert np.abs(np.diff(changed, axis=0)).max() < 1.3 * fastest


def test_a_change_before_the_first_frame_is_there_at_once():
    track = accents(60, [10])
    changed, _ = perform(AccentGestures(2, SIZES), track, changes={0: (2, Gestures(0.1, 0.0))})
    expected, _ = perform(AccentGestures(2, Gestures(0.1, 0.0)), track)
    np.testing.assert_array_equal(changed, expected)


def test_brows_stay_within_their_range_however_many_accents_there_are():
    gestures = AccentGestures(1, Gestures(nod_rad=0.1, brow_raise=0.5))
    weights = np.full((5000, NUM_CURVES), 0.9, np.float32)
    track = accents(5000, range(10, 5000, 8), height=1.4)
    gestures.add_to(weights, np.tile(REST, (5000, 1)), track)
    assert weights.min() >= 0.9
    assert weights.max() == 1.0
    assert len(gestures._ahead) == accent_gestures._NUM_FRAMES  # an hour keeps no more


def test_an_answer_ends_without_a_step():
    assert abs(accent_gestures._NOD[-1]) < 1e-3
    assert accent_gestures._RAISE[-1] < 1e-3


def test_no_frames_change_nothing():
    gestures = AccentGestures(1, SIZES)
    weights, head = np.zeros((0, NUM_CURVES), np.float32), np.zeros((0, 4), np.float32)
    assert gestures.add_to(weights, head, np.zeros(0, np.float32)).shape == (0, 4)


def test_another_seed_answers_what_comes_then_in_its_own_way():
    track = accents(400, range(10, 400, 30))
    plain, _ = perform(AccentGestures(2, SIZES), track)
    changed, _ = perform(AccentGestures(2, SIZES), track, changes={100: (7, SIZES)})
    np.testing.assert_array_equal(changed[:101], plain[:101])  # the nod of 100 begins after it
    assert np.abs(changed[130:] - plain[130:]).max() > 0.3 * SIZES.nod_rad
    assert np.abs(np.diff(changed, axis=0)).max() < 0.06


def test_a_turn_is_that_of_the_quaternions_of_the_rig():
    rng = np.random.default_rng(4)
    turns, poses = (rng.normal(0, 0.3, (50, 3)).astype(np.float32) for _ in range(2))
    turns[0] = 0
    heads = quaternion_from_rotation_vector(poses)
    found = [
        accent_gestures._turn(*turn, pose)
        for turn, pose in zip(turns.tolist(), heads.tolist(), strict=True)
    ]
    expected = multiply_quaternions(quaternion_from_rotation_vector(turns), heads)
    np.testing.assert_allclose(found, expected, atol=1e-6)
