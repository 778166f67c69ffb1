"""Compiles the Unity package with Mono, and what its tests need."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PACKAGE = ROOT / "unity_bridge/com.posecast.unity"
BUILD = ROOT / "build/unity"
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
    compiler.make(
        "StreamClient.dll", [HERE / "support/StreamClient.cs"], target="exe",
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
