"""Faces as VMC datagrams, against golden ones and a reader that shares no code with us."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_NAMES, NUM_CURVES
from posecast.vmc_messages import MOST_BYTES, VmcMessages, encode_numbers

REST = np.array([[0, 0, 0, 1]], np.float32)


def of(case):
    """A golden case as arrays: weights, head, and its datagrams."""
    weights = np.array([[float(case[f"weight_{k}"]) for k in range(NUM_CURVES)]], np.float32)
    head = np.array([[float(case[axis]) for axis in "xyzw"]], np.float32)
    return weights, head, [bytes.fromhex(case[f"hex_{k}"]) for k in range(2)]


def write(case):
    weights, head, _ = of(case)
    (numbers,) = encode_numbers(weights, head)
    return VmcMessages(case["shape_names"]).datagrams(numbers, time_s=float(case["time_s"]))


def test_faces_that_look_ahead_are_the_golden_datagrams_byte_for_byte(bridge_cases):
    cases = [case for case in bridge_cases("vmc.csv") if case["w"] == "1"]
    assert [case["case"] for case in cases] == ["rest", "speaking", "arkit_names", "all_on"]

    for case in cases:
        assert write(case) == of(case)[2], case["case"]


def test_all_golden_cases_have_the_same_messages_and_numbers(bridge_cases, read_osc):
    for case in bridge_cases("vmc.csv"):
        for written, golden in zip(write(case), of(case)[2], strict=True):
            ours, theirs = read_osc(written), read_osc(golden)
            assert [m[:2] for m in ours] == [m[:2] for m in theirs]
            for (*_, mine), (*_, yours) in zip(ours, theirs, strict=True):
                assert [v for v in mine if isinstance(v, str)] == [
                    v for v in yours if isinstance(v, str)
                ]
                np.testing.assert_allclose(
                    [v for v in mine if not isinstance(v, str)],
                    [v for v in yours if not isinstance(v, str)],
                    atol=1e-6,
                    err_msg=case["case"],
                )


def test_bones_are_the_golden_rotations_at_no_position(bridge_cases, vmc_avatar):
    for case in bridge_cases("vmc.csv"):
        for data in write(case):
            vmc_avatar.take(data)
        for bone in ("Neck", "Head"):
            position, rotation = vmc_avatar.shown[-1].bones[bone]
            assert position == (0, 0, 0)
            golden = [float(case[f"{bone.lower()}_{axis}"]) for axis in "xyzw"]
            np.testing.assert_allclose(rotation, golden, atol=1e-6)


@pytest.mark.parametrize(
    ("shape_names", "expected"),
    [
        ("arkit", list(CURVE_NAMES)),
        ("perfect-sync", [name[0].upper() + name[1:] for name in CURVE_NAMES]),
    ],
)
def test_every_shape_comes_in_every_frame_and_then_they_are_applied(
    vmc_avatar, shape_names, expected
):
    weights = np.linspace(0, 1, 3 * NUM_CURVES, dtype=np.float32).reshape(3, NUM_CURVES)
    messages = VmcMessages(shape_names)

    for number, numbers in enumerate(encode_numbers(weights, np.tile(REST, (3, 1)))):
        for data in messages.datagrams(numbers, time_s=number / 8):
            vmc_avatar.take(data)
        assert len(vmc_avatar.shown) == number + 1, "applied at the end"

    assert vmc_avatar.is_there
    assert [frame.time_s for frame in vmc_avatar.shown] == [0, 0.125, 0.25]
    for frame, row in zip(vmc_avatar.shown, weights, strict=True):
        assert list(frame.shapes) == expected
        np.testing.assert_array_equal(list(frame.shapes.values()), row)


def test_no_datagram_is_taken_apart_on_its_way(bridge_cases):
    for case in bridge_cases("vmc.csv"):
        sizes = [len(data) for data in write(case)]
        assert sizes == [int(case[f"length_{k}"]) for k in range(2)]
        assert max(sizes) <= MOST_BYTES < 1500


def test_weights_are_kept_within_0_and_1(vmc_avatar):
    weights = np.array([[-0.5, 1.5] * (NUM_CURVES // 2)], np.float32)

    (numbers,) = encode_numbers(weights, REST)
    for data in VmcMessages("arkit").datagrams(numbers, time_s=0):
        vmc_avatar.take(data)

    assert set(vmc_avatar.shown[0].shapes.values()) == {0, 1}


@pytest.mark.parametrize("where", ["weights", "head"])
def test_a_value_that_is_not_finite_is_refused(where):
    arrays = {"weights": np.zeros((2, NUM_CURVES), np.float32), "head": np.tile(REST, (2, 1))}
    arrays[where][1, 1] = np.nan

    with pytest.raises(InvalidRequest, match="a value is not finite"):
        encode_numbers(**arrays)
