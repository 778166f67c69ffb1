"""`posecast render` with a real browser."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from posecast import cli
from posecast.rig.arkit import CURVE_INDEX
from posecast.signals import FaceFrames
from posecast.takes import write_take


@pytest.fixture
def face(tmp_path, chromium):
    """A take of a fifth of a second in which the mouth opens."""
    weights = np.zeros((5, 52), np.float32)
    weights[:, CURVE_INDEX["jawOpen"]] = np.linspace(0, 0.5, 5)
    head = np.tile(np.float32([0, 0, 0, 1]), (5, 1))
    path = tmp_path / "face.csv"
    write_take(FaceFrames(first_index=0, frame_rate_hz=25, weights=weights, head=head), path)
    return path


def test_a_take_becomes_a_gif_whose_mouth_opens(face, capsys) -> None:
    from PIL import Image

    path = face.with_suffix(".gif")
    assert cli.main(["render", str(face), "-o", str(path), "--size", "128"]) == 0
    assert "5 pictures at 25 fps" in capsys.readouterr().out
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.size[1]) == (5, 128)
        first = np.asarray(gif.convert("RGB"), np.int16)
        gif.seek(4)
        last = np.asarray(gif.convert("RGB"), np.int16)
    differs = np.abs(first - last).max(axis=-1) > 40
    rows = np.flatnonzero(differs.any(axis=1))
    assert len(rows) > 5
    assert rows.min() > 70  # below the nose


def test_a_take_becomes_a_sheet_of_its_moments(face, capsys) -> None:
    path = face.with_suffix(".png")
    assert cli.main(["render", str(face), "-o", str(path), "--size", "96"]) == 0
    assert "moments: 1" in capsys.readouterr().out
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_take_becomes_a_film(face) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed: apt install ffmpeg")
    path = face.with_suffix(".mp4")
    assert cli.main(["render", str(face), "-o", str(path), "--size", "96"]) == 0
    assert path.stat().st_size > 500
