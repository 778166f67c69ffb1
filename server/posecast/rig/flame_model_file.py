"""The user's own licensed FLAME model, read from its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posecast.array_file import read_npz
from posecast.errors import CheckpointMismatch
from posecast.rig.array_pickle import read_pickle
from posecast.rig.flame_layout import EXPRESSION_DIM, SHAPE_DIM
from posecast.rig.flame_model import NUM_JOINTS, FlameModel

FIRST_EXPRESSION = 300
"""Column of the basis behind the last one of shape."""
_COLUMNS = FIRST_EXPRESSION + EXPRESSION_DIM  # 350


def read_flame_model(path: Path) -> FlameModel:
    """Read a model file; we ship none, and none can be made from what we ship.

    Args:
        path: `generic_model.pkl` of FLAME 2020 as its makers hand it out, or an .npz of the same
            arrays under the same names: `v_template` [V, 3], `shapedirs` [V, 3, 400], `posedirs`
            [V, 3, 36], `J_regressor` [5, V], `weights` [V, 5] and `kintree_table` [2, 5].

    Returns:
        The model with the first 100 columns of shape and the first 50 of expression.

    Raises:
        CheckpointMismatch: If the file is missing, damaged, something else than arrays, or another
            model than FLAME 2020.

    Source:
        The layout of FLAME's public model file.
    """
    suffix = path.suffix.lower()
    if suffix not in (".npz", ".pkl"):
        raise CheckpointMismatch(f"{path}: unknown suffix {path.suffix!r}; allowed: .npz, .pkl")
    arrays = (read_npz if suffix == ".npz" else read_pickle)(path, CheckpointMismatch)
    try:
        return _model_from(arrays)
    except CheckpointMismatch as error:
        raise CheckpointMismatch(f"{path}: {error}") from error


def _model_from(arrays: Mapping[str, Any]) -> FlameModel:
    template = _floats(arrays, "v_template", (None, 3))
    vertices = len(template)
    basis = _floats(arrays, "shapedirs", (vertices, 3, None))
    if basis.shape[2] < _COLUMNS:
        raise CheckpointMismatch(
            f"shapedirs has {basis.shape[2]} columns; expected {_COLUMNS} or more: "
            f"{FIRST_EXPRESSION} of shape, then those of expression"
        )
    bends = (NUM_JOINTS - 1) * 9  # 36
    pose_basis = _floats(arrays, "posedirs", (vertices, 3, bends))
    return FlameModel(
        template=template,
        shape_basis=basis[..., :SHAPE_DIM],
        expression_basis=basis[..., FIRST_EXPRESSION:_COLUMNS],
        pose_basis=pose_basis.reshape(vertices * 3, bends).T,
        joint_regressor=_floats(arrays, "J_regressor", (NUM_JOINTS, vertices)),
        skinning_weights=_floats(arrays, "weights", (vertices, NUM_JOINTS)),
        parents=_parents(_numbers(arrays, "kintree_table", (2, NUM_JOINTS))),
    )


def _floats(
    arrays: Mapping[str, Any], name: str, expected: tuple[int | None, ...]
) -> NDArray[np.float32]:
    return _numbers(arrays, name, expected).astype(np.float32)


def _numbers(
    arrays: Mapping[str, Any], name: str, expected: tuple[int | None, ...]
) -> NDArray[Any]:
    if name not in arrays:
        raise CheckpointMismatch(f"{name} is missing")
    values = arrays[name]
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise CheckpointMismatch(f"{name} is not an array of numbers")
    wanted = tuple("any" if size is None else size for size in expected)
    if values.ndim != len(expected) or any(
        size not in (None, actual) for size, actual in zip(expected, values.shape, strict=True)
    ):
        shown = ", ".join(map(str, wanted))
        raise CheckpointMismatch(f"{name} has shape {values.shape}; expected ({shown})")
    return values


def _parents(table: NDArray[Any]) -> NDArray[np.int64]:
    """The first row of the table; the root's parent is -1, there as an unsigned number."""
    parents = table[0].astype(np.int64)
    return np.where(parents < NUM_JOINTS, parents, -1)
