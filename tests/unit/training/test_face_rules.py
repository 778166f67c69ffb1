"""The teacher of the denoiser: articulation, accents and style all show in the face."""

import dataclasses

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, LIP_CURVES, MOTION_DIM, NUM_CURVES
from posecast.training.face_rules import add_life, animate_by_rule
from posecast.training.phones import CHANNEL_INDEX
from posecast.training.styles import NAMED_STYLES, StyleParameters, draw_style

NEUTRAL = StyleParameters()
NO_ACCENTS = np.zeros((0, 2), np.float32)
PITCH = NUM_CURVES


def animate(style=NEUTRAL, num_frames=100, **channels):
    tracks = np.zeros((num_frames, 9), np.float32)
    for name, value in channels.items():
        tracks[:, CHANNEL_INDEX[name]] = value
    return animate_by_rule(tracks, style)


def gesture(accents, seed=1, style=NEUTRAL):
    """A silent face that only answers accents."""
    still = dataclasses.replace(style, head_amplitude_rad=0.0, blink_rate_hz=0.0, gaze_range=0.0)
    motion = animate_by_rule(np.zeros((100, 9), np.float32), still)
    return add_life(motion, accents, still, np.random.default_rng(seed))


def curve(motion, name):
    return motion[:, CURVE_INDEX[name]]


def test_a_silent_neutral_face_is_shut():
    motion = animate()
    assert motion.shape == (100, MOTION_DIM)
    assert not motion[:, :NUM_CURVES].any()


def test_closed_lips_undo_the_opening_of_the_jaw():
    motion = animate(jaw=0.3, close=1.0)
    assert curve(motion, "jawOpen").min() > 0.2
    np.testing.assert_allclose(
        curve(motion, "mouthClose"), 0.98 * curve(motion, "jawOpen"), rtol=1e-5
    )
    assert curve(motion, "mouthPressLeft").min() > 0.2


def test_lips_closed_in_silence_are_not_pressed():
    assert not curve(animate(jaw=0.0, close=1.0), "mouthPressLeft").any()


@pytest.mark.parametrize(
    ("channel", "curves"),
    [
        ("jaw", ("jawOpen",)),
        ("round", ("mouthPucker",)),
        ("funnel", ("mouthFunnel",)),
        ("spread", ("mouthStretchLeft", "mouthStretchRight", "mouthSmileLeft")),
        ("lower", ("mouthLowerDownLeft", "mouthLowerDownRight")),
        ("upper", ("mouthUpperUpLeft", "mouthUpperUpRight")),
        ("labiodental", ("mouthRollLower",)),
        ("tongue", ("tongueOut",)),
    ],
)
def test_each_articulator_moves_its_curves(channel, curves):
    moved, rest = animate(**{channel: 0.5}), animate()
    for name in curves:
        assert (curve(moved, name) > curve(rest, name) + 0.03).all()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"mouth_gain": 1.5}, "jawOpen"),
        ({"rounding": 1.5}, "mouthPucker"),
        ({"smile": 0.4}, "mouthSmileLeft"),
        ({"frown": 0.4}, "mouthFrownRight"),
        ({"brow_bias": 0.3}, "browOuterUpLeft"),
        ({"brow_bias": -0.3}, "browDownLeft"),
        ({"eye_bias": 0.3}, "eyeWideLeft"),
        ({"eye_bias": -0.3}, "eyeSquintLeft"),
        ({"sneer": 0.3}, "noseSneerRight"),
    ],
)
def test_each_parameter_of_a_style_shows(changes, name):
    channels = {"jaw": 0.4, "round": 0.4}
    styled = animate(dataclasses.replace(NEUTRAL, **changes), **channels)
    assert (curve(styled, name) > curve(animate(**channels), name) + 0.05).all()


def test_asymmetry_raises_the_left_and_lowers_the_right():
    motion = animate(dataclasses.replace(NEUTRAL, asymmetry=0.3, smile=0.4))
    assert (curve(motion, "mouthSmileLeft") > curve(motion, "mouthSmileRight") + 0.1).all()


ONE_ACCENT = np.array([[2.0, 1.0]], np.float32)


def test_an_accent_nods_down_at_its_time_then_rebounds():
    """Unless chance leaves it out; the mean firmness is that of exp(0.35 times a normal number)."""
    nods = [gesture(ONE_ACCENT, seed)[:, PITCH] for seed in range(200)]
    nods = [pitch for pitch in nods if np.abs(pitch).max() > 1e-6]
    for pitch in nods:
        assert pitch.argmax() == 50
        assert pitch[55:65].min() < -0.2 * pitch[50]
    expected = NEUTRAL.nod_rad * np.exp(0.35**2 / 2)
    assert np.mean([pitch[50] for pitch in nods]) == pytest.approx(expected, rel=0.1)


def test_the_head_takes_up_most_accents_and_each_in_its_own_way():
    nods = np.array([gesture(ONE_ACCENT, seed)[50, PITCH] for seed in range(300)])
    assert np.mean(nods > 1e-6) == pytest.approx(0.75, abs=0.06)
    assert np.std(np.log(nods[nods > 1e-6])) == pytest.approx(0.35, abs=0.06)


def test_a_nod_turns_and_tilts_to_either_side():
    turns = np.array([gesture(ONE_ACCENT, seed)[50, NUM_CURVES:] for seed in range(300)])
    turns = turns[turns[:, 0] > 1e-6]
    sideways = turns[:, 1:] / turns[:, :1]
    np.testing.assert_allclose(sideways.std(axis=0), [0.5, 0.3], rtol=0.2)
    assert np.abs(sideways.mean(axis=0)).max() < 0.1


def test_a_strong_accent_mostly_raises_the_brows_and_a_plain_one_never_does():
    strong, plain = (
        [
            curve(gesture(np.array([[2.0, prominence]], np.float32), seed), "browInnerUp")
            for seed in range(200)
        ]
        for prominence in (1.5, 0.6)
    )
    raised = [brow for brow in strong if brow.any()]
    assert len(raised) / 200 == pytest.approx(0.65, abs=0.08)
    for brow in raised:
        assert brow.argmax() == 50
    assert np.mean([brow[50] for brow in raised]) > 0.1
    assert not any(brow.any() for brow in plain)


def test_brows_rise_from_where_the_style_holds_them_and_frown_less():
    high = dataclasses.replace(NEUTRAL, brow_bias=0.3, brow_gain=0.5)
    low = dataclasses.replace(NEUTRAL, brow_bias=-0.3, brow_gain=0.5)
    strong = np.array([[2.0, 1.5]], np.float32)
    seed = next(s for s in range(50) if curve(gesture(strong, s), "browInnerUp").any())
    raised, frowning = gesture(strong, seed, high), gesture(strong, seed, low)
    assert curve(raised, "browInnerUp")[0] == pytest.approx(0.3, abs=1e-6)
    assert curve(raised, "browInnerUp")[50] > 0.4
    np.testing.assert_allclose(
        curve(raised, "browOuterUpLeft"), 0.7 * curve(raised, "browInnerUp"), rtol=1e-5
    )
    assert curve(frowning, "browDownLeft")[0] == pytest.approx(0.3, abs=1e-6)
    assert curve(frowning, "browDownLeft")[50] < 0.25


def test_nods_and_brows_are_left_to_chance_apart():
    faces = [gesture(np.array([[2.0, 1.5]], np.float32), seed) for seed in range(200)]
    seen = {(bool(face[50, PITCH] > 1e-6), bool(curve(face, "browInnerUp")[50])) for face in faces}
    assert len(seen) == 4


def test_a_weak_vowel_moves_nothing():
    for seed in range(20):
        moved = gesture(np.array([[2.0, 0.3]], np.float32), seed)
        np.testing.assert_allclose(moved, animate(), atol=1e-6)


def test_accents_outside_the_clip_are_heard_only_in_their_tails():
    accents = np.array([[-5.0, 2.0], [20.0, 2.0]], np.float32)
    for seed in range(20):
        np.testing.assert_allclose(gesture(accents, seed), animate(), atol=1e-6)


def test_the_head_holds_its_pose_by_rule():
    """The denoiser is not asked for what is drawn at run time."""
    head = animate(jaw=chatter(100))[:, NUM_CURVES:]
    np.testing.assert_array_equal(head, np.tile(head[:1], (100, 1)))


def test_the_head_rests_where_the_style_says():
    style = dataclasses.replace(NEUTRAL, rest_pitch_rad=0.1, rest_yaw_rad=-0.05, rest_roll_rad=0.02)
    np.testing.assert_allclose(
        animate(style)[:, NUM_CURVES:], [[0.1, -0.05, 0.02]] * 100, atol=1e-5
    )


def test_the_generator_alone_decides_what_is_left_to_chance():
    accents = np.array([[1.0, 1.0], [2.0, 1.5], [3.0, 2.0]], np.float32)
    one, again, other = (gesture(accents, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.005


def test_any_style_and_any_articulation_stay_in_range():
    rng = np.random.default_rng(6)
    styles = [named.parameters for named in NAMED_STYLES.values()]
    for style in [*styles, *(draw_style(rng) for _ in range(30))]:
        motion = animate_by_rule(rng.uniform(0, 1, (50, 9)).astype(np.float32), style)
        motion = add_life(motion, np.array([[1.0, 2.0]]), style, rng)
        assert motion[:, :NUM_CURVES].min() >= 0
        assert motion[:, :NUM_CURVES].max() <= 1
        assert np.abs(motion[:, NUM_CURVES:]).max() < 1.2
        assert (curve(motion, "mouthClose") <= curve(motion, "jawOpen")).all()


def test_blinks_and_gaze_are_left_to_run_time():
    motion = animate(jaw=0.5)
    assert not any(curve(motion, name).any() for name in CURVE_INDEX if "Blink" in name)
    assert not any(curve(motion, name).any() for name in CURVE_INDEX if "Look" in name)


def live(style=NEUTRAL, num_frames=100, seed=1, **channels):
    """Only what a face does of itself: curves [T, 52] and rotation [T, 3]."""
    motion = animate(style, num_frames=num_frames, **channels)
    lively = add_life(motion, NO_ACCENTS, style, np.random.default_rng(seed))
    assert lively.shape == motion.shape
    return lively[:, :NUM_CURVES], lively[:, NUM_CURVES:]


def chatter(num_frames):
    """A jaw that opens and shuts three times a second."""
    return 0.3 + 0.3 * np.sin(2 * np.pi * 3 * np.arange(num_frames) / 25)


def test_the_head_wanders_as_widely_as_the_style_says():
    for amplitude in (0.02, 0.08):
        style = dataclasses.replace(NEUTRAL, head_amplitude_rad=amplitude)
        yaw = [live(style, 1500, seed, jaw=chatter(1500))[1][:, 1].std() for seed in range(6)]
        assert np.mean(yaw) == pytest.approx(1.1 * amplitude, rel=0.2)


def test_the_head_wanders_about_where_it_rests():
    style = dataclasses.replace(NEUTRAL, rest_pitch_rad=0.15, head_amplitude_rad=0.01)
    _, head = live(style, 1500, jaw=chatter(1500))
    np.testing.assert_allclose(head.mean(axis=0), [0.15, 0, 0], atol=0.01)


def test_the_head_wanders_slower_in_pauses():
    speeds = [
        np.mean(
            [np.abs(np.diff(live(num_frames=750, seed=s, jaw=jaw)[1][:, 1])).mean() for s in (1, 2)]
        )
        for jaw in (0.0, chatter(750))
    ]
    assert speeds[0] == pytest.approx(0.4 * speeds[1], rel=0.2)


def test_blinks_come_as_often_as_the_style_says():
    for rate_hz in (0.15, 0.6):
        style = dataclasses.replace(NEUTRAL, blink_rate_hz=rate_hz)
        lids = live(style, 10_000)[0][:, CURVE_INDEX["eyeBlinkLeft"]] > 0.5
        num_blinks = (np.diff(lids.astype(int)) > 0).sum()
        assert num_blinks / 400 == pytest.approx(rate_hz, rel=0.25)


def test_the_gaze_roams_as_far_as_the_style_says():
    def spread(gaze_range):
        curves, _ = live(dataclasses.replace(NEUTRAL, gaze_range=gaze_range), 3000)
        looks = [index for name, index in CURVE_INDEX.items() if "Look" in name]
        return curves[:, looks].std()

    assert spread(0.3) > 1.8 * spread(0.1) > 0


def test_life_leaves_the_mouth_and_the_clip_itself_alone():
    motion = animate(jaw=0.4, round=0.3)
    before = motion.copy()
    lively = add_life(motion, ONE_ACCENT, NEUTRAL, np.random.default_rng(1))
    np.testing.assert_array_equal(motion, before)
    mouth = [CURVE_INDEX[name] for name in LIP_CURVES]
    np.testing.assert_array_equal(lively[:, mouth], before[:, mouth])


def test_the_generator_alone_decides_how_a_face_lives():
    one, again, other = (np.concatenate(live(seed=seed), axis=1) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01
