"""`posecast style`, and styles from files wherever a style is named."""

import re
import shutil

import numpy as np
import pytest
import soundfile

from posecast import cli
from posecast.conditioning.style import load_styles
from posecast.conditioning.style_gestures import GestureReadout
from posecast.rig.arkit import CURVE_NAMES
from posecast.rig.head_pose import (
    quaternion_from_yaw_pitch_roll_deg,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.signals import FaceFrames
from posecast.takes import read_take, write_take
from posecast.training.style_distance import write_readings


@pytest.fixture
def run(capsys, tiny_package):
    """Run `posecast` with the tiny model; returns status, stdout and stderr."""

    def call(*arguments):
        status = cli.main([*map(str, arguments), "--model", str(tiny_package)])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def frames():
    """Eight seconds of a face at 60 frames a second that smiles, nods, speaks and blinks twice."""
    times_s = np.arange(480) / 60
    weights = np.full((480, 52), 0.1, np.float32)
    weights[:, CURVE_NAMES.index("jawOpen")] = 0.3 + 0.3 * np.sin(2 * np.pi * 3 * times_s)
    for start in (100, 300):
        weights[start : start + 12, [0, 7]] = 1.0
    angles = np.zeros((480, 3), np.float32)
    angles[:, 0] = 6.0 * np.sin(2 * np.pi * 0.25 * times_s)
    angles[:, 1] = -4.0
    return FaceFrames(
        first_index=0,
        frame_rate_hz=60,
        weights=weights,
        head=quaternion_from_yaw_pitch_roll_deg(angles),
    )


@pytest.fixture
def take(frames, tmp_path):
    path = tmp_path / "take.csv"
    write_take(frames, path)
    return path


@pytest.fixture
def speech(tmp_path):
    path = tmp_path / "speech.wav"
    times_s = np.arange(16_000) / 16_000
    soundfile.write(path, 0.2 * np.sin(2 * np.pi * 150 * times_s), 16_000)
    return path


@pytest.fixture
def actor(run, take, tmp_path):
    path = tmp_path / "actor.npz"
    assert run("style", "extract", take, "-o", path)[0] == 0
    return path


def write_livelink(frames, path):
    """The same face as Apple's app would have recorded it."""
    pascal = [name[0].upper() + name[1:] for name in CURVE_NAMES]
    lines = [",".join(["Timecode", "BlendshapeCount", *pascal, "HeadYaw", "HeadPitch", "HeadRoll"])]
    angles = np.radians(yaw_pitch_roll_deg_from_quaternion(frames.head))
    for time_s, weights, head in zip(frames.times_s, frames.weights, angles, strict=True):
        seconds, frame = divmod(round(time_s * 60_000), 60_000)
        cells = [f"{value:.6f}" for value in (*weights, *head)]
        lines.append(",".join([f"10:20:{seconds:02d}:{frame / 1000:06.3f}", "61", *cells]))
    path.write_text("\n".join(lines) + "\n")


def read_style(path):
    table = load_styles(path, 16)
    return table.get(table.names[0])


def test_extract_writes_a_style_and_one_line(run, take, tmp_path):
    path = tmp_path / "actor.npz"

    status, out, err = run("style", "extract", take, "-o", path)

    assert (status, out) == (0, "")
    assert err.count("\n") == 1
    assert re.search(r"actor.npz: style actor from 8.0 s of take.csv, by the model tiny 0; nearest "
                     r"(neutral|cheerful) \(cosine -?\d\.\d\d\)", err)  # fmt: skip
    table = load_styles(path, 16)
    assert table.names == ("actor",)
    assert table.describe("actor") == "8.0 s of take.csv, by the model tiny 0"
    style = table.get("actor")
    assert style.blink_rate_hz == pytest.approx(2 / 8)
    # a yaw of 0.25 Hz alone: waves of half to two and a half times the tempo
    assert 0.25 / 2.5 < style.head_tempo_hz < 0.25 / 0.5
    # a yaw of 6 degrees amplitude alone, spread over the axes as the wandering shares it
    assert style.head_wander_rad == pytest.approx(np.radians(6 / 2**0.5) / 2.44**0.5, rel=0.3)


def test_a_recording_of_live_link_face_gives_the_same_style(run, frames, actor, tmp_path):
    recording, path = tmp_path / "MySlate_4_iPhone.csv", tmp_path / "phone.npz"
    write_livelink(frames, recording)

    assert run("style", "extract", recording, "-o", path)[0] == 0

    ours, theirs = read_style(actor), read_style(path)
    np.testing.assert_allclose(theirs.vector, ours.vector, atol=1e-3)  # timecodes have 1/60000 s
    assert theirs.blink_rate_hz == pytest.approx(ours.blink_rate_hz)
    assert theirs.head_wander_rad == pytest.approx(ours.head_wander_rad, rel=1e-3)


def test_name_and_description_can_be_chosen(run, take, tmp_path):
    path = tmp_path / "a.npz"

    run("style", "extract", take, "-o", path, "--name", "Anna", "--description", "warm and quick")

    assert run("style", "list", path)[1] == "Anna  warm and quick\n"


def test_a_style_file_is_shown_with_its_life_and_its_neighbour(run, actor):
    status, shown, _ = run("style", "show", actor)

    assert status == 0
    assert shown.startswith(f"{actor}: 8.0 s of take.csv")
    assert "blinks   15 a minute" in shown
    assert re.search(r"nearest  (neutral|cheerful) \(cosine -?\d\.\d\d\)", shown)
    assert re.search(r"vector   of length \d+\.\d\d, 16 values: [+-]", shown)


def test_a_style_is_shown_with_its_gestures_by_a_model_that_has_some(
    run, tiny_package, tmp_path, capsys
):
    assert "nods" not in run("style", "show", "cheerful")[1]
    lively = shutil.copytree(tiny_package, tmp_path / "lively")
    weights = np.zeros((17, 2), np.float32)
    weights[-1] = (0.0349, 0.25)
    write_readings(lively, gestures=GestureReadout(weights))

    assert cli.main(["style", "show", "cheerful", "--model", str(lively)]) == 0

    shown = capsys.readouterr().out
    assert "nods     by 2.0 degrees at firm accents\n  brows    rise by 0.25 there\n" in shown


def test_a_named_style_is_near_another_than_itself(run):
    assert "nearest  neutral (cosine" in run("style", "show", "cheerful")[1]


def test_a_blend_is_shown(run):
    status, shown, _ = run("style", "show", "cheerful:0.6,neutral:0.2")

    assert status == 0
    assert shown.startswith("cheerful:0.6,neutral:0.2: 75% cheerful, 25% neutral\n")


def test_a_style_file_animates_alone_and_in_a_blend(run, actor, speech, tmp_path):
    def face(style, *options):
        path = tmp_path / "face.npz"
        status, _, err = run("animate", speech, "-o", path, "--seed", 1, "--style", style, *options)
        assert status == 0, err
        return read_take(path).weights

    alone, blended = face(actor), face(f"{actor}:0.7,cheerful:0.3")

    assert not np.array_equal(alone, face("neutral"))
    assert not np.array_equal(alone, blended)
    assert np.array_equal(face(actor, "--style-strength", 0), face("neutral"))


def test_the_demo_takes_a_style_file(run, actor, tmp_path):
    status, out, err = run("demo", "--out", tmp_path / "demo", "--style", actor)

    assert status == 0, err
    assert "face.csv" in out
    own = read_take(tmp_path / "demo/face.csv").weights
    run("demo", "--out", tmp_path / "plain")
    assert not np.array_equal(own, read_take(tmp_path / "plain/face.csv").weights)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["-o", "a.csv"], 2, "a.csv: unknown suffix '.csv'; allowed: .npz"),
        (["-o", "no/such/a.npz"], 2, "the folder no/such does not exist"),
        (["-o", "a.npz", "--name", "a,b"], 2, "style name 'a,b'; allowed: text without comma"),
    ],
)
def test_wrong_arguments_of_extract_are_refused_before_the_work(
    run, take, monkeypatch, tmp_path, arguments, status, message
):
    monkeypatch.chdir(tmp_path)

    told = run("style", "extract", take, *arguments)

    assert told[0] == status
    assert message in told[2]


def test_a_short_take_is_refused_and_nothing_is_written(run, frames, tmp_path):
    short, path = tmp_path / "short.csv", tmp_path / "a.npz"
    write_take(
        FaceFrames(
            first_index=0, frame_rate_hz=60, weights=frames.weights[:72], head=frames.head[:72]
        ),
        short,
    )

    status, _, err = run("style", "extract", short, "-o", path)

    assert status == 1
    assert "short.csv: a recording of 1.20 s; a style takes at least 2 s" in err
    assert not path.exists()


@pytest.mark.parametrize("name", ["take.txt", "gone.csv"])
def test_a_take_that_is_none_is_refused(run, tmp_path, name):
    status, _, err = run("style", "extract", tmp_path / name, "-o", tmp_path / "a.npz")

    assert status == 1
    assert name in err


def test_a_style_file_that_is_not_there_is_status_2(run, speech, tmp_path):
    for arguments in (
        ["animate", speech, "-o", tmp_path / "face.csv", "--style", "gone.npz"],
        ["style", "show", "gone.npz:0.5,neutral:0.5"],
        ["style", "list", "gone.npz"],
    ):
        status, _, err = run(*arguments)
        assert status == 2
        assert "gone.npz: no such style file" in err


def test_a_take_is_no_style_file(run, frames, tmp_path):
    write_take(frames, tmp_path / "take.npz")

    status, _, err = run("style", "show", tmp_path / "take.npz")

    assert status == 1
    assert "take.npz: not a table of styles" in err
