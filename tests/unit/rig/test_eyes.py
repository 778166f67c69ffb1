"""Blinks and gaze: the same for a seed however frames are asked for, and like eyes."""

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.eyes import Eyes

MINUTES = 10


def run(seed=3, seconds=60, rate_hz=25, batch=None, blink_rate_hz=0.3, gaze_range=0.15, wide=0.0):
    """Weights of a stream whose frames are asked for in batches. [T, 52]"""
    eyes = Eyes(seed, blink_rate_hz=blink_rate_hz, gaze_range=gaze_range)
    total = seconds * rate_hz
    weights = np.zeros((total, NUM_CURVES), np.float32)
    for side in ("Left", "Right"):
        weights[:, CURVE_INDEX[f"eyeWide{side}"]] = wide
    batch = batch or total
    for start in range(0, total, batch):
        end = min(total, start + batch)
        eyes.add_to(weights[start:end], np.arange(start, end) / rate_hz)
    return weights


def curve(weights, name):
    return weights[:, CURVE_INDEX[name]]


def blink_starts(weights):
    shut = curve(weights, "eyeBlinkLeft") > 0.5
    return np.flatnonzero(shut[1:] & ~shut[:-1])


@pytest.mark.parametrize("batch", [1, 5, 97])
def test_batches_do_not_change_the_eyes(batch):
    np.testing.assert_array_equal(run(batch=batch), run())


def test_rates_do_not_change_the_eyes():
    slow, fast = run(rate_hz=25), run(rate_hz=50, batch=13)
    np.testing.assert_array_equal(fast[::2], slow)


def test_another_seed_has_other_eyes():
    assert np.abs(run(seed=3) - run(seed=4)).max() > 0.5


def test_the_largest_seed_is_taken():
    assert run(seed=2**64 - 1).any()


@pytest.mark.parametrize("blink_rate_hz", [0.15, 0.3, 0.75])
def test_eyes_blink_as_often_as_asked(blink_rate_hz):
    num_blinks = np.mean(
        [
            len(blink_starts(run(seed=seed, seconds=60 * MINUTES, blink_rate_hz=blink_rate_hz)))
            for seed in range(4)
        ]
    )
    # Four streams of ten minutes: at 0.15 Hz about 360 blinks, of which 5 % is one deviation.
    assert num_blinks / (60 * MINUTES) == pytest.approx(blink_rate_hz, rel=0.15)


@pytest.mark.parametrize("blink_rate_hz", [0.15, 0.3, 1.0])
def test_every_second_of_short_clips_has_as_many_blinks(blink_rate_hz):
    num_clips, seconds = 1500, 6
    frames = np.concatenate(
        [
            blink_starts(run(seed=seed, seconds=seconds + 1, blink_rate_hz=blink_rate_hz))
            for seed in range(num_clips)
        ]
    )
    # A lid is half shut 0.04 s after the blink began: all that are seen from 0.2 s on began later.
    counts = np.histogram(frames, bins=5 + 25 * np.arange(seconds + 1))[0]
    expected = num_clips * blink_rate_hz
    deviation = np.sqrt(expected)  # at most: these waits are more even than those of Poisson
    np.testing.assert_allclose(counts, expected, atol=4 * deviation)
    assert counts.sum() == pytest.approx(seconds * expected, rel=0.06)


def test_every_blink_closes_the_eyes_fully_at_25_frames_a_second():
    weights = run(seconds=300, blink_rate_hz=0.5)
    blink = curve(weights, "eyeBlinkLeft")
    starts = blink_starts(weights)
    assert len(starts) > 50
    peaks = [blink[start : start + 8].max() for start in starts]
    assert min(peaks) > 0.999


def test_both_eyes_blink_together_and_open_again_between_blinks():
    weights = run(seconds=120)
    left = curve(weights, "eyeBlinkLeft")
    np.testing.assert_array_equal(left, curve(weights, "eyeBlinkRight"))
    assert np.median(left) == 0


def test_blinks_keep_their_distance():
    gaps = np.diff(blink_starts(run(seconds=600, blink_rate_hz=2.0))) / 25
    assert gaps.min() >= 0.6


def test_no_blink_rate_means_no_blinks():
    assert not curve(run(seconds=120, blink_rate_hz=0.0), "eyeBlinkLeft").any()


def test_a_shut_lid_is_not_wide_open():
    weights = run(wide=0.8)
    shut = curve(weights, "eyeBlinkLeft") > 0.999
    assert shut.any()
    assert (curve(weights, "eyeWideLeft")[shut] < 1e-2).all()
    assert curve(weights, "eyeWideRight").max() == pytest.approx(0.8)


def test_an_eye_never_looks_both_ways():
    weights = run(seconds=120, gaze_range=0.6)
    for side in ("Left", "Right"):
        for one, other in (("Up", "Down"), ("In", "Out")):
            both = curve(weights, f"eyeLook{one}{side}") * curve(weights, f"eyeLook{other}{side}")
            assert not both.any()


@pytest.mark.parametrize(
    ("left", "right"),
    [("Up", "Up"), ("Down", "Down"), ("In", "Out"), ("Out", "In")],
)
def test_the_eyes_look_the_same_way(left, right):
    weights = run(gaze_range=0.5)
    looked = curve(weights, f"eyeLook{left}Left")
    assert looked.max() > 0.2
    np.testing.assert_array_equal(looked, curve(weights, f"eyeLook{right}Right"))


def test_gaze_stays_in_range_and_spreads_as_asked():
    weights = run(seconds=60 * MINUTES, gaze_range=0.2)
    sideways = curve(weights, "eyeLookOutLeft") - curve(weights, "eyeLookInLeft")
    assert np.abs(sideways).max() <= 1
    assert sideways.std() == pytest.approx(0.2, rel=0.2)


def test_no_gaze_range_means_a_still_gaze():
    weights = run(gaze_range=0.0)
    assert not curve(weights, "eyeLookInLeft").any()


def test_no_frames_draw_nothing():
    eyes = Eyes(3, blink_rate_hz=0.3, gaze_range=0.15)
    eyes.add_to(np.zeros((0, NUM_CURVES), np.float32), np.zeros(0))
    weights = np.zeros((1500, NUM_CURVES), np.float32)
    eyes.add_to(weights, np.arange(1500) / 25)
    np.testing.assert_array_equal(weights, run())


@pytest.mark.parametrize(("batch", "num_frames"), [(5, 15_000), (30_000, 60_000)])
def test_hours_leave_nothing_behind(batch, num_frames):
    eyes = Eyes(3, blink_rate_hz=1.0, gaze_range=0.15)
    weights = np.zeros((batch, NUM_CURVES), np.float32)
    for start in range(0, num_frames, batch):
        eyes.add_to(weights, (start + np.arange(batch)) / 25)
    assert len(eyes._blink_starts) < 5
    assert len(eyes._gaze_times) == len(eyes._gaze_targets) < 5
