"""Generate the Python classes of the contracts into server/, or check that they are up to date.

Run `python protos/generate.py` to write the *_pb2*.py of server/posecast/v1 and
server/posecast/nvidia_ace; with `--check` it writes nothing and exits with 1 if writing would
change a file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import resources
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
SERVER = PROTOS.parent / "server"
SOURCES = {"posecast/v1": PROTOS / "posecast/v1", "posecast/nvidia_ace": PROTOS / "nvidia_ace"}
"""Python packages, and where their protos lie.

The path of a proto is that of its package. For NVIDIA's it is another than in this folder, because
a top-level package `nvidia_ace` would lie over the one of NVIDIA's own client."""


def generate(target: Path) -> dict[str, bytes]:
    """Run protoc.

    Args:
        target: Existing folder that takes the place of `server/`.

    Returns:
        Path below the target and content of each generated file.

    Raises:
        SystemExit: If protoc refuses the protos or is not installed.
    """
    try:
        from grpc_tools import protoc
    except ImportError:
        sys.exit("grpcio-tools is not installed: pip install 'posecast[dev]'")
    sources = [
        f"{package}/{path.name}"
        for package, folder in SOURCES.items()
        for path in sorted(folder.glob("*.proto"))
    ]
    arguments = [
        "protoc",
        *(f"-I{package}={folder}" for package, folder in SOURCES.items()),
        f"-I{resources.files('grpc_tools') / '_proto'}",
        f"--python_out={target}",
        f"--pyi_out={target}",
        f"--grpc_python_out={target}",
        *sources,
    ]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed")
    return _read_classes(target)


def find_differences(generated: dict[str, bytes]) -> list[str]:
    """Compare with what is committed.

    Args:
        generated: Path and content of each file as it should be.

    Returns:
        One line for each file that is missing, different or left over.
    """
    committed = _read_classes(SERVER)
    differences = []
    for name in sorted(committed.keys() | generated.keys()):
        if name not in committed:
            differences.append(f"{name} is missing")
        elif name not in generated:
            differences.append(f"{name} is left over")
        elif committed[name] != generated[name]:
            differences.append(f"{name} is stale")
    return differences


def _read_classes(root: Path) -> dict[str, bytes]:
    """Path below the root and content of each generated file of all packages."""
    return {
        f"{package}/{path.name}": path.read_bytes().replace(b"\r\n", b"\n")
        for package in SOURCES
        for path in sorted((root / package).glob("*_pb2*"))
        if path.is_file()
    }


def main() -> int:
    """Generate or check, by the command line.

    Returns:
        Exit status: 1 if a check found a difference.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare only")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        generated = generate(Path(folder))
    if not check:
        for name, content in generated.items():
            (SERVER / name).parent.mkdir(parents=True, exist_ok=True)
            (SERVER / name).write_bytes(content)
        return 0
    differences = find_differences(generated)
    for difference in differences:
        sys.stderr.write(f"{difference}; run: python protos/generate.py\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
