"""Generate the C# classes of the contract into the Unity package, or check them.

Run `python unity_bridge/generate_messages.py` to write Runtime/Generated/*.cs; with `--check` it
writes nothing and exits with 1 if writing would change a file. It needs Debian's protoc, since the
one of grpcio-tools knows Python only; without it the exit status is 3.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROTOS = ROOT / "protos"
GENERATED = ROOT / "unity_bridge/com.posecast.unity/Runtime/Generated"
NO_PROTOC = 3


def generate(protoc: str) -> dict[str, bytes]:
    """Run protoc.

    Args:
        protoc: The compiler.

    Returns:
        Name and content of each generated file.

    Raises:
        SystemExit: If protoc refuses the protos.
    """
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.glob("posecast/v1/*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        command = [protoc, f"-I{PROTOS}", f"--csharp_out={folder}", *sources]
        if subprocess.run(command, check=False).returncode != 0:
            sys.exit("protoc failed")
        return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.cs"))}


def find_differences(generated: dict[str, bytes]) -> list[str]:
    """Compare with what is committed.

    Args:
        generated: Name and content of each file as it should be.

    Returns:
        Names of the files that are missing, different or left over.
    """
    committed = {path.name: path.read_bytes() for path in GENERATED.glob("*.cs")}
    return [
        name
        for name in sorted(committed.keys() | generated.keys())
        if committed.get(name) != generated.get(name)
    ]


def main() -> int:
    """Generate or check, by the command line.

    Returns:
        Exit status: 1 if a check found a difference, 3 without protoc.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare only")
    check = parser.parse_args().check
    protoc = shutil.which("protoc")
    if protoc is None:
        sys.stderr.write(
            "protoc is not installed (Debian, Ubuntu: apt install protobuf-compiler)\n"
        )
        return NO_PROTOC
    generated = generate(protoc)
    if not check:
        for name, content in generated.items():
            (GENERATED / name).write_bytes(content)
        return 0
    differences = find_differences(generated)
    for name in differences:
        sys.stderr.write(f"{name} is stale; run: python unity_bridge/generate_messages.py\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
