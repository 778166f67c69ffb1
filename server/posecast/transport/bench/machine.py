"""Describes the machine of a run, so that figures can be compared; it names no host."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from posecast import __version__
from posecast.transport.bench.process_use import MIB, find_psutil

PACKAGES = ("grpcio", "protobuf", "numpy", "onnxruntime", "onnxruntime-gpu", "psutil")


def describe_machine() -> dict[str, Any]:
    """Cores, processor, memory, system and versions of the machine that runs the clients."""
    psutil: Any = find_psutil()
    return {
        "cores": os.cpu_count(),
        "cores_allowed": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "cpu": _cpu_model(),
        "memory_mib": round(psutil.virtual_memory().total / MIB) if psutil else None,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {"posecast": __version__} | _versions(),
    }


def _cpu_model() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or None)


def _versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
