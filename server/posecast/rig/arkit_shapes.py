"""ARKit's shapes on a mesh: the user's own, from OBJ files or an .npz."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posecast.array_file import read_npz
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_NAMES
from posecast.rig.mirror import head_size

NEUTRAL = "neutral"
_LARGEST_MOVE = 0.3
"""Share of the head's size beyond which a vertex has not moved but lies in another place."""
_NAMES = {name.lower(): name for name in (*CURVE_NAMES, NEUTRAL)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArkitShapes:
    """A face at rest, and how each curve at 1 displaces it."""

    neutral: NDArray[np.float64]
    """[V, 3]"""
    displacements: Mapping[str, NDArray[np.float64]]
    """By the names of curves, which need not be all. [V, 3] each, in the unit of `neutral`"""


def read_arkit_shapes(path: Path) -> ArkitShapes:
    """Read shapes.

    Args:
        path: A folder of OBJ files named by their curves, `jawOpen.obj`, with `neutral.obj`; or an
            .npz with the same vertices as arrays [V, 3] under the same names.

    Returns:
        The shapes that are there; case of the names does not matter.

    Raises:
        InvalidRequest: If the files cannot be read, one is not named by a curve, neutral or jawOpen
            is missing, or they do not have as many vertices each.

    Source:
        ARKit's names; Wavefront's OBJ.
    """
    if path.is_dir():
        found = {_name_of(file.stem, str(file)): _read_obj(file) for file in _obj_files(path)}
    elif path.suffix.lower() == ".npz":
        arrays = read_npz(path, InvalidRequest)
        found = {
            _name_of(key, str(path)): _floats(array, key, path) for key, array in arrays.items()
        }
    else:
        raise InvalidRequest(f"{path}: expected a folder of OBJ files, or an .npz")
    for name in (NEUTRAL, "jawOpen"):
        if name not in found:
            raise InvalidRequest(f"{path}: {name} is missing")
    neutral = found.pop(NEUTRAL)
    for name, vertices in found.items():
        _check(name, vertices, neutral, path)
    ordered = {name: found[name] - neutral for name in CURVE_NAMES if name in found}
    return ArkitShapes(neutral=neutral, displacements=ordered)


def _obj_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() == ".obj")


def _name_of(text: str, where: str) -> str:
    try:
        return _NAMES[text.lower()]
    except KeyError:
        raise InvalidRequest(
            f"{where}: {text!r} is neither {NEUTRAL} nor one of the 52 ARKit curves"
        ) from None


def _read_obj(path: Path) -> NDArray[np.float64]:
    """The vertices of a mesh, in the file's order. [V, 3]"""
    rows: list[list[float]] = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if line.startswith("v "):
                try:
                    x, y, z = (float(word) for word in line.split()[1:4])
                except ValueError as error:
                    raise InvalidRequest(f"{path}: line {number}: {error}") from error
                rows.append([x, y, z])
    if not rows:
        raise InvalidRequest(f"{path}: no vertices")
    return _floats(np.array(rows), "the mesh", path)


def _floats(values: NDArray[np.generic], name: str, path: Path) -> NDArray[np.float64]:
    if values.dtype.kind not in "fiu" or values.ndim != 2 or values.shape[1] != 3:
        raise InvalidRequest(
            f"{path}: {name} is {values.dtype} of shape {values.shape}; expected numbers, (V, 3)"
        )
    floats = values.astype(np.float64)
    if not np.isfinite(floats).all():
        raise InvalidRequest(f"{path}: {name} is not finite")
    return floats


def _check(
    name: str, vertices: NDArray[np.float64], neutral: NDArray[np.float64], path: Path
) -> None:
    if vertices.shape != neutral.shape:
        raise InvalidRequest(
            f"{path}: {name} has {len(vertices)} vertices; {NEUTRAL} has {len(neutral)}"
        )
    moved = float(np.abs(vertices - neutral).max())
    if moved > _LARGEST_MOVE * head_size(neutral):
        raise InvalidRequest(
            f"{path}: {name} lies {moved:.3g} off {NEUTRAL}; expected the vertices of the shape "
            "(not their displacements), in the same place and order"
        )
