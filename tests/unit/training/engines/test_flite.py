"""flite's labels, and flite itself where it is installed."""

import itertools
import subprocess

import pytest

from posecast.errors import MissingDependency
from posecast.training.engines import flite
from posecast.training.phones import CLASSES


def say(monkeypatch, tmp_path, printed):
    commands = []

    def run(command, **options):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, stdout=printed)

    monkeypatch.setattr(flite.subprocess, "run", run)
    segments = flite.say("hi; rm -rf /", "slt", ["--setf", "x=1"], tmp_path / "a.wav")
    return [(CLASSES[phone], start, end) for phone, start, end in segments], commands[0]


def test_each_phone_ends_where_it_says_and_starts_where_the_last_one_ended(monkeypatch, tmp_path):
    segments, _ = say(monkeypatch, tmp_path, "pau:0.2 m:0.25 ay:0.45 xx:0.5 pau:0.6\nnoise\n")
    assert segments == [
        ("sil", 0.0, 0.2),
        ("PBM", 0.2, 0.25),
        ("A", 0.25, pytest.approx(0.35)),
        ("IH", pytest.approx(0.35), pytest.approx(0.45)),
        ("AX", 0.45, 0.5),
        ("sil", 0.5, 0.6),
    ]


def test_the_text_is_one_argument_and_no_shell_reads_it(monkeypatch, tmp_path):
    _, command = say(monkeypatch, tmp_path, "pau:0.2")
    assert command[command.index("-t") + 1] == "hi; rm -rf /"


def test_a_missing_program_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match="apt-get install flite"):
        flite.say("hi", "slt", [], tmp_path / "a.wav")


def test_flite_speaks_and_labels():
    try:
        (spoken,) = itertools.islice(flite.utterances(seed=5), 1)
    except MissingDependency as error:
        pytest.skip(str(error))
    assert spoken.engine == "flite"
    assert spoken.speaker in flite.VOICES
    assert len(spoken.segments) > 5
    duration_s = len(spoken.samples) / spoken.sample_rate_hz
    assert spoken.segments[-1][2] == pytest.approx(duration_s, abs=0.15)
