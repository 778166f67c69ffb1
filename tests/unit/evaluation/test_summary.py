from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.measurement import measure_clip
from posecast.evaluation.summary import summarise
from posecast.signals import Waveform

SILENCE = Waveform(samples=np.zeros(16_000, np.float32), sample_rate_hz=16_000)


def test_perfect_face_has_perfect_figures(alignment, perfect_face):
    figures = summarise([measure_clip("a", perfect_face(), SILENCE, alignment)])

    assert figures.closure_recall == (7, 7)
    assert figures.false_closures_on_vowels.share == 0
    assert figures.false_closures_on_consonants.share == 0
    assert figures.labiodental_auc == 1
    assert figures.rounding_auc == 1
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
