"""Measure what the Unity package's core costs a game for each rendered frame; prints one JSON line.

It runs under Mono. Run tests/bridges/unity first: they compile the libraries that this uses.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build/unity/mono"
PROGRAM = ROOT / "tests/bridges/unity/support/FrameBench.cs"
LIBRARIES = ("Google.Protobuf", "Posecast.Generated", "Posecast.Core")
NUM_FRAMES = 200_000


def main() -> int:
    """Compile the program and run it."""
    references = [f"-r:{BUILD / name}.dll" for name in LIBRARIES]
    binary = BUILD / "FrameBench.exe"
    command = ["mcs", "-langversion:7.2", "-optimize+", *references, f"-out:{binary}", PROGRAM]
    subprocess.run(command, check=True)
    return subprocess.run(["mono", binary, str(NUM_FRAMES)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
