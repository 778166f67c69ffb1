"""The file of a fitted FLAME to ARKit map, in the user's own folder."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np

from posecast.array_file import read_npz
from posecast.errors import CheckpointMismatch
from posecast.rig.flame_map import FlameArkitMap

FORMAT_VERSION = 1


def write_flame_map(path: Path, fitted: FlameArkitMap) -> None:
    """Write a map as an .npz; equal maps give equal bytes.

    Args:
        path: The .npz to write.
        fitted: From `flame_fit.fit_flame_arkit`.

    Source:
        Our own.
    """
    values: dict[str, Any] = dataclasses.asdict(fitted)
    buffer = io.BytesIO()
    np.savez(buffer, format_version=FORMAT_VERSION, **values)
    path.write_bytes(buffer.getvalue())


def read_flame_map(path: Path) -> FlameArkitMap:
    """Read what `posecast rig fit` wrote.

    Args:
        path: The .npz.

    Returns:
        The map.

    Raises:
        CheckpointMismatch: If the file is missing, damaged or something else.

    Source:
        Our own.
    """
    arrays = read_npz(path, CheckpointMismatch)
    names = [field.name for field in dataclasses.fields(FlameArkitMap)]
    missing = [name for name in ("format_version", *names) if name not in arrays]
    if missing:
        raise CheckpointMismatch(
            f"{path}: not a map of `posecast rig fit`: {missing[0]} is missing"
        )
    version = arrays["format_version"].tolist()
    if version != FORMAT_VERSION:
        raise CheckpointMismatch(f"{path}: format version {version!r}; expected {FORMAT_VERSION}")
    try:
        values: dict[str, Any] = {name: arrays[name].astype(np.float64) for name in names[1:-1]}
        return FlameArkitMap(
            curves=arrays["curves"].astype(np.int64),
            provenance=str(arrays["provenance"]),
            **values,
        )
    except (CheckpointMismatch, ValueError, IndexError) as error:
        raise CheckpointMismatch(f"{path}: {error}") from error
