"""Life with a change in mid-stream: nothing jumps, and without one it is eyes and head alone."""

import itertools

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.eyes import Eyes
from posecast.rig.head_wander import HeadWander
from posecast.rig.life import Life
from posecast.rig.regions import BLINKS, GAZE, indices_of
from posecast.signals import Style

RATE_HZ = 30
NUM_FRAMES = 240
EYES = indices_of(BLINKS + GAZE)
WIDE = indices_of(("eyeWideLeft", "eyeWideRight"))


def style(**fields):
    lively = {"blink_rate_hz": 1.0, "gaze_range": 0.3, "head_wander_rad": 0.1, "head_tempo_hz": 0.4}
    return Style(vector=np.zeros(8, np.float32), **(lively | fields))


def given_weights(num_frames):
    """A face whose jaw moves and whose lids are wide. [T, 52]"""
    weights = np.zeros((num_frames, NUM_CURVES), np.float32)
    weights[:, CURVE_INDEX["jawOpen"]] = 0.3 - 0.3 * np.cos(np.arange(num_frames))
    weights[:, WIDE] = 0.8
    return weights


def rest_heads(num_frames):
    return np.tile(np.array([0, 0, 0, 1], np.float32), (num_frames, 1))


def eyes_of(life, changes=None, cuts=(), num_frames=NUM_FRAMES):
    """Output frames of a stream that changes to a seed at some frames. [T, 52]"""
    weights, times_s = given_weights(num_frames), np.arange(num_frames) / RATE_HZ
    changes = changes or {}
    borders = sorted({0, *changes, *cuts, num_frames})
    for start, end in itertools.pairwise(borders):
        if start in changes:
            life.change(changes[start], style())
        life.move_eyes(weights[start:end], times_s[start:end])
    return weights


def heads_of(life, changes=None, cuts=(), num_frames=NUM_FRAMES):
    """Model frames of a stream that changes to a seed at some frames. [T, 4]"""
    weights, heads = given_weights(num_frames), rest_heads(num_frames)
    changes = changes or {}
    borders = sorted({0, *changes, *cuts, num_frames})
    turned = []
    for start, end in itertools.pairwise(borders):
        if start in changes:
            life.change(changes[start], style())
        turned.append(life.turn_head(heads[start:end], weights[start:end]))
    return np.concatenate(turned)


def eyes_alone(seed, num_frames=NUM_FRAMES, first=0):
    """Eyes that start before the frame `first`. [num_frames, 52]"""
    weights = given_weights(first + num_frames)[first:]
    eyes = Eyes(seed, blink_rate_hz=style().blink_rate_hz, gaze_range=style().gaze_range)
    start_s = (first - 1) / RATE_HZ if first else 0.0
    eyes.add_to(weights, (first + np.arange(num_frames)) / RATE_HZ - start_s)
    return weights


def head_alone(seed, num_frames=NUM_FRAMES, first=0):
    wander = HeadWander(seed, amplitude_rad=style().head_wander_rad, tempo_hz=style().head_tempo_hz)
    return wander.add_to(rest_heads(num_frames), given_weights(first + num_frames)[first:])


def largest_step(values):
    return float(np.abs(np.diff(values, axis=0)).max())


def test_without_a_change_life_is_eyes_and_head_alone():
    np.testing.assert_array_equal(eyes_of(Life(3, style())), eyes_alone(3))
    np.testing.assert_array_equal(heads_of(Life(3, style())), head_alone(3))


@pytest.mark.parametrize("changes", [{}, {50: 4}, {50: 4, 53: 5, 55: 6}], ids=len)
def test_chunking_does_not_change_frames(changes):
    eyes, heads = (run(Life(3, style()), changes) for run in (eyes_of, heads_of))
    for cuts in (range(NUM_FRAMES), range(0, NUM_FRAMES, 5), [51, 59, 60, 62, 63, 66, 70]):
        np.testing.assert_array_equal(eyes_of(Life(3, style()), changes, cuts), eyes)
        np.testing.assert_array_equal(heads_of(Life(3, style()), changes, cuts), heads)


def test_after_a_change_the_new_processes_count_from_its_moment():
    eyes, heads = (run(Life(3, style()), {50: 4}) for run in (eyes_of, heads_of))
    np.testing.assert_array_equal(eyes[:50], eyes_alone(3)[:50])
    np.testing.assert_array_equal(heads[:50], head_alone(3)[:50])
    # 0.4 s: 12 output frames, 10 model frames.
    np.testing.assert_array_equal(eyes[62:], eyes_alone(4, NUM_FRAMES - 50, first=50)[12:])
    np.testing.assert_array_equal(heads[60:], head_alone(4, NUM_FRAMES - 50, first=50)[10:])
    assert np.abs(eyes[50] - eyes_alone(3)[50]).max() > 0  # the first frame already moves
    assert np.abs(heads[50] - head_alone(3)[50]).max() > 0


@pytest.mark.parametrize("gap", [1, 2, 5, 9, 11])
def test_a_change_in_the_middle_of_a_change_does_not_jump(gap):
    for seed in range(10):
        first, second = {100: seed + 1}, {100: seed + 1, 100 + gap: seed + 2}
        eyes, more_eyes = (eyes_of(Life(seed, style()), changes) for changes in (first, second))
        heads, more_heads = (heads_of(Life(seed, style()), changes) for changes in (first, second))
        # The share of the newest process in its first frame: 3 / 12**2 - 2 / 12**3 of a weight,
        # and 3 / 10**2 - 2 / 10**3 of what lies between two heads, here at most 0.5.
        assert np.abs(more_eyes - eyes)[100 + gap].max() <= 0.0197
        assert np.abs(more_heads - heads)[100 + gap].max() <= 0.028 * 0.5
        assert np.abs(more_heads - heads)[120:].max() > 0.05


@pytest.mark.parametrize("seed", range(10))
def test_a_change_does_not_jump(seed):
    heads = heads_of(Life(seed, style()), {100: seed + 1})
    old, new = head_alone(seed), head_alone(seed + 1, NUM_FRAMES - 100, first=100)
    apart = np.abs(old[100:110] - new[:10]).max()
    steady = max(largest_step(old), largest_step(new))
    assert largest_step(heads[98:112]) <= steady + 0.15 * apart + 1e-4  # quaternions are not flat


def test_what_no_frame_has_shown_is_never_seen():
    once, twice = Life(3, style()), Life(3, style())
    eyes, heads = eyes_of(once, {50: 5}), heads_of(Life(3, style()), {50: 5})
    shown, times_s = given_weights(NUM_FRAMES), np.arange(NUM_FRAMES) / RATE_HZ
    twice.move_eyes(shown[:50], times_s[:50])
    turned = [twice.turn_head(rest_heads(50), given_weights(50))]
    twice.change(4, style(gaze_range=1.0))
    twice.change(5, style())
    twice.move_eyes(shown[50:], times_s[50:])
    turned.append(twice.turn_head(rest_heads(190), given_weights(NUM_FRAMES)[50:]))
    np.testing.assert_array_equal(shown, eyes)
    np.testing.assert_array_equal(np.concatenate(turned), heads)


@pytest.mark.parametrize("seed", range(6))
def test_a_blinking_eye_that_changes_moves_as_its_two_processes_do(seed):
    change_at = 60
    eyes = eyes_of(Life(seed, style()), {change_at: seed + 1})[:, EYES]
    old = eyes_alone(seed)[change_at - 1 :, EYES]
    new = eyes_alone(seed + 1, NUM_FRAMES - change_at, first=change_at)[:, EYES]
    steps = np.abs(np.diff(eyes, axis=0))[change_at - 1 :]
    old_steps = np.abs(np.diff(old, axis=0))
    new_steps = np.abs(np.diff(new, axis=0, prepend=new[:1]))
    # The fade adds its own slope, 0.125 a frame at 12 frames, times what lies between the two.
    assert (steps[:12] <= np.maximum(old_steps, new_steps)[:12] + 0.125 + 1e-6).all()


def test_a_lid_that_is_shut_is_not_wide_in_a_change_either():
    for seed in range(6):
        weights = eyes_of(Life(seed, style()), {40: seed + 1, 44: seed + 2, 100: seed + 3})
        blink = weights[:, indices_of(BLINKS)]
        # One rounding of float32 for each of the products.
        np.testing.assert_allclose(weights[:, WIDE], 0.8 * (1 - blink), atol=1e-6)


def test_curves_that_are_not_the_eyes_are_left_alone():
    weights = eyes_of(Life(3, style()), {40: 4})
    others = np.setdiff1d(np.arange(NUM_CURVES), np.concatenate([EYES, WIDE]))
    np.testing.assert_array_equal(weights[:, others], given_weights(NUM_FRAMES)[:, others])


def test_a_change_before_the_first_frame_is_the_start():
    np.testing.assert_array_equal(eyes_of(Life(3, style()), {0: 4}), eyes_alone(4))
    np.testing.assert_array_equal(heads_of(Life(3, style()), {0: 4}), head_alone(4))


def test_eyes_and_head_change_each_at_their_own_next_frame():
    life = Life(3, style())
    ahead = life.turn_head(rest_heads(30), given_weights(30))
    life.change(4, style())
    eyes = given_weights(30)
    life.move_eyes(eyes, np.arange(30) / RATE_HZ)
    np.testing.assert_array_equal(ahead, head_alone(3, 30))
    np.testing.assert_array_equal(eyes, eyes_alone(4, 30))  # no eyes were shown: nothing to fade
    turned = life.turn_head(rest_heads(1), given_weights(31)[30:])
    assert largest_step(np.concatenate([ahead, turned])) < 0.02


def test_many_changes_leave_no_more_processes_than_a_fade_has_frames():
    life = Life(3, style())
    for frame in range(40):
        for _ in range(2):
            life.change(frame, style())
        life.turn_head(rest_heads(1), given_weights(1))
        life.move_eyes(given_weights(1), np.array([frame / RATE_HZ]))
    assert len(life._wanders) <= 11
    assert len(life._eyes) <= 13


def test_no_frames_are_no_trouble():
    life = Life(3, style())
    assert life.turn_head(rest_heads(0), given_weights(0)).shape == (0, 4)
    life.move_eyes(given_weights(0), np.zeros(0))
    life.change(4, style())
    np.testing.assert_array_equal(eyes_of(life), eyes_alone(4))
    np.testing.assert_array_equal(heads_of(life), head_alone(4))
