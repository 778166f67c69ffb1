"""Compiles the Unity package, and starts the server that it is tried against."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import grpc
import numpy as np
import pytest
import soundfile

from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PACKAGE = ROOT / "unity_bridge/com.posecast.unity"
BUILD = ROOT / "build/unity"
SAMPLE_RATE_HZ = 16_000
NUNIT = Path("/usr/lib/cli/nunit.framework-2.6.3/nunit.framework.dll")
PACKAGES = {
    "mono-mcs": "mcs",
    "mono-runtime": "mono",
    "nunit-console": "nunit-console",
    "libnunit-cil-dev": NUNIT,
    "libmono-system-net-http4.0-cil": Path("/usr/lib/mono/4.5/System.Net.Http.dll"),
    "libmono-system-numerics4.0-cil": Path("/usr/lib/mono/4.5/System.Numerics.dll"),
}
PROTOBUF_WARNINGS = "-nowarn:1591,1570,1572,1573,1574,1587,0436,0618,1701,1702"


def skip_or_fail(reason: str) -> None:
    """What a developer may lack is a reason to skip; what CI lacks is a fault."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Compiler:
    """mcs against one set of libraries, with one folder for what it makes."""

    folder: Path
    options: tuple[str, ...] = ()

    def run(
        self,
        output: str,
        sources: Iterable[Path],
        *,
        references: Iterable[str] = (),
        options: Iterable[str] = ("-warnaserror",),
        target: str = "library",
    ) -> subprocess.CompletedProcess[str]:
        """Compile; references are names of what was made before, or of the system's libraries."""
        made = [f"-r:{self.folder / f'{name}.dll'}" for name in references]
        command = [
            "mcs", "-langversion:7.2", f"-target:{target}", *self.options, *options, *made,
            f"-out:{self.folder / output}", *(str(source) for source in sources),
        ]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def make(self, output: str, sources: Iterable[Path], **settings) -> Path:
        done = self.run(output, sources, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.folder / output


def sources_of(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((PACKAGE / folder).rglob("*.cs"))]


@pytest.fixture(scope="session")
def tools() -> None:
    """Mono and NUnit are installed."""
    missing = [
        package
        for package, proof in PACKAGES.items()
        if not (proof.exists() if isinstance(proof, Path) else shutil.which(proof))
    ]
    if missing:
        skip_or_fail(f"not installed (Debian, Ubuntu: apt install {' '.join(missing)})")


@pytest.fixture(scope="session")
def protobuf(tools) -> list[Path]:
    """The sources of protobuf's C# runtime."""
    folder = BUILD / "Google.Protobuf"
    if not (folder / "MessageParser.cs").exists():
        script = HERE / "fetch_protobuf.py"
        done = subprocess.run(
            [sys.executable, script, folder], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            skip_or_fail(f"protobuf's source package cannot be fetched: {done.stderr[-500:]}")
    # mcs loses a file's alias over partial classes unless this file comes first.
    first = folder / "Reflection/Descriptor.cs"
    return [first, *(path for path in sorted(folder.rglob("*.cs")) if path != first)]


def make_core(compiler: Compiler, protobuf: list[Path], *extra: Path) -> Compiler:
    """Google.Protobuf once, the generated messages and the core each time."""
    compiler.folder.mkdir(parents=True, exist_ok=True)
    library = compiler.folder / "Google.Protobuf.dll"
    stamp = compiler.folder / "Google.Protobuf.stamp"
    sources = [*protobuf, *extra]
    told = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    if not library.exists() or not stamp.exists() or stamp.read_text() != told:
        options = ["-unsafe", "-optimize+", PROTOBUF_WARNINGS]
        compiler.make(library.name, sources, options=options)
        stamp.write_text(told)
    compiler.make(
        "Posecast.Generated.dll", sources_of("Runtime/Generated"), references=["Google.Protobuf"]
    )
    compiler.make(
        "Posecast.Core.dll", sources_of("Runtime/Core"), options=["-warnaserror", "-optimize+"],
        references=["Google.Protobuf", "Posecast.Generated"],
    )  # fmt: skip
    return compiler


@pytest.fixture(scope="session")
def mono(protobuf) -> Compiler:
    """The core, compiled for Mono."""
    compiler = Compiler(BUILD / "mono", ("-r:System.Net.Http",))
    return make_core(compiler, protobuf, HERE / "support/Unsafe.cs")


@dataclass(frozen=True)
class DotNet:
    """The .NET Core runtime of the wheel `dotnetcore2`."""

    binary: Path
    libraries: Path
    compiler: Compiler

    def start(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
            "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
        }
        return subprocess.Popen(
            [self.binary, self.compiler.folder / program, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment,
        )  # fmt: skip


@pytest.fixture(scope="session")
def dotnet(protobuf) -> DotNet:
    """The core and the console client, compiled for .NET Core, whose HttpClient speaks HTTP/2."""
    spec = importlib.util.find_spec("dotnetcore2")
    if spec is None or spec.origin is None:
        skip_or_fail("the wheel dotnetcore2 is not installed (pip install dotnetcore2)")
    binaries = Path(spec.origin).parent / "bin"
    libraries = next(binaries.glob("shared/Microsoft.NETCore.App/*"))
    references = [
        f"-r:{path}"
        for path in sorted(libraries.glob("*.dll"))
        if path.name.startswith(("System", "mscorlib", "netstandard"))
        and "WindowsRuntime" not in path.name
    ]
    options = ("-nostdlib", "-noconfig", "-d:NETCOREAPP", "-nowarn:1701,1702", *references)
    compiler = make_core(Compiler(BUILD / "dotnet", options), protobuf)
    sources = [HERE / "support/StreamClient.cs", HERE / "support/Conversation.cs"]
    compiler.make(
        "StreamClient.dll", sources, target="exe",
        references=["Google.Protobuf", "Posecast.Generated", "Posecast.Core"],
    )  # fmt: skip
    (compiler.folder / "StreamClient.runtimeconfig.json").write_text(
        '{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"}}}'
    )
    return DotNet(binaries / "dotnet", libraries, compiler)


@pytest.fixture(scope="session")
def run_mono(mono) -> Callable[..., str]:
    """Compile a program against the core, run it under Mono, give what it printed."""

    def run(program: Path, *arguments: str) -> str:
        name = f"{program.stem}.exe"
        references = ["Google.Protobuf", "Posecast.Generated", "Posecast.Core"]
        mono.make(name, [program], target="exe", references=references)
        done = subprocess.run(
            ["mono", mono.folder / name, *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


class Serving:
    """`posecast serve` in a process of its own, as often as needed on one port."""

    def __init__(self, log: Path) -> None:
        self.log = log
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> None:
        self.log.write_text("")
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "server"), "OMP_NUM_THREADS": "1"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "posecast", "serve", "--port", str(self.port), *arguments],
                stdout=log, stderr=log, env=environment,
            )  # fmt: skip
        for _ in range(600):
            if "serving on" in self.log.read_text():
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError("the server does not start: " + self.log.read_text())

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def serving(tmp_path_factory):
    """A server with the shipped model; a test that stops it starts it again."""
    serving = Serving(tmp_path_factory.mktemp("server") / "log.txt")
    serving.start()
    yield serving
    serving.kill()


@pytest.fixture(scope="session")
def speech(tmp_path_factory) -> Path:
    """Three seconds of the bundled recording, raw."""
    samples, rate = soundfile.read(ROOT / "server/posecast/samples/hello.wav", dtype="int16")
    assert rate == SAMPLE_RATE_HZ
    file = tmp_path_factory.mktemp("speech") / "speech.raw"
    file.write_bytes(samples[: 3 * rate].astype("<i2").tobytes())
    return file


@pytest.fixture(scope="session")
def faces_of() -> Callable[..., np.ndarray]:
    """Read the lines of a console client: time, weights and head of each face. [T, 1 + C + 4]"""

    def read(lines: list[str], utterance: int = 0) -> np.ndarray:
        rows = [line.split()[1:] for line in lines if line.startswith("face ")]
        return np.array([[float(cell) for cell in r[1:]] for r in rows if int(r[0]) == utterance])

    return read


@pytest.fixture(scope="session")
def expected(serving, speech) -> np.ndarray:
    """The same speech by Python's own client: time, weights, head of each frame. [T, 1 + C + 4]"""

    def requests():
        audio_format = audio_pb2.AudioFormat(
            encoding=audio_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=SAMPLE_RATE_HZ
        )
        settings = pb.AnimationSettings(seed=7)
        yield pb.AnimateRequest(
            config=pb.AnimateConfig(audio_format=audio_format, settings=settings)
        )
        yield pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=speech.read_bytes()))

    with grpc.insecure_channel(f"127.0.0.1:{serving.port}") as channel:
        answers = list(pb_grpc.FaceAnimationServiceStub(channel).Animate(requests()))
    frames = [frame for answer in answers for frame in answer.frames.frames]
    return np.array(
        [[f.index / 25, *f.weights, f.head.x, f.head.y, f.head.z, f.head.w] for f in frames]
    )
