from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.baselines import constant_face, loudness_face
from posecast.evaluation.closures import closure_recall, false_closures_on_vowels
from posecast.evaluation.curves import jaw_opening, lip_aperture
from posecast.evaluation.timing import measure_lag, openness_reference
from posecast.signals import Waveform


def speech_like(alignment, sample_rate_hz=16_000):
    """Noise that is loud on vowels, soft on consonants and still in pauses."""
    times_s = np.arange(int(alignment[-1].end_s * sample_rate_hz)) / sample_rate_hz
    index = np.searchsorted([segment.end_s for segment in alignment], times_s, side="right")
    levels = {"SIL": 0.0} | dict.fromkeys("PBMTSFW", 0.1)
    gain = np.array([levels.get(alignment[i].phone, 1.0) for i in index])
    samples = gain * np.random.default_rng(0).standard_normal(len(times_s)) * 0.2
    return Waveform(samples=samples.astype(np.float32), sample_rate_hz=sample_rate_hz)


@pytest.mark.parametrize("make_face", [constant_face, loudness_face])
@pytest.mark.parametrize(("num_samples", "num_frames"), [(1, 1), (640, 1), (641, 2), (16_000, 25)])
def test_every_sample_is_covered_by_a_frame(make_face, num_samples, num_frames):
    waveform = Waveform(samples=np.ones(num_samples, np.float32), sample_rate_hz=16_000)

    assert len(make_face(waveform)) == num_frames


def test_constant_face_never_closes(alignment):
    aperture = lip_aperture(constant_face(speech_like(alignment)))

    assert np.ptp(aperture.values) == 0
    assert closure_recall(aperture, alignment) == (0, 7)


def test_loudness_face_follows_the_sound_without_lag(alignment):
    aperture = lip_aperture(loudness_face(speech_like(alignment)))

    lag = measure_lag(aperture, openness_reference(alignment))

    assert lag.lag_frames == 0
    assert lag.peak > 0.5


def test_loudness_face_cannot_tell_a_closure_from_a_soft_consonant(alignment):
    aperture = lip_aperture(loudness_face(speech_like(alignment)))

    assert closure_recall(aperture, alignment).share == 1
    assert false_closures_on_vowels(aperture, alignment).share > 0.5  # its neighbours are soft


def test_gain_does_not_matter(alignment):
    loud = speech_like(alignment)
    soft = Waveform(samples=loud.samples * np.float32(0.01), sample_rate_hz=16_000)

    np.testing.assert_allclose(
        jaw_opening(loudness_face(soft)).values, jaw_opening(loudness_face(loud)).values, atol=1e-5
    )


def test_silence_keeps_the_jaw_shut():
    silence = Waveform(samples=np.zeros(16_000, np.float32), sample_rate_hz=16_000)

    assert not loudness_face(silence).weights.any()
