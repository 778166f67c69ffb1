"""festival's label files, and festival itself where it is installed."""

import itertools
import random
import subprocess

import numpy as np
import pytest

from posecast.errors import MissingDependency
from posecast.training.engines import festival
from posecast.training.phones import CLASSES

LABELS = """separator ;
nfields 1
#
0.2000 100 pau
0.3000 100 tS
0.5000 100 a1
"""


def read(tmp_path, text, *, english):
    path = tmp_path / "a.lab"
    path.write_text(text)
    return [
        (CLASSES[phone], pytest.approx(start), pytest.approx(end))
        for phone, start, end in festival.read_segments(path, english=english)
    ]


def test_each_phone_ends_where_it_says(tmp_path):
    assert read(tmp_path, LABELS, english=False) == [
        ("sil", 0.0, 0.2),
        ("TDN", 0.2, 0.25),
        ("SH", 0.25, 0.3),
        ("A", 0.3, 0.5),
    ]


def test_english_is_read_as_arpabet(tmp_path):
    assert read(tmp_path, "0.1 100 ay\n0.2 100 zz\n", english=True) == [
        ("A", 0.0, 0.05),
        ("IH", 0.05, 0.1),
        ("AX", 0.1, 0.2),
    ]


def test_an_empty_label_file_has_no_segments(tmp_path):
    assert read(tmp_path, "", english=True) == []


def test_a_missing_program_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match="apt-get install festival"):
        next(festival.utterances(seed=1))


def test_an_installation_without_voices_is_told_and_not_tried_for_ever(monkeypatch):
    def run(command, **options):
        return subprocess.CompletedProcess(command, 255)

    monkeypatch.setattr(festival.subprocess, "run", run)
    with pytest.raises(MissingDependency, match="festival has no voice"):
        next(festival.utterances(seed=1))


@pytest.mark.parametrize("voice", sorted(festival.VOICES))
def test_the_script_can_be_read_in_the_encoding_of_the_voice(monkeypatch, tmp_path, voice):
    monkeypatch.setattr(festival.subprocess, "run", lambda *args, **options: None)
    assert list(festival._say_batch(voice, random.Random(1), tmp_path)) == []
    script = (tmp_path / "batch.scm").read_bytes().decode(festival.VOICES[voice][1])
    assert f"(voice_{voice})" in script
    assert script.count('(say_and_label "') == festival._BATCH
    assert script.count('"') == 4 * festival._BATCH + 4  # the prelude has two strings


def test_each_utterance_says_whose_it_is(monkeypatch):
    """A voice that is missing makes nothing; the others go on."""
    sound = np.ones(160, np.float32)

    def say_batch(voice, rng, folder):
        return iter([] if voice == "czech_krb" else [(sound, 16_000, [(0, 0.0, 0.01)])])

    monkeypatch.setattr(festival, "_say_batch", say_batch)
    made = list(itertools.islice(festival.utterances(seed=1), 24))
    assert {spoken.engine for spoken in made} == {"festival"}
    voices = [spoken.speaker for spoken in made]
    assert sorted(voices[:12]) == sorted(voices[12:]) == sorted({*festival.VOICES} - {"czech_krb"})
    assert made[0].samples is sound
    assert made[0].segments == [(0, 0.0, 0.01)]


def test_festival_speaks_and_labels(monkeypatch, tmp_path):
    monkeypatch.setattr(festival, "_BATCH", 1)
    try:
        made = list(festival._say_batch("kal_diphone", random.Random(5), tmp_path))
    except MissingDependency as error:
        pytest.skip(str(error))
    if not made:
        pytest.skip("festival lacks kal_diphone: apt-get install festvox-kallpc16k")
    samples, sample_rate_hz, segments = made[0]
    assert sample_rate_hz == 16_000
    assert len(segments) > 5
    assert segments[-1][2] == pytest.approx(len(samples) / sample_rate_hz, abs=0.15)
