"""The wheel works installed anywhere: without the checkout and without network."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from posecast.takes import read_take

ROOT = Path(__file__).parents[2]
LARGEST_WHEEL_BYTES = 25 * 1024 * 1024


def run(*arguments, cwd):
    finished = subprocess.run(
        [str(argument) for argument in arguments],
        capture_output=True, text=True, check=False, timeout=120, cwd=cwd,
        # our dependencies, but neither our sources nor what an editable install adds
        env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")},
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy so that nothing is left in the checkout, nor taken from it."""
    sources = tmp_path_factory.mktemp("sources")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "server", sources / "server", ignore=ignored)
    run(
        sys.executable, "-m", "pip", "wheel", ".", "--quiet", "--no-deps", "--no-build-isolation",
        "--wheel-dir", "dist", cwd=sources,
    )  # fmt: skip
    (path,) = (sources / "dist").glob("posecast-*.whl")
    return path


@pytest.fixture(scope="module")
def posecast(wheel, tmp_path_factory):
    """The command of a fresh environment in which nothing but the wheel is installed."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    run(
        sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet",
        "--no-deps", "--no-index", wheel, cwd=home,
    )  # fmt: skip
    origin = run(programs / "python", "-c", "import posecast; print(posecast.__file__)", cwd=home)
    assert Path(origin).is_relative_to(home)
    return programs / "posecast"


def test_the_wheel_holds_model_styles_sample_and_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    for name in (
        "posecast/models/default/model.json",
        "posecast/models/default/speech_encoder.onnx",
        "posecast/models/default/sampler.onnx",
        "posecast/models/default/styles.npz",
        "posecast/head/posecast-head.glb",
        "posecast/preview/static/index.html",
        "posecast/preview/static/page.js",
        "posecast/preview/static/head.js",
        "posecast/samples/hello.wav",
        "posecast/transport/bench/fleet.py",
        "posecast/v1/face_animation_service_pb2.py",
        "posecast/nvidia_ace/a2f_controller_pb2.py",
        "posecast/py.typed",
    ):
        assert name in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    # A folder `nvidia_ace` would lie over that of NVIDIA's own client.
    assert not any(name.startswith(("tests", "nvidia_ace")) for name in names)
    assert wheel.stat().st_size < LARGEST_WHEEL_BYTES


def test_an_installed_wheel_lists_styles(posecast, tmp_path):
    names = [line.split()[0] for line in run(posecast, "style", "list", cwd=tmp_path).splitlines()]

    assert "neutral" in names
    assert len(names) >= 12


def test_an_installed_wheel_animates(posecast, tmp_path):
    shutil.copy(ROOT / "server/posecast/samples/hello.wav", tmp_path)

    run(posecast, "animate", "hello.wav", "-o", "face.csv", cwd=tmp_path)

    assert len(read_take(tmp_path / "face.csv")) == 213  # 8.49 s at 25 frames a second, rounded up


def test_an_installed_wheel_demonstrates_itself(posecast, tmp_path):
    told = run(posecast, "demo", "--out", "demo", cwd=tmp_path)

    assert "real-time factor" in told
    assert len(read_take(tmp_path / "demo" / "face.csv")) == 213
    assert (tmp_path / "demo" / "face.png").read_bytes().startswith(b"\x89PNG")
