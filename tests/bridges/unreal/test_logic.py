"""The plugin's engine-free part: its own tests, and with the real core against the real server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

PLUGIN = Path(__file__).parents[3] / "unreal_bridge/Posecast"
pytestmark = pytest.mark.timeout(900)  # the first test builds


@pytest.mark.parametrize(
    "sanitizers", ["address,undefined", pytest.param("thread", marks=pytest.mark.slow)]
)
def test_the_plugin_s_own_tests_pass(build_logic, sanitizers):
    done = subprocess.run(
        [build_logic(sanitizers) / "test_plugin"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "Status: SUCCESS" in done.stdout


def speak(build_logic, library: Path, connection: str, pcm: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [build_logic("address,undefined") / "speak", library, connection, pcm],
        capture_output=True, text=True, check=False,
        env={"ASAN_OPTIONS": "detect_leaks=0"},  # Debian's gRPC keeps what it has
    )  # fmt: skip


def test_a_voice_speaks_with_the_real_core_and_the_face_follows_what_is_heard(
    build_logic, core, address, pcm, tmp_path
):
    short = tmp_path / "short.pcm"
    short.write_bytes(pcm.read_bytes()[:96_000])  # three seconds
    connection = f"{address}?idles=0&style=neutral&frame_rate_hz=50"

    done = speak(build_logic, core / "libposecast_core.so", connection, short)

    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["event"] for one in told if "event" in one] == [0, 1]  # first frame, end
    assert told[-1]["status"].startswith(("receiving", "waiting"))
    frames = [one for one in told if one.get("flags") == 0]
    indices = np.array([frame["index"] for frame in frames])
    # All but what was over when the first block had been heard, or while the machine was busy.
    assert (np.diff(indices) > 0).all()
    assert indices[0] < 5
    assert len(indices) > 120
    # A frame is released at its time by the audio's clock, which knows blocks of 21 ms; a busy
    # machine may come late, but never early.
    ahead_s = indices / 50 - [frame["heard_s"] for frame in frames]
    assert ahead_s.max() < 0.06
    assert np.median(np.abs(ahead_s)) < 0.05
    values = np.array([frame["values"] for frame in frames])
    jaw_open, mouth_close = values[:, 17], values[:, 18]
    assert jaw_open.max() > 0.1
    assert (mouth_close <= jaw_open).all()
    assert (values[:, :52] >= 0).all()
    assert (values[:, :52] <= 1).all()
    assert np.abs(values[:, 52:55]).max() > 0
    assert not values[:, 55:].any()


def test_a_missing_library_is_told_readably(build_logic, pcm, tmp_path):
    done = speak(build_logic, tmp_path / "core.so", "127.0.0.1:1", pcm)

    assert done.returncode == 1
    assert "could not be loaded from" in done.stderr
    assert "unreal_bridge/package_plugin.py" in done.stderr


def test_a_library_that_is_not_ours_is_told_readably(build_logic, compiler, pcm, tmp_path):
    library = tmp_path / "other.so"
    source = tmp_path / "other.cpp"
    source.write_text("int other() { return 1; }\n")
    subprocess.run([compiler, "-shared", "-fPIC", source, "-o", library], check=True)

    done = speak(build_logic, library, "127.0.0.1:1", pcm)

    assert done.returncode == 1
    assert "is not Posecast's client core" in done.stderr


def test_a_wrong_connection_is_told_readably(build_logic, core, pcm):
    done = speak(build_logic, core / "libposecast_core.so", "host:1?latency=fast", pcm)

    assert done.returncode == 1
    assert done.stderr.startswith("latency 'fast'; allowed: default, offline")
