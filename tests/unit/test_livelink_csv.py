"""Recordings of Apple's Live Link Face app: names decide, timecodes are sixtieths."""

from pathlib import Path

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.livelink_csv import decode_livelink, is_livelink
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.head_pose import yaw_pitch_roll_deg_from_quaternion

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
