from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.drift import format_drift, join_clips, measure_drift
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg
from posecast.session.timeline import Schedule
from posecast.signals import Waveform


def tone(value, num_samples, sample_rate_hz=16_000):
    samples = np.full(num_samples, value, np.float32)
    return Waveform(samples=samples, sample_rate_hz=sample_rate_hz)


def head(angles):
    return quaternion_from_yaw_pitch_roll_deg(np.asarray(angles, np.float32))


def test_clips_follow_each_other_with_pauses_until_the_time_is_full():
    joined = join_clips([tone(0.1, 16_000), tone(0.3, 8_000)], duration_s=5)

    assert joined.sample_rate_hz == 16_000
    assert len(joined.samples) == 80_000
    middles = [8_000, 19_200, 26_400, 33_600, 44_800]  # clip, pause, clip, pause, clip again
    assert joined.samples[middles] == pytest.approx([0.1, 0.0, 0.3, 0.0, 0.1])


def test_clips_of_other_rates_keep_their_length():
    joined = join_clips([tone(0.1, 8_000, sample_rate_hz=8_000)], duration_s=1.4)

    assert joined.samples[15_900] == pytest.approx(0.1, abs=0.02)
    assert np.abs(joined.samples[16_100:]).max() < 1e-3


@pytest.mark.parametrize("rate_hz", [25, 50])
def test_minutes_and_their_deviation_are_told(make_frames, rate_hz):
    num_frames = int(2.4 * 60 * rate_hz)
    angles = np.zeros((num_frames, 3))
    angles[:, 0] = np.where(np.arange(num_frames) < 60 * rate_hz, 3.0, -3.0)
    angles[:, 1] = 2.0

    figures = measure_drift(
        make_frames(num_frames, rate_hz, head(angles)), schedule=Schedule(window_frames=25)
    )

    # the last 0.4 minutes join the second
    assert np.array(figures.head_means_deg) == pytest.approx(
        np.array([[3, 2, 0], [-3, 2, 0]]), abs=1e-3
    )
    assert figures.head_mean_deg == pytest.approx(((3 - 3 * 1.4) / 2.4, 2, 0), abs=1e-3)
    assert figures.largest_deviation_deg == pytest.approx(3.5, abs=1e-3)
    assert "largest deviation of a minute: 3.50 deg" in format_drift({"a": figures})


def test_short_take_is_one_minute(make_frames):
    figures = measure_drift(make_frames(100), schedule=Schedule(window_frames=25))

    assert len(figures.head_means_deg) == 1
    assert figures.lip_seam is None  # nothing moves


@pytest.mark.parametrize("rate_hz", [25, 50])
@pytest.mark.parametrize("frames_per_window", [5, 25, 100])
def test_jumps_at_borders_are_seams(make_frames, rate_hz, frames_per_window):
    model_frames = np.arange(600)
    # one step a frame, and three at once where a window begins
    steps = np.where(model_frames % frames_per_window == 0, 3.0, 1.0)
    path = np.cumsum(steps) / 5000
    outputs = np.arange(599 * rate_hz // 25) * 25 / rate_hz
    jaw = np.interp(outputs, model_frames, path)
    angles = np.stack([60 * jaw, 0 * jaw, 0 * jaw], axis=1)

    figures = measure_drift(
        make_frames(len(outputs), rate_hz, head(angles), jawOpen=jaw),
        schedule=Schedule(window_frames=frames_per_window),
    )

    assert figures.lip_seam == pytest.approx(3, rel=0.01)
    assert figures.head_seam == pytest.approx(3, rel=0.05)


def test_take_of_one_window_has_no_seam(make_frames):
    jaw = np.linspace(0, 1, 80)

    assert (
        measure_drift(make_frames(80, jawOpen=jaw), schedule=Schedule(window_frames=100)).lip_seam
        is None
    )


def test_borders_are_where_the_schedule_has_them(make_frames):
    jaw = np.zeros(40)
    jaw[5:15], jaw[15:] = 0.2, 0.5  # steps into frames 5 and 15 and nowhere else
    figures = measure_drift(
        make_frames(40, jawOpen=jaw + 1e-3 * np.arange(40)),
        schedule=Schedule(window_frames=25, opening=(5, 10)),
    )

    assert figures.lip_seam == pytest.approx((0.2 + 0.3 + 3 * 1e-3 - 1e-3) / 2 / 1e-3, rel=0.02)
