"""Windows of whole clips, by counting."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.session.clip_plan import ClipPlan


@pytest.mark.parametrize(
    ("num_samples", "num_frames", "num_windows", "missing", "padded"),
    [
        pytest.param(640, 1, 1, 63_360, 99, id="one frame"),
        pytest.param(1279, 1, 1, 62_721, 99, id="nearly two frames"),
        pytest.param(30_000, 46, 1, 34_000, 54, id="short"),
        pytest.param(63_999, 99, 1, 1, 1, id="one sample short"),
        pytest.param(64_000, 100, 1, 0, 0, id="one window"),
        pytest.param(64_001, 100, 1, 0, 0, id="one sample over"),
        pytest.param(64_639, 100, 1, 0, 0, id="largest surplus"),
        pytest.param(64_640, 101, 2, 63_360, 99, id="a frame over"),
        pytest.param(100_000, 156, 2, 28_000, 44, id="two windows"),
        pytest.param(128_640, 201, 3, 63_360, 99, id="two windows and a frame"),
        pytest.param(16_000 * 3600, 90_000, 900, 0, 0, id="an hour"),
    ],
)
def test_windows_cover_the_clip(num_samples, num_frames, num_windows, missing, padded):
    plan = ClipPlan.of(num_samples, 100)

    assert plan.num_frames == num_frames
    assert plan.num_windows == num_windows
    assert plan.num_window_frames == 100 * num_windows
    assert plan.num_missing_samples == missing
    assert plan.num_padded_frames == padded


@pytest.mark.parametrize("window_frames", [1, 7, 100])
def test_frames_are_whole_frames_of_audio(window_frames):
    for num_samples in range(640, 10_000, 37):
        plan = ClipPlan.of(num_samples, window_frames)
        assert plan.num_frames == num_samples // 640
        filled = num_samples + plan.num_missing_samples
        assert 0 <= filled - 640 * plan.num_window_frames < 640
        assert plan.num_padded_frames < window_frames


def test_each_window_has_its_frames_and_samples():
    plan = ClipPlan.of(100_000, 100)

    assert [plan.frames_of(index) for index in (0, 1)] == [slice(0, 100), slice(100, 200)]
    assert [plan.samples_of(index) for index in (0, 1)] == [
        slice(0, 64_000),
        slice(64_000, 128_000),
    ]


def test_the_indicator_marks_the_frames_of_the_clip():
    plan = ClipPlan.of(100_000, 100)

    first, last = plan.indicator_of(0), plan.indicator_of(1)

    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, np.ones(100))
    np.testing.assert_array_equal(last, [1] * 56 + [0] * 44)


@pytest.mark.parametrize("num_samples", [0, 639])
def test_a_clip_without_a_frame_is_refused(num_samples):
    with pytest.raises(InvalidRequest, match=f"{num_samples} samples at 16 kHz; allowed: 640"):
        ClipPlan.of(num_samples, 100)
