from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from posecast.evaluation.counts import Count
from posecast.evaluation.intervals import bootstrap_intervals, bootstrap_mean
from posecast.evaluation.measurement import measure_clip
from posecast.evaluation.summary import summarise
from posecast.signals import FaceFrames, Waveform

SILENCE = Waveform(samples=np.zeros(16_000, np.float32), sample_rate_hz=16_000)
WITHOUT_INTERVAL = {
    "lag_ms", "earliest_lag_ms", "latest_lag_ms", "worst_lag_frames", "blink_depth",
}  # fmt: skip


def rough(face, seed):
    """The same face with noise on every curve and a turning head."""
    rng = np.random.default_rng(seed)
    noise = 0.25 * rng.random(face.weights.shape)
    head = np.array([0, 0, 0, 1]) + 0.02 * rng.standard_normal((len(face), 4))
    head /= np.linalg.norm(head, axis=1, keepdims=True)
    return FaceFrames(
        first_index=0,
        frame_rate_hz=face.frame_rate_hz,
        weights=np.clip(face.weights + noise, 0, 1).astype(np.float32),
        head=head.astype(np.float32),
    )


@pytest.fixture
def measure(alignment, perfect_face):
    def make(seed):
        return measure_clip(str(seed), rough(perfect_face(), seed), SILENCE, alignment)

    return make


def numbers(figures, name):
    value = getattr(figures, name)
    return value.share if isinstance(value, Count) else value


def test_two_clips_spread_between_what_their_draws_can_be(measure):
    first, second = measure(1), measure(2)

    intervals = bootstrap_intervals([[first, second]], ["first", "second"])

    # each of these draws comes up at least every fourth time, so that the ends are among them
    draws = [summarise([first, first]), summarise([first, second]), summarise([second, second])]
    names = {field.name for field in dataclasses.fields(draws[0])}
    assert set(intervals) == names - WITHOUT_INTERVAL
    for name, interval in intervals.items():
        values = [numbers(draw, name) for draw in draws]
        assert interval.low == pytest.approx(np.min(values, axis=0), rel=1e-6), name
        assert interval.high == pytest.approx(np.max(values, axis=0), rel=1e-6), name


def test_interval_of_several_seeds_is_that_of_their_median(measure):
    runs = [[measure(seed), measure(seed + 10)] for seed in (1, 2, 3)]

    interval = bootstrap_intervals(runs, ["first", "second"])["rounding_auc"]

    draws = [
        np.median([summarise(chosen).rounding_auc for chosen in draw])
        for draw in (
            [[run[0], run[0]] for run in runs],
            [[run[0], run[1]] for run in runs],
            [[run[1], run[1]] for run in runs],
        )
    ]
    assert interval == pytest.approx((min(draws), max(draws)))


def test_clips_of_one_speaker_are_drawn_together(measure):
    clips = [measure(1), measure(2), measure(3)]

    intervals = bootstrap_intervals([clips], ["one", "one", "other"])

    shares = [summarise(part * 2).head_speed_deg_s for part in (clips[:2], clips[2:])]
    assert intervals["head_speed_deg_s"].low == pytest.approx(min(shares))
    assert intervals["head_speed_deg_s"].high == pytest.approx(max(shares))


def test_one_speaker_has_no_interval(measure):
    assert bootstrap_intervals([[measure(1), measure(2)]], ["one", "one"]) == {}


def test_what_cannot_be_measured_has_no_interval(make_frames):
    clips = [measure_clip(name, make_frames(50), SILENCE, None) for name in ("a", "b")]

    intervals = bootstrap_intervals([clips], ["a", "b"])

    assert "closure_recall" not in intervals
    assert "bilabial_effect" not in intervals
    assert "height_correlation" not in intervals
    assert intervals["head_speed_deg_s"] == pytest.approx((0, 0))


def test_same_clips_have_the_same_interval(measure):
    runs = [[measure(seed) for seed in range(4)]]

    assert bootstrap_intervals(runs, "abcd") == bootstrap_intervals(runs, "abcd")


def test_interval_of_a_mean_holds_the_spread_of_means():
    values = np.random.default_rng(0).normal(5, 2, 400)

    interval = bootstrap_mean(values, list(range(400)))

    expected = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - expected, abs=0.05)
    assert interval.high == pytest.approx(values.mean() + expected, abs=0.05)


def test_interval_of_a_mean_draws_speakers():
    values = np.array([0.0, 0, 0, 1])

    interval = bootstrap_mean(values, ["a", "a", "a", "b"])

    assert interval == (0, 1)
    assert bootstrap_mean(values, ["a"] * 4) is None


def test_unknown_values_are_left_out_of_a_mean():
    interval = bootstrap_mean(np.array([np.nan, 2.0, 2.0, np.nan, 2.0]), list("abcde"))

    assert interval == (2, 2)
    assert bootstrap_mean(np.full(3, np.nan), list("abc")) is None
