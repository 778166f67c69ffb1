"""The corpus: shards side by side, resumable, and quick to tell what is missing."""

import itertools
import json

import numpy as np
import pytest
import soundfile

from posecast.errors import InvalidRequest, MissingDependency
from posecast.training import corpus
from posecast.training.corpus import build_corpus, default_jobs, describe_corpus, load_corpus


@pytest.fixture
def calls(tmp_path, monkeypatch, synthesise):
    """File that each run of the stand-in engine adds its seed to; other processes see it too."""
    path = tmp_path / "calls"
    path.touch()

    def utterances(seed):
        with path.open("a") as stream:
            stream.write(f"{seed}\n")
        return (synthesise(take, "espeak", f"voice {seed}") for take in itertools.count())

    monkeypatch.setitem(corpus._SYNTHETIC, "espeak", utterances)
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


def test_recordings_are_added_at_each_speed(tmp_path):
    folder = tmp_path / "speech"
    clip, phones = folder / "train" / "mine" / "a.wav", folder / "phones" / "train" / "mine"
    clip.parent.mkdir(parents=True)
    phones.mkdir(parents=True)
    soundfile.write(clip, np.random.default_rng(1).uniform(-0.5, 0.5, 16_000), 16_000)
    (phones / "a.tsv").write_text("start\tend\tphone\n0.0\t0.5\tAH\n")
    (folder / "train.tsv").write_text("path\tspeaker\tlabels\ntrain/mine/a.wav\tme\taligned\n")
    build(tmp_path / "corpus", {}, recordings_folder=folder)
    names = sorted(path.name for path in (tmp_path / "corpus").glob("*.npz"))
    assert names == ["recordings-090.npz", "recordings-100.npz", "recordings-110.npz"]
    lengths = sorted(len(utterance.mel) for utterance in load_corpus(tmp_path / "corpus"))
    assert lengths == [88, 100, 108]


def test_the_corpus_describes_itself(tmp_path, calls):
    build(tmp_path / "corpus", {"espeak": 0.1})
    written = json.loads((tmp_path / "corpus" / "corpus.json").read_text())
    assert written == describe_corpus(tmp_path / "corpus")
    assert written["espeak"]["minutes"] == pytest.approx(0.1, abs=0.05)
    assert written["espeak"]["utterances"] >= 2
    assert written["espeak"]["voices"] == 1


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
