"""What more than one test of the Unreal plugin builds on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def stop(reason: str) -> None:
    """CI has everything; a developer may lack something."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def csharp_compiler() -> str:
    """Mono's C# compiler."""
    if shutil.which("mcs") is None:
        stop("mcs is not installed (Debian, Ubuntu: apt install mono-mcs)")
    return "mcs"


@pytest.fixture(scope="session")
def compiler() -> str:
    """A C++ compiler."""
    if shutil.which("g++") is None:
        stop("g++ is not installed (Debian, Ubuntu: apt install g++)")
    return "g++"


@pytest.fixture(scope="session")
def build_logic(compiler):
    """Build the tests of the engine-free part with sanitizers; gives their folder."""
    missing = [tool for tool in ("cmake", "ninja") if shutil.which(tool) is None]
    if missing or not Path("/usr/include/doctest/doctest.h").exists():
        stop("the plugin's tests need: apt install cmake ninja-build doctest-dev")

    def build(sanitizers: str) -> Path:
        folder = ROOT / "build/unreal" / sanitizers.replace(",", "-")
        for command in (
            ["cmake", "-G", "Ninja", "-S", Path(__file__).parent / "logic", "-B", folder,
             f"-DSANITIZE={sanitizers}"],
            ["cmake", "--build", folder],
        ):  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
        return folder

    return build
