"""The corpus: shards side by side, resumable, and quick to tell what is missing."""

import dataclasses
import itertools
import json

import pytest
import soundfile

from posecast.errors import InvalidRequest, MissingDependency
from posecast.training import corpus
from posecast.training.corpus import build_corpus, default_jobs, describe_corpus, load_corpus
from posecast.training.utterance import load_shard
from posecast.training.variation import RECORDING_TAKES, measure_as_it_is


@pytest.fixture
def calls(tmp_path, monkeypatch, speak):
    """File that each run of the stand-in engine adds its seed to; other processes see it too."""
    path = tmp_path / "calls"
    path.touch()

    def utterances(seed):
        with path.open("a") as stream:
            stream.write(f"{seed}\n")
        return (speak(take, "espeak", f"voice {seed}") for take in itertools.count())

    monkeypatch.setitem(corpus._SYNTHETIC, "espeak", utterances)
    monkeypatch.setattr(corpus, "vary_synthetic", lambda spoken, rng: measure_as_it_is(spoken))
    return path


def build(folder, minutes, **options):
    build_corpus(folder, minutes, **({"recordings_folder": None, "seed": 7, "jobs": 2} | options))


def minutes_of(utterances):
    return sum(len(utterance.mel) for utterance in utterances) / 6000


def test_an_engine_makes_as_much_as_asked_and_hardly_more(tmp_path, calls):
    build(tmp_path / "corpus", {"espeak": 0.1})
    assert 0.1 <= minutes_of(load_corpus(tmp_path / "corpus")) < 0.15


def test_long_corpora_are_cut_into_shards_of_different_seeds(tmp_path, calls, monkeypatch):
    monkeypatch.setattr(corpus, "SHARD_MINUTES", 0.05)
    build(tmp_path / "corpus", {"espeak": 0.12})
    names = sorted(path.name for path in (tmp_path / "corpus").glob("*.npz"))
    assert names == ["espeak-000.npz", "espeak-001.npz", "espeak-002.npz"]
    assert sorted(calls.read_text().split()) == ["7000", "7001", "7002"]
    assert 0.12 <= minutes_of(load_corpus(tmp_path / "corpus")) < 0.3


def test_what_is_there_is_not_made_again(tmp_path, calls, monkeypatch):
    monkeypatch.setattr(corpus, "SHARD_MINUTES", 0.05)
    build(tmp_path / "corpus", {"espeak": 0.1})
    (tmp_path / "corpus" / "espeak-001.npz").unlink()
    calls.write_text("")
    build(tmp_path / "corpus", {"espeak": 0.1})
    assert calls.read_text().split() == ["7001"]


@pytest.fixture
def recordings_folder(tmp_path, bursts):
    """One clip with aligned phones."""
    folder = tmp_path / "speech"
    clip, phones = folder / "train" / "mine" / "a.wav", folder / "phones" / "train" / "mine"
    clip.parent.mkdir(parents=True)
    phones.mkdir(parents=True)
    soundfile.write(clip, bursts.samples, 16_000)
    (phones / "a.tsv").write_text("start\tend\tphone\n0.4\t0.7\tAH\n")
    (folder / "train.tsv").write_text("path\tspeaker\tlabels\ntrain/mine/a.wav\tme\taligned\n")
    return folder


@pytest.mark.usefixtures("rubberband")
def test_recordings_are_added_in_every_take(tmp_path, recordings_folder):
    build(tmp_path / "corpus", {}, recordings_folder=recordings_folder)
    paths = sorted((tmp_path / "corpus").glob("*.npz"))
    assert [path.name for path in paths] == [
        f"recordings-{take:03d}.npz" for take in range(RECORDING_TAKES)
    ]
    takes = [load_shard(path) for path in paths]
    assert {len(take) for take in takes} == {1}
    assert {(take[0].engine, take[0].speaker) for take in takes} == {("mine", "me")}
    assert len(takes[0][0].mel) == 300  # as it is
    assert len({take[0].mel.tobytes() for take in takes}) == RECORDING_TAKES


def test_a_resumed_build_varies_recordings_as_a_straight_one_does(
    tmp_path, recordings_folder, monkeypatch
):
    """Each take has a seed of its own."""

    def vary(spoken, take, rng):
        return dataclasses.replace(measure_as_it_is(spoken), speaker=f"{take}: {rng.random()}")

    monkeypatch.setattr(corpus, "vary_recording", vary)
    found = []
    for removed in (None, "recordings-003.npz"):
        if removed:
            (tmp_path / "corpus" / removed).unlink()
        build(tmp_path / "corpus", {}, recordings_folder=recordings_folder)
        found.append({part.speaker for part in corpus._load_all(tmp_path / "corpus")})
    assert found[0] == found[1]
    assert len({speaker.split(": ")[1] for speaker in found[0]}) == RECORDING_TAKES


def test_speech_is_varied_and_other_sounds_are_not(tmp_path, monkeypatch, speak):
    for engine in ("flite", "non-speech"):
        monkeypatch.setitem(
            corpus._SYNTHETIC,
            engine,
            lambda seed, engine=engine: (speak(take, engine, "it") for take in itertools.count()),
        )
    monkeypatch.setattr(
        corpus,
        "vary_synthetic",
        lambda spoken, rng: dataclasses.replace(measure_as_it_is(spoken), speaker="varied"),
    )
    build(tmp_path / "corpus", {"flite": 0.02, "non-speech": 0.02})
    names = {(part.engine, part.speaker) for part in load_corpus(tmp_path / "corpus")}
    assert names == {("flite", "varied"), ("non-speech", "it")}


def test_the_corpus_describes_itself(tmp_path, calls):
    build(tmp_path / "corpus", {"espeak": 0.1})
    written = json.loads((tmp_path / "corpus" / "corpus.json").read_text())
    assert written == describe_corpus(tmp_path / "corpus")
    assert written["espeak"]["minutes"] == pytest.approx(0.1, abs=0.05)
    assert written["espeak"]["utterances"] >= 2
    assert written["espeak"]["voices"] == 1
    assert written["espeak"]["held_out_minutes"] == 0


def test_a_missing_engine_is_told_and_ends_the_build(tmp_path, calls, monkeypatch):
    def refuse(seed):
        raise MissingDependency("flite is missing: apt-get install flite")

    monkeypatch.setitem(corpus._SYNTHETIC, "flite", refuse)
    monkeypatch.setattr(corpus, "SHARD_MINUTES", 0.02)
    with pytest.raises(MissingDependency, match="flite is missing"):
        build(tmp_path / "corpus", {"flite": 0.02, "espeak": 0.6}, jobs=1)
    assert len(calls.read_text().split()) < 10  # of thirty shards


def test_a_folder_without_a_corpus_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="holds no corpus: make one with"):
        load_corpus(tmp_path)


def test_a_build_of_nothing_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="holds no corpus"):
        build(tmp_path / "corpus", {"espeak": 0.0})


def test_a_shard_that_is_being_written_is_not_read(tmp_path, calls):
    build(tmp_path / "corpus", {"espeak": 0.1})
    (tmp_path / "corpus" / "espeak-001.partial.npz").write_bytes(b"half")
    assert load_corpus(tmp_path / "corpus")


def test_there_is_at_least_one_job():
    assert default_jobs() >= 1
