"""Sounds without words: a mouth that stays shut, and one that a breath parts."""

import itertools

import numpy as np
import pytest

from posecast.training.articulation import articulate
from posecast.training.engines import non_speech
from posecast.training.noises import NOISES
from posecast.training.phones import CHANNEL_INDEX, CLASS_INDEX, SILENCE
from posecast.training.variation import measure_as_it_is

BREATH = CLASS_INDEX["H"]


@pytest.fixture(scope="module")
def made():
    return list(itertools.islice(non_speech.utterances(seed=3), 60))


@pytest.fixture(scope="module")
def breaths(made):
    return [spoken for spoken in made if spoken.speaker == "breath"]


def test_every_kind_is_made_and_is_a_voice_of_its_own(made):
    assert {spoken.engine for spoken in made} == {"non-speech"}
    assert {spoken.speaker for spoken in made} == {*NOISES, "breath"}


def test_sounds_are_finite_audio_of_a_few_seconds(made):
    for spoken in made:
        assert spoken.sample_rate_hz == 16_000
        assert 4 * 16_000 <= len(spoken.samples) <= 9 * 16_000
        assert spoken.samples.dtype == np.float32
        assert np.isfinite(spoken.samples).all()
        assert spoken.samples.std() > 1e-4


def test_everything_but_a_breath_is_one_silence(made):
    for spoken in made:
        if spoken.speaker != "breath":
            assert spoken.segments == [(SILENCE, 0.0, len(spoken.samples) / 16_000)]


def test_breaths_and_pauses_take_turns_and_leave_no_gap(breaths):
    for spoken in breaths:
        classes = [phone for phone, _, _ in spoken.segments]
        assert set(classes[::2]) == {SILENCE}
        assert set(classes[1::2]) == {BREATH}
        assert len(classes) % 2 == 1
        ends = [end for _, _, end in spoken.segments]
        starts = [start for _, start, _ in spoken.segments]
        assert starts == [0.0, *ends[:-1]]
        assert ends[-1] == len(spoken.samples) / 16_000


def test_a_breath_sounds_where_its_label_says(breaths):
    for spoken in breaths:
        for phone, start_s, end_s in spoken.segments:
            heard = spoken.samples[round(start_s * 16_000) : round(end_s * 16_000)]
            if phone == BREATH:
                assert heard.std() > 0.02
            else:
                assert np.abs(heard).max() < 0.01


def test_breaths_part_the_lips_a_little_and_pauses_shut_them(breaths):
    for spoken in breaths:
        utterance = measure_as_it_is(spoken)
        jaw = articulate(utterance.segments, len(utterance.mel))[:, CHANNEL_INDEX["jaw"]]
        for phone, start_s, end_s in utterance.segments:
            middle = jaw[min(int(50 * (start_s + end_s)), len(jaw) - 1)]
            if phone == BREATH:
                assert 0.03 < middle < 0.3
            elif end_s - start_s > 0.3:
                assert middle < 0.02


def test_other_sounds_leave_the_mouth_shut(made):
    for spoken in made[:20]:
        if spoken.speaker != "breath":
            utterance = measure_as_it_is(spoken)
            assert articulate(utterance.segments, len(utterance.mel)).max() < 1e-3


def test_the_seed_alone_decides(made):
    again, other = (next(non_speech.utterances(seed)) for seed in (3, 4))
    np.testing.assert_array_equal(again.samples, made[0].samples)
    assert len(other.samples) != len(again.samples)
