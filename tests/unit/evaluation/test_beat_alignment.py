from __future__ import annotations

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.evaluation.beat_alignment import (
    SIGMA_S,
    BeatAlignment,
    align_beats,
    kinematic_beats_s,
    measure_beat_alignment,
)

RATE_HZ = 25.0
TIMES_S = np.arange(500) / RATE_HZ


def nodding(frequency_hz, delay_s=0.0, times_s=TIMES_S):
    """A head that nods: it turns round twice a period."""
    pitch = 0.1 * np.cos(2 * np.pi * frequency_hz * (times_s - delay_s))
    return np.stack([pitch, 0 * pitch, 0 * pitch], axis=1)


def wandering(seed, num_frames=500):
    rng = np.random.default_rng(seed)
    kernel = np.hanning(15)
    steps = rng.standard_normal((num_frames, 3))
    return 0.02 * np.stack([np.convolve(axis, kernel, "same") for axis in steps.T], axis=1)


def loop_alignment(beats, anchors, sigma_s):
    total = 0.0
    for beat in beats:
        total += np.exp(-min((beat - anchor) ** 2 for anchor in anchors) / (2 * sigma_s**2))
    return total / len(beats)


def test_a_nodding_head_has_a_beat_at_each_turn():
    beats_s = kinematic_beats_s(nodding(0.5), RATE_HZ)

    assert beats_s == pytest.approx(np.arange(1, 20), abs=0.021)  # the turn at 0 s has no before


def test_a_pause_is_one_beat_in_its_middle():
    speed = np.array([3, 2, 1, 1, 1, 1, 2, 3, 2, 2], float)
    pitch = np.concatenate([[0], np.cumsum(speed)]) / RATE_HZ
    rotation = np.stack([0 * pitch, pitch, 0 * pitch], axis=1)

    beats_s = kinematic_beats_s(rotation, RATE_HZ, smoothing_s=0)

    assert beats_s == pytest.approx([(3.5 + 0.5) / RATE_HZ])


@pytest.mark.parametrize(
    "rotation",
    [np.zeros((50, 3)), np.outer(np.arange(50), [0.01, 0, 0]), np.zeros((1, 3)), np.zeros((0, 3))],
    ids=["still", "steady", "one frame", "no frame"],
)
def test_even_motion_has_no_beats(rotation):
    assert len(kinematic_beats_s(rotation, RATE_HZ)) == 0


def test_smoothing_takes_the_beats_out_of_noise():
    rng = np.random.default_rng(0)
    noisy = nodding(0.5) + 0.0005 * rng.standard_normal((500, 3))

    rough, smooth = (
        len(kinematic_beats_s(noisy, RATE_HZ, smoothing_s=width)) for width in (0, 0.08)
    )

    assert rough > 60
    assert smooth < 30


def test_smoothing_keeps_the_places_of_beats():
    beats_s = kinematic_beats_s(nodding(0.5, delay_s=0.3), RATE_HZ, smoothing_s=0)

    assert kinematic_beats_s(nodding(0.5, delay_s=0.3), RATE_HZ) == pytest.approx(
        beats_s, abs=1 / RATE_HZ
    )


def test_alignment_is_that_of_plain_loops():
    rng = np.random.default_rng(0)
    beats, anchors = np.sort(rng.uniform(0, 10, 40)), np.sort(rng.uniform(0, 10, 30))

    assert align_beats(beats, anchors, sigma_s=0.1) == pytest.approx(
        loop_alignment(beats, anchors, 0.1), rel=1e-12
    )


def test_a_beat_that_is_one_sigma_away_counts_its_kernel():
    anchors = np.array([1.0, 4.0])

    assert align_beats(np.array([1.05]), anchors, sigma_s=0.05) == pytest.approx(np.exp(-0.5))
    assert align_beats(np.array([1.0, 4.1]), anchors, sigma_s=0.05) == pytest.approx(
        (1 + np.exp(-2)) / 2
    )


def test_equal_heads_align():
    alignment = measure_beat_alignment(wandering(0), wandering(0), RATE_HZ)

    assert alignment.of_predicted == alignment.of_true == 1
    assert 0 < alignment.by_chance < 0.7


def test_alignment_falls_with_the_delay():
    values = [
        measure_beat_alignment(nodding(0.5), nodding(0.5, delay_s), RATE_HZ).of_predicted
        for delay_s in (0.0, 0.04, 0.12, 0.24)
    ]

    assert values[0] == 1
    assert values == sorted(values, reverse=True)
    assert values[3] < 0.01


def test_unrelated_heads_align_by_chance():
    values = [
        measure_beat_alignment(wandering(seed), wandering(seed + 50), RATE_HZ) for seed in range(30)
    ]

    found = np.mean([each.of_predicted for each in values])
    chance = np.mean([each.by_chance for each in values])
    assert found == pytest.approx(chance, abs=0.05)


def test_missed_beats_show_over_the_true_ones_only():
    alignment = measure_beat_alignment(nodding(1.0), nodding(0.5), RATE_HZ)

    assert alignment.of_predicted > 0.9
    assert alignment.of_true < 0.6


def test_a_still_prediction_meets_nothing():
    alignment = measure_beat_alignment(nodding(0.5), np.zeros((500, 3)), RATE_HZ)

    assert (alignment.of_predicted, alignment.of_true) == (0, 0)


def test_a_still_truth_measures_nothing():
    alignment = measure_beat_alignment(np.zeros((500, 3)), nodding(0.5), RATE_HZ)

    assert alignment == BeatAlignment(of_predicted=None, of_true=None, by_chance=None)


def test_turning_both_heads_the_same_way_changes_nothing():
    truth, predicted = wandering(1), wandering(2)
    mirrored = measure_beat_alignment(truth * [1, -1, -1], predicted * [1, -1, -1], RATE_HZ)

    assert mirrored == measure_beat_alignment(truth, predicted, RATE_HZ)


def test_frame_rate_does_not_matter():
    slow = measure_beat_alignment(nodding(0.5), nodding(0.5, 0.08), RATE_HZ)
    fast_s = np.arange(1000) / 50
    fast = measure_beat_alignment(
        nodding(0.5, times_s=fast_s), nodding(0.5, 0.08, times_s=fast_s), 50.0
    )

    assert fast.of_predicted == pytest.approx(slow.of_predicted, abs=0.05)


def test_default_sigma_is_three_frames_of_the_dance_data():
    assert pytest.approx(0.05) == SIGMA_S


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma_s": 0.0}, "sigma_s 0.0; allowed: above 0"),
        ({"smoothing_s": -1.0}, "smoothing_s -1.0; allowed: 0 and above"),
    ],
)
def test_widths_out_of_range_are_refused(options, message):
    with pytest.raises(InvalidRequest, match=message):
        measure_beat_alignment(nodding(0.5), nodding(0.5), RATE_HZ, **options)


def test_heads_of_two_lengths_are_refused():
    with pytest.raises(InvalidRequest, match=r"head rotations \(500, 3\) and \(499, 3\); allowed"):
        measure_beat_alignment(nodding(0.5), nodding(0.5)[:499], RATE_HZ)
