"""The arguments of `posecast bench`, up to where it starts processes."""

import argparse
import json
import sys
from contextlib import nullcontext

import pytest

from posecast import cli
from posecast.commands import bench


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--streams", "1,x"], "'1,x'; allowed: numbers from 1 to 2000 with commas between"),
        (["--streams", "0"], "'0'; allowed: numbers from 1 to 2000"),
        (["--streams", ""], "''; allowed: numbers"),
        (["--mode", "fast"], "invalid choice: 'fast'"),
        (["--arrival", "letter"], "invalid choice: 'letter'"),
    ],
    ids=" ".join,
)
def test_a_word_that_cannot_be_read_is_one_line_and_status_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        cli.main(["bench", *arguments])

    assert caught.value.code == 2
    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seconds", "0.5"], "--seconds 0.5; allowed: 1.0 to 86400.0"),
        (["--seconds", "3", "--past", "1"], "--seconds 3.0; allowed: 4.0 to 86400.0"),
        (["--utterance-seconds", "0.4"], "--utterance-seconds 0.4; allowed: 0.5 to 900.0"),
        (["--warm-up-seconds", "-1"], "--warm-up-seconds -1.0; allowed: 0.0 to 3600.0"),
        (["--interrupt-every", "-1"], "--interrupt-every -1; allowed: 0 to"),
        (["--repeats", "0"], "--repeats 0; allowed: 1 to 1000"),
        (["--processes", "0"], "--processes 0; allowed: 1 to 64"),
        (["--past", "-3"], "--past -3; allowed: 0 to 2000"),
        (["--window-frames", "0"], "window of frames 0; allowed: 1 to 100"),
        (["--look-ahead-ms", "1"], "look-ahead in ms 1; allowed: 40 to 400"),
        (["--pid", "1"], "--pid goes with ADDRESS"),
        (["localhost:1", "--", "--port", "7"], "flags after -- are for a server that is started"),
        (["--json", "no/such/folder.json"], "--json no/such/folder.json: is a folder, or its"),
    ],
    ids=" ".join,
)
def test_a_wrong_argument_is_one_line_and_status_2(capsys, arguments, message):
    assert cli.main(["bench", *arguments]) == 2

    complaint = capsys.readouterr().err
    assert complaint.startswith(f"posecast: error: {message}")
    assert complaint.count("\n") == 1


def test_speech_that_is_not_there_is_status_1(capsys):
    assert cli.main(["bench", "--speech", "no.wav"]) == 1

    assert "no.wav: No such file" in capsys.readouterr().err


@pytest.fixture
def measured(monkeypatch):
    """Let nothing be measured: keeps the arguments and hands back a document without levels."""
    seen = []

    def measure(args, load, options):
        seen.append(args)
        return {
            "server": {"version": "0", "model": "m 1", "device": "cpu"},
            "machine": {"cores": 2, "cpu": "a processor"},
            "load": {"interrupt_every": 0},
            "levels": [],
            "past": None,
            "notes": ["nothing was measured"],
        }

    monkeypatch.setattr(bench, "_measure", measure)
    monkeypatch.setattr(bench, "_stoppable", nullcontext)
    return seen


def test_what_follows_after_two_dashes_is_for_the_server(measured):
    assert cli.main(["bench", "--streams", "1,2", "--", "--model", "m", "--max-streams", "9"]) == 0

    assert measured[0].streams == (1, 2)
    assert measured[0].address is None
    assert measured[0].passed_on == ["--model", "m", "--max-streams", "9"]


def test_the_document_has_stdout_for_itself_if_it_goes_there(measured, capsys):
    cli.main(["bench", "--json", "-"])

    printed = capsys.readouterr()
    assert json.loads(printed.out)["notes"] == ["nothing was measured"]
    assert "note    nothing was measured" in printed.err


def test_the_document_goes_to_a_file_beside_the_tables(measured, capsys, tmp_path):
    cli.main(["bench", "--json", str(tmp_path / "bench.json")])

    assert json.loads((tmp_path / "bench.json").read_text())["levels"] == []
    assert "model m 1, cpu" in capsys.readouterr().out


def test_two_dashes_keep_their_meaning_for_other_commands(capsys):
    assert cli.main(["animate", "-o", "-", "--", "-no.wav"]) == 1

    assert "-no.wav: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "pid", "has_psutil", "note"),
    [
        (None, None, False, "pip install 'posecast[bench]'"),
        ("a:1", None, True, "give --pid"),
        ("a:1", 7, True, None),
        (None, None, True, None),
    ],
    ids=["no psutil", "no process", "a process named", "our own"],
)
def test_what_could_not_be_measured_is_noted(monkeypatch, address, pid, has_psutil, note):
    monkeypatch.setitem(sys.modules, "psutil", argparse if has_psutil else None)

    notes = bench._notes(argparse.Namespace(address=address, pid=pid, processes=1), [], None)

    assert len(notes) == (note is not None)
    assert note is None or note in notes[0]
