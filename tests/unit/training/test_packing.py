"""Packed corpora: the same shards bit for bit, in a fraction of the room."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.training.packing import pack_shards, unpack_shards
from posecast.training.utterance import save_shard


@pytest.fixture
def corpus(tmp_path, utterances):
    """Two shards, and files beside them that are none."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    save_shard(folder / "espeak-000.npz", utterances[:4])
    loud = dataclasses.replace(utterances[4], mel=utterances[4].mel * 9)  # bytes that wrap around
    save_shard(folder / "recordings-011.npz", [loud, utterances[5]])
    (folder / "corpus.json").write_text("{}")
    (folder / "espeak-001.partial.npz").write_bytes(b"half")
    return folder


def arrays_of(path):
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def test_an_unpacked_shard_is_the_one_that_was_packed(tmp_path, corpus):
    paths = pack_shards(corpus, tmp_path / "packed", jobs=2)
    assert [path.name for path in paths] == [
        "espeak-000.packed.npz",
        "recordings-011.packed.npz",
    ]
    assert sorted((tmp_path / "packed").iterdir()) == paths
    unpack_shards(tmp_path / "packed", tmp_path / "other", jobs=2)
    names = ["espeak-000.npz", "recordings-011.npz"]
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == names
    for name in names:
        before, after = arrays_of(corpus / name), arrays_of(tmp_path / "other" / name)
        assert before.keys() == after.keys()
        for key, value in before.items():
            assert after[key].dtype == value.dtype
            np.testing.assert_array_equal(after[key], value)
    levels = arrays_of(corpus / "recordings-011.npz")["levels"].astype(int)
    assert np.abs(np.diff(levels, axis=0)).max() > 127


def test_packed_speech_is_much_smaller(tmp_path, corpus):
    packed, _ = pack_shards(corpus, tmp_path, jobs=1)
    assert packed.stat().st_size < 0.5 * (corpus / "espeak-000.npz").stat().st_size


def test_what_is_packed_is_not_packed_again(tmp_path, corpus):
    first, second = pack_shards(corpus, tmp_path, jobs=1)
    first.write_bytes(b"kept")
    second.unlink()
    assert pack_shards(corpus, tmp_path, jobs=1) == [first, second]
    assert first.read_bytes() == b"kept"
    assert arrays_of(second)


def test_a_part_of_the_packed_shards_is_a_corpus_too(tmp_path, corpus):
    _, second = pack_shards(corpus, tmp_path / "packed", jobs=1)
    second.unlink()
    unpack_shards(tmp_path / "packed", tmp_path / "other", jobs=1)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["espeak-000.npz"]


@pytest.mark.parametrize("work", [pack_shards, unpack_shards])
def test_a_folder_without_shards_is_refused(tmp_path, work):
    (tmp_path / "corpus").mkdir()
    with pytest.raises(InvalidRequest, match="corpus holds no "):
        work(tmp_path / "corpus", tmp_path / "output", jobs=1)
    assert not (tmp_path / "output").exists()
