"""A recorded face becomes a style: every second counts, at any rate."""

import numpy as np
import pytest

from posecast.config import StyleEncoderConfig
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, MOTION_DIM
from posecast.rig.head_pose import quaternion_from_rotation_vector
from posecast.rig.retarget import MotionScale
from posecast.session.style_extraction import cut_windows, extract_style, motion_of
from posecast.signals import FaceFrames, FaceRecording

SCALE = MotionScale(
    mean=np.full(MOTION_DIM, 0.25, np.float32), std=np.full(MOTION_DIM, 0.5, np.float32)
)


class MeanEncoder:
    """A style encoder whose vector is the mean frame; remembers the sizes of its batches."""

    def __init__(self):
        self.shapes = []

    @property
    def config(self):
        return StyleEncoderConfig(motion_dim=MOTION_DIM, width=MOTION_DIM)

    def encode(self, motion):
        self.shapes.append(motion.shape)
        return motion.mean(axis=1)


def record(seconds, rate_hz=25.0):
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    weights = np.zeros((len(times_s), 52), np.float32)
    weights[:, CURVE_INDEX["mouthSmileLeft"]] = 0.75
    rotation = np.tile(np.float32([0.1, -0.2, 0.05]), (len(times_s), 1))
    return FaceRecording(
        times_s=times_s, weights=weights, head=quaternion_from_rotation_vector(rotation)
    )


def test_the_encoder_sees_normalised_weights_and_rotation_vectors():
    style = extract_style(record(8.0), MeanEncoder(), SCALE)

    assert style.vector[CURVE_INDEX["mouthSmileLeft"]] == pytest.approx(1.0)  # (0.75 - 0.25) / 0.5
    assert style.vector[CURVE_INDEX["jawOpen"]] == pytest.approx(-0.5)
    np.testing.assert_allclose(style.vector[-3:], [-0.3, -0.9, -0.4], atol=1e-5)


@pytest.mark.parametrize("rate_hz", [23.976, 30, 59.94, 240])
def test_the_rate_of_the_camera_does_not_change_the_style(rate_hz):
    usual, other = (
        extract_style(record(8.0, rate), MeanEncoder(), SCALE) for rate in (25, rate_hz)
    )

    np.testing.assert_allclose(other.vector, usual.vector, atol=1e-5)


@pytest.mark.parametrize(
    ("num_frames", "windows"),
    [(50, (1, 50)), (399, (1, 399)), (400, (2, 200)), (599, (2, 299)), (4000, (20, 200))],
)
def test_long_takes_are_cut_into_windows_of_8_to_16_s(num_frames, windows):
    cut = cut_windows(np.arange(num_frames, dtype=np.float32)[:, None])

    assert cut.shape == (*windows, 1)
    assert (cut[0, 0, 0], cut[-1, -1, 0]) == (0, num_frames - 1)
    assert len(np.unique(cut)) >= num_frames - windows[0]  # hardly a frame is left out


def test_a_long_take_is_encoded_in_small_batches_and_averaged():
    encoder = MeanEncoder()
    recording = record(240.0)
    recording.weights[: 120 * 25, CURVE_INDEX["jawOpen"]] = 1.0

    style = extract_style(recording, encoder, SCALE)

    assert [shape[0] for shape in encoder.shapes] == [16, 14]
    assert style.vector[CURVE_INDEX["jawOpen"]] == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("rate_hz", [24, 25, 59.94])
def test_two_seconds_are_enough_and_less_is_not(rate_hz):
    extract_style(record(2.05, rate_hz), MeanEncoder(), SCALE)
    with pytest.raises(InvalidRequest, match=r"a recording of 1.\d+ s; a style takes at least 2 s"):
        extract_style(record(1.9, rate_hz), MeanEncoder(), SCALE)


def test_a_face_that_does_nothing_gives_a_style_that_does_nothing():
    style = extract_style(record(3.0), MeanEncoder(), SCALE)

    assert (style.blink_rate_hz, style.gaze_range, style.head_wander_rad) == (0.0, 0.0, 0.0)
    assert style.head_tempo_hz == 0.25
    assert np.isfinite(style.vector).all()


def test_motion_is_52_weights_and_a_rotation_vector():
    recording = record(2.0)
    frames = FaceFrames(
        first_index=0, frame_rate_hz=25, weights=recording.weights, head=recording.head
    )

    motion = motion_of(frames)

    assert (motion.shape, motion.dtype) == ((50, MOTION_DIM), np.float32)
    np.testing.assert_allclose(motion[:, -3:], [[0.1, -0.2, 0.05]] * 50, atol=1e-6)
