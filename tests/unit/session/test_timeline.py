"""Which frames, windows and samples belong together."""

import itertools
import math

import pytest

from posecast.config import AnimationOptions
from posecast.session.timeline import (
    Schedule,
    Window,
    choose_schedule,
    count_model_frames,
    count_output_frames,
    samples_for_steps,
)


@pytest.mark.parametrize("frame_rate_hz", [25, 30, 50, 60])
@pytest.mark.parametrize("sample_rate_hz", [8_000, 11_025, 16_000, 44_100, 192_000])
def test_output_frames_cover_every_sample_and_none_is_idle(frame_rate_hz, sample_rate_hz):
    for num_samples in (1, 320, 441, 1764, 44_099, 44_100, 44_101, 10_000_001):
        count = count_output_frames(num_samples, sample_rate_hz, frame_rate_hz)
        assert count * sample_rate_hz >= num_samples * frame_rate_hz
        assert (count - 1) * sample_rate_hz < num_samples * frame_rate_hz


def test_no_audio_still_has_one_frame():
    assert count_output_frames(0, 16_000, 60) == 1


@pytest.mark.parametrize("frame_rate_hz", [25, 30, 50, 60])
def test_model_frames_enclose_the_last_output_frame(frame_rate_hz):
    for num_outputs in range(1, 200):
        last_place = (num_outputs - 1) * 25 / frame_rate_hz
        assert count_model_frames(num_outputs, frame_rate_hz) == math.ceil(last_place) + 1


@pytest.mark.parametrize("opening", [(), (5,), (5, 10)])
def test_windows_follow_one_another_without_a_gap(opening):
    schedule = Schedule(window_frames=25, opening=opening)
    windows = [schedule.window(index) for index in range(6)]

    assert [window.index for window in windows] == [*range(6)]
    assert windows[0].first_frame == 0
    for one, following in itertools.pairwise(windows):
        assert one.first_frame + one.num_frames == following.first_frame
    assert [window.num_frames for window in windows] == [*opening, *[25] * (6 - len(opening))]


@pytest.mark.parametrize(
    ("options", "lengths"),
    [
        ({"mode": "offline"}, [100, 100, 100]),
        ({"mode": "balanced"}, [5, 10, 25]),
        ({"mode": "realtime"}, [3, 3, 3]),
        ({"mode": "balanced", "window_frames": 2}, [2, 2, 2]),
    ],
)
def test_the_schedule_is_the_modes_or_what_was_asked_for(options, lengths):
    schedule = choose_schedule(AnimationOptions(**options))

    assert [schedule.window(index).num_frames for index in range(3)] == lengths


def test_a_window_hears_its_last_frame_and_the_look_ahead():
    window = Window(index=2, first_frame=50, num_frames=7)
    assert window.steps_needed(3) == 60
    assert samples_for_steps(60) == 60 * 640
