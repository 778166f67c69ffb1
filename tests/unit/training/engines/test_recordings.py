"""Real recordings: tables in, utterances out."""

import numpy as np
import pytest
import soundfile

from posecast.errors import InvalidRequest
from posecast.training.engines import recordings
from posecast.training.phones import CLASS_INDEX, UNKNOWN


@pytest.fixture
def folder(tmp_path):
    """Two labelled clips and one without labels."""
    rows = ["path\tspeaker\tlabels"]
    for name, speaker, labels in (
        ("a", "1034m", "consensus"),
        ("b", "1040f", "aligned"),
        ("c", "99m", "none"),
    ):
        path = tmp_path / "train" / "librispeech" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = np.random.default_rng(1).uniform(-0.5, 0.5, 8000)
        soundfile.write(path, samples, 16_000)
        phones = tmp_path / "phones" / "train" / "librispeech" / f"{name}.tsv"
        phones.parent.mkdir(parents=True, exist_ok=True)
        phones.write_text("start\tend\tphone\n0.0\t0.1\tSIL\n0.1\t0.2\tAY\n0.2\t0.4\t?\n")
        rows.append(f"train/librispeech/{name}.wav\t{speaker}\t{labels}")
    (tmp_path / "train.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_labelled_clips_come_at_each_speed(folder):
    made = list(recordings.utterances(folder, (1.0, 2.0)))
    assert [(u.engine, u.speaker) for u in made] == [
        ("librispeech", "1034m"),
        ("librispeech", "1034m"),
        ("librispeech", "1040f"),
        ("librispeech", "1040f"),
    ]
    assert [len(u.mel) for u in made] == [48, 24, 48, 24]


def test_phones_are_read_whatever_their_case_and_a_question_mark_is_unknown(folder):
    (utterance, *_) = recordings.utterances(folder, (1.0,))
    expected = [
        [CLASS_INDEX["sil"], 0.0, 0.1],
        [CLASS_INDEX["A"], 0.1, 0.15],
        [CLASS_INDEX["IH"], 0.15, 0.2],
        [UNKNOWN, 0.2, 0.4],
    ]
    np.testing.assert_allclose(utterance.segments, expected, atol=1e-6)


def test_a_folder_without_a_table_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="train.tsv is missing"):
        next(recordings.utterances(tmp_path, (1.0,)))
