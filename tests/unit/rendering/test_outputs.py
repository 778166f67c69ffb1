from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from posecast.errors import MissingDependency, PosecastError
from posecast.rendering import outputs

Image = pytest.importorskip("PIL.Image", reason="pictures are Pillow's")


def png(colour: tuple[int, int, int], size: tuple[int, int] = (32, 24)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.fixture
def ffmpeg() -> str:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed: apt install ffmpeg")
    return "ffmpeg"


def test_a_gif_has_its_pictures_and_their_time(tmp_path) -> None:
    path = tmp_path / "face.gif"
    outputs.write_gif([png((200, 0, 0)), png((0, 200, 0))], path, frame_rate_hz=25)
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.info["duration"], gif.info["loop"]) == (2, 40, 0)


def test_a_sheet_holds_all_pictures_with_their_captions(tmp_path) -> None:
    path = tmp_path / "sheet.png"
    outputs.write_sheet([png((200, 0, 0))] * 5, [f"{n} s" for n in range(5)], path)
    with Image.open(path) as sheet:
        pixels = np.asarray(sheet.convert("RGB"))
    assert (pixels == [200, 0, 0]).all(axis=-1).sum() == 5 * 32 * 24


def test_a_film_has_its_frames_and_its_sound(tmp_path, ffmpeg) -> None:
    path, sound = tmp_path / "face.mp4", tmp_path / "a.wav"
    soundfile.write(sound, np.zeros(8000), 16_000)
    pictures = (png((n, 0, 0)) for n in range(10))
    outputs.write_film(pictures, path, frame_rate_hz=25, sound=sound)
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,nb_frames", "-of", "csv=p=0",
         str(path)],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert told[0] == "h264,10"
    assert told[1].startswith("aac,")


def test_a_film_that_cannot_be_made_says_why(tmp_path, ffmpeg) -> None:
    with pytest.raises(PosecastError, match="ffmpeg: "):
        outputs.write_film([b"no picture"] * 3, tmp_path / "face.mp4", frame_rate_hz=25)


def test_without_ffmpeg_films_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingDependency, match="apt install ffmpeg"):
        outputs.check_can_film()
