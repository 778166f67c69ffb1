"""What Eyes and HeadWander are asked for is measured again."""

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.eyes import Eyes
from posecast.rig.head_pose import quaternion_from_rotation_vector
from posecast.rig.head_wander import HeadWander
from posecast.rig.life_measurement import measure_life
from posecast.rig.wander_measurement import USUAL_TEMPO_HZ
from posecast.signals import FaceFrames

REST = np.float32([0, 0, 0, 1])


def face(weights=None, head=None, num_frames=250):
    return FaceFrames(
        first_index=0,
        frame_rate_hz=25,
        weights=np.zeros((num_frames, 52), np.float32) if weights is None else weights,
        head=np.tile(REST, (num_frames, 1)) if head is None else head,
    )


def lids(values):
    weights = np.zeros((len(values), 52), np.float32)
    for side in ("Left", "Right"):
        weights[:, CURVE_INDEX[f"eyeBlink{side}"]] = values
    return weights


@pytest.mark.parametrize(
    ("blink_rate_hz", "gaze_range", "amplitude_rad", "tempo_hz"),
    [(0.15, 0.06, 0.012, 0.2), (0.3, 0.15, 0.035, 0.25), (0.75, 0.3, 0.1, 0.4)],
)
def test_the_life_of_a_style_is_found_in_its_face(
    blink_rate_hz, gaze_range, amplitude_rad, tempo_hz
):
    measured = []
    for seed in range(10):
        times_s = np.arange(60 * 25) / 25
        weights = np.zeros((len(times_s), 52), np.float32)
        # Lips that speak: a head is slower over still ones.
        weights[:, CURVE_INDEX["jawOpen"]] = 0.2 + 0.2 * np.sin(2 * np.pi * 4 * times_s)
        Eyes(seed, blink_rate_hz=blink_rate_hz, gaze_range=gaze_range).add_to(weights, times_s)
        wander = HeadWander(seed, amplitude_rad=amplitude_rad, tempo_hz=tempo_hz)
        head = wander.add_to(np.tile(REST, (len(times_s), 1)), weights)
        life = measure_life(face(weights, head))
        measured.append(
            (life.blink_rate_hz, life.gaze_range, life.head_wander_rad, life.head_tempo_hz)
        )

    # Ten minutes of a random process tell its parameters to a tenth or so.
    expected = (blink_rate_hz, gaze_range, amplitude_rad, tempo_hz)
    np.testing.assert_allclose(np.mean(measured, axis=0), expected, rtol=0.15)


def test_a_face_that_does_nothing_has_no_life_but_a_tempo():
    life = measure_life(face())

    assert (life.blink_rate_hz, life.gaze_range, life.head_wander_rad) == (0.0, 0.0, 0.0)
    assert life.head_tempo_hz == USUAL_TEMPO_HZ


def test_a_lid_that_trembles_blinks_once_and_a_half_shut_one_not_at_all():
    values = np.zeros(250)
    values[50:56] = [0.5, 0.9, 0.35, 0.6, 0.9, 0.3]  # never below 0.25 in between
    values[100:103] = [0.2, 0.39, 0.2]

    assert measure_life(face(lids(values))).blink_rate_hz == pytest.approx(1 / 10)


def test_eyes_that_are_shut_at_the_start_have_not_blinked_yet():
    values = np.zeros(250)
    values[:20] = 1.0

    assert measure_life(face(lids(values))).blink_rate_hz == 0.0


def test_nods_are_not_the_wandering():
    rotation = np.zeros((500, 3), np.float32)
    rotation[:, 0] = 0.1 * np.sin(2 * np.pi * 2.0 * np.arange(500) / 25)

    life = measure_life(face(head=quaternion_from_rotation_vector(rotation), num_frames=500))

    assert life.head_wander_rad < 0.001


def test_a_turned_head_that_holds_its_pose_is_still():
    rotation = np.tile(np.float32([0.1, 0.4, 0.05]), (250, 1))

    life = measure_life(face(head=quaternion_from_rotation_vector(rotation)))

    assert life.head_wander_rad == 0.0


def test_measures_stay_within_the_ranges_of_a_style():
    rotation = np.zeros((250, 3), np.float32)
    rotation[:, 1] = 1.5 * np.sin(2 * np.pi * 0.4 * np.arange(250) / 25)
    values = np.arange(250) % 2  # 12.5 blinks a second

    life = measure_life(face(lids(values), quaternion_from_rotation_vector(rotation)))

    assert (life.blink_rate_hz, life.head_wander_rad) == (2.0, 0.3)


def looks(directions, num_frames):
    """Eyes that look to the own right and up, each direction for so many frames."""
    right, up = np.repeat(np.array(directions), num_frames, axis=0).T
    weights = np.zeros((len(right), 52), np.float32)
    for name, value in (
        ("eyeLookOutRight", right), ("eyeLookInLeft", right), ("eyeLookInRight", -right),
        ("eyeLookOutLeft", -right), ("eyeLookUpLeft", up), ("eyeLookUpRight", up),
        ("eyeLookDownLeft", -up), ("eyeLookDownRight", -up),
    ):  # fmt: skip
        weights[:, CURVE_INDEX[name]] = np.clip(value, 0, 1)
    return weights


def test_how_long_something_is_looked_at_does_not_count():
    directions = [(0.2, 0.0), (-0.2, 0.0), (0.2, 0.0), (-0.2, 0.0)]

    short, long = (
        measure_life(face(looks(directions, frames), num_frames=sum(frames)))
        for frames in ([10, 10, 10, 10], [10, 150, 10, 10])
    )

    assert short.gaze_range == pytest.approx(long.gaze_range)
    assert short.gaze_range == pytest.approx(0.2 * (4 / 3) ** 0.5 / 2**0.5, rel=0.01)


def test_a_look_up_counts_as_much_as_eyes_would_look_aside():
    aside, up = (
        measure_life(face(looks([direction, (0.0, 0.0)] * 5, 10), num_frames=100)).gaze_range
        for direction in ((0.2, 0.0), (0.0, 0.2 * 0.6))
    )
    assert up == pytest.approx(aside, rel=0.01)


def test_eyes_that_follow_something_have_a_range_too():
    smooth = [(0.3 * np.sin(2 * np.pi * t / 25), 0.0) for t in range(250)]

    life = measure_life(face(looks(smooth, 1)))

    assert life.gaze_range == pytest.approx(0.3 / 2**0.5 / 2**0.5, rel=0.05)


def test_twenty_seconds_tell_the_gaze_to_an_eighth():
    errors = []
    for seed in range(60):
        weights = np.zeros((500, 52), np.float32)
        Eyes(seed, blink_rate_hz=0.3, gaze_range=0.15).add_to(weights, np.arange(500) / 25)
        errors.append(np.log(measure_life(face(weights, num_frames=500)).gaze_range / 0.15))
    assert np.std(errors) < 0.16  # 17 fixations of two axes: 1 / sqrt(2 * 34) is 0.12
    assert abs(np.mean(errors)) < 0.08
