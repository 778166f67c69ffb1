"""Start-up, first frame and memory of a server process: `python tests/bench/bench_server.py`.

Prints one JSON line for the start-up, one for the first frame in each latency mode, and one for the
memory after a clip.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc

from posecast.audio.clip import read_clip
from posecast.config import FRAMES_PER_WINDOW, AnimationOptions
from posecast.signals import Waveform
from posecast.transport.client import stream_waveform

SERVICE_NAME = "posecast.v1.FaceAnimationService"
START_LIMIT_S = 60.0
PACED_SPEECH_S = 6.0  # longer than the first window of every mode with its look-ahead


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the clip")
    parser.add_argument("--repeats", type=int, default=5, help="runs, of which the median counts")
    parser.add_argument(
        "--paced", type=int, default=2, metavar="N",
        help="of them at the pace of a microphone, of which the best counts (%(default)s)",
    )  # fmt: skip
    args = parser.parse_args()
    bench_start(args.model, args.device, args.repeats)
    with serving(args.model, args.device) as (process, address, _):
        for mode in FRAMES_PER_WINDOW:
            bench_first_frame(address, mode, args.repeats, args.paced)
        options = AnimationOptions(seed=1)
        answer = stream_waveform(address, read_speech(args.seconds), options)
        print_line(
            bench="memory",
            peak_mib=peak_mib(process.pid),
            clip_s=args.seconds,
            total_s=answer.total_s,
            torch_loaded=has_loaded_torch(process.pid),
        )


def bench_start(model: str, device: str, repeats: int) -> None:
    """From the start of the process to the answer SERVING."""
    seconds = []
    torch_loaded: set[bool | None] = set()
    for _ in range(repeats):
        with serving(model, device) as (process, _, start_s):
            seconds.append(start_s)
            torch_loaded.add(has_loaded_torch(process.pid))
    print_line(
        bench="start-up",
        device=device,
        median_s=statistics.median(seconds),
        slowest_s=max(seconds),
        torch_loaded=True in torch_loaded if torch_loaded != {None} else None,
        repeats=repeats,
    )


def bench_first_frame(address: str, mode: str, repeats: int, num_paced: int) -> None:
    """From sending the first audio to the first frame, at the pace of a microphone and at once."""
    options = AnimationOptions(seed=1, mode=mode)
    speech = read_speech(PACED_SPEECH_S)
    paced = [stream_waveform(address, speech, options, is_paced=True) for _ in range(num_paced)]
    at_once = [stream_waveform(address, speech, options) for _ in range(repeats)]
    print_line(
        bench="first frame",
        mode=mode,
        paced_ms=min(answer.first_frame_s for answer in paced) * 1000,
        at_once_ms=statistics.median(answer.first_frame_s for answer in at_once) * 1000,
        tail_ms=min(answer.total_s - PACED_SPEECH_S for answer in paced) * 1000,
        repeats=repeats,
    )


@contextmanager
def serving(model: str, device: str) -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    """A server process, its address, and the seconds until it was SERVING."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "posecast", "serve", "--model", model, "--device", device]
    started_s = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--port", address.rpartition(":")[2]],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_serving(process, address, started_s + START_LIMIT_S)
        yield process, address, time.perf_counter() - started_s
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def wait_until_serving(process: subprocess.Popen[bytes], address: str, deadline_s: float) -> None:
    """Ask for the server's health until it answers SERVING."""
    wait_for_port(process, address, deadline_s)
    request = health_pb2.HealthCheckRequest(service=SERVICE_NAME)
    with grpc.insecure_channel(address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        while check(request, wait_for_ready=True).status != health_pb2.HealthCheckResponse.SERVING:
            time.sleep(0.01)


def wait_for_port(process: subprocess.Popen[bytes], address: str, deadline_s: float) -> None:
    """Wait for the port before gRPC is asked, whose attempts back off by whole seconds."""
    host, _, port = address.rpartition(":")
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.perf_counter() > deadline_s:
                sys.exit(f"the server at {address} did not start")
            time.sleep(0.005)
        else:
            return


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def peak_mib(pid: int) -> float | None:
    """Largest resident memory that a process has had; only Linux tells it of a live process."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def has_loaded_torch(pid: int) -> bool | None:
    """Whether torch's libraries are mapped into a process; only Linux tells."""
    maps = Path(f"/proc/{pid}/maps")
    return "libtorch" in maps.read_text() if maps.exists() else None


def read_speech(duration_s: float) -> Waveform:
    """The bundled speech, over and over."""
    with resources.as_file(resources.files("posecast") / "samples" / "hello.wav") as path:
        clip = read_clip(path, max_duration_s=60.0)
    samples = np.resize(clip.samples, round(duration_s * clip.sample_rate_hz))
    return Waveform(samples=samples, sample_rate_hz=clip.sample_rate_hz)


def print_line(**figures: object) -> None:
    """One JSON object on one line."""
    rounded = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in figures.items()
    }
    print(json.dumps(rounded), flush=True)


if __name__ == "__main__":
    main()
