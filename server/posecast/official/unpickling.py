"""Opens a published checkpoint file without running any code that it may hold."""

from __future__ import annotations

import argparse
import pickle
import re
import struct
import warnings
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import torch

from posecast.errors import CheckpointMismatch

_PATH_MODULES = ("pathlib", "pathlib._local")  # the second is what Python 3.13 writes
_PATH_CLASSES: dict[str, type[PurePosixPath | PureWindowsPath]] = {
    "Path": PurePosixPath,
    "PosixPath": PurePosixPath,
    "PurePath": PurePosixPath,
    "PurePosixPath": PurePosixPath,
    "WindowsPath": PureWindowsPath,
    "PureWindowsPath": PureWindowsPath,
}
"""Paths come back as pure ones: a WindowsPath cannot be made on Linux, nor a PosixPath on Windows,
and nobody opens these files."""
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    pickle.UnpicklingError,
    RuntimeError,
    struct.error,
    TypeError,
    ValueError,
)
"""What torch raises for a damaged file, depending on the byte at which it notices."""
_REFUSED = re.compile(r"(?:GLOBAL|unrecognized function|but got) (?:<[^ ]+ ')?([\w.]+)")


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Unpickle a checkpoint of tensors, plain values, `argparse.Namespace` and paths.

    Args:
        path: A file that `torch.save` wrote, of the present format or the one before it.

    Returns:
        The mapping in the file; its tensors are on the CPU, its paths are pure.

    Raises:
        CheckpointMismatch: If the file cannot be read, asks for anything else to be made, or holds
            no mapping.
    """
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_allowed()):
            warnings.simplefilter("ignore")  # of old formats; what cannot be read raises
            content = torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise CheckpointMismatch(f"{path}: {_tell(error)}") from error
    if not isinstance(content, dict):
        raise CheckpointMismatch(
            f"{path}: it holds a {type(content).__name__}; expected a checkpoint's dict"
        )
    return content


def _allowed() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """What a checkpoint may name beside tensors: a class under each name that is stored for it."""
    paths = [
        (pure, f"{module}.{name}")
        for module in _PATH_MODULES
        for name, pure in _PATH_CLASSES.items()
    ]
    return [argparse.Namespace, *paths]


def _tell(error: Exception) -> str:
    """One line about a file that could not be unpickled."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    refused = _REFUSED.search(str(error)) if isinstance(error, pickle.UnpicklingError) else None
    if refused:
        return (
            f"refused, because it asks for {refused[1]}; "
            "allowed: tensors, argparse.Namespace and pathlib's paths"
        )
    # The rest of torch's message recommends to load the file without this protection.
    reason = str(error).rpartition("WeightsUnpickler error: ")[2].strip().partition("\n")[0]
    sentence = reason.partition(". ")[0] or type(error).__name__
    return f"not a checkpoint that can be read: {sentence}"
