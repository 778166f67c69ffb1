"""Adjusting a face: what was asked for, in order, without a jump, however frames are cut."""

import numpy as np
import pytest

from posecast.adjustments import CurveAdjustment, FaceAdjustments, RegionStrengths, Smoothing
from posecast.errors import InvalidRequest
from posecast.rig.adjuster import FaceAdjuster
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.head_pose import quaternion_from_rotation_vector, rotation_vector_from_quaternion
from posecast.rig.regions import BLINKS, GAZE, LOWER_FACE, UPPER_FACE, indices_of

JAW, CLOSE, SMILE = (CURVE_INDEX[name] for name in ("jawOpen", "mouthClose", "mouthSmileLeft"))
PLAIN = FaceAdjustments()
EVERYTHING = FaceAdjustments(
    strengths=RegionStrengths(upper_face=1.6, lower_face=0.7, head=1.5, blinks=0.4),
    curves={
        "jawOpen": CurveAdjustment(multiplier=1.8, offset=-0.1, maximum=0.7),
        "mouthClose": CurveAdjustment(minimum=0.2),
        "mouthSmileLeft": CurveAdjustment(offset=0.3),
    },
    smoothing=Smoothing(upper_face_s=0.2, lower_face_s=0.03, head_s=0.15),
)
STILL = FaceAdjustments(strengths=RegionStrengths(upper_face=0, lower_face=0, head=0, blinks=0))
SMOOTH = FaceAdjustments(smoothing=Smoothing(upper_face_s=0.2, lower_face_s=0.1, head_s=0.3))


def face(num_frames=40, seed=8):
    """Any face in which mouthClose is at most jawOpen, quite often equal to it."""
    rng = np.random.default_rng(seed)
    weights = rng.random((num_frames, NUM_CURVES)).astype(np.float32)
    weights[:, CLOSE] = weights[:, JAW] * np.minimum(1, 2 * rng.random(num_frames))
    rotation = rng.normal(0, 0.2, (num_frames, 3)).astype(np.float32)
    return weights, quaternion_from_rotation_vector(rotation)


def steady_face(num_frames, value=0.5):
    weights = np.full((num_frames, NUM_CURVES), value, np.float32)
    rotation = np.full((num_frames, 3), 0.2, np.float32)
    return weights, quaternion_from_rotation_vector(rotation)


def adjusted(adjustments, weights, head, rate_hz=30):
    return FaceAdjuster(adjustments, rate_hz).apply(weights, head)


def region(weights, names):
    return weights[:, indices_of(names)]


def curve(**fields):
    return FaceAdjustments(curves={"mouthSmileLeft": CurveAdjustment(**fields)})


def test_plain_adjustments_return_the_very_arrays():
    weights, head = face()
    before = weights.copy(), head.copy()
    same_weights, same_head = adjusted(PLAIN, weights, head)
    assert same_weights is weights
    assert same_head is head
    np.testing.assert_array_equal(weights, before[0])
    np.testing.assert_array_equal(head, before[1])


def test_what_came_in_is_not_changed_in_place():
    weights, head = face()
    before = weights.copy(), head.copy()
    adjusted(EVERYTHING, weights, head)
    np.testing.assert_array_equal(weights, before[0])
    np.testing.assert_array_equal(head, before[1])


def test_a_head_that_is_left_alone_keeps_its_bits_while_curves_move():
    weights, head = face()
    moved, same_head = adjusted(curve(multiplier=0.5), weights, head)
    assert same_head is head
    others = np.arange(NUM_CURVES) != SMILE
    np.testing.assert_array_equal(moved[:, others], weights[:, others])


@pytest.mark.parametrize(
    ("strengths", "names"),
    [
        ({"upper_face": 0.5}, UPPER_FACE),
        ({"lower_face": 0.5}, LOWER_FACE),
        ({"blinks": 0.5}, BLINKS),
    ],
    ids=["upper_face", "lower_face", "blinks"],
)
def test_a_strength_scales_its_region_and_nothing_else(strengths, names):
    weights, head = face()
    scaled, same_head = adjusted(
        FaceAdjustments(strengths=RegionStrengths(**strengths)), weights, head
    )
    expected = weights.copy()
    expected[:, indices_of(names)] *= np.float32(0.5)
    np.testing.assert_array_equal(scaled, expected)
    assert same_head is head


def test_a_strength_above_1_exaggerates_and_stops_at_1():
    weights, head = face()
    scaled, _ = adjusted(FaceAdjustments(strengths=RegionStrengths(upper_face=2.0)), weights, head)
    np.testing.assert_array_equal(
        region(scaled, UPPER_FACE), np.minimum(1, 2 * region(weights, UPPER_FACE))
    )


def test_a_strength_of_0_keeps_a_face_still_but_for_its_gaze():
    weights, head = face()
    still, still_head = adjusted(STILL, weights, head)
    np.testing.assert_array_equal(region(still, GAZE), region(weights, GAZE))
    assert not region(still, UPPER_FACE + LOWER_FACE + BLINKS).any()
    np.testing.assert_array_equal(still_head, np.tile([0, 0, 0, 1], (len(head), 1)))


@pytest.mark.parametrize("strength", [0.3, 2.0])
def test_the_heads_strength_scales_its_angle_about_the_same_axis(strength):
    weights, head = face()
    _, scaled = adjusted(FaceAdjustments(strengths=RegionStrengths(head=strength)), weights, head)
    # float32 quaternions
    np.testing.assert_allclose(
        rotation_vector_from_quaternion(scaled),
        strength * rotation_vector_from_quaternion(head),
        atol=2e-6,
    )
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "value", "expected"),
    [
        ({"multiplier": 0.5, "offset": 0.1}, 0.6, 0.4),
        ({"multiplier": 10.0}, 0.6, 1.0),
        ({"offset": -0.8}, 0.6, 0.0),
        ({"minimum": 0.3}, 0.1, 0.3),
        ({"maximum": 0.3}, 0.6, 0.3),
        ({"multiplier": 0.0, "offset": 0.25}, 0.9, 0.25),
    ],
    ids=["both", "above 1", "below 0", "minimum", "maximum", "constant"],
)
def test_a_curve_becomes_what_was_asked_for(fields, value, expected):
    moved, _ = adjusted(curve(**fields), *steady_face(3, value))
    np.testing.assert_allclose(moved[:, SMILE], expected, rtol=1e-6)  # float32
    assert (np.delete(moved, SMILE, axis=1) == np.float32(value)).all()


def test_an_offset_comes_after_the_regions_strength():
    adjustments = FaceAdjustments(
        strengths=RegionStrengths(lower_face=0.5),
        curves={"mouthSmileLeft": CurveAdjustment(multiplier=2.0, offset=0.1)},
    )
    moved, _ = adjusted(adjustments, *steady_face(1, 0.4))
    assert moved[0, SMILE] == pytest.approx(0.5)


def test_mouth_close_stays_below_jaw_open_against_its_own_minimum():
    adjustments = FaceAdjustments(curves={"mouthClose": CurveAdjustment(minimum=0.6)})
    weights, head = face()
    moved, _ = adjusted(adjustments, weights, head)
    np.testing.assert_array_equal(
        moved[:, CLOSE], np.minimum(np.maximum(weights[:, CLOSE], np.float32(0.6)), weights[:, JAW])
    )
    assert (weights[:, JAW] < 0.6).any()


def test_mouth_close_goes_down_with_a_held_jaw():
    adjustments = FaceAdjustments(curves={"jawOpen": CurveAdjustment(maximum=0.2)})
    moved, _ = adjusted(adjustments, *steady_face(2, 0.5))
    np.testing.assert_allclose(moved[:, [JAW, CLOSE]], 0.2, rtol=1e-6)  # float32


@pytest.mark.parametrize("rate_hz", [25, 60])
def test_smoothing_lags_its_own_region_by_its_time_constant(rate_hz):
    adjuster = FaceAdjuster(FaceAdjustments(smoothing=Smoothing(upper_face_s=0.1)), rate_hz)
    adjuster.apply(*steady_face(1, 0.0))
    weights, head = steady_face(rate_hz // 5, 1.0)
    smoothed, same_head = adjuster.apply(weights, head)
    assert same_head is head
    np.testing.assert_array_equal(region(smoothed, LOWER_FACE + BLINKS + GAZE), 1)
    times_s = np.arange(1, len(weights) + 1) / rate_hz
    expected = np.tile(1 - np.exp(-times_s / 0.1), (len(UPPER_FACE), 1)).T
    np.testing.assert_allclose(region(smoothed, UPPER_FACE), expected, atol=1e-6)  # float32


def test_a_smoothed_stream_starts_at_its_first_frame():
    weights, head = face(1)
    smoothed, smoothed_head = adjusted(SMOOTH, weights, head)
    np.testing.assert_array_equal(smoothed, weights)
    np.testing.assert_allclose(smoothed_head, head, atol=1e-6)  # made unit once more


def test_smoothing_goes_on_from_a_face_that_was_shown_instead():
    adjuster = FaceAdjuster(SMOOTH, 30)
    adjuster.apply(*steady_face(10, 1.0))
    rest = np.array([0, 0, 0, 1], np.float32)
    adjuster.resume_from(np.zeros(NUM_CURVES, np.float32), rest)
    weights, head = steady_face(1, 0.8)
    resumed, resumed_head = adjuster.apply(weights, head)
    assert resumed[0, JAW] == pytest.approx(0.8 * (1 - np.exp(-1 / 3)))  # 0.1 s at 30 Hz
    angles = [rotation_vector_from_quaternion(each)[0, 0] for each in (resumed_head, head)]
    # Chord against arc at 20 degrees.
    assert angles[0] == pytest.approx(angles[1] * (1 - np.exp(-1 / 9)), rel=0.01)


@pytest.mark.parametrize("adjustments", [EVERYTHING, SMOOTH, STILL], ids=["all", "smooth", "still"])
def test_a_face_keeps_what_holds_for_every_face(adjustments):
    adjuster = FaceAdjuster(PLAIN, 30)
    parts = []
    for next_adjustments in (adjustments, PLAIN, adjustments):
        adjuster.change(next_adjustments)
        parts.append(adjuster.apply(*face(400, seed=len(parts))))
    weights, head = (np.concatenate(kind) for kind in zip(*parts, strict=True))
    assert weights.dtype == head.dtype == np.float32
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert (weights[:, CLOSE] <= weights[:, JAW]).all()
    np.testing.assert_allclose(np.linalg.norm(head, axis=1), 1, atol=1e-6)  # float32


@pytest.mark.parametrize(("rate_hz", "num_frames"), [(25, 5), (30, 6), (50, 10), (60, 12)])
def test_a_change_takes_a_fifth_of_a_second_and_then_is_exact(rate_hz, num_frames):
    adjuster = FaceAdjuster(PLAIN, rate_hz)
    adjuster.change(curve(offset=0.4))
    moved = adjuster.apply(*steady_face(20))[0][:, SMILE]
    assert 0.5 < moved[0] < 0.6
    assert (np.diff(moved[:num_frames]) > 0).all()
    assert moved[num_frames - 2] < np.float32(0.9)
    assert (moved[num_frames - 1 :] == np.float32(0.9)).all()


def test_a_change_back_ends_with_the_very_arrays():
    adjuster = FaceAdjuster(EVERYTHING, 30)
    adjuster.apply(*face())
    adjuster.change(PLAIN)
    adjuster.apply(*face(6))
    weights, head = face()
    assert adjuster.apply(weights, head)[0] is weights


@pytest.mark.parametrize("shown", [0, 1, 3, 5, 6, 20])
def test_a_change_in_the_middle_of_a_ramp_does_not_jump(shown):
    adjuster = FaceAdjuster(PLAIN, 30)
    shows = [adjuster.apply(*steady_face(3))]
    for adjustments in (curve(offset=0.5), curve(offset=-0.5), STILL):
        adjuster.change(adjustments)
        shows.append(adjuster.apply(*steady_face(shown)))
    shows.append(adjuster.apply(*steady_face(10)))
    weights, head = (np.concatenate(kind) for kind in zip(*shows, strict=True))
    # The steepest step of a smooth step of 6 frames is 0.25 of its height, and that is at most 1;
    # of the head's 0.35 rad it is half as much in a quaternion.
    assert np.abs(np.diff(weights[:, SMILE])).max() < 0.26
    assert np.abs(np.diff(head, axis=0)).max() < 0.06
    assert weights[-1, SMILE] == 0


def test_smoothing_that_comes_on_in_mid_stream_starts_from_the_last_frame():
    adjuster = FaceAdjuster(PLAIN, 30)
    adjuster.apply(*steady_face(5, 0.8))
    adjuster.change(SMOOTH)
    np.testing.assert_array_equal(adjuster.apply(*steady_face(8, 0.8))[0], np.float32(0.8))
    falling = adjuster.apply(*steady_face(3, 0.0))[0]
    assert (region(falling, UPPER_FACE) > 0.4).all()


@pytest.mark.parametrize("adjustments", [PLAIN, EVERYTHING, SMOOTH], ids=["plain", "all", "smooth"])
@pytest.mark.parametrize("after", [PLAIN, EVERYTHING, STILL], ids=["plain", "all", "still"])
def test_chunking_does_not_change_frames(adjustments, after):
    weights, head = face(40)

    def run(cuts):
        adjuster = FaceAdjuster(adjustments, 30)
        parts = []
        for start, end in zip([0, *cuts], [*cuts, 40], strict=True):
            if start in (10, 13):
                adjuster.change(after if start == 10 else adjustments)
            parts.append(adjuster.apply(weights[start:end], head[start:end]))
        return tuple(np.concatenate(kind) for kind in zip(*parts, strict=True))

    whole = run([10, 13])
    for cut in range(41):
        one_more = run(sorted({10, 13, cut} - {0, 40}))
        np.testing.assert_array_equal(one_more[0], whole[0])
        np.testing.assert_array_equal(one_more[1], whole[1])
    single = run(range(1, 40))
    np.testing.assert_array_equal(single[0], whole[0])
    np.testing.assert_array_equal(single[1], whole[1])


def test_no_frames_are_no_trouble():
    adjuster = FaceAdjuster(EVERYTHING, 30)
    weights, head = face()
    assert adjuster.apply(weights[:0], head[:0])[0].shape == (0, NUM_CURVES)
    np.testing.assert_array_equal(
        adjuster.apply(weights, head)[0], adjusted(EVERYTHING, weights, head)[0]
    )


def test_a_curve_that_arkit_does_not_know_is_refused():
    unknown = FaceAdjustments(curves={"jawopen": CurveAdjustment()})
    with pytest.raises(InvalidRequest, match="curve 'jawopen'; allowed: the 52 ARKit names"):
        FaceAdjuster(unknown, 30)


def test_a_refused_change_changes_nothing():
    adjuster = FaceAdjuster(PLAIN, 30)
    with pytest.raises(InvalidRequest, match="curve 'x'"):
        adjuster.change(FaceAdjustments(curves={"x": CurveAdjustment()}))
    weights, head = face()
    assert adjuster.apply(weights, head)[0] is weights
