"""`posecast preview`, `posecast render` and scenes of `posecast animate`, by their arguments."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from posecast import cli
from posecast.signals import FaceFrames
from posecast.takes import write_take


@pytest.fixture
def face(tmp_path):
    head = np.tile(np.float32([0, 0, 0, 1]), (3, 1))
    frames = FaceFrames(
        first_index=0, frame_rate_hz=25, weights=np.zeros((3, 52), np.float32), head=head
    )
    path = tmp_path / "face.csv"
    write_take(frames, path)
    return path


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["preview", "nowhere.wav"], 1, "nowhere.wav: no such file"),
        (["preview", "--port", "70000"], 2, "--port 70000; allowed: 0 to 65535"),
        (["preview", "--seed", "-1"], 2, "seed -1; allowed: 0 to"),
        (["preview", "--phones", "nowhere.tsv"], 1, "nowhere.tsv: No such file"),
        (["preview", "--model", "/no/model"], 1, "/no/model"),
        (["render", "face.csv", "-o", "face.mov"], 2, "unknown suffix '.mov'; allowed: .mp4, .gif"),
        (["render", "a.csv", "-o", "a.gif", "--sound", "a.wav"], 2, "allowed: with .mp4"),
        (["render", "a.csv", "-o", "a.gif", "--phones", "a.tsv"], 2, "allowed: with .png"),
        (["render", "a.csv", "-o", "a.png", "--size", "9"], 2, "--size 9; allowed: 64 to 2160"),
        (["render", "a.csv", "-o", "no/a.png"], 2, "the folder no does not exist"),
        (["render", "a.csv", "-o", "a.png"], 1, "a.csv: No such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_one_line_with_what_is_allowed(capsys, arguments, status, told) -> None:
    pytest.importorskip("playwright", reason="drawing needs Playwright")
    assert cli.main(arguments) == status
    said = capsys.readouterr().err
    assert said.startswith("posecast: error: ")
    assert told in said
    assert said.count("\n") == 1


def test_a_film_of_a_speech_that_is_not_there_is_refused_before_the_work(capsys, face) -> None:
    pytest.importorskip("playwright", reason="drawing needs Playwright")
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed: apt install ffmpeg")
    film = face.with_suffix(".mp4")
    assert cli.main(["render", str(face), "-o", str(film), "--sound", "no.wav"]) == 1
    assert "no.wav: no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("package", "arguments", "told"),
    [
        ("aiohttp", ["preview"], "pip install 'posecast[preview]'"),
        ("playwright", ["render", "face.csv", "-o", "a.png"], "pip install 'posecast[render]'"),
        ("PIL", ["render", "face.csv", "-o", "a.png"], "pip install 'posecast[render]'"),
    ],
)
def test_what_is_not_installed_is_told(capsys, monkeypatch, package, arguments, told) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == package else find(name)
    )
    assert cli.main(arguments) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("suffix", "beginning"), [(".glb", b"glTF"), (".gltf", b'{"asset"'), (".usda", b"#usda 1.0")]
)
def test_animate_writes_scenes(tiny_package, tmp_path, suffix, beginning) -> None:
    import soundfile

    speech, scene = tmp_path / "a.wav", tmp_path / f"face{suffix}"
    soundfile.write(speech, np.zeros(8000), 16_000)
    assert cli.main(["animate", str(speech), "-o", str(scene), "--model", str(tiny_package)]) == 0
    assert scene.read_bytes().startswith(beginning)
