"""The wandering head: a process in continuous time, as wide and as quick as asked."""

import numpy as np
import pytest

from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.rig.head_wander import HeadWander

REST = (0.0, 0.0, 0.0, 1.0)


def run(seed=3, seconds=40, rate_hz=25, batch=None, amplitude_rad=0.05, tempo_hz=0.25, head=REST):
    """Quaternions of a stream whose frames are asked for in batches. [T, 4]"""
    wander = HeadWander(seed, amplitude_rad=amplitude_rad, tempo_hz=tempo_hz)
    total = seconds * rate_hz
    batch = batch or total
    return np.concatenate(
        [
            wander.add_to(
                np.tile(np.array(head, np.float32), (min(total, start + batch) - start, 1)),
                np.arange(start, min(total, start + batch)) / rate_hz,
            )
            for start in range(0, total, batch)
        ]
    )


@pytest.mark.parametrize("batch", [1, 5, 97])
def test_batches_do_not_change_the_head(batch):
    np.testing.assert_array_equal(run(batch=batch), run())


def test_rates_do_not_change_the_head():
    np.testing.assert_array_equal(run(rate_hz=50, batch=13)[::2], run(rate_hz=25))


def test_another_seed_wanders_elsewhere_and_the_largest_seed_is_taken():
    assert np.abs(run(seed=3) - run(seed=2**64 - 1)).max() > 0.01


def test_the_head_wanders_as_widely_as_asked():
    angles = np.stack(
        [
            np.radians(yaw_pitch_roll_deg_from_quaternion(run(seed=seed, amplitude_rad=0.05)))
            for seed in range(30)
        ]
    )
    spread = np.sqrt((angles**2).mean(axis=(0, 1)))
    np.testing.assert_allclose(spread, 0.05 * np.array([1.2, 0.8, 0.6]), rtol=0.1)


def test_a_quicker_tempo_moves_faster():
    slow, quick = (
        np.abs(np.diff(run(tempo_hz=tempo_hz), axis=0)).mean() for tempo_hz in (0.15, 0.6)
    )
    assert quick / slow == pytest.approx(4, rel=0.2)


def test_no_amplitude_leaves_the_head_as_it_is():
    pose = quaternion_from_rotation_vector(np.array([[0.1, -0.2, 0.05]], np.float32))[0]
    np.testing.assert_allclose(run(amplitude_rad=0.0, head=pose), [pose] * 1000, atol=1e-6)


def test_wandering_is_around_the_pose_that_the_head_holds():
    pose = quaternion_from_rotation_vector(np.array([[0.2, 0.3, 0.0]], np.float32))
    held = yaw_pitch_roll_deg_from_quaternion(pose)[0]
    angles = yaw_pitch_roll_deg_from_quaternion(run(seconds=400, head=pose[0]))
    np.testing.assert_allclose(angles.mean(axis=0), held, atol=1.0)


def test_quaternions_stay_unit_and_continuous():
    head = run(tempo_hz=0.6, amplitude_rad=0.12)
    np.testing.assert_allclose(np.linalg.norm(head, axis=1), 1, atol=1e-6)
    assert np.abs(np.diff(head, axis=0)).max() < 0.1


def test_no_frames_are_no_trouble():
    wander = HeadWander(3, amplitude_rad=0.1, tempo_hz=0.3)
    assert wander.add_to(np.zeros((0, 4), np.float32), np.zeros(0)).shape == (0, 4)
