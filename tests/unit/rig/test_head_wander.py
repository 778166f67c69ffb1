"""The wandering head: as wide and as quick as asked, quicker in speech, the same for a seed."""

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.rig.head_wander import HeadWander, WanderClock

REST = (0.0, 0.0, 0.0, 1.0)
NEUTRAL = {"amplitude_rad": 0.035, "tempo_hz": 0.25}


def face(is_speech):
    """Weights whose jaw opens and shuts five times a second wherever there is speech. [T, 52]"""
    is_speech = np.asarray(is_speech, bool)
    weights = np.zeros((len(is_speech), NUM_CURVES), np.float32)
    waving = 0.15 * (1 - np.cos(2 * np.pi * 5 * np.arange(len(is_speech)) / 25))
    weights[:, CURVE_INDEX["jawOpen"]] = np.where(is_speech, waving, 0)
    return weights


SPEECH, PAUSE = face(np.ones(1000)), face(np.zeros(1000))


def run(weights=SPEECH, seed=3, batch=None, amplitude_rad=0.05, tempo_hz=0.25, head=REST):
    """Quaternions of a stream whose frames come in batches. [T, 4]"""
    wander = HeadWander(seed, amplitude_rad=amplitude_rad, tempo_hz=tempo_hz)
    heads = np.tile(np.array(head, np.float32), (len(weights), 1))
    batch = batch or len(weights)
    return np.concatenate(
        [
            wander.add_to(heads[start : start + batch], weights[start : start + batch])
            for start in range(0, len(weights), batch)
        ]
    )


def angles_deg(*arguments, **options):
    return yaw_pitch_roll_deg_from_quaternion(run(*arguments, **options)).astype(np.float64)


def speeds_deg_s(*arguments, **options):
    return 25 * np.linalg.norm(np.diff(angles_deg(*arguments, **options), axis=0), axis=1)


@pytest.mark.parametrize("batch", [1, 5, 97])
def test_batches_do_not_change_the_head(batch):
    weights = face(np.arange(1000) % 60 < 40)
    np.testing.assert_array_equal(run(weights, batch=batch), run(weights))


def test_another_seed_wanders_elsewhere_and_the_largest_seed_is_taken():
    assert np.abs(run(seed=3) - run(seed=2**64 - 1)).max() > 0.01


def test_the_head_wanders_as_widely_as_asked():
    angles = np.stack([np.radians(angles_deg(seed=seed, amplitude_rad=0.05)) for seed in range(30)])
    spread = np.sqrt((angles**2).mean(axis=(0, 1)))
    np.testing.assert_allclose(spread, 0.05 * np.array([1.1, 0.9, 0.6]), rtol=0.1)


def test_a_quicker_tempo_moves_faster():
    slow, quick = (speeds_deg_s(tempo_hz=tempo_hz).mean() for tempo_hz in (0.15, 0.6))
    assert quick / slow == pytest.approx(4, rel=0.2)


def test_a_neutral_head_moves_as_a_filmed_one_does():
    # Eight seconds of speech with pauses, as clips have; the denoiser's nods come on top.
    weights = face(np.arange(200) % 75 < 60)
    clips = [{"seed": seed, **NEUTRAL} for seed in range(40)]
    ends = [np.percentile(angles_deg(weights, **clip), [5, 95], axis=0) for clip in clips]
    yaw, pitch, _ = np.median([high - low for low, high in ends], axis=0)
    assert 6 < yaw < 9
    assert 4 < pitch < 7
    assert 4.5 < np.median([speeds_deg_s(weights, **clip).mean() for clip in clips]) < 7


def test_no_stream_creeps_and_none_hurries():
    means = [speeds_deg_s(seed=seed, **NEUTRAL).mean() for seed in range(40)]
    assert max(means) / min(means) < 1.7


def test_the_head_is_faster_in_speech_than_in_a_pause():
    speech, pause = (
        np.mean([speeds_deg_s(weights, seed=seed)[50:].mean() for seed in range(10)])
        for weights in (SPEECH, PAUSE)
    )
    assert pause / speech == pytest.approx(0.4, rel=0.1)


def test_the_tempo_follows_speech_within_a_third_of_a_second():
    # In speech from second 20 on. The median over seeds takes the turns of single waves away.
    weights = face(np.arange(1000) >= 500)
    ratio = np.median(
        [
            speeds_deg_s(weights, seed=seed, tempo_hz=0.1)[[499, 503, 508, 512, 525]]
            / speeds_deg_s(PAUSE, seed=seed, tempo_hz=0.1)[499]
            for seed in range(60)
        ],
        axis=0,
    )
    assert ratio[0] == pytest.approx(1, abs=0.02)
    assert 1.1 < ratio[1] < 1.6
    assert ratio[2] > 1.6
    assert ratio[3:] == pytest.approx(2.4, abs=0.5)


def test_a_stop_between_two_vowels_is_no_pause():
    still = np.ones(1000, bool)
    still[500:503] = False  # 120 ms
    steady, stopped = played_s(SPEECH), played_s(face(still))
    assert steady - stopped < 0.06


def played_s(weights):
    """How much of its course the head ran through."""
    clock = WanderClock()
    clock.advance(weights)
    return clock.advance(weights[-1:])[0]


def test_time_passes_at_full_tempo_in_speech_and_at_two_fifths_in_pauses():
    assert played_s(SPEECH) == pytest.approx(40, abs=0.5)
    assert played_s(PAUSE) == pytest.approx(16)


def test_sampling_noise_on_shut_lips_is_no_speech():
    noise = np.random.default_rng(0).normal(0, 0.0005, PAUSE.shape).astype(np.float32)
    assert played_s(np.abs(noise)) == pytest.approx(16)


def test_the_future_does_not_move_the_head():
    weights = face(np.arange(1000) < 500)
    np.testing.assert_array_equal(run(weights)[:501], run(SPEECH)[:501])


def test_the_head_moves_from_the_first_frame_on():
    assert np.median([speeds_deg_s(SPEECH, seed=seed)[0] for seed in range(20)]) > 1


def test_speech_that_begins_or_ends_does_not_jerk_the_head():
    weights = face(np.arange(1000) % 100 < 50)
    for seed in range(10):
        velocity = 25 * np.diff(angles_deg(weights, seed=seed), axis=0)
        changes = np.linalg.norm(np.diff(velocity, axis=0), axis=1)
        assert changes.max() < 0.25 * np.linalg.norm(velocity, axis=1).max()


def test_no_amplitude_leaves_the_head_as_it_is():
    pose = quaternion_from_rotation_vector(np.array([[0.1, -0.2, 0.05]], np.float32))[0]
    np.testing.assert_allclose(run(amplitude_rad=0.0, head=pose), [pose] * 1000, atol=1e-6)


def test_wandering_is_around_the_pose_that_the_head_holds():
    pose = quaternion_from_rotation_vector(np.array([[0.2, 0.3, 0.0]], np.float32))
    held = yaw_pitch_roll_deg_from_quaternion(pose)[0]
    angles = angles_deg(np.tile(SPEECH, (10, 1)), head=pose[0])
    np.testing.assert_allclose(angles.mean(axis=0), held, atol=1.0)


def test_quaternions_stay_unit_and_continuous():
    head = run(tempo_hz=0.6, amplitude_rad=0.12)
    np.testing.assert_allclose(np.linalg.norm(head, axis=1), 1, atol=1e-6)
    assert np.abs(np.diff(head, axis=0)).max() < 0.1


def test_no_frames_are_no_trouble():
    wander = HeadWander(3, **NEUTRAL)
    no_weights = np.zeros((0, NUM_CURVES), np.float32)
    assert wander.add_to(np.zeros((0, 4), np.float32), no_weights).shape == (0, 4)


def test_a_pause_at_any_times_is_the_pause_frame_by_frame():
    times_s = np.arange(len(PAUSE)) / 25
    at_times = HeadWander(3, amplitude_rad=0.05, tempo_hz=0.25).in_pause(times_s)
    # Summed time against multiplied time, in float32 quaternions.
    np.testing.assert_allclose(at_times, run(PAUSE), atol=1e-6)


def test_looking_into_a_pause_moves_nothing_on():
    wander = HeadWander(3, amplitude_rad=0.05, tempo_hz=0.25)
    wander.in_pause(np.arange(100) / 60)
    heads = np.tile(np.array(REST, np.float32), (len(SPEECH), 1))
    np.testing.assert_array_equal(wander.add_to(heads, SPEECH), run(SPEECH))
