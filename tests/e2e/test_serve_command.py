"""`posecast serve` as an operator runs it: a process of its own, stopped by a signal."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from posecast.config import AnimationOptions
from posecast.signals import Waveform
from posecast.transport.client import stream_waveform

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
WITHOUT_TORCH = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ImportError("torch is refused")
sys.meta_path.insert(0, Refuse())
from posecast.cli import main
status = main(sys.argv[1:])
sys.exit(status or "torch" in sys.modules)
"""


@contextmanager
def serving(*arguments):
    """A server process that refuses to import torch, and the line that it prints when ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_TORCH, "serve", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def serve_in_vain(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "posecast", "serve", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=60, env=ENVIRONMENT,
    )  # fmt: skip


def make_waveform(duration_s=1.0):
    samples = np.random.default_rng(0).normal(0, 0.05, int(16_000 * duration_s))
    return Waveform(samples=samples.astype(np.float32), sample_rate_hz=16_000)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process can catch")
def test_serve_says_when_it_is_ready_answers_and_stops_when_told(tiny_package):
    with serving("--port", 0, "--model", tiny_package) as (process, line):
        ready = re.fullmatch(r"posecast: serving on (\S+:\d+), model (.+), device cpu\n", line)
        assert ready is not None, line

        answer = stream_waveform(ready[1], make_waveform(), AnimationOptions(seed=1))
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=20) == 0, process.stderr.read()  # 1 if torch was imported
        assert len(answer.frames) == 25
        assert answer.model == ready[2]


def test_flags_override_the_file(tiny_package, tmp_path):
    (tmp_path / "server.toml").write_text(f"port = 70\nmodel = '{tiny_package}'\nmax_clip_s = 1\n")

    with serving("--config", tmp_path / "server.toml", "--port", 0) as (_, line):
        address = line.split()[3].rstrip(",")
        assert not address.endswith(":70")
        with pytest.raises(Exception, match=r"1(\.0)? s"):
            stream_waveform(address, make_waveform(1.5), AnimationOptions(seed=1))


def test_a_taken_port_is_one_line_and_status_1(tiny_package):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        finished = serve_in_vain("--port", port, "--model", tiny_package)

    assert finished.returncode == 1
    assert finished.stderr.startswith("posecast: error: cannot listen on ")
    assert f"127.0.0.1:{port}: the port is taken" in finished.stderr
    assert finished.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "port 70000; allowed: 0 to 65535"),
        (["--host", ""], "host ''; allowed: a name or an address of this machine"),
        (["--max-streams", "0"], "max_streams 0; allowed: 1 to 10000"),
        (["--config", "no.toml"], "no.toml: No such file or directory"),
    ],
    ids=" ".join,
)
def test_a_wrong_setting_is_one_line_and_status_2(arguments, message):
    finished = serve_in_vain(*arguments)

    assert finished.returncode == 2
    assert finished.stderr.startswith("posecast: error: ")
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1
