"""The rehearsal: a fast one writes what a long one does, and a long one learns."""

import dataclasses
import json

import pytest

from posecast.config import ClipEncoderConfig
from posecast.training.flame import rehearsal
from posecast.training.flame.curves import read_curves, read_seconds
from posecast.training.flame.rehearsal import Rehearsal, rehearse


@pytest.fixture
def tiny_networks(monkeypatch):
    small = {"width": 16, "num_layers": 1}
    speech = ClipEncoderConfig(
        conv_dims=(2,) * 7, width=64, num_layers=1, num_heads=1, feed_forward=8,
        position_kernel=4, position_groups=2, feature_dim=16,
    )  # fmt: skip
    style = dataclasses.replace(rehearsal._STYLE, **small)
    monkeypatch.setattr(rehearsal, "_STYLE", style)
    monkeypatch.setattr(rehearsal, "_SPEECH", speech)
    denoiser = dataclasses.replace(
        rehearsal._DENOISER, speech_dim=16, style_dim=16, num_steps=20, **small
    )
    monkeypatch.setattr(rehearsal, "_DENOISER", denoiser)


def test_a_rehearsal_writes_numbers_and_a_picture(tiny_networks, tmp_path):
    pytest.importorskip("matplotlib")
    short = Rehearsal(num_persons=12, seconds=8.4, style_steps=2, denoiser_steps=3, batch_size=1)

    path = rehearse(short, tmp_path / "run", tmp_path / "out")

    text = path.read_text()
    summary = json.loads(text)
    assert summary["curves"]["denoiser"]["simple"]["steps"] == [1, 2, 3]
    assert '"steps": [ 1, 2, 3 ]' in text
    assert summary["retrieval"]["trained"]["num_persons"] == 4
    assert summary["speech"]["trained"]["num_clips"] == 8
    assert summary["training_seconds"]["denoiser"] > 0
    assert (tmp_path / "out" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_steps_taken_twice_count_once_and_their_time_twice(tmp_path):
    lines = [
        {"start": 0},
        {"step": 2, "seconds": 5.0, "loss": 1.0},
        {"step": 4, "seconds": 9.5, "loss": 0.9},
        {"start": 2},
        {"step": 4, "seconds": 4.0, "loss": 0.8},
        {"step": 5, "seconds": 6.0, "loss": 0.7},
    ]
    (tmp_path / "state.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    curve = read_curves(tmp_path)["loss"]

    assert (curve.steps, curve.training) == ([2, 4, 5], [1.0, 0.8, 0.7])
    assert curve.validation == []
    assert read_seconds(tmp_path) == 15.5
    assert read_curves(tmp_path / "nowhere") == {}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_long_rehearsal_learns(tmp_path):
    """The committed run: styles of strangers are found, and motion obeys the sound."""
    pytest.importorskip("matplotlib")

    path = rehearse(Rehearsal(), tmp_path / "run", tmp_path / "out")

    summary = json.loads(path.read_text())
    retrieval, speech = summary["retrieval"]["trained"], summary["speech"]["trained"]
    assert retrieval["found"] > 10 * retrieval["chance"]
    assert speech["correlation"] > speech["shuffled_correlation"] + 0.3
    assert speech["preferred"] > 0.8
    for loss in ("simple", "vertices", "head_angle", "head_transition"):
        curve = summary["curves"]["denoiser"][loss]
        assert curve["training"][-1] < curve["training"][0]
        assert curve["validation"][-1] < curve["validation"][0]
