"""The client core, built; a server process for it; and a driver that obeys tests line by line."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).parents[2]
CORE = ROOT / "unreal_bridge" / "core"
SAMPLE = ROOT / "server" / "posecast" / "samples" / "hello.wav"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT / "server"),
    "OMP_NUM_THREADS": "1",
    # Of what is not built here, such as Debian's gRPC, the thread sanitizer knows too little.
    "TSAN_OPTIONS": "ignore_noninstrumented_modules=1 halt_on_error=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
NEEDED = {
    "cmake": "cmake",
    "ninja": "ninja-build",
    "g++": "g++",
    "protoc": "protobuf-compiler",
    "grpc_cpp_plugin": "protobuf-compiler-grpc",
    "pkg-config": "pkg-config",
}
"""What the build runs, and the Debian package that it comes from."""


def lacking() -> list[str]:
    """Debian packages that the build misses."""
    missing = [package for tool, package in NEEDED.items() if shutil.which(tool) is None]
    if "pkg-config" not in missing:
        found = subprocess.run(["pkg-config", "--exists", "grpc++", "protobuf"], check=False)
        missing += [] if found.returncode == 0 else ["libgrpc++-dev", "libprotobuf-dev"]
    if not Path("/usr/include/doctest/doctest.h").exists():
        missing.append("doctest-dev")
    return missing


def build(preset: str) -> Path:
    """Configure and build; what is up to date stays as it is."""
    for command in (
        ["cmake", "--preset", preset],
        ["cmake", "--build", "--preset", preset],
    ):
        done = subprocess.run(command, cwd=CORE, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr}"
    return CORE / "build" / preset


@pytest.fixture(scope="session")
def built() -> Callable[[str], Path]:
    """Build a preset of unreal_bridge/core/CMakePresets.json; gives its folder."""
    missing = lacking()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"missing: {' '.join(missing)}; .ci/run installs them")
    if missing:
        pytest.skip(f"the client core needs: apt install {' '.join(missing)}")
    return build


@pytest.fixture(scope="session")
def core(built) -> Path:
    """Folder of the usual build."""
    return built("debian")


@pytest.fixture(scope="session")
def run() -> Callable[..., str]:
    """Run a program of tests, with more in its environment; gives what it printed."""

    def start(program: Path, **environment: str) -> str:
        done = subprocess.run(
            [program], capture_output=True, text=True, check=False,
            env={**ENVIRONMENT, **environment},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
        return done.stdout

    return start


@dataclass
class Came:
    """What the driver told while it obeyed."""

    done: int = 0
    frames: list[dict] = field(default_factory=list)
    events: list[dict] = field(default_factory=list)
    stats: dict = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def of(self, utterance: int, flags: int = 0) -> list[dict]:
        return [f for f in self.frames if (f["utterance"], f["flags"]) == (utterance, flags)]


class Driver:
    """A process of tests/bridges/core/drive.cpp."""

    def __init__(self, program: Path, address: str, pcm: Path, options: dict[str, int]) -> None:
        self.process = subprocess.Popen(
            [program, address, pcm, *(f"{name}={value}" for name, value in options.items())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT,
        )  # fmt: skip
        self.came = Came()
        """Everything so far."""
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def begin(self, *words: object) -> None:
        """Give a command whose answer is awaited later."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def __call__(self, *words: object) -> Came:
        """Give a command; gives what came until it was done."""
        self.begin(*words)
        return self.finish()

    def finish(self) -> Came:
        came = Came()
        while True:
            line = self._lines.get(timeout=60)
            assert line, f"the driver ended with {self.process.wait(10)}"
            ((kind, value),) = json.loads(line).items()
            match kind:
                case "frame":
                    came.frames.append(value)
                case "event":
                    came.events.append(value)
                case "done":
                    came.done = value
                    break
                case _:
                    setattr(came, kind, value)
        self.came.frames += came.frames
        self.came.events += came.events
        return came

    def stop(self) -> int:
        """End it; gives its exit status, which sanitizers set."""
        self.process.stdin.close()
        status = self.process.wait(20)
        self._reader.join()
        self.process.stdout.close()
        return status


@pytest.fixture(scope="session")
def pcm(tmp_path_factory) -> Path:
    """The bundled speech, raw: 16-bit samples at 16 kHz."""
    samples, sample_rate_hz = soundfile.read(SAMPLE, dtype="int16")
    assert sample_rate_hz == 16_000
    path = tmp_path_factory.mktemp("pcm") / "hello.pcm"
    path.write_bytes(samples.tobytes())
    return path


class Server:
    """A server process with the default model."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        config = folder / "server.toml"
        config.write_text(f"port = {port}\ncapacity = 10.0\ngrace_s = 0.0\n")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "posecast", "serve", "--config", config],
            stdout=subprocess.PIPE, text=True, env=ENVIRONMENT,
        )  # fmt: skip
        line = self.process.stdout.readline()
        if not line.startswith("posecast: serving on "):
            self.kill()
            pytest.fail(f"the server did not start: {line}")
        self.address = line.split()[3].rstrip(",")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def start_server(tmp_path) -> Iterator[Callable[..., Server]]:
    """Start a server of the test's own."""
    servers: list[Server] = []

    def start(port: int = 0) -> Server:
        servers.append(Server(tmp_path, port))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def address(tmp_path_factory) -> Iterator[str]:
    """A server that all tests may use."""
    server = Server(tmp_path_factory.mktemp("server"))
    yield server.address
    server.kill()


@pytest.fixture(
    params=[
        "debian",
        pytest.param("debian-asan", marks=pytest.mark.slow),
        pytest.param("debian-tsan", marks=pytest.mark.slow),
    ]
)
def folder(request, built) -> Path:
    """Folder of a build, with sanitizers too."""
    return built(request.param)


@pytest.fixture
def drive(folder, pcm) -> Iterator[Callable[..., Driver]]:
    """Start a driver; it must end well."""
    drivers: list[Driver] = []

    def start(address: str, **options: int) -> Driver:
        drivers.append(Driver(folder / "tests" / "drive", address, pcm, options))
        return drivers[-1]

    yield start
    for driver in drivers:
        if not driver.process.stdin.closed:
            assert driver.stop() == 0
