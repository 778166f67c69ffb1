from __future__ import annotations

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.preview.wire import FRAME_VALUES, frame_values, frames_from_values, pack, unpack
from posecast.signals import FaceFrames


@pytest.mark.parametrize("head", [{}, {"run": 1}, {"name": "Grüße"}, {"a": "x" * 101}])
def test_a_message_comes_back_as_it_was(head) -> None:
    values = np.arange(7, dtype=np.float32)
    again, numbers = unpack(pack(head, values))
    assert again == head
    np.testing.assert_array_equal(numbers, values)


@pytest.mark.parametrize("data", [b"", b"\1\0", b"\2\0\0\0[]", b"\4\0\0\0nope", b"\2\0\0\0{}\1"])
def test_what_is_no_message_is_refused(data) -> None:
    with pytest.raises(InvalidRequest, match="a message"):
        unpack(data)


def test_frames_come_back_as_they_were() -> None:
    rng = np.random.default_rng(1)
    frames = FaceFrames(
        first_index=0,
        frame_rate_hz=30,
        weights=rng.random((3, 52), np.float32),
        head=rng.random((3, 4), np.float32),
    )
    again = frames_from_values(frame_values(frames).reshape(-1), frame_rate_hz=30)
    np.testing.assert_array_equal(again.weights, frames.weights)
    np.testing.assert_array_equal(again.head, frames.head)


@pytest.mark.parametrize("values", [[], [0.0] * 55, [np.nan] * FRAME_VALUES])
def test_parts_of_frames_and_nan_are_refused(values) -> None:
    with pytest.raises(InvalidRequest):
        frames_from_values(np.array(values, np.float32), frame_rate_hz=25)
