import builtins
import sys

import matplotlib.image
import numpy as np
import pytest

from posecast.errors import InvalidRequest, MissingDependency
from posecast.plot import plot_take
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.signals import FaceFrames, Waveform


def make_take(num_frames=50, *, jaw_open=0.5):
    weights = np.zeros((num_frames, NUM_CURVES), np.float32)
    weights[:, CURVE_INDEX["jawOpen"]] = jaw_open * np.abs(np.sin(np.arange(num_frames)))
    waveform = Waveform(
        samples=np.float32(0.3) * np.sin(np.arange(num_frames * 640, dtype=np.float32)),
        sample_rate_hz=16_000,
    )
    head = np.tile(np.float32([0, 0, 0, 1]), (num_frames, 1))
    return waveform, FaceFrames(first_index=0, frame_rate_hz=25, weights=weights, head=head)


def test_a_picture_shows_the_take(tmp_path):
    waveform, open_mouth = make_take()
    _, shut_mouth = make_take(jaw_open=0.0)

    plot_take(waveform, open_mouth, tmp_path / "open.png", title="open", labels=[(0.1, 0.5, "AA")])
    plot_take(waveform, open_mouth, tmp_path / "bare.png", title="open")
    plot_take(waveform, shut_mouth, tmp_path / "shut.png", title="open")

    pictures = [
        matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("open", "bare", "shut")
    ]
    assert all(picture.shape[0] > 800 and picture.shape[1] > 1000 for picture in pictures)
    assert (pictures[0] != pictures[1]).any()  # the strip of phones
    assert (pictures[1] != pictures[2]).any()  # the curves


def test_a_single_frame_and_a_single_sample_can_be_drawn(tmp_path):
    _, frames = make_take(1)
    waveform = Waveform(samples=np.zeros(1, np.float32), sample_rate_hz=16_000)

    plot_take(waveform, frames, tmp_path / "face.png")

    assert (tmp_path / "face.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["face.xyz", "no/such/folder/face.png"])
def test_a_picture_that_cannot_be_written_is_refused(tmp_path, name):
    with pytest.raises(InvalidRequest, match=name.rpartition("/")[2]):
        plot_take(*make_take(2), tmp_path / name)


def test_without_matplotlib_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    original = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)

    with pytest.raises(MissingDependency, match=r"pip install 'posecast\[plot\]'"):
        plot_take(*make_take(2), tmp_path / "face.png")
