from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.alignment import PhoneSegment
from posecast.evaluation.curves import TimedCurve, lip_aperture
from posecast.evaluation.timing import loudness_reference, measure_lag, openness_reference
from posecast.signals import Waveform


@pytest.mark.parametrize(("delay_s", "frames"), [(0.0, 0), (0.08, 2), (-0.12, -3), (0.2, 5)])
def test_delayed_face_has_that_lag(alignment, perfect_face, delay_s, frames):
    lag = measure_lag(lip_aperture(perfect_face(delay_s)), openness_reference(alignment))

    assert lag.lag_frames == frames
    assert lag.lag_ms == pytest.approx(delay_s * 1000, abs=15)
    assert lag.frame_ms == pytest.approx(40)


@pytest.mark.parametrize(("rate_hz", "frames"), [(50, 4), (60, 5)])
def test_lag_counts_frames_of_the_take(alignment, perfect_face, rate_hz, frames):
    lag = measure_lag(lip_aperture(perfect_face(0.08, rate_hz)), openness_reference(alignment))

    assert lag.lag_frames == frames
    assert lag.lag_ms == pytest.approx(80, abs=8)


def test_lag_is_found_between_frames(alignment, perfect_face):
    on_time, half_a_frame = (
        measure_lag(lip_aperture(perfect_face(delay_s)), openness_reference(alignment)).lag_ms
        for delay_s in (0.0, 0.02)
    )

    assert half_a_frame - on_time == pytest.approx(20, abs=8)


def test_unknown_phones_do_not_count(alignment, perfect_face):
    known = alignment[:25]
    unknown = (PhoneSegment("?", known[-1].end_s, alignment[-1].end_s),)

    reference = openness_reference(known + unknown)
    lag = measure_lag(lip_aperture(perfect_face(0.04)), reference)

    assert np.isnan(reference.values[reference.times_s > known[-1].end_s]).all()
    assert lag.lag_frames == 1


def test_still_lips_have_no_lag(alignment):
    still = TimedCurve(np.arange(150) / 25, np.full(150, 0.3))

    assert measure_lag(still, openness_reference(alignment)) is None


def test_clip_of_less_than_a_second_has_no_lag(alignment):
    short = TimedCurve(np.arange(24) / 25, np.random.default_rng(0).random(24))

    assert measure_lag(short, openness_reference(alignment)) is None


@pytest.mark.parametrize("sample_rate_hz", [8_000, 44_100])
def test_lag_behind_the_loudness(sample_rate_hz):
    random = np.random.default_rng(3)
    loudness = np.repeat(random.uniform(0.01, 1, 40), sample_rate_hz // 10)
    samples = (loudness * random.standard_normal(len(loudness)) * 0.3).astype(np.float32)
    waveform = Waveform(samples=samples, sample_rate_hz=sample_rate_hz)
    times_s = np.arange(100) / 25
    late = np.interp(times_s - 0.12, np.arange(len(loudness)) / sample_rate_hz, loudness)

    lag = measure_lag(TimedCurve(times_s, late), loudness_reference(waveform))

    assert lag.lag_frames == 3


def test_loudness_of_silence_is_defined():
    silence = Waveform(samples=np.zeros(16_000, np.float32), sample_rate_hz=16_000)

    assert np.isfinite(loudness_reference(silence).values).all()
