"""Voices that are kept for testing: the same ones always, and never in what is trained on."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.training.corpus import describe_corpus, load_corpus
from posecast.training.engines import festival, flite
from posecast.training.held_out import HELD_OUT_VOICES, NUM_FOLDS, fold_of, is_held_out
from posecast.training.utterance import Spoken, save_shard
from posecast.training.variation import measure_as_it_is


def voice(engine, speaker):
    return Spoken(
        samples=np.zeros(0, np.float32),
        sample_rate_hz=16_000,
        segments=[],
        engine=engine,
        speaker=speaker,
    )


def test_held_out_voices_are_voices_that_the_engines_have():
    voices = {"flite": flite.VOICES, "festival": tuple(festival.VOICES)}
    for engine, speaker in HELD_OUT_VOICES:
        assert speaker in voices[engine]


def test_each_engine_keeps_voices_for_training():
    for engine, voices in (("flite", flite.VOICES), ("festival", festival.VOICES)):
        held_out = [speaker for speaker in voices if is_held_out(voice(engine, speaker))]
        assert 0 < len(held_out) < len(voices) / 2


@pytest.mark.parametrize("engine", ["espeak", "non-speech"])
def test_engines_without_a_held_out_voice_are_all_for_training(engine):
    assert not any(is_held_out(voice(engine, f"voice {index}")) for index in range(200))


def test_about_every_tenth_speaker_is_held_out():
    speakers = [f"{index}{sex}" for index in range(1000) for sex in "mf"]
    share = np.mean([is_held_out(voice("librispeech", speaker)) for speaker in speakers])
    assert share == pytest.approx(0.1, abs=0.02)


def test_a_speaker_is_held_out_in_every_collection_or_in_none():
    for index in range(100):
        found = {is_held_out(voice(name, f"{index}m")) for name in ("librispeech", "speechocean")}
        assert len(found) == 1


@pytest.mark.parametrize(
    ("speaker", "expected"), [("1034m", False), ("6181m", False), ("0001", False), ("0027", True)]
)
def test_the_choice_of_speakers_never_changes(speaker, expected):
    """Else a model would have been trained on those that a later one is chosen by."""
    assert is_held_out(voice("librispeech", speaker)) == expected


def test_the_folds_of_the_voices_are_about_equal():
    speakers = [voice("librispeech", f"{index}{sex}") for index in range(1000) for sex in "mf"]
    counts = np.bincount([fold_of(speaker) for speaker in speakers])
    assert len(counts) == NUM_FOLDS == 2
    assert counts / 2000 == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize(
    ("engine", "speaker", "expected"),
    [
        ("librispeech", "1034m", 0), ("espeak", "en-us+f1", 1), ("espeak", "de+m3", 0),
        ("flite", "slt", 0), ("flite", "rms", 1),
    ],
)  # fmt: skip
def test_the_fold_of_a_voice_never_changes(engine, speaker, expected):
    """Whatever else a corpus holds; else a resumed training would learn what it must not know."""
    assert fold_of(voice(engine, speaker)) == expected


def test_each_engine_has_voices_to_learn_from_in_both_folds():
    for engine, voices in (("flite", flite.VOICES), ("festival", festival.VOICES)):
        spoken = [voice(engine, speaker) for speaker in voices]
        assert {fold_of(part) for part in spoken if not is_held_out(part)} == {0, 1}


def test_the_folds_do_not_follow_what_is_held_out():
    speakers = [voice("librispeech", f"{index}m") for index in range(2000)]
    held_out = [fold_of(speaker) for speaker in speakers if is_held_out(speaker)]
    assert np.mean(held_out) == pytest.approx(0.5, abs=0.12)


@pytest.fixture
def corpus(tmp_path, speak):
    """Held-out voices among others, in shards of every kind."""
    voices = [
        ("flite", "awb"), ("flite", "slt"), ("festival", "ked_diphone"),
        ("festival", "msu_ru_nsh_clunits"), ("festival", "kal_diphone"), ("espeak", "awb"),
        *(("librispeech", f"{index}m") for index in range(40)),
    ]  # fmt: skip
    made = [measure_as_it_is(speak(index, *name)) for index, name in enumerate(voices)]
    for number, shard in enumerate((made[:4], made[4:9], made[9:])):
        save_shard(tmp_path / f"mixed-{number:03d}.npz", shard)
    return tmp_path


def test_held_out_voices_never_reach_the_training(corpus):
    trained, held_out = load_corpus(corpus), load_corpus(corpus, held_out=True)
    assert not any(is_held_out(utterance) for utterance in trained)
    assert all(is_held_out(utterance) for utterance in held_out)
    names = {(utterance.engine, utterance.speaker) for utterance in held_out}
    assert names > HELD_OUT_VOICES
    assert any(engine == "librispeech" for engine, _ in names)
    assert not names & {(utterance.engine, utterance.speaker) for utterance in trained}
    assert len(trained) + len(held_out) == 46


def test_a_corpus_tells_how_much_it_holds_out(tmp_path, speak):
    plain = measure_as_it_is(speak(1, "flite", "slt"))
    long = dataclasses.replace(plain, mel=np.zeros((9000, 80), np.float16))
    held_out = dataclasses.replace(long, speaker="awb", mel=long.mel[:3000])
    save_shard(tmp_path / "flite-000.npz", [long, held_out])
    described = describe_corpus(tmp_path)["flite"]
    assert described == {"minutes": 2.0, "held_out_minutes": 0.5, "utterances": 2, "voices": 2}


def test_a_corpus_of_held_out_voices_alone_is_none_to_train_on(tmp_path, speak):
    save_shard(tmp_path / "flite-000.npz", [measure_as_it_is(speak(1, "flite", "awb"))])
    with pytest.raises(InvalidRequest, match="holds no corpus"):
        load_corpus(tmp_path)
