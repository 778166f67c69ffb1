from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.measurement import measure_clip
from posecast.evaluation.pooling import is_in_band
from posecast.evaluation.summary import median_summary, summarise
from posecast.evaluation.timing import Lag
from posecast.signals import Waveform

SILENCE = Waveform(samples=np.zeros(16_000, np.float32), sample_rate_hz=16_000)


def test_perfect_face_has_perfect_figures(alignment, perfect_face):
    figures = summarise([measure_clip("a", perfect_face(), SILENCE, alignment)])

    assert figures.closure_recall == (7, 7)
    assert figures.false_closures_on_vowels.share == 0
    assert figures.false_closures_on_consonants.share == 0
    assert figures.labiodental_auc == 1
    assert figures.rounding_auc == 1
    assert figures.bilabial_auc == 1
    assert figures.bilabial_effect > 4
    assert figures.labiodental_effect is None  # one f, and no contact anywhere else: no spread
    assert figures.rounding_effect > 4
    assert figures.height_correlation > 0.9
    assert figures.shut_in_pauses.share == 1
    assert figures.lag_ms == pytest.approx(0, abs=8)
    assert figures.clips_in_time == (1, 1)
    assert figures.blink_depth is None
    assert figures.head_range_deg == pytest.approx((0, 0, 0), abs=1e-6)


def test_clips_are_pooled(alignment, perfect_face):
    clips = [
        measure_clip("on time", perfect_face(), SILENCE, alignment),
        measure_clip("early", perfect_face(-0.04), SILENCE, alignment),
        measure_clip("late", perfect_face(0.12), SILENCE, alignment),
    ]

    figures = summarise(clips)

    assert figures.closure_recall.total == 21
    assert figures.closure_recall.hits == sum(clip.lips.closure_recall.hits for clip in clips)
    assert figures.lag_ms == pytest.approx(0, abs=8)
    assert figures.worst_lag_frames == 3
    assert figures.clips_in_time == (2, 3)
    assert figures.earliest_lag_ms == pytest.approx(-40, abs=10)
    assert figures.latest_lag_ms == pytest.approx(120, abs=10)


def test_blinks_and_jitter_are_weighted_by_length(make_frames):
    blinking = np.zeros(250)
    blinking[[50, 150]] = 0.8
    trembling = np.tile([0.0, 0.1], 50)
    long = make_frames(250, eyeBlinkLeft=blinking, eyeBlinkRight=blinking)
    short = make_frames(100, jawOpen=trembling)
    clips = [
        measure_clip(name, face, SILENCE, None) for name, face in {"l": long, "s": short}.items()
    ]

    figures = summarise(clips)

    assert figures.blinks_per_minute == pytest.approx(2 / 14 * 60)
    assert figures.blink_depth == pytest.approx(0.8)
    assert figures.jaw_jitter == pytest.approx(0.2 * 4 / 14)


def test_without_phones_the_lips_are_not_judged(make_frames):
    figures = summarise([measure_clip("a", make_frames(50), SILENCE, None)])

    assert figures.closure_recall.share is None
    assert figures.rounding_auc is None
    assert figures.lag_ms is None
    assert figures.worst_lag_frames is None
    assert figures.clips_in_time == (0, 0)


@pytest.mark.parametrize(
    ("lag_ms", "is_inside"), [(-40, True), (-41, False), (0, True), (20, True), (21, False)]
)
def test_band_of_lags_is_narrower_for_late_lips(lag_ms, is_inside):
    assert is_in_band(Lag(lag_ms=lag_ms, lag_frames=0, frame_ms=40, peak=0.5)) is is_inside


def test_fast_energy_is_pooled_by_energy(make_frames):
    times_s = np.arange(250) / 25
    faces = {
        "loud": make_frames(250, jawOpen=0.5 + 0.4 * np.sin(2 * np.pi * 2 * times_s)),
        "soft": make_frames(250, jawOpen=0.5 + 0.04 * np.sin(2 * np.pi * 11 * times_s)),
    }
    clips = [measure_clip(name, face, SILENCE, None) for name, face in faces.items()]

    assert summarise(clips).lips_above_10_hz == pytest.approx(0.01 / 1.01, rel=0.02)


def test_opening_of_the_lips_is_their_range(make_frames):
    clips = [
        measure_clip(str(top), make_frames(101, jawOpen=np.linspace(0, top, 101)), SILENCE, None)
        for top in (0.2, 0.6)
    ]

    assert summarise(clips).aperture_range == pytest.approx(0.9 * 0.4)


def test_median_of_seeds_is_taken_of_each_figure(alignment, perfect_face):
    summaries = [
        summarise([measure_clip("a", perfect_face(delay_s), SILENCE, alignment)])
        for delay_s in (0.0, 0.4, 0.12)
    ]

    median = median_summary(summaries)

    assert median.latest_lag_ms == sorted(each.latest_lag_ms for each in summaries)[1]
    shares = sorted(each.closure_recall.share for each in summaries)
    assert shares[0] < shares[2]
    assert median.closure_recall.share == pytest.approx(shares[1])
    assert median.closure_recall.total == 7
    assert median.head_range_deg == (0, 0, 0)
    assert median.blink_depth is None
    assert median_summary(summaries[:1]) is summaries[0]
