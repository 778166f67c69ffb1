"""Recordings of Apple's Live Link Face app: names decide, timecodes are sixtieths."""

from pathlib import Path

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.livelink_csv import decode_livelink, encode_livelink, is_livelink, timecode_of
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.head_pose import (
    quaternion_from_yaw_pitch_roll_deg,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.signals import FaceFrames

GOLDEN = Path(__file__).parents[1] / "assets/livelink/recording.csv"


@pytest.fixture
def lines():
    return GOLDEN.read_text().splitlines()


def decode(lines):
    return decode_livelink("\n".join(lines).encode(), where="face.csv")


def test_times_are_sixtieths_across_midnight_without_repeats_and_lost_faces(lines):
    recording = decode(lines)

    # row 2 has the timecode of row 1, row 3 is the one without a face
    np.testing.assert_allclose(recording.times_s * 60, [0, 1, 3, 4], atol=1e-6)


def test_curves_go_by_their_names(lines):
    weights = decode(lines).weights

    # the app's 16th and 17th columns are JawRight and JawLeft, the other way round than ARKit's
    for name, column in (("eyeBlinkLeft", 0), ("jawRight", 15), ("jawLeft", 16), ("tongueOut", 51)):
        expected = [(7 * column + 3 * row) % 100 / 100 for row in (0, 1, 4, 5)]
        np.testing.assert_allclose(weights[:, CURVE_INDEX[name]], expected, atol=1e-6)


def test_the_head_is_in_radians_from_its_own_point_of_view(lines):
    angles = np.radians(yaw_pitch_roll_deg_from_quaternion(decode(lines).head))

    np.testing.assert_allclose(angles[:, 0], [0.10, 0.11, 0.14, 0.15], atol=1e-5)
    np.testing.assert_allclose(angles[:, 1:], [[-0.05, 0.02]] * 4, atol=1e-5)


@pytest.mark.parametrize("spelling", ["BlendShapeCount", "BlendshapeCount", "blendshapecount"])
def test_the_header_is_known_in_every_spelling(lines, spelling):
    lines[0] = lines[0].replace("BlendshapeCount", spelling)

    assert is_livelink(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert len(decode(lines)) == 4


def test_other_csv_files_are_not_taken_for_recordings():
    assert not is_livelink(b"time,eyeBlinkLeft,jawOpen\n")
    assert not is_livelink(b"Timecode, FrameRate, jawOpen\n")  # the engine's own log


def test_calibrated_weights_below_0_are_0(lines):
    cells = lines[1].split(",")
    cells[2], cells[3] = "-0.0300", "1.2"

    weights = decode([lines[0], ",".join(cells)]).weights

    assert weights[0, :2].tolist() == [0.0, 1.0]


def edited(line, column, text):
    cells = line.split(",")
    cells[column] = text
    return ",".join(cells)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda lines: lines[:1], "no frames", id="header only"),
        pytest.param(lambda lines: [], "column 'Timecode' must be there once", id="empty"),
        pytest.param(
            lambda lines: [lines[0].replace("JawOpen", "JawWide"), *lines[1:]],
            "column 'JawOpen' must be there once", id="no jaw",
        ),
        pytest.param(
            lambda lines: [lines[0].replace("HeadRoll", "HeadTilt"), *lines[1:]],
            "column 'HeadRoll' must be there once", id="no head",
        ),
        pytest.param(
            lambda lines: [*lines[:2], edited(lines[2], 0, "12:00"), *lines[3:]],
            "line 3: timecode '12:00'; expected hh:mm:ss:ff.fff", id="timecode",
        ),
        pytest.param(
            lambda lines: [lines[0], edited(lines[1], 0, "nan:00:00:00")],
            "line 2: timecode 'nan:00:00:00'", id="timecode of nan",
        ),
        pytest.param(
            lambda lines: [lines[0], edited(lines[1], 9, "wide")],
            "line 2: could not convert string to float: 'wide'", id="no number",
        ),
        pytest.param(
            lambda lines: [lines[0], edited(lines[1], 9, "nan")],
            "line 2: a value is not finite", id="nan",
        ),
        pytest.param(
            lambda lines: [lines[0], lines[1][:99]], "values; expected 57 or more", id="short row"
        ),
        pytest.param(
            lambda lines: [lines[0], lines[2], lines[1]],
            "a frame at -0.0166667 s follows one at 0 s", id="backwards",
        ),
    ],
)  # fmt: skip
def test_damaged_recordings_are_refused(lines, damage, message):
    with pytest.raises(InvalidRequest) as caught:
        decode(damage(lines))

    assert str(caught.value).startswith("face.csv: ")
    assert message in str(caught.value)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(InvalidRequest, match="face.csv: not a Live Link Face CSV"):
        decode_livelink(b"Timecode,BlendShapeCount\n\xff\xfe", where="face.csv")


def make_frames(*, frame_rate_hz=25, first_index=0, num_frames=40):
    rng = np.random.default_rng(4)
    weights = rng.uniform(0, 1, (num_frames, len(CURVE_NAMES))).astype(np.float32)
    weights[:, CURVE_INDEX["jawOpen"]] = rng.uniform(0.02, 1, num_frames)
    weights[:, CURVE_INDEX["mouthClose"]] = 0.5 * weights[:, CURVE_INDEX["jawOpen"]]
    angles = rng.uniform(-20, 20, (num_frames, 3)).astype(np.float32)
    return FaceFrames(
        first_index=first_index,
        frame_rate_hz=frame_rate_hz,
        weights=weights,
        head=quaternion_from_yaw_pitch_roll_deg(angles),
    )


def test_what_is_written_has_the_header_of_the_app(lines):
    header, first = encode_livelink(make_frames()).decode().splitlines()[:2]

    assert header.startswith("Timecode,BlendShapeCount,")
    assert header.split(",")[2:] == lines[0].split(",")[2:], "the names of the app, in its order"
    assert first.split(",")[:2] == ["00:00:00:00.000", "61"]
    assert len(first.split(",")) == 63
    assert first.split(",")[-6:] == ["0.0000000"] * 6, "rotations of the eyes"


@pytest.mark.parametrize("frame_rate_hz", [25, 30, 50, 60])
def test_what_is_written_is_read_back(frame_rate_hz):
    frames = make_frames(frame_rate_hz=frame_rate_hz, first_index=90_001)

    back = decode_livelink(encode_livelink(frames), where="face.csv")

    np.testing.assert_allclose(back.times_s, np.arange(40) / frame_rate_hz, atol=1e-9)
    np.testing.assert_allclose(back.weights, frames.weights, atol=1e-6)
    np.testing.assert_allclose(back.head, frames.head, atol=1e-6)


def test_timecodes_are_sixtieths_whatever_the_rate_and_begin_anew_at_midnight():
    assert timecode_of(26, 25) == "00:00:01:02.400"
    assert timecode_of(31, 30) == "00:00:01:02.000"
    assert timecode_of(1, 24) == "00:00:00:02.500"
    assert timecode_of(2, 7) == "00:00:00:17.143"
    assert timecode_of(24 * 3600 * 60 - 1, 60) == "23:59:59:59.000"
    assert timecode_of(24 * 3600 * 60, 60) == "00:00:00:00.000"


def test_a_timecode_is_rounded_into_the_next_second():
    assert timecode_of(999_999, 1_000_000) == "00:00:01:00.000"


def test_lips_are_written_shut_where_noise_would_part_them():
    frames = make_frames()
    frames.weights[:, CURVE_INDEX["jawOpen"]] = 0.015
    frames.weights[:, CURVE_INDEX["mouthClose"]] = 0.9

    back = decode_livelink(encode_livelink(frames), where="face.csv")

    assert not back.weights[:, CURVE_INDEX["jawOpen"]].any()
    assert not back.weights[:, CURVE_INDEX["mouthClose"]].any()
