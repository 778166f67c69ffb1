"""The low-pass: alike at every rate, true to what holds for a face, and it comes to rest."""

import math

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.head_pose import quaternion_from_rotation_vector, rotation_vector_from_quaternion
from posecast.rig.low_pass import LowPass, follow_share

JAW, CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
REST = np.array([0, 0, 0, 1], np.float32)


def constant(value, num_frames):
    return np.full((num_frames, NUM_CURVES), value, np.float32)


def turned(yaws_rad):
    rotation = np.zeros((len(yaws_rad), 3), np.float32)
    rotation[:, 1] = yaws_rad
    return quaternion_from_rotation_vector(rotation)


def yaws_of(head):
    return rotation_vector_from_quaternion(head)[:, 1]


def step_response(rate_hz, time_constant_s=0.1, seconds=0.4):
    low_pass = LowPass()
    low_pass.resume_from(constant(0, 1)[0], REST)
    shares = np.full(NUM_CURVES, follow_share(time_constant_s, rate_hz))
    return low_pass.follow_weights(constant(1, round(seconds * rate_hz)), shares)[:, 0]


@pytest.mark.parametrize("rate_hz", [25, 30, 50, 60])
def test_a_step_follows_an_exponential_at_every_rate(rate_hz):
    response = step_response(rate_hz)
    times_s = np.arange(1, len(response) + 1) / rate_hz
    # float32 results
    np.testing.assert_allclose(response, 1 - np.exp(-times_s / 0.1), atol=1e-6)


def test_no_time_constant_goes_all_the_way():
    assert follow_share(0.0, 30) == 1.0
    assert follow_share(0.5, 60) == pytest.approx(1 - math.exp(-1 / 30))


def test_the_first_frame_is_taken_as_it_is():
    low_pass = LowPass()
    weights = low_pass.follow_weights(constant(0.3, 3), np.full(NUM_CURVES, 0.1))
    head = low_pass.follow_head(turned([0.2] * 3), np.array([0.1]))
    np.testing.assert_array_equal(weights[0], constant(0.3, 1)[0])
    np.testing.assert_allclose(yaws_of(head), 0.2, atol=1e-6)


def test_a_curve_that_goes_all_the_way_is_untouched():
    weights = np.random.default_rng(2).random((20, NUM_CURVES)).astype(np.float32)
    shares = np.full(NUM_CURVES, 0.2)
    shares[7] = 1.0
    smoothed = LowPass().follow_weights(weights, shares)
    np.testing.assert_array_equal(smoothed[:, 7], weights[:, 7])
    assert np.abs(np.diff(smoothed[:, 8])).max() < np.abs(np.diff(weights[:, 8])).max() / 2


def test_mouth_close_stays_below_jaw_open_to_the_last_bit():
    rng = np.random.default_rng(4)
    weights = rng.random((2000, NUM_CURVES)).astype(np.float32)
    # Nearly always in contact: equal weights, where rounding would show.
    weights[:, CLOSE] = np.where(rng.random(2000) < 0.8, 1, 0.5) * weights[:, JAW]
    shares = rng.random((2000, 1)) * np.ones(NUM_CURVES)
    smoothed = LowPass().follow_weights(weights, shares)
    assert (smoothed[:, CLOSE] <= smoothed[:, JAW]).all()
    assert smoothed.min() >= 0
    assert smoothed.max() <= 1


def test_a_face_at_rest_comes_to_rest_exactly():
    low_pass = LowPass()
    low_pass.resume_from(constant(1, 1)[0], REST)
    shares = np.full(NUM_CURVES, follow_share(0.5, 25))
    # float32 has nothing below 1e-45, e to the -104: 52 s of time constants of 0.5 s.
    assert not low_pass.follow_weights(constant(0, 54 * 25), shares)[-1].any()


def test_a_turned_head_follows_along_the_circle():
    low_pass = LowPass()
    low_pass.resume_from(constant(0, 1)[0], REST)
    yaws = yaws_of(low_pass.follow_head(turned([0.4] * 30), np.array([0.2])))
    # Within 1 %: the chord is not the arc, at 23 degrees by that much.
    np.testing.assert_allclose(yaws, 0.4 * (1 - 0.8 ** np.arange(1, 31)), rtol=0.01)


def test_a_head_beyond_half_a_turn_goes_the_shorter_way():
    low_pass = LowPass()
    low_pass.resume_from(constant(0, 1)[0], turned([3.0])[0])
    head = low_pass.follow_head(turned([-3.0] * 40), np.array([0.2]))
    assert np.abs(yaws_of(head)).min() > 2.99
    np.testing.assert_allclose(np.linalg.norm(head, axis=1), 1, atol=1e-6)  # float32
    assert (head[:, 3] >= 0).all()


def test_what_passes_is_the_array_itself_and_is_where_smoothing_starts():
    low_pass = LowPass()
    weights, head = constant(0.8, 2), turned([0.4, 0.4])
    assert low_pass.follow_weights(weights, None) is weights
    assert low_pass.follow_head(head, None) is head
    weights[:] = 0.1  # the caller's own again
    smoothed = low_pass.follow_weights(constant(0, 1), np.full(NUM_CURVES, 0.25))
    np.testing.assert_allclose(smoothed, 0.6, rtol=1e-6)  # float32
    back = low_pass.follow_head(REST[None], np.array([0.25]))
    assert yaws_of(back)[0] == pytest.approx(0.3, rel=0.01)  # chord and arc, as above
