"""Accents: the vowel that stands out is found, where it is."""

import numpy as np
import pytest

from posecast.training.accents import (
    ACCENT_THRESHOLD,
    accent_strength,
    accent_track,
    find_accents,
)
from posecast.training.phones import CLASS_INDEX
from posecast.training.utterance import Utterance

A, PBM = CLASS_INDEX["A"], CLASS_INDEX["PBM"]


def utter(segments, loud_at=None, high_at=None, voiced=True):
    """Half a second of flat voice with one loud or high stretch of 100 ms."""
    mel = np.zeros((60, 80), np.float16)
    pitch_hz = np.full(60, 120 if voiced else 0, np.float16)
    if loud_at is not None:
        mel[loud_at : loud_at + 10] = 3
    if high_at is not None:
        pitch_hz[high_at : high_at + 10] = 220
    return Utterance(
        mel=mel,
        pitch_hz=pitch_hz,
        segments=np.array(segments, np.float32).reshape(-1, 3),
        engine="espeak",
        speaker="one",
    )


VOWELS = [(A, 0.1 * k, 0.1 * (k + 1)) for k in range(5)]


@pytest.mark.parametrize("means", ["loud_at", "high_at"])
def test_a_loud_or_a_high_vowel_carries_the_accent(means):
    accents = find_accents(utter(VOWELS, **{means: 20}))
    assert accents[:, 0] == pytest.approx([0.05, 0.15, 0.25, 0.35, 0.45])
    assert accents[:, 1].argmax() == 2
    assert (accents[:, 1] > ACCENT_THRESHOLD).tolist() == [False, False, True, False, False]


def test_a_long_vowel_carries_the_accent():
    accents = find_accents(utter([(A, 0, 0.06), (A, 0.1, 0.3), (A, 0.3, 0.36), (A, 0.4, 0.46)]))
    assert accents[:, 1].argmax() == 1


def test_consonants_and_what_lies_beyond_the_audio_are_no_vowels():
    accents = find_accents(utter([*VOWELS[:2], (PBM, 0.2, 0.3), (-1, 0.3, 0.4), (A, 0.9, 1.0)]))
    assert len(accents) == 2


@pytest.mark.parametrize("num_vowels", [0, 1])
def test_one_vowel_stands_out_from_nothing(num_vowels):
    assert find_accents(utter(VOWELS[:num_vowels])).shape == (0, 2)


def test_a_whisper_has_accents_of_energy_alone():
    accents = find_accents(utter(VOWELS, loud_at=30, voiced=False))
    assert np.isfinite(accents).all()
    assert accents[:, 1].argmax() == 3


def test_strength_is_0_below_the_threshold_and_grows_to_its_limit():
    strengths = accent_strength(np.array([-1, 0.35, 0.36, 1.0, 9.0], np.float32))
    np.testing.assert_allclose(strengths, [0, 0, 0.68, 1.0, 1.5], atol=1e-6)


def test_the_track_has_a_bump_at_each_accent_and_nothing_elsewhere():
    accents = np.array([[0.4, 1.0], [1.2, 0.1]], np.float32)
    track = accent_track(accents, 50, 25)
    assert track.argmax() == 10
    assert track[10] == pytest.approx(1.0)
    assert track[30] < 1e-3
