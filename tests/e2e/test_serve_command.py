"""`posecast serve` as an operator runs it: a process of its own, stopped by a signal."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from posecast.config import AnimationOptions
from posecast.errors import Overloaded
from posecast.signals import Waveform
from posecast.transport.client import stream_waveform
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc

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


def address_of(line):
    return line.split()[3].rstrip(",")


def run_posecast(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "posecast", *map(str, arguments)],
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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process can catch")
def test_whoever_asks_twice_does_not_wait_for_open_streams(tiny_package):
    with (
        serving("--port", 0, "--model", tiny_package, "--grace-seconds", 600) as (process, line),
        grpc.insecure_channel(address_of(line)) as channel,
    ):
        silence = threading.Event()
        call = pb_grpc.FaceAnimationServiceStub(channel).Animate(config_then_wait(silence))
        next(call)  # the header: the stream is open
        health = health_pb2_grpc.HealthStub(channel)

        process.send_signal(signal.SIGTERM)
        await_draining(health)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=20) == 0, process.stderr.read()
        with pytest.raises(grpc.RpcError, match="UNAVAILABLE"):
            next(call)
        silence.set()


def config_then_wait(silence):
    """The requests of a client that opens a stream and says nothing."""
    yield pb.AnimateRequest(
        config=pb.AnimateConfig(
            audio_format=audio_pb2.AudioFormat(
                encoding=audio_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=16_000
            )
        )
    )
    silence.wait(60)


def await_draining(health):
    """Wait until the server tells that it stops; the first signal has arrived then."""
    deadline_s = time.monotonic() + 20
    request = health_pb2.HealthCheckRequest()
    while health.Check(request).status == health_pb2.HealthCheckResponse.SERVING:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_metrics_are_where_the_ready_line_says_and_top_shows_them(tiny_package):
    with serving("--port", 0, "--metrics-port", 0, "--model", tiny_package) as (_, line):
        ready = re.fullmatch(
            r"posecast: serving on (\S+:\d+), model tiny 0, device cpu, "
            r"metrics (http://127\.0\.0\.1:\d+/metrics)\n",
            line,
        )
        assert ready is not None, line
        stream_waveform(ready[1], make_waveform(), AnimationOptions(seed=1))

        with urllib.request.urlopen(ready[2], timeout=10) as page:  # noqa: S310 - HTTP, as matched
            metrics = page.read().decode()
        table = run_posecast("top", ready[1], "--metrics", ready[2], "--once")

    assert "\nposecast_frames_total 25.0\n" in metrics
    assert '\nposecast_streams_total{method="Animate",status="OK"} 1.0\n' in metrics
    assert table.returncode == 0, table.stderr
    shown = [words.strip() for words in table.stdout.splitlines()]
    assert shown[0].endswith("model tiny 0, device cpu")
    assert shown[1].startswith("streams 0 of 64, load 0%, capacity ")
    assert shown[2].startswith("batch ")


def test_a_limit_that_a_flag_sets_is_told_by_the_refusal(tiny_package):
    with serving("--port", 0, "--model", tiny_package, "--capacity", 0.05) as (_, line):
        options = AnimationOptions(mode="realtime", window_frames=1, sampling_steps=50)

        with pytest.raises(Overloaded, match=r"what this machine can carry \(capacity\)"):
            stream_waveform(address_of(line), make_waveform(), options)


def test_flags_override_the_file(tiny_package, tmp_path):
    (tmp_path / "server.toml").write_text(f"port = 70\nmodel = '{tiny_package}'\nmax_clip_s = 1\n")

    with serving("--config", tmp_path / "server.toml", "--port", 0) as (_, line):
        assert not address_of(line).endswith(":70")
        with pytest.raises(Exception, match=r"1(\.0)? s"):
            stream_waveform(address_of(line), make_waveform(1.5), AnimationOptions(seed=1))


def test_a_taken_port_is_one_line_and_status_1(tiny_package):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        finished = run_posecast("serve", "--port", port, "--model", tiny_package)

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
    finished = run_posecast("serve", *arguments)

    assert finished.returncode == 2
    assert finished.stderr.startswith("posecast: error: ")
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1
