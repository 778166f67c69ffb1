"""Idle life: a face that was shown settles, then lives, for hours, in frames of any number."""

import numpy as np
import pytest

from posecast.adjustments import CurveAdjustment, FaceAdjustments, RegionStrengths
from posecast.rig.adjuster import FaceAdjuster
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.rig.idle_life import IdleLife
from posecast.rig.regions import LOWER_FACE, indices_of
from posecast.signals import Style

JAW, CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
BLINK, SMILE = CURVE_INDEX["eyeBlinkLeft"], CURVE_INDEX["mouthSmileLeft"]
STYLE = Style(vector=np.zeros(8, np.float32))


def spoken_face(seed=8):
    rng = np.random.default_rng(seed)
    weights = rng.random(NUM_CURVES).astype(np.float32)
    weights[CLOSE] = weights[JAW] * np.float32(0.9)
    rotation = np.array([[0.1, -0.3, 0.05]], np.float32)
    return weights, quaternion_from_rotation_vector(rotation)[0]


def idle_life(face=None, seed=3, rate_hz=30, style=STYLE, adjuster=None):
    weights, head = spoken_face() if face is None else face
    return IdleLife(
        style, seed, frame_rate_hz=rate_hz, weights=weights, head=head, adjuster=adjuster
    )


def run(batches, **options):
    life = idle_life(**options)
    parts = [life.next(num_frames) for num_frames in batches]
    return tuple(np.concatenate(kind) for kind in zip(*parts, strict=True))


@pytest.mark.parametrize(
    "adjustments",
    [
        None,
        FaceAdjustments(
            curves={"mouthSmileLeft": CurveAdjustment(offset=0.3)},
            strengths=RegionStrengths(head=0.5),
        ),
    ],
    ids=["plain", "adjusted"],
)
def test_chunking_does_not_change_frames(adjustments):
    def cut(batches):
        adjuster = None if adjustments is None else FaceAdjuster(adjustments, 30)
        return run(batches, adjuster=adjuster)

    whole = cut([60])
    for batches in ([1] * 60, [5] * 12, [0, 11, 1, 48], *([n, 60 - n] for n in range(61))):
        weights, head = cut(batches)
        np.testing.assert_array_equal(weights, whole[0])
        np.testing.assert_array_equal(head, whole[1])


@pytest.mark.parametrize("rate_hz", [25, 30, 50, 60])
def test_the_shown_face_settles_in_two_fifths_of_a_second_without_a_jump(rate_hz):
    shown = spoken_face()
    still = Style(vector=STYLE.vector, blink_rate_hz=0.0, gaze_range=0.0, head_wander_rad=0.0)
    weights, head = run([rate_hz], rate_hz=rate_hz, style=still)
    num_settling = 2 * rate_hz // 5
    path = np.concatenate([shown[0][None], weights])
    assert (np.diff(path[: num_settling + 1], axis=0) < 0).all()  # the first frame moves already
    assert -np.diff(path, axis=0).min() <= 1.5 / num_settling + 1e-6  # a smooth step's steepest
    assert not weights[num_settling - 1 :].any()
    yaws = np.abs(yaw_pitch_roll_deg_from_quaternion(np.concatenate([shown[1][None], head]))[:, 0])
    assert (np.diff(yaws[: num_settling + 1]) < 0).all()
    np.testing.assert_array_equal(head[num_settling - 1 :], [[0, 0, 0, 1]] * (rate_hz * 3 // 5 + 1))


def test_lips_stay_shut():
    weights, _ = run([600])
    assert not weights[12:, indices_of(LOWER_FACE)].any()


@pytest.mark.parametrize("seed", range(4))
def test_an_idle_face_is_a_face(seed):
    weights, head = run([13, 287], face=spoken_face(seed), seed=seed)
    assert weights.dtype == head.dtype == np.float32
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert not np.signbit(weights).any()
    assert (weights[:, CLOSE] <= weights[:, JAW]).all()
    np.testing.assert_allclose(np.linalg.norm(head, axis=1), 1, atol=1e-6)  # float32


def test_eyes_blink_and_look_about():
    weights, _ = run([60 * 30])
    shut = weights[:, BLINK] > 0.5
    assert 5 < (shut[1:] & ~shut[:-1]).sum() < 40  # 18 expected
    assert weights[:, CURVE_INDEX["eyeLookOutLeft"]].std() > 0.02


@pytest.mark.parametrize("rate_hz", [30, 60])
def test_the_head_wanders_slowly_and_does_not_tremble(rate_hz):
    _, head = run([60 * rate_hz], rate_hz=rate_hz)
    angles = yaw_pitch_roll_deg_from_quaternion(head).astype(np.float64)[rate_hz:]
    assert 0.5 < angles[:, 0].std() < 5
    velocity = np.diff(angles, axis=0) * rate_hz
    acceleration = np.diff(velocity, axis=0) * rate_hz
    # The quickest wave: 0.25 Hz * 2.5 * PAUSE_TEMPO 0.4 = 0.25 Hz, 1.57 rad/s. A velocity that
    # changed only with every model frame would show steps of 25 times its own change.
    assert np.abs(velocity).max() < 10
    assert np.abs(acceleration).max() < 1.6 * np.abs(velocity).max()


def test_rates_do_not_change_the_life():
    slow, fast = run([300], rate_hz=25), run([600], rate_hz=50)
    np.testing.assert_array_equal(fast[0][::2][10:], slow[0][10:])
    np.testing.assert_array_equal(fast[1][::2][10:], slow[1][10:])


def test_another_seed_lives_otherwise():
    assert np.abs(run([300], seed=4)[0] - run([300])[0])[20:].max() > 0.1


def test_adjustments_shape_the_idle_face_and_the_shown_one_only_once():
    smiling = FaceAdjustments(curves={"mouthSmileLeft": CurveAdjustment(offset=0.3)})
    weights, head = np.zeros(NUM_CURVES, np.float32), np.array([0, 0, 0, 1], np.float32)
    weights[SMILE] = 0.3
    smiles, _ = run([60], face=(weights, head), adjuster=FaceAdjuster(smiling, 30))
    np.testing.assert_allclose(smiles[:, SMILE], 0.3, rtol=1e-6)  # float32


def test_hours_leave_nothing_behind():
    life = idle_life(style=Style(vector=STYLE.vector, blink_rate_hz=1.0))
    for _ in range(4):
        life.next(25_000)
    assert len(life._eyes._blink_starts) < 5
    assert len(life._eyes._gaze_times) == len(life._eyes._gaze_targets) < 5
    weights, _ = life.next(3000)
    assert weights[:, BLINK].max() > 0.99  # it goes on living
