"""Recordings of any rate become 25 frames a second at the same times."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    rotation_vector_from_quaternion,
)
from posecast.rig.recording_rate import frame_rate_of, resample_recording
from posecast.signals import FaceRecording

RATES_HZ = [23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 100, 120, 240]


def record(rate_hz, seconds=4.0, start_s=0.0, hz=1.0):
    """A curve and a yaw that swing as a sine of the time."""
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    wave = np.sin(2 * np.pi * hz * times_s)
    weights = np.zeros((len(times_s), 52), np.float32)
    weights[:, 3] = 0.5 + 0.4 * wave
    rotation = np.zeros((len(times_s), 3), np.float32)
    rotation[:, 1] = 0.2 * wave
    return FaceRecording(
        times_s=start_s + times_s, weights=weights, head=quaternion_from_rotation_vector(rotation)
    )


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_motion_keeps_its_time_and_its_size_at_every_rate(rate_hz):
    frames = resample_recording(record(rate_hz, start_s=100.0))

    assert abs(len(frames) - 100) <= 1
    assert frames.frame_rate_hz == 25
    inner = slice(1, -2)
    wave = np.sin(2 * np.pi * frames.times_s)[inner]
    # A mean over 40 ms lowers a wave of 1 Hz by 0.3 %, a line between frames of 24 Hz by as much.
    np.testing.assert_allclose(frames.weights[inner, 3], 0.5 + 0.4 * wave, atol=0.005)
    yaw = rotation_vector_from_quaternion(frames.head)[inner, 1]
    np.testing.assert_allclose(yaw, 0.2 * wave, atol=0.0025)


def test_a_recording_at_25_stays_as_it_is():
    recording = record(25)

    frames = resample_recording(recording)

    np.testing.assert_allclose(frames.weights, recording.weights, atol=1e-6)
    np.testing.assert_allclose(frames.head, recording.head, atol=1e-6)


def test_tremor_does_not_fold_into_slow_motion():
    # 26 Hz seen 25 times a second would be a wave of 1 Hz and full height.
    frames = resample_recording(record(240, hz=26.0))

    assert np.ptp(frames.weights[2:-2, 3]) < 0.1


def test_a_gap_is_bridged_by_a_line():
    recording = record(60)
    kept = np.r_[0:60, 90:240]
    gappy = FaceRecording(
        times_s=recording.times_s[kept],
        weights=recording.weights[kept],
        head=recording.head[kept],
    )

    frames, whole = resample_recording(gappy), resample_recording(recording)

    assert len(frames) == len(whole)
    bridge = frames.weights[26:36, 3]
    np.testing.assert_allclose(np.diff(bridge, n=2), 0, atol=1e-6)
    np.testing.assert_allclose(frames.weights[40:, 3], whole.weights[40:, 3], atol=1e-6)


def test_both_signs_of_a_quaternion_are_one_rotation():
    recording = record(60)
    signs = np.where(np.arange(len(recording)) % 3 == 0, -1, 1)[:, None].astype(np.float32)
    flipped = FaceRecording(
        times_s=recording.times_s, weights=recording.weights, head=recording.head * signs
    )

    expected = rotation_vector_from_quaternion(resample_recording(recording).head)
    actual = rotation_vector_from_quaternion(resample_recording(flipped).head)
    np.testing.assert_allclose(actual, expected, atol=1e-6)


@pytest.mark.parametrize("rate_hz", [12, 23, 300])
def test_other_rates_are_refused(rate_hz):
    with pytest.raises(InvalidRequest, match=rf"{rate_hz}.00 frames a second; allowed: 23.976 to"):
        resample_recording(record(rate_hz))


def test_a_single_frame_has_no_rate():
    with pytest.raises(InvalidRequest, match="a recording of one frame"):
        frame_rate_of(record(25, seconds=0.04))


@pytest.mark.parametrize("wanted_hz", [25, 30, 60, 240])
@pytest.mark.parametrize("rate_hz", [24, 30, 60])
def test_motion_keeps_its_time_at_every_rate_that_is_wanted(rate_hz, wanted_hz):
    frames = resample_recording(record(rate_hz), wanted_hz)

    assert frames.frame_rate_hz == wanted_hz
    inner = slice(wanted_hz // 10, -wanted_hz // 10)
    wave = np.sin(2 * np.pi * frames.times_s)[inner]
    np.testing.assert_allclose(frames.weights[inner, 3], 0.5 + 0.4 * wave, atol=0.005)


@pytest.mark.parametrize("rate_hz", [30, 60])
def test_a_recording_at_the_wanted_rate_stays_as_it_is(rate_hz):
    recording = record(rate_hz)

    frames = resample_recording(recording, rate_hz)

    np.testing.assert_allclose(frames.weights, recording.weights, atol=1e-6)
    np.testing.assert_allclose(frames.head, recording.head, atol=1e-6)
