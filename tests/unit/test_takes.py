import json

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg
from posecast.signals import FaceFrames
from posecast.takes import COLUMNS, decode_take, encode_take, read_take, take_format_of, write_take

ANGLES_DEG = np.array([10.0, -5.0, 3.0])


def make_frames(num_frames=7, *, frame_rate_hz=25, first_index=0):
    rng = np.random.default_rng(3)
    angles = np.linspace(0, 1, num_frames)[:, None] * ANGLES_DEG
    return FaceFrames(
        first_index=first_index,
        frame_rate_hz=frame_rate_hz,
        weights=rng.uniform(0, 1, (num_frames, len(CURVE_NAMES))).astype(np.float32),
        head=quaternion_from_yaw_pitch_roll_deg(angles.astype(np.float32)),
    )


def make_lines(frames=None):
    return encode_take(frames or make_frames(), "curves").decode().splitlines()


def decode_lines(lines):
    return decode_take("\n".join(lines).encode(), "curves", where="face.csv")


@pytest.mark.parametrize("rate", [25, 30, 50, 60])
@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz"])
def test_what_is_written_is_read_back(tmp_path, suffix, rate):
    frames = make_frames(200, frame_rate_hz=rate, first_index=11)
    path = tmp_path / f"face{suffix}"

    write_take(frames, path)
    back = read_take(path)

    assert (back.frame_rate_hz, back.first_index) == (rate, 11)
    np.testing.assert_allclose(back.weights, frames.weights, atol=6e-6)  # five digits
    # 1e-4 degrees are 1e-6 of a quaternion; float32 adds as much again
    np.testing.assert_allclose(back.head, frames.head, atol=3e-6)


def test_equal_frames_give_equal_bytes():
    for take_format in ("curves", "json", "npz"):
        assert encode_take(make_frames(), take_format) == encode_take(make_frames(), take_format)


def test_curves_have_a_time_the_52_names_and_the_head_in_degrees():
    lines = make_lines()

    header, last = lines[0].split(","), [float(cell) for cell in lines[-1].split(",")]
    assert header == ["time", *CURVE_NAMES, "headYaw", "headPitch", "headRoll"]
    assert last[0] == pytest.approx(6 / 25)
    assert last[-3:] == pytest.approx(ANGLES_DEG, abs=1e-3)


def test_json_can_be_read_by_any_program():
    frames = make_frames()

    values = json.loads(encode_take(frames, "json"))

    assert values["frame_rate_hz"] == 25
    assert values["curve_names"][CURVE_INDEX["jawOpen"]] == "jawOpen"
    assert values["weights"][2][5] == pytest.approx(frames.weights[2, 5], abs=1e-5)
    assert np.linalg.norm(values["head"][-1]) == pytest.approx(1, abs=1e-5)


def test_columns_may_stand_in_any_order():
    frames = make_frames()
    reversed_lines = [",".join(reversed(line.split(","))) for line in make_lines(frames)]

    back = decode_lines(reversed_lines)

    np.testing.assert_allclose(back.weights, frames.weights, atol=6e-6)


def test_a_single_frame_is_one_of_the_model_rate():
    back = decode_lines(make_lines(make_frames(1)))

    assert (len(back), back.frame_rate_hz) == (1, 25)


def replace_cell(line, column, value):
    cells = line.split(",")
    cells[COLUMNS.index(column)] = value
    return ",".join(cells)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda lines: [], "column 'time' must be there once", id="empty"),
        pytest.param(lambda lines: lines[:1], "no frames", id="header only"),
        pytest.param(
            lambda lines: [lines[0].replace("jawOpen", "jawopen"), *lines[1:]],
            "column 'jawOpen' must be there once",
            id="misspelt name",
        ),
        pytest.param(
            lambda lines: [lines[0].replace("jawOpen", "jawLeft"), *lines[1:]],
            "column 'jawLeft' must be there once",
            id="name twice",
        ),
        pytest.param(
            lambda lines: [line + ",extra" for line in lines],
            "unknown column 'extra'",
            id="unknown column",
        ),
        pytest.param(
            lambda lines: [*lines[:3], lines[3].rpartition(",")[0], *lines[4:]],
            "line 4: 55 values; expected 56",
            id="short row",
        ),
        pytest.param(
            lambda lines: [*lines[:2], replace_cell(lines[2], "jawOpen", "wide"), *lines[3:]],
            "line 3: could not convert string to float: 'wide'",
            id="not a number",
        ),
        pytest.param(
            lambda lines: [*lines[:4], *lines[5:]],
            "line 5: time 0.16 s; expected 0.1200 s at 25 frames a second",
            id="frame missing",
        ),
        pytest.param(
            lambda lines: [lines[0], *lines[:0:-1]], "frames are -0.04 s apart", id="backwards"
        ),
        pytest.param(
            lambda lines: [*lines[:2], replace_cell(lines[2], "jawOpen", "nan"), *lines[3:]],
            "weights of frame 1 are not finite",
            id="nan",
        ),
    ],
)
def test_damaged_curves_are_refused(damage, message):
    with pytest.raises(InvalidRequest) as caught:
        decode_lines(damage(make_lines()))

    assert str(caught.value).startswith("face.csv: ")
    assert message in str(caught.value)


def edited_json(**changes):
    values = json.loads(encode_take(make_frames(), "json"))
    return json.dumps({**values, **changes}).encode()


def without_head():
    values = json.loads(encode_take(make_frames(), "json"))
    del values["head"]
    return json.dumps(values).encode()


@pytest.mark.parametrize(
    ("data", "take_format", "message"),
    [
        (b"{", "json", "not JSON"),
        (b"[]", "json", "expected a JSON object"),
        (without_head(), "json", "'head' is missing"),
        (edited_json(curve_names=["jawOpen"]), "json", "not the 52 ARKit names"),
        (edited_json(frame_rate_hz=0), "json", "frame_rate_hz 0; allowed: 1 to 240"),
        (edited_json(first_index=-1), "json", "first_index -1; allowed: 0 and more"),
        (edited_json(weights=[[0.0]]), "json", "shape [1, 1]; expected [frames, 52]"),
        (edited_json(weights=[["a"]]), "json", "could not convert"),
        (edited_json(head=[[0, 0, 0, 1]]), "json", "7 frames of weights, 1 of head"),
        (b"PK", "npz", "not an npz file"),
        (b"", "npz", "not an npz file"),
        (encode_take(make_frames(), "npz")[:-40], "npz", "not an npz file"),
        (b"\xff\xfe\x00", "curves", "not a CSV of curves"),
    ],
)
def test_damaged_files_are_refused(data, take_format, message):
    with pytest.raises(InvalidRequest, match="face") as caught:
        decode_take(data, take_format, where="face")

    assert message in str(caught.value)


def test_an_npz_of_objects_is_refused(tmp_path):
    path = tmp_path / "face.npz"
    np.savez(path, weights=np.array([{}], object))

    with pytest.raises(InvalidRequest, match="not an npz file"):
        read_take(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidRequest, match="no.csv: No such file"):
        read_take(tmp_path / "no.csv")


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match=r"unknown suffix '.fbx'; allowed: .csv, .json, .npz"):
        take_format_of(tmp_path / "face.fbx")
