"""The golden cases that the bridges share: as their script makes them, and true of the server."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from posecast.livelink_csv import timecode_of
from posecast.rig.head_pose import (
    interpolate_quaternions,
    quaternion_from_yaw_pitch_roll_deg,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.signals import FaceFrames

FOLDER = Path(__file__).parents[1] / "assets/bridges"


def columns(cases, *names):
    return np.array([[float(case[name]) for name in names] for case in cases])


def test_the_files_are_those_that_their_script_writes(tmp_path):
    for script in FOLDER.glob("*.py"):
        shutil.copy(script, tmp_path)

    subprocess.run([sys.executable, str(tmp_path / "make_cases.py")], check=True)

    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert made == {path.name: path.read_bytes() for path in FOLDER.glob("*.csv")}
    assert len(made) == 9


def test_files_can_be_split_at_commas_by_any_program():
    for path in FOLDER.glob("*.csv"):
        lines = path.read_bytes().decode("ascii").removesuffix("\n").split("\n")
        num_cells = len(lines[0].split(","))
        for line in lines:
            assert '"' not in line
            assert "\r" not in line
            cells = line.split(",")
            assert len(cells) == num_cells, path.name
            assert all(cells), path.name


def test_the_angles_of_a_head_are_the_golden_ones(bridge_cases):
    cases = bridge_cases("axes.csv")
    head = columns(cases, *"xyzw").astype(np.float32)
    angles = columns(cases, "yaw_left_deg", "pitch_up_deg", "roll_right_deg")

    np.testing.assert_allclose(yaw_pitch_roll_deg_from_quaternion(head), angles, atol=1e-3)
    back = quaternion_from_yaw_pitch_roll_deg(angles.astype(np.float32))
    np.testing.assert_allclose(np.abs((back * head).sum(axis=1)), 1, atol=1e-6)


def test_the_contract_s_table_of_axes_is_in_the_cases(bridge_cases):
    cases = {case["case"]: case for case in bridge_cases("axes.csv")}
    told = 11.459156

    for turn, unreal, unity in (
        ("x", (-told, 0, 0), (told, 0, 0)),
        ("y", (0, -told, 0), (0, -told, 0)),
        ("z", (0, 0, told), (0, 0, -told)),
    ):
        case = cases[f"{turn}_plus_0.2_rad"]
        rotator = columns([case], "unreal_pitch_deg", "unreal_yaw_deg", "unreal_roll_deg")[0]
        euler = columns([case], *(f"unity_euler_{axis}_deg" for axis in "xyz"))[0]
        assert rotator == pytest.approx(unreal, abs=1e-6)
        assert euler == pytest.approx(unity, abs=1e-6)


def test_the_contract_s_quaternions_are_in_the_cases(bridge_cases):
    cases = bridge_cases("axes.csv")
    x, y, z, w = columns(cases, *"xyzw").T

    for engine, expected in (("unreal", (-z, x, -y, w)), ("unity", (x, -y, -z, w))):
        given = columns(cases, *(f"{engine}_{axis}" for axis in "xyzw"))
        alike = (given * np.stack(expected, axis=1)).sum(axis=1)
        np.testing.assert_allclose(np.abs(alike), 1, atol=1e-9)


def test_the_clock_is_the_golden_one(bridge_cases):
    nothing = np.zeros((1, 52), np.float32), np.zeros((1, 4), np.float32)
    for case in bridge_cases("clock.csv"):
        rate_hz, index = int(case["rate_hz"]), int(case["frame_index"])
        frames = FaceFrames(
            first_index=index, frame_rate_hz=rate_hz, weights=nothing[0], head=nothing[1]
        )

        assert frames.times_s[0] == pytest.approx(float(case["time_s"]), abs=1e-9)
        assert timecode_of(index, rate_hz) == case["timecode"]


def test_interpolation_is_the_golden_one(bridge_cases):
    cases = bridge_cases("interpolation.csv")
    times = columns(cases, "time_s", "rate_hz", "a_index")
    part = np.clip(times[:, 0] * times[:, 1] - times[:, 2], 0, 1)
    ends = [columns(cases, *(f"{end}_{axis}" for axis in "xyzw")) for end in "ab"]
    weights = [columns(cases, *(f"{end}_weight_{k}" for k in range(3))) for end in "ab"]

    head = interpolate_quaternions(*ends, part)
    mixed = weights[0] + part[:, None] * (weights[1] - weights[0])

    alike = np.abs((head * columns(cases, *"xyzw")).sum(axis=1))
    np.testing.assert_allclose(alike, 1, atol=1e-6)
    np.testing.assert_allclose(mixed, columns(cases, *(f"weight_{k}" for k in range(3))), atol=1e-6)
