"""`posecast train`: those that judge are given what the command line says."""

import argparse
import dataclasses
import json
from collections import Counter
from pathlib import Path

import pytest

from posecast.training import check, commands, loop
from posecast.training.default_model import SPEECH_ENCODERS

FIRST, SECOND = SPEECH_ENCODERS


def parse(*arguments):
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser.add_subparsers(dest="stage", required=True))
    return parser.parse_args(arguments)


@pytest.mark.parametrize(
    ("options", "checkpoint", "config"),
    [
        ((), "run/speech_encoder.pt", FIRST),
        (("--member", "2"), "run/speech_encoder_2.pt", SECOND),
        (("--member", "2", "--checkpoint", "kept.pt"), "kept.pt", SECOND),
        (
            ("--checkpoint", "narrow.pt", "--width", "64"),
            "narrow.pt",
            dataclasses.replace(FIRST, width=64),
        ),
        (
            ("--without-convolutions",),
            "run/speech_encoder.pt",
            dataclasses.replace(FIRST, conv_channels=(), conv_blocks=0),
        ),
    ],
)
def test_a_speech_encoder_is_judged_at_each_look_ahead_on_held_out_voices(
    monkeypatch, capsys, options, checkpoint, config
):
    asked = []

    def judge(network, utterances, look_ahead_frames):
        asked.append((network, utterances, look_ahead_frames))
        return {"flite": {"phones": 0.5}}

    monkeypatch.setattr(commands, "load_corpus", lambda _, *, held_out: f"held out: {held_out}")
    monkeypatch.setattr(check, "check_speech_encoder", judge)
    monkeypatch.setattr(loop, "load_average", lambda path, network: (path, network.config))
    commands.run(parse("check-speech", "--run", "run", *options))
    network = (Path(checkpoint), config)
    assert asked == [(network, "held out: True", frames) for frames in range(4)]
    printed = json.loads(capsys.readouterr().out)
    assert printed.keys() == {"40 ms", "80 ms", "120 ms", "160 ms"}


def test_held_out_clips_go_where_they_are_told_and_are_counted(monkeypatch, capsys):
    calls = []

    def write(*arguments):
        calls.append(arguments)
        return Counter({"women, native": 12, "awb": 8})

    monkeypatch.setattr(commands, "write_held_out_clips", write)
    commands.run(parse("held-out", "--recordings", "speech", "-o", "clips"))
    assert calls == [(Path("clips"), Path("speech"))]
    assert capsys.readouterr().out == "   8 clips  awb\n  12 clips  women, native\n"
