"""Names, lips and head of a face as Live Link receivers are told them."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.livelink_csv import VALUE_COLUMNS
from posecast.livelink_settings import HEAD_SCALES, HeadScale
from posecast.livelink_values import VALUE_NAMES, livelink_values
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg

REST = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32)


def told(head_scale="metahuman", head=REST, **weights):
    """The values of one face, by name."""
    row = np.zeros((1, len(CURVE_NAMES)), np.float32)
    for name, weight in weights.items():
        row[0, CURVE_INDEX[name]] = weight
    scale = HEAD_SCALES.get(head_scale, head_scale)
    values = livelink_values(row, np.asarray(head, np.float32), scale)[0]
    return dict(zip(VALUE_NAMES, values.tolist(), strict=True))


def turn(**angles):
    order = [[angles.get(name, 0.0) for name in ("yaw", "pitch", "roll")]]
    return quaternion_from_yaw_pitch_roll_deg(np.array(order, np.float32))


def test_names_and_orders_are_the_golden_ones(bridge_cases):
    cases = bridge_cases("names.csv")

    assert [case["livelink"] for case in cases] == list(VALUE_NAMES)
    for place, case in enumerate(cases):
        assert int(case["packet_index"]) == place
        assert VALUE_COLUMNS[int(case["csv_index"])] == case["livelink"]
        expected = CURVE_INDEX.get(case["arkit"], -1)
        assert int(case["wire_index"]) == expected
    assert sorted(VALUE_COLUMNS) == sorted(VALUE_NAMES)


def test_left_comes_before_right_in_the_packet_and_behind_it_in_the_csv():
    for left, right in (("JawLeft", "JawRight"), ("MouthLeft", "MouthRight")):
        assert VALUE_NAMES.index(right) - VALUE_NAMES.index(left) == 1
        assert VALUE_COLUMNS.index(right) - VALUE_COLUMNS.index(left) == -1


def test_each_weight_stands_under_its_name_within_0_and_1():
    values = told(jawLeft=0.25, mouthRight=0.75, tongueOut=1.5, browInnerUp=-0.5)

    assert values["JawLeft"] == 0.25
    assert values["MouthRight"] == 0.75
    assert values["TongueOut"] == 1.0
    assert values["BrowInnerUp"] == 0.0
    assert sum(value != 0 for value in values.values()) == 3


def test_lips_are_the_golden_ones(bridge_cases):
    for case in bridge_cases("lips.csv"):
        values = told(jawOpen=float(case["jaw_open"]), mouthClose=float(case["mouth_close"]))

        assert values["JawOpen"] == pytest.approx(float(case["told_jaw_open"]), abs=1e-6)
        assert values["MouthClose"] == pytest.approx(float(case["told_mouth_close"]), abs=1e-6)


def test_noise_of_lips_at_rest_is_told_as_exactly_0():
    noise = np.random.default_rng(2).uniform(0, 0.0199, (100, len(CURVE_NAMES)))

    values = livelink_values(
        noise.astype(np.float32), np.tile(REST, (100, 1)), HEAD_SCALES["metahuman"]
    )

    for name in ("JawOpen", "MouthClose"):
        assert not values[:, VALUE_NAMES.index(name)].any()


AXES = {"yaw": "HeadYaw", "pitch": "HeadPitch", "roll": "HeadRoll"}
"""20 degrees to the own left, up, to the own right shoulder."""


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("metahuman", {"yaw": 0.4, "pitch": 0.4, "roll": 0.4}),
        ("arkit", {"yaw": 20 / 180, "pitch": 20 / 180, "roll": 20 / 180}),
        ("degrees", {"yaw": -20.0, "pitch": 20.0, "roll": 20.0}),
    ],
)
@pytest.mark.parametrize("axis", AXES)
def test_20_degrees_of_one_axis_move_one_curve_as_the_table_says(preset, expected, axis):
    values = told(preset, turn(**{axis: 20.0}))

    for name, curve in AXES.items():
        assert values[curve] == pytest.approx(expected[axis] if name == axis else 0.0, abs=2e-5)


def test_the_metahuman_graph_turns_the_values_into_the_same_rotator_as_degrees():
    head = turn(yaw=14.0, pitch=-6.0, roll=9.0)

    graph, degrees = told("metahuman", head), told("degrees", head)

    for curve, factor in (("HeadYaw", -50), ("HeadPitch", 50), ("HeadRoll", 50)):
        assert graph[curve] * factor == pytest.approx(degrees[curve], abs=1e-4)


def test_degrees_are_the_golden_unreal_rotators(bridge_cases):
    for case in bridge_cases("axes.csv"):
        values = told("degrees", [[float(case[axis]) for axis in "xyzw"]])

        for curve in ("Yaw", "Pitch", "Roll"):
            expected = float(case[f"unreal_{curve.lower()}_deg"])
            assert values[f"Head{curve}"] == pytest.approx(expected, abs=1e-3), case["case"]


def test_head_scales_are_the_golden_ones(bridge_cases):
    for case in bridge_cases("head_scales.csv"):
        yaw, pitch, roll = (float(case[f"{name}_per_deg"]) for name in ("yaw", "pitch", "roll"))
        scale = HeadScale(yaw=yaw, pitch=pitch, roll=roll)
        if case["scale"] in HEAD_SCALES:
            known = HEAD_SCALES[case["scale"]]
            assert (known.yaw, known.pitch, known.roll) == pytest.approx((yaw, pitch, roll))

        values = told(scale, [[float(case[axis]) for axis in "xyzw"]])

        for curve in ("Yaw", "Pitch", "Roll"):
            expected = float(case[f"head_{curve.lower()}"])
            assert values[f"Head{curve}"] == pytest.approx(expected, abs=1e-4), case["case"]


def test_the_rotations_of_the_eyes_are_left_to_the_look_curves():
    values = told(eyeLookUpLeft=0.8, eyeLookUpRight=0.8)

    assert values["EyeLookUpLeft"] == pytest.approx(0.8)
    assert [values[f"{side}Eye{axis}"] for side in ("Left", "Right") for axis in
            ("Yaw", "Pitch", "Roll")] == [0.0] * 6  # fmt: skip
