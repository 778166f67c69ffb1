"""What `posecast animate` and `evaluate` may change about the face and its windows."""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from posecast import cli
from posecast.rig.arkit import CURVE_INDEX
from posecast.takes import read_take
from posecast.usage import add_animation_arguments, animation_options

SAMPLE = Path(__file__).parents[2] / "server/posecast/samples/hello.wav"


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """The first second of the bundled speech, so that animating it is quick."""
    samples, rate_hz = soundfile.read(SAMPLE, dtype="float32", stop=16_000)
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    soundfile.write(path, samples, rate_hz)
    return path


@pytest.fixture
def take(tiny_package, speech, tmp_path):
    """Animate the speech with further flags; returns the take."""

    def make(*flags):
        face = tmp_path / "face.npz"
        arguments = ["animate", str(speech), "-o", str(face), "--model", str(tiny_package)]
        assert cli.main([*arguments, "--seed", "7", *map(str, flags)]) == 0
        return read_take(face)

    return make


def options_of(*flags):
    parser = argparse.ArgumentParser()
    add_animation_arguments(parser, seed=1)
    return animation_options(parser.parse_args(flags))


def test_flags_that_may_be_repeated_start_anew_with_each_command():
    options_of("--strength", "head=0.5")

    assert options_of() == options_of("--mode", "offline")
    assert options_of().adjustments.strengths.head == 1.0


def test_each_flag_reaches_its_option():
    options = options_of(
        "--window-frames", "7", "--strength", "head=0.5", "--strength", "blinks=0",
        "--curve", "jawOpen=1.2,0.05", "--smooth", "head=0.1",
    )  # fmt: skip

    assert options.window_frames == 7
    strengths = options.adjustments.strengths
    assert (strengths.head, strengths.blinks, strengths.upper_face) == (0.5, 0.0, 1.0)
    assert options.adjustments.curves["jawOpen"].offset == 0.05
    assert options.adjustments.smoothing.head_s == 0.1


def test_a_head_without_strength_looks_straight_ahead(take):
    still, usual = take("--strength", "head=0"), take()

    assert np.array_equal(still.head, np.tile(np.float32([0, 0, 0, 1]), (25, 1)))
    assert np.array_equal(still.weights, usual.weights)
    assert np.abs(usual.head[:, :3]).max() > 0


def test_a_curve_is_held_between_its_bounds(take):
    index = CURVE_INDEX["browInnerUp"]

    adjusted, usual = take("--curve", "browInnerUp=0,0.75"), take()

    assert np.all(adjusted.weights[:, index] == np.float32(0.75))
    others = np.arange(len(CURVE_INDEX)) != index
    assert np.array_equal(adjusted.weights[:, others], usual.weights[:, others])


def test_smoothing_calms_the_region_that_it_names(take):
    def unrest(take, name):
        return np.abs(np.diff(take.weights[:, CURVE_INDEX[name]])).sum()

    smooth, usual = take("--smooth", "lower_face=0.5"), take()

    assert unrest(smooth, "jawOpen") < unrest(usual, "jawOpen")
    assert unrest(smooth, "browInnerUp") == unrest(usual, "browInnerUp")


def test_the_window_takes_the_place_of_the_mode(take):
    by_mode, by_number = take("--mode", "realtime"), take("--window-frames", 3)
    other = take("--window-frames", 10)

    # The two differ in look-ahead as well: realtime awaits 120 ms, offline what the model does.
    same = take("--window-frames", 3, "--look-ahead-ms", 120)
    assert np.array_equal(same.weights, by_mode.weights)
    assert not np.array_equal(by_number.weights, other.weights)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--window-frames", "0"], "window of frames 0; allowed: 1 to 100"),
        (["--window-frames", "101"], "window of frames 101; allowed: 1 to 100"),
        (["--strength", "nose=1"], "--strength of 'nose'; allowed: upper_face, lower_face, head"),
        (["--strength", "head=3"], "strength of head 3.0; allowed: 0.0 to 2.0"),
        (["--curve", "jaw=1"], "--curve of 'jaw'; allowed: the 52 ARKit names, e.g. jawOpen"),
        (["--curve", "jawOpen=1,2"], "--curve jawOpen: offset 2.0; allowed: -1.0 to 1.0"),
        (["--smooth", "head=1"], "smoothing head_s 1.0; allowed: 0.0 to 0.5"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("command", ["animate", "evaluate"])
def test_a_wrong_flag_is_one_line_and_status_2(capsys, speech, tmp_path, command, flags, message):
    face = tmp_path / "face.csv"
    needed = {"animate": [str(speech), "-o", str(face)], "evaluate": ["--nonspeech"]}

    assert cli.main([command, *needed[command], *flags]) == 2

    complaint = capsys.readouterr().err
    assert complaint.startswith(f"posecast: error: {message}")
    assert complaint.count("\n") == 1
    assert not face.exists()


def test_evaluate_judges_the_adjusted_face_and_tells_how(tiny_package, speech, tmp_path, capsys):
    shutil.copy(speech, tmp_path / "a.wav")
    (tmp_path / "a.tsv").write_text(
        "start\tend\tphone\n0.0\t0.3\tSIL\n0.3\t0.6\tAA\n0.6\t1.0\tSIL\n"
    )

    def figures(*flags):
        arguments = ["evaluate", str(tmp_path), "--model", str(tiny_package), "--json", "-"]
        assert cli.main([*arguments, *flags]) == 0
        return json.loads(capsys.readouterr().out)

    shut, usual = figures("--curve", "jawOpen=0", "--window-frames", "9"), figures()

    assert shut["settings"]["curve"] == ["jawOpen=0"]
    assert shut["settings"]["window_frames"] == 9
    assert usual["settings"]["curve"] == []
    assert shut["systems"] != usual["systems"]
