"""Real recordings: tables in, utterances out."""

from pathlib import Path

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


def test_labelled_clips_come_as_they_are_with_their_speakers(folder):
    made = list(recordings.utterances(folder))
    assert [(spoken.engine, spoken.speaker) for spoken in made] == [
        ("librispeech", "1034m"),
        ("librispeech", "1040f"),
    ]
    for spoken in made:
        assert spoken.samples.shape == (8000,)
        assert spoken.samples.dtype == np.float32
        assert spoken.sample_rate_hz == 16_000


def test_phones_are_read_whatever_their_case_and_a_question_mark_is_unknown(folder):
    (spoken, *_) = recordings.utterances(folder)
    expected = [
        [CLASS_INDEX["sil"], 0.0, 0.1],
        [CLASS_INDEX["A"], 0.1, 0.15],
        [CLASS_INDEX["IH"], 0.15, 0.2],
        [UNKNOWN, 0.2, 0.4],
    ]
    np.testing.assert_allclose(spoken.segments, expected, atol=1e-6)


def test_the_table_leaves_out_what_has_no_labels(folder):
    assert [Path(row["path"]).stem for row in recordings.read_table(folder)] == ["a", "b"]


def test_phones_of_a_clip_lie_under_its_own_name(folder):
    path = recordings.phones_path(folder, "train/librispeech/a.wav")
    assert path == folder / "phones" / "train" / "librispeech" / "a.tsv"


def test_a_folder_without_a_table_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="train.tsv is missing"):
        next(recordings.utterances(tmp_path))
