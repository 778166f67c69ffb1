"""Generate the Python classes of the contract into server/, or check that they are up to date.

Run `python protos/generate.py` to write server/posecast/v1/*_pb2*.py; with `--check` it writes
nothing and exits with 1 if writing would change a file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import resources
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
SERVER = PROTOS.parent / "server"
PACKAGE = Path("posecast/v1")


def generate(target: Path) -> dict[str, bytes]:
    """Run protoc.

    Args:
        target: Existing folder that takes the place of `server/`.

    Returns:
        Name and content of each generated file.

    Raises:
        SystemExit: If protoc refuses the protos or is not installed.
    """
    try:
        from grpc_tools import protoc
    except ImportError:
        sys.exit("grpcio-tools is not installed: pip install 'posecast[dev]'")
    sources = sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / PACKAGE).glob("*.proto"))
    arguments = [
        "protoc",
        f"-I{PROTOS}",
        f"-I{resources.files('grpc_tools') / '_proto'}",
        f"--python_out={target}",
        f"--pyi_out={target}",
        f"--grpc_python_out={target}",
        *sources,
    ]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed")
    generated = sorted((target / PACKAGE).glob("*_pb2*"))
    return {path.name: path.read_bytes().replace(b"\r\n", b"\n") for path in generated}


def find_differences(generated: dict[str, bytes]) -> list[str]:
    """Compare with what is committed.

    Args:
        generated: Name and content of each file as it should be.

    Returns:
        One line for each file that is missing, different or left over.
    """
    committed = {
        path.name: path.read_bytes().replace(b"\r\n", b"\n")
        for path in (SERVER / PACKAGE).glob("*_pb2*")
        if path.is_file()
    }
    differences = []
    for name in sorted(committed.keys() | generated.keys()):
        if name not in committed:
            differences.append(f"{PACKAGE / name} is missing")
        elif name not in generated:
            differences.append(f"{PACKAGE / name} is left over")
        elif committed[name] != generated[name]:
            differences.append(f"{PACKAGE / name} is stale")
    return differences


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
        (SERVER / PACKAGE).mkdir(parents=True, exist_ok=True)
        for name, content in generated.items():
            (SERVER / PACKAGE / name).write_bytes(content)
        return 0
    differences = find_differences(generated)
    for difference in differences:
        sys.stderr.write(f"{difference}; run: python protos/generate.py\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
