"""Gather the Unreal plugin with its libraries, and build it where there is an engine.

    python unreal_bridge/package_plugin.py unreal_bridge/core/build/debian/libposecast_core.so
    python unreal_bridge/package_plugin.py posecast_core.dll --engine "C:/Epic/UE_5.4"

Without an engine the result is a folder with sources, to be put into a project's `Plugins`. With
one it is also built by the engine's BuildPlugin: no engine was at hand when this was written.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

BRIDGE = Path(__file__).resolve().parent
PLUGIN = BRIDGE / "Posecast"
HEADER = BRIDGE / "core/include/posecast_core.h"
LICENSE = BRIDGE.parent / "LICENSE"
PLATFORMS = {
    "posecast_core.dll": "Win64",
    "libposecast_core.so": "Linux",
    "libposecast_core.dylib": "Mac",
}
"""Where the plugin looks for each library."""
FAULT = 2


def gather(libraries: list[Path], plugin: Path) -> None:
    """Put together a plugin that is complete but for the building.

    Args:
        libraries: The client core, for each platform that is to have it.
        plugin: Folder that is made anew.
    """
    if plugin.exists():
        shutil.rmtree(plugin)
    shutil.copytree(PLUGIN, plugin, ignore=shutil.ignore_patterns("Binaries", "Intermediate"))
    core = plugin / "Source/ThirdParty/PosecastCore"
    (core / "include").mkdir()
    shutil.copy(HEADER, core / "include")
    shutil.copy(LICENSE, plugin)
    for library in libraries:
        folder = core / "bin" / PLATFORMS[library.name]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, folder)


def engine_version(engine: Path) -> tuple[int, int]:
    """Read an engine's version, e.g. (5, 4).

    Args:
        engine: Its folder, which holds `Engine`.

    Returns:
        Major and minor version.
    """
    text = (engine / "Engine/Build/Build.version").read_text(encoding="utf-8")
    version = json.loads(text)
    return int(version["MajorVersion"]), int(version["MinorVersion"])


def build(plugin: Path, engine: Path, platforms: str) -> int:
    """Let an engine build a gathered plugin, beside it.

    Args:
        plugin: The gathered plugin; its descriptor becomes one for this engine alone.
        engine: The engine's folder.
        platforms: Target platforms, joined by `+`; empty for all that it knows.

    Returns:
        The exit status of the engine's tool.
    """
    major, minor = engine_version(engine)
    path = plugin / "Posecast.uplugin"
    descriptor = json.loads(path.read_text(encoding="utf-8"))
    descriptor["EngineVersion"] = f"{major}.{minor}.0"
    path.write_text(json.dumps(descriptor, indent=2) + "\n", encoding="utf-8")
    package = plugin.with_name(f"Posecast-UE{major}.{minor}")
    command = [str(run_uat(engine)), "BuildPlugin", f"-Plugin={path}", f"-Package={package}"]
    if platforms:
        command.append(f"-TargetPlatforms={platforms}")
    return subprocess.run(command, check=False).returncode


def run_uat(engine: Path) -> Path:
    """Find the engine's tool."""
    return engine / "Engine/Build/BatchFiles" / ("RunUAT.bat" if os.name == "nt" else "RunUAT.sh")


def fault_of(libraries: list[Path], engine: Path | None) -> str:
    """Tell what is wrong with what was given, or nothing."""
    if not libraries:
        return "at least one library is needed: build the client core first (unreal_bridge/core)"
    for library in libraries:
        if library.name not in PLATFORMS:
            return f"library {library.name}; allowed: {', '.join(sorted(PLATFORMS))}"
        if not library.is_file():
            return f"library {library} does not exist"
    if engine is not None and not run_uat(engine).is_file():
        return f"there is no engine in {engine}: it has no {run_uat(engine).relative_to(engine)}"
    return ""


def main() -> int:
    """Read the command line, gather, build; gives the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("libraries", nargs="*", type=Path, help="the client core's libraries")
    parser.add_argument("--output", type=Path, default=Path("dist"), help="default: dist")
    parser.add_argument("--engine", type=Path, help="folder of an Unreal Engine, to build with it")
    parser.add_argument("--platforms", default="", help="target platforms, e.g. Win64+Linux")
    arguments = parser.parse_args()
    fault = fault_of(arguments.libraries, arguments.engine)
    if fault:
        sys.stderr.write(f"package_plugin: {fault}\n")
        return FAULT
    plugin = arguments.output.resolve() / "Posecast"
    gather(arguments.libraries, plugin)
    sys.stdout.write(f"{plugin}\n")
    if arguments.engine is None:
        return 0
    return build(plugin, arguments.engine, arguments.platforms)


if __name__ == "__main__":
    sys.exit(main())
