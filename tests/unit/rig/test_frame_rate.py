"""Model frames to output frames: nothing is lost that the eye would miss."""

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.frame_rate import FrameRateConverter
from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.rig.retarget import lip_aperture

JAW = CURVE_INDEX["jawOpen"]
RATES = (25, 30, 50, 60)
OTHER_RATES = (30, 50, 60)


def face(jaw):
    """Weights and heads of a face whose jaw and yaw follow a curve."""
    jaw = np.asarray(jaw, np.float32)
    weights = np.zeros((len(jaw), NUM_CURVES), np.float32)
    weights[:, JAW] = jaw
    rotation = np.zeros((len(jaw), 3), np.float32)
    rotation[:, 1] = jaw
    return weights, quaternion_from_rotation_vector(rotation)


def count(num_frames, rate_hz):
    return (num_frames - 1) * rate_hz // 25 + 1


def convert(weights, head, rate_hz, cuts=None):
    converter = FrameRateConverter(rate_hz)
    parts = [
        converter.push(weights[start:end], head[start:end])
        for start, end in zip([0, *(cuts or [])], [*(cuts or []), len(weights)], strict=True)
    ]
    parts.append(converter.finish(count(len(weights), rate_hz)))
    return tuple(np.concatenate(kind) for kind in zip(*parts, strict=True))


@pytest.fixture
def moving():
    rng = np.random.default_rng(8)
    return face(np.clip(np.cumsum(rng.normal(0, 0.15, 90)) % 1, 0, 1))


def test_at_25_frames_pass_as_they_are(moving):
    weights, head = convert(*moving, 25)
    np.testing.assert_array_equal(weights, moving[0])
    np.testing.assert_allclose(head, moving[1], atol=1e-7)  # made unit once more


def test_at_25_frames_leave_at_once(moving):
    converter = FrameRateConverter(25)
    assert len(converter.push(moving[0][:7], moving[1][:7])[0]) == 7


@pytest.mark.parametrize("rate_hz", OTHER_RATES)
def test_frames_leave_one_model_frame_late(moving, rate_hz):
    converter = FrameRateConverter(rate_hz)
    weights, _ = converter.push(moving[0][:11], moving[1][:11])
    assert len(weights) == count(10, rate_hz)


@pytest.mark.parametrize("rate_hz", RATES)
def test_chunks_do_not_change_frames(moving, rate_hz):
    whole = convert(*moving, rate_hz)
    for cuts in (list(range(1, 90)), [5, 10, 15, 20, 25], [1, 2, 60], [89]):
        cut = convert(*moving, rate_hz, cuts)
        np.testing.assert_array_equal(cut[0], whole[0])
        np.testing.assert_array_equal(cut[1], whole[1])


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("num_frames", [1, 2, 3, 26])
def test_there_are_as_many_frames_as_asked(moving, rate_hz, num_frames):
    converter = FrameRateConverter(rate_hz)
    pushed = converter.push(moving[0][:num_frames], moving[1][:num_frames])
    rest = converter.finish(100)
    assert len(pushed[0]) + len(rest[0]) == len(pushed[1]) + len(rest[1]) == 100


@pytest.mark.parametrize("rate_hz", OTHER_RATES)
def test_beyond_the_end_the_last_frame_is_held(rate_hz):
    weights, head = face([0.1, 0.5])
    converter = FrameRateConverter(rate_hz)
    converter.push(weights, head)
    held, _ = converter.finish(10)
    assert held[-1, JAW] == pytest.approx(0.5)


@pytest.mark.parametrize("rate_hz", OTHER_RATES)
@pytest.mark.parametrize("closed_at", range(3, 15))
def test_a_closure_of_one_frame_keeps_its_depth_wherever_it_falls(rate_hz, closed_at):
    jaw = np.full(20, 0.6)
    jaw[closed_at] = 0.0
    weights, _ = convert(*face(jaw), rate_hz)
    aperture = lip_aperture(weights)
    assert aperture.min() == 0
    # ... and at its place, within half an output frame.
    assert abs(aperture.argmin() / rate_hz - closed_at / 25) <= 0.5 / rate_hz


@pytest.mark.parametrize("rate_hz", OTHER_RATES)
@pytest.mark.parametrize("closed_at", [0, 19])
def test_a_closure_at_either_end_keeps_its_depth(rate_hz, closed_at):
    jaw = np.full(20, 0.6)
    jaw[closed_at] = 0.0
    converter = FrameRateConverter(rate_hz)
    parts = [converter.push(*face(jaw))[0], converter.finish(20 * rate_hz // 25)[0]]
    assert lip_aperture(np.concatenate(parts)).min() == 0


@pytest.mark.parametrize("rate_hz", OTHER_RATES)
def test_a_head_that_turns_steadily_does_not_tremble_at_closures(rate_hz):
    weights, _ = face(0.3 + 0.3 * np.cos(np.arange(50)))
    _, head = face(np.linspace(0, 1, 50))
    _, converted = convert(weights, head, rate_hz)
    yaw = yaw_pitch_roll_deg_from_quaternion(converted)[:, 0]
    expected = np.degrees(np.arange(len(yaw)) / rate_hz * 25 / 49)
    np.testing.assert_allclose(yaw, expected, atol=5e-3)


@pytest.mark.parametrize("rate_hz", RATES)
def test_nothing_overshoots(moving, rate_hz):
    weights, _ = convert(*moving, rate_hz)
    times = np.arange(len(weights)) / rate_hz * 25
    low = moving[0][np.floor(times + 1e-9).astype(int), JAW]
    high = moving[0][np.minimum(np.ceil(times - 1e-9).astype(int), 89), JAW]
    assert (weights[:, JAW] >= np.minimum(low, high) - 1e-6).all()
    assert (weights[:, JAW] <= np.maximum(low, high) + 1e-6).all()


@pytest.mark.parametrize("rate_hz", OTHER_RATES)
def test_a_steady_movement_stays_steady(rate_hz):
    jaw = np.linspace(0, 1, 50)
    weights, head = convert(*face(jaw), rate_hz)
    expected = np.arange(len(weights)) / rate_hz * 25 / 49
    np.testing.assert_allclose(weights[:, JAW], expected, atol=1e-5)
    yaw = yaw_pitch_roll_deg_from_quaternion(head)[:, 0]
    np.testing.assert_allclose(yaw, np.degrees(expected), atol=5e-3)


def test_a_long_stream_keeps_but_a_few_frames(moving):
    converter = FrameRateConverter(60)
    for _ in range(50):
        converter.push(*moving)
    assert len(converter._weights) < 10
