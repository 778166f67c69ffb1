import io
import json
import os
import shutil
import signal
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import soundfile

from posecast import cli
from posecast.errors import InvalidRequest, ModelUnavailable
from posecast.rig.arkit import CURVE_INDEX
from posecast.takes import decode_take, read_recording, read_take
from posecast.usage import UsageMistake

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "server/posecast/samples/hello.wav"


@pytest.fixture
def speech(tmp_path):
    """The first second of the bundled speech, so that animating it is quick."""
    samples, rate_hz = soundfile.read(SAMPLE, dtype="float32", stop=16_000)
    path = tmp_path / "speech.wav"
    soundfile.write(path, samples, rate_hz)
    return path


@pytest.fixture
def command(monkeypatch):
    """Put a command of the test in the place of `style`; returns where its behaviour is set."""
    module = types.SimpleNamespace(add_arguments=lambda parser: None, run=lambda args: None)
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: module)
    return module


def raising(error):
    def run(args):
        raise error

    return run


def animate(model, speech, face, *options):
    return cli.main(
        ["animate", str(speech), "-o", str(face), "--model", str(model), *map(str, options)]
    )


def run_posecast(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "posecast", *map(str, arguments)],
        capture_output=True, timeout=60, check=False, cwd=ROOT / "server", **kwargs,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (InvalidRequest("0 Hz"), 1, "posecast: error: 0 Hz\n"),
        (ModelUnavailable("no\nmodel"), 1, "posecast: error: no model\n"),
        (UsageMistake("style 'x'"), 2, "posecast: error: style 'x'\n"),
        (
            PermissionError(13, "Permission denied", "face.csv"),
            1,
            "posecast: error: face.csv: Permission denied\n",
        ),
        (MemoryError(), 1, "posecast: error: not enough memory for an input of this size\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_an_error_is_one_line_and_a_status(command, capsys, error, status, line):
    command.run = raising(error)

    assert cli.main(["style"]) == status
    assert capsys.readouterr().err == line


def test_what_is_not_foreseen_keeps_its_traceback(command):
    command.run = raising(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        cli.main(["style"])


def test_success_is_status_0(command):
    assert cli.main(["style"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["animate"], "the following arguments are required: SPEECH, -o/--output"),
        (["animate", "a.wav", "-o", "a.csv", "--colour"], "unrecognized arguments: --colour"),
        (["animate", "a.wav", "-o", "a.csv", "--rate", "24"], "invalid choice: 24"),
        (["animate", "a.wav", "-o", "a.csv", "--mode", "fast"], "invalid choice: 'fast'"),
        (["animate", "a.wav", "-o", "a.csv", "--seed", "x"], "invalid int value: 'x'"),
        (["animate", "a.wav", "-o", "a.csv", "--format", "fbx"], "invalid choice: 'fbx'"),
        (["serve", "--port", "many"], "invalid int value: 'many'"),
        (["style", "paint"], "invalid choice: 'paint'"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_status_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)

    complaint = capsys.readouterr().err
    assert caught.value.code == 2
    assert complaint.startswith("posecast: error: ")
    assert message in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seed", "-1"], "seed -1; allowed: 0 to 18446744073709551615"),
        (["--steps", "99"], "sampling steps 99; allowed: 1 to 50"),
        (["--audio-guidance", "nan"], "audio guidance nan; allowed: 0.0 to 4.0"),
        (["--style-guidance", "5"], "style guidance 5.0; allowed: 0.0 to 4.0"),
        (["--max-clip-seconds", "0"], "--max-clip-seconds 0; allowed: more than 0"),
        (["--style-strength", "2.5"], "style strength 2.5; allowed: 0.0 to 2.0"),
        (["--style", "neutral:0.5,grumpy-cat:0.5"], "unknown style 'grumpy-cat'; known: neutral"),
        (["--style", "neutral:0.5,cheerful"], "style 'cheerful' has no weight"),
        (["--look-ahead-ms", "20"], "look-ahead in ms 20; allowed: 40 to 400"),
        (["--style", "grumpy-cat"], "grumpy-cat"),
        (
            ["-o", "face.fbx"],
            "unknown suffix '.fbx'; allowed: .csv, .json, .npz, .anim, .glb, .gltf, .usda",
        ),
        (["-o", "no/such/folder/face.csv"], "the folder no/such/folder does not exist"),
        (["--plot", "face.xyz"], "face.xyz: unknown suffix '.xyz'; allowed: .png, .pdf, .svg"),
        (["--plot", "no/such/folder/face.png"], "the folder no/such/folder does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_an_option_out_of_range_is_status_2(
    capsys, tiny_package, speech, tmp_path, options, message
):
    status = animate(tiny_package, speech, tmp_path / "face.csv", *options)

    assert status == 2
    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "face.csv").exists()


def wav(samples, rate_hz=16_000):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"This is not audio. " * 10, "", id="text"),
        pytest.param(SAMPLE.read_bytes()[:20], "", id="truncated header"),
        pytest.param(wav(np.float32([])), "", id="no samples"),
        pytest.param(wav(np.float32([0.0, np.nan, 0.0])), "1", id="nan"),
        pytest.param(wav(np.zeros((99, 7), np.float32)), "7", id="7 channels"),
        pytest.param(wav(np.zeros(99, np.float32), 1_000_000), "1000000", id="1 MHz"),
        pytest.param(wav(np.zeros(99, np.float32), 4_000), "4000", id="4 kHz"),
        pytest.param(wav(np.zeros(16_000 * 6, np.float32)), "5", id="too long"),
    ],
)
def test_bad_audio_is_status_1_and_writes_nothing(capsys, tmp_path, content, message):
    path, face = tmp_path / "bad.wav", tmp_path / "face.csv"
    path.write_bytes(content)

    assert cli.main(["animate", str(path), "-o", str(face), "--max-clip-seconds", "5"]) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith("posecast: error: ")
    assert complaint.count("\n") == 1
    assert message in complaint
    assert not face.exists()


def test_a_file_that_is_not_there_is_status_1(capsys, tmp_path):
    assert cli.main(["animate", "nowhere.wav", "-o", str(tmp_path / "face.csv")]) == 1
    assert "nowhere.wav" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_status_1(capsys, speech, tmp_path):
    arguments = ["animate", str(speech), "-o", str(tmp_path / "a.csv"), "--model", "/no/model"]

    assert cli.main(arguments) == 1
    assert "/no/model" in capsys.readouterr().err


def test_animate_writes_the_take_and_one_line(capsys, tiny_package, speech, tmp_path):
    face, picture = tmp_path / "face.csv", tmp_path / "face.png"

    status = animate(tiny_package, speech, face, "--plot", picture, "--rate", 50, "--seed", 7)

    assert status == 0
    assert (len(read_take(face)), read_take(face).frame_rate_hz) == (50, 50)
    assert picture.read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    for fact in ("50 frames at 50 fps", "1.00 s of speech", "real-time factor", "seed 7"):
        assert fact in said.err


def test_the_format_can_differ_from_the_suffix(tiny_package, speech, tmp_path):
    face = tmp_path / "face.txt"

    assert animate(tiny_package, speech, face, "--format", "json") == 0
    assert json.loads(face.read_text())["frame_rate_hz"] == 25


def test_a_seed_that_was_drawn_can_be_used_again(capsys, tiny_package, speech, tmp_path):
    animate(tiny_package, speech, tmp_path / "first.csv")
    seed = capsys.readouterr().err.split()[-1]

    animate(tiny_package, speech, tmp_path / "again.csv", "--seed", seed)
    animate(tiny_package, speech, tmp_path / "other.csv", "--seed", seed + "1")

    first = (tmp_path / "first.csv").read_bytes()
    assert (tmp_path / "again.csv").read_bytes() == first
    assert (tmp_path / "other.csv").read_bytes() != first


def test_pipes_carry_speech_in_and_a_take_out(tiny_package, speech, tmp_path):
    animate(tiny_package, speech, tmp_path / "face.csv", "--seed", 7)

    piped = run_posecast(
        "animate", "-", "-o", "-", "--seed", "7", "--model", tiny_package, input=speech.read_bytes()
    )

    assert piped.returncode == 0, piped.stderr
    assert piped.stdout == (tmp_path / "face.csv").read_bytes()
    assert len(decode_take(piped.stdout, "curves", where="pipe")) == 25


def test_a_take_can_be_written_for_unreal_s_importer(tiny_package, speech, tmp_path):
    ours, unreal = tmp_path / "face.npz", tmp_path / "intro_1_Anna.csv"

    assert animate(tiny_package, speech, ours, "--seed", 7, "--rate", 30) == 0
    options = ("--seed", 7, "--rate", 30, "--format", "livelink")
    assert animate(tiny_package, speech, unreal, *options) == 0

    assert unreal.read_bytes().startswith(b"Timecode,BlendShapeCount,EyeBlinkLeft,")
    expected, recording = read_take(ours), read_recording(unreal)
    np.testing.assert_allclose(recording.times_s, expected.times_s, atol=1e-9)
    np.testing.assert_allclose(recording.head, expected.head, atol=1e-6)
    jaw = CURVE_INDEX["jawOpen"]
    others = np.delete(np.arange(52), [jaw, CURVE_INDEX["mouthClose"]])
    np.testing.assert_allclose(recording.weights[:, others], expected.weights[:, others], atol=1e-6)
    np.testing.assert_allclose(recording.weights[:, jaw], expected.weights[:, jaw], atol=0.02)


def test_a_take_can_be_written_for_unity(capsys, tiny_package, speech, tmp_path):
    clip = tmp_path / "hello.anim"
    options = ("--unity-mesh", "Rig/Head", "--unity-mesh", "Rig/Teeth", "--unity-head", "Rig/Bone")

    assert animate(tiny_package, speech, clip, "--seed", 7, *options) == 0

    lines = clip.read_text().splitlines()
    assert lines[:2] == ["%YAML 1.1", "%TAG !u! tag:unity3d.com,2011:"]
    assert "  m_Name: hello" in lines
    assert lines.count("    path: Rig/Head") == lines.count("    path: Rig/Teeth") == 52
    assert lines.count("    path: Rig/Bone") == 1
    assert animate(tiny_package, speech, clip, "--unity-mesh", "/Rig") == 2
    assert "path '/Rig'; expected names with / between them" in capsys.readouterr().err


def test_a_damaged_model_is_status_1_and_names_the_file(capsys, tiny_package, speech, tmp_path):
    damaged = tmp_path / "model"
    shutil.copytree(tiny_package, damaged)
    content = bytearray((damaged / "sampler.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / "sampler.onnx").write_bytes(content)

    assert animate(damaged, speech, tmp_path / "face.csv") == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith("posecast: error: ")
    assert "sampler.onnx" in complaint


def test_style_list_and_show(capsys, tiny_package):
    assert cli.main(["style", "list", "--model", str(tiny_package)]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]

    assert cli.main(["style", "show", names[-1], "--model", str(tiny_package)]) == 0
    shown = capsys.readouterr().out

    assert "neutral" in names
    assert shown.startswith(f"{names[-1]}: ")
    assert "blinks" in shown


def test_an_unknown_style_names_the_known_ones(capsys, tiny_package):
    assert cli.main(["style", "show", "grumpy-cat", "--model", str(tiny_package)]) == 2
    complaint = capsys.readouterr().err
    assert "grumpy-cat" in complaint
    assert "neutral" in complaint


def test_help_and_version_import_nothing_heavy():
    script = (
        "import sys; from posecast import cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'numpy', 'onnxruntime', 'grpc', 'torch', 'soundfile', 'matplotlib'}))"
    )
    for option in ("--help", "--version"):
        finished = subprocess.run(
            [sys.executable, "-c", script, option], capture_output=True, text=True, check=True,
            cwd=ROOT / "server",
        )  # fmt: skip
        assert finished.stdout.splitlines()[-1] == "[]"


def test_animate_needs_no_torch(tiny_package, speech, tmp_path):
    script = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'torch': raise ImportError('torch is refused')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from posecast.cli import main\n"
        "status = main(sys.argv[1:])\n"
        "import posecast.transport.server\n"
        "sys.exit(status or 'torch' in sys.modules)\n"
    )
    face = tmp_path / "face.csv"

    finished = subprocess.run(
        [sys.executable, "-c", script, "animate", speech, "-o", face, "--model", tiny_package],
        capture_output=True, text=True, check=False, cwd=ROOT / "server",
    )  # fmt: skip

    assert finished.returncode == 0, finished.stderr
    assert len(read_take(face)) == 25


@pytest.mark.parametrize("package", ["torch", "onnx", "soxr"])
def test_training_without_its_packages_says_how_to_get_them(monkeypatch, capsys, package):
    module = types.ModuleType("posecast.training.commands")

    def add_arguments(subparsers):
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    module.add_arguments = add_arguments
    monkeypatch.setitem(sys.modules, "posecast.training.commands", module)
    monkeypatch.setattr("posecast.training.commands", module, raising=False)

    assert cli.main(["train", "denoiser"]) == 1
    assert "pip install 'posecast[train]'" in capsys.readouterr().err


def test_a_closed_standard_input_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "stdin", None)

    assert cli.main(["animate", "-", "-o", str(tmp_path / "face.csv")]) == 1
    assert capsys.readouterr().err == "posecast: error: standard input is closed\n"


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_is_told_with_the_file(tiny_package, speech, capsys):
    assert animate(tiny_package, speech, "/dev/full", "--format", "curves") == 1
    assert capsys.readouterr().err == "posecast: error: /dev/full: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal to send")
def test_control_c_in_the_midst_of_an_import_leaves_no_traceback(tmp_path):
    # An extension module turns the interrupt into an ImportError, and some libraries swallow it.
    (tmp_path / "numpy.py").write_text(
        "import os, signal\n"
        "try: os.kill(os.getpid(), signal.SIGINT)\n"
        "except KeyboardInterrupt as error: raise ImportError('initialization failed') from error\n"
    )
    search_path = os.pathsep.join([str(tmp_path), str(ROOT / "server")])

    finished = run_posecast("style", "list", env={**os.environ, "PYTHONPATH": search_path})

    assert finished.returncode in {-signal.SIGINT, 130}
    assert finished.stderr == b""
