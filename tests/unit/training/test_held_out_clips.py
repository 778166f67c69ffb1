"""The folder of held-out clips: nobody who was trained on, and readable by `posecast evaluate`."""

import itertools
from collections import Counter

import numpy as np
import pytest
import soundfile

from posecast.evaluation.inputs import find_clips, find_phones, read_alignments
from posecast.training import held_out_clips
from posecast.training.engines.recordings import read_phones
from posecast.training.held_out_clips import write_held_out_clips
from posecast.training.phones import CLASS_INDEX, CLASSES

KEPT = ("0027", "0031", "0039")
"""Speakers whose names are held out."""
TRAINED = ("0001", "0002")


@pytest.fixture(autouse=True)
def engines(monkeypatch, speak):
    """Engines that say something short in each of three voices in turn."""
    for engine, voices in (
        (held_out_clips.flite, ("slt", "awb", "rms")),
        (held_out_clips.festival, ("kal_diphone", "ked_diphone", "msu_ru_nsh_clunits")),
    ):
        name = engine.__name__.rpartition(".")[2]
        monkeypatch.setattr(
            engine,
            "utterances",
            lambda seed, name=name, voices=voices: (
                speak(take, name, voices[take % 3]) for take in itertools.count()
            ),
        )


@pytest.fixture
def recordings(tmp_path):
    """Three clips each of held-out and other speakers, in three collections."""
    folder = tmp_path / "speech"
    rows = ["path\tspeaker\tage\tsex\tsource\tlabels"]
    for collection, speaker, age, sex in (
        ("librispeech", KEPT[0], "", "f"),
        ("speechocean762", KEPT[1], "9", "m"),
        ("speechocean762", KEPT[2], "30", "m"),
        ("speech_commands", "0040", "", ""),
        *(("librispeech", speaker, "", "m") for speaker in TRAINED),
    ):
        for take in range(3):
            path = f"train/{collection}/{speaker}_{take}.wav"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / path, np.full(1600, 0.01 * take), 16_000)
            phones = (folder / "phones" / path).with_suffix(".tsv")
            phones.parent.mkdir(parents=True, exist_ok=True)
            phones.write_text("start\tend\tphone\n0.0\t0.05\tSIL\n0.05\t0.1\t?\n")
            rows.append(f"{path}\t{speaker}\t{age}\t{sex}\t{collection}\taligned")
    (folder / "train.tsv").write_text("\n".join(rows) + "\n")
    return folder


def read_groups(folder):
    header, *lines = (folder / "groups.tsv").read_text().splitlines()
    assert header == "clip\tgroup"
    return dict(line.split("\t") for line in lines)


def test_clips_are_those_of_held_out_voices_and_not_too_many_of_one(tmp_path, recordings):
    counts = write_held_out_clips(tmp_path / "clips", recordings)
    assert counts == Counter({
        "women, native": 2, "children": 2, "men, learners": 2, "awb": 8, "ked_diphone": 8,
        "msu_ru_nsh_clunits": 8,
    })  # fmt: skip
    names = [path.stem for path in (tmp_path / "clips").glob("*.wav")]
    assert not any(name.startswith(TRAINED) for name in names)
    assert not any(name.startswith(("0040", "slt", "kal_diphone")) for name in names)
    assert sorted(read_groups(tmp_path / "clips")) == sorted(names)
    assert Counter(read_groups(tmp_path / "clips").values()) == counts


def test_without_recordings_there_are_the_synthetic_voices(tmp_path):
    assert set(write_held_out_clips(tmp_path, None)) == {
        "awb",
        "ked_diphone",
        "msu_ru_nsh_clunits",
    }


def test_the_evaluation_finds_clips_and_phones(tmp_path, recordings):
    folder = tmp_path / "clips"
    write_held_out_clips(folder, recordings)
    names = list(find_clips(folder))
    assert len(names) == 30
    alignments = read_alignments(find_phones(folder, names), names)
    assert alignments.keys() == set(names)


def test_recordings_and_their_phones_are_copied_as_they_are(tmp_path, recordings):
    write_held_out_clips(tmp_path / "clips", recordings)
    for take in range(2):
        name = f"{KEPT[0]}_{take}"
        copied, _ = soundfile.read(tmp_path / "clips" / f"{name}.wav")
        original, _ = soundfile.read(recordings / "train" / "librispeech" / f"{name}.wav")
        np.testing.assert_array_equal(copied, original)
        phones = recordings / "phones" / "train" / "librispeech" / f"{name}.tsv"
        written = tmp_path / "clips" / "phones" / f"{name}.tsv"
        assert written.read_text() == phones.read_text()


def test_phones_of_a_synthetic_voice_are_written_where_they_are(tmp_path, speak):
    write_held_out_clips(tmp_path, None)
    spoken = speak(1, "flite", "awb")  # the first one that is held out
    written = read_phones(tmp_path / "phones" / "awb_00.tsv")
    samples, sample_rate_hz = soundfile.read(tmp_path / "awb_00.wav")
    assert (len(samples), sample_rate_hz) == (len(spoken.samples), 16_000)
    assert np.abs(samples).max() == pytest.approx(0.7, abs=1e-3)
    assert [phone for phone, _, _ in written] != []
    # The O of a synthetic voice is written as OW, which is read as O and UW.
    starts = {(phone, round(start, 3)) for phone, start, _ in written}
    for phone, start_s, _ in spoken.segments:
        assert (phone, round(start_s, 3)) in starts


def test_empty_phones_are_not_written(tmp_path):
    path = tmp_path / "a.tsv"
    held_out_clips._write_phones(path, [(0, 0.0, 0.1), (1, 0.1, 0.1), (0, 0.1, 0.2)])
    assert path.read_text().splitlines()[1:] == ["0.000\t0.100\tSIL", "0.100\t0.200\tSIL"]


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_has_a_phone_that_is_read_as_much_the_same(tmp_path, name):
    path = tmp_path / "a.tsv"
    held_out_clips._write_phones(path, [(CLASS_INDEX[name], 0.0, 0.1)])
    read = CLASSES[read_phones(path)[0][0]]
    nearest = {"RR": "R", "AX": "AH", "Y": "UW"}  # English lacks these
    assert read == nearest.get(name, name)
