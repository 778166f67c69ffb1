"""The wandering of a head is told from nods, drifts and poses, and read back as it was asked."""

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.head_pose import quaternion_from_rotation_vector, rotation_vector_from_quaternion
from posecast.rig.head_wander import HeadWander
from posecast.rig.wander_measurement import USUAL_TEMPO_HZ, measure_wander

REST = np.float32([0, 0, 0, 1])


def lips(num_frames, speaks=True):
    weights = np.zeros((num_frames, 52), np.float32)
    times_s = np.arange(num_frames) / 25
    spoken = np.broadcast_to(speaks, num_frames)
    weights[:, CURVE_INDEX["jawOpen"]] = spoken * (0.2 + 0.2 * np.sin(2 * np.pi * 4 * times_s))
    return weights


def wandering(seed, amplitude_rad, tempo_hz, weights):
    wander = HeadWander(seed, amplitude_rad=amplitude_rad, tempo_hz=tempo_hz)
    return wander.add_to(np.tile(REST, (len(weights), 1)), weights)


def errors(amplitude_rad, tempo_hz, weights, spoil=lambda rotation, seed: rotation, count=12):
    """Logarithms of what was measured over what was asked. [count, 2]"""
    found = []
    for seed in range(count):
        head = wandering(seed, amplitude_rad, tempo_hz, weights)
        rotation = spoil(rotation_vector_from_quaternion(head), seed)
        found.append(measure_wander(quaternion_from_rotation_vector(rotation), weights))
    return np.log(np.array(found) / (amplitude_rad, tempo_hz))


@pytest.mark.parametrize("tempo_hz", [0.13, 0.25, 0.5])
def test_twenty_seconds_tell_amplitude_and_tempo_to_a_tenth(tempo_hz):
    error = errors(0.04, tempo_hz, lips(500))
    assert np.abs(error.mean(axis=0)).max() < 0.2  # the slowest waves are hardly seen to turn
    assert error.std(axis=0).max() < 0.12


def test_the_tempo_is_that_of_speech_whatever_the_pauses():
    speaks = np.arange(750) % 150 < 90  # 3.6 s of speech, 2.4 s of pause
    error = errors(0.04, 0.25, lips(750, speaks))
    assert abs(error[:, 1].mean()) < 0.1


def test_nods_and_drifting_poses_are_not_the_wandering():
    def spoil(rotation, seed):
        rng = np.random.default_rng(seed)
        steps = np.repeat(rng.normal(0, 0.008, (20, 3)), 25, axis=0)  # where windows join
        times_s = np.arange(500)[:, None] / 25
        nods = np.exp(-0.5 * ((times_s - rng.uniform(0, 20, 25)) / 0.15) ** 2).sum(axis=1)
        rotation[:, 0] += 0.03 * nods
        return (rotation + steps).astype(np.float32)

    error = errors(0.03, 0.25, lips(500), spoil)
    assert np.abs(error.mean(axis=0)).max() < 0.2
    assert error.std(axis=0).max() < 0.25


@pytest.mark.parametrize("hz", [2.0, 2.5])  # quicker than any wave
def test_a_head_that_only_nods_does_not_wander(hz):
    rotation = np.zeros((500, 3), np.float32)
    rotation[:, 0] = 0.1 * np.sin(2 * np.pi * hz * np.arange(500) / 25)
    wander = measure_wander(quaternion_from_rotation_vector(rotation), lips(500))
    assert wander.amplitude_rad < 0.001
    assert wander.tempo_hz == pytest.approx(USUAL_TEMPO_HZ, rel=0.2)


def test_long_takes_tell_more_and_short_ones_what_is_usual():
    error = errors(0.04, 0.5, lips(3000), count=3)
    assert np.abs(error).max() < 0.15
    head = wandering(0, 0.04, 0.6, lips(50))
    assert 0.1 < measure_wander(head, lips(50)).tempo_hz < 0.5


@pytest.mark.parametrize("num_frames", [2, 23])
def test_a_few_frames_have_a_width_and_the_usual_tempo(num_frames):
    rotation = np.zeros((num_frames, 3), np.float32)
    rotation[:, 1] = np.linspace(0, 0.1, num_frames)
    wander = measure_wander(quaternion_from_rotation_vector(rotation), lips(num_frames))
    assert 0 < wander.amplitude_rad < 0.1
    assert wander.tempo_hz == USUAL_TEMPO_HZ


def test_a_still_head_in_any_pose_does_not_wander():
    rotation = np.tile(np.float32([0.1, 0.4, 0.05]), (250, 1))
    wander = measure_wander(quaternion_from_rotation_vector(rotation), lips(250))
    assert wander == (0.0, USUAL_TEMPO_HZ)
