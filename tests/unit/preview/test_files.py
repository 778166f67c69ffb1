from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from posecast.errors import InvalidRequest
from posecast.preview.files import opened, saved
from posecast.preview.wire import FRAME_VALUES, pack, unpack
from posecast.takes import WRITTEN_SUFFIXES

LIVELINK = Path(__file__).parents[2] / "assets" / "livelink" / "recording.csv"


def frames_message(num_frames: int = 3, **head) -> bytes:
    values = np.zeros((num_frames, FRAME_VALUES), np.float32)
    values[:, -1] = 1.0
    values[:, 17] = 0.25
    return pack({"frameRateHz": 25, **head}, values)


def test_speech_is_opened_as_samples() -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(800, 0.5), 8000, format="WAV")
    head, samples = unpack(opened(buffer.getvalue(), "a.wav", max_duration_s=1.0))
    assert head == {"kind": "speech", "name": "a.wav", "sampleRateHz": 8000}
    assert samples == pytest.approx(np.full(800, 0.5), abs=1e-4)


def test_speech_that_is_too_long_is_refused_by_its_name() -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(16_000), 8000, format="WAV")
    with pytest.raises(InvalidRequest, match=r"^a\.wav: "):
        opened(buffer.getvalue(), "a.wav", max_duration_s=1.0)


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz"])
def test_a_saved_take_is_opened_again(suffix) -> None:
    head, values = unpack(opened(saved(frames_message(), suffix), f"f{suffix}", max_duration_s=1))
    assert (head["kind"], head["frameRateHz"]) == ("take", 25)
    np.testing.assert_allclose(values.reshape(3, -1)[:, 17], 0.25, atol=1e-5)


def test_a_recording_of_live_link_face_is_opened() -> None:
    head, values = unpack(opened(LIVELINK.read_bytes(), LIVELINK.name, max_duration_s=1))
    assert head["frameRateHz"] == 25
    assert len(values) % FRAME_VALUES == 0


@pytest.mark.parametrize("suffix", WRITTEN_SUFFIXES)
def test_every_format_is_saved(suffix) -> None:
    assert len(saved(frames_message(), suffix)) > 100


@pytest.mark.parametrize("suffix", ["", ".exe", "csv"])
def test_other_formats_are_refused(suffix) -> None:
    with pytest.raises(InvalidRequest, match="allowed: .csv"):
        saved(frames_message(), suffix)


@pytest.mark.parametrize("rate", [None, 0, 241, "25", 25.5])
def test_a_rate_that_is_none_is_refused(rate) -> None:
    with pytest.raises(InvalidRequest, match="frameRateHz"):
        saved(frames_message(frameRateHz=rate), ".csv")
