"""Files of FLAME coefficients, shapes and style vectors, as the published tools use them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posecast.array_file import read_npy, read_npz
from posecast.errors import InvalidRequest
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_layout import EXPRESSION_DIM, POSE_DIM, SHAPE_DIM
from posecast.signals import FloatArray

STYLE_DIM = 128


def read_coefficients(path: Path) -> list[FlameCoefficients]:
    """Read the coefficients of one clip, or of several takes of one.

    Args:
        path: An .npz with `exp` (F, 50) or (N, F, 50), `pose` (F, 6) or (N, F, 6), and perhaps
            `shape` of (100,), or with a row for each frame; raw units.

    Returns:
        One face for each of the N takes.

    Raises:
        InvalidRequest: If the file cannot be read or is not of this form.

    Source:
        DiffPoseTalk, arXiv:2310.00434: the results of its demo, the input of its style extractor.
    """
    arrays = read_npz(path, InvalidRequest)
    expression = _takes(arrays, "exp", EXPRESSION_DIM, path)
    pose = _takes(arrays, "pose", POSE_DIM, path)
    if len(expression) != len(pose):
        raise InvalidRequest(f"{path}: exp of {len(expression)} takes, pose of {len(pose)}")
    shapes = _shapes(arrays, len(pose), path)
    try:
        return [
            FlameCoefficients(expression=exp, pose=turns, shape=shape)
            for exp, turns, shape in zip(expression, pose, shapes, strict=True)
        ]
    except InvalidRequest as error:
        raise InvalidRequest(f"{path}: {error}") from error


def write_coefficients(path: Path, takes: Sequence[FlameCoefficients]) -> None:
    """Write takes of one clip: `exp` (N, F, 50), `pose` (N, F, 6), `shape` (N, F, 100), float32.

    Args:
        path: The .npz.
        takes: Faces of as many frames each; `shape` is left out unless all have one.

    Raises:
        InvalidRequest: If there is no take, or they differ in length.

    Source:
        DiffPoseTalk, arXiv:2310.00434: the results of its demo repeat the shape for each frame.
    """
    if len({len(take) for take in takes}) != 1:
        lengths = ", ".join(str(len(take)) for take in takes) or "none"
        raise InvalidRequest(f"{path}: takes of {lengths} frames; expected one length")
    arrays = {
        "exp": np.stack([take.expression for take in takes]),
        "pose": np.stack([take.pose for take in takes]),
    }
    shapes = [take.shape for take in takes if take.shape is not None]
    if len(shapes) == len(takes):
        arrays["shape"] = np.repeat(np.stack(shapes)[:, None], len(takes[0]), axis=1)
    buffer = io.BytesIO()
    plain: dict[str, Any] = {key: values.astype(np.float32) for key, values in arrays.items()}
    np.savez(buffer, **plain)
    path.write_bytes(buffer.getvalue())


def read_shape(path: Path) -> FloatArray:
    """Read who it is.

    Args:
        path: A .npy of (100,), or an .npz with that under `shape`; of several rows the first.

    Returns:
        FLAME's shape in raw units. [100]

    Raises:
        InvalidRequest: If the file cannot be read or holds something else.

    Source:
        DiffPoseTalk, arXiv:2310.00434: the files of its demo.
    """
    if path.suffix.lower() == ".npz":
        arrays = read_npz(path, InvalidRequest)
        return _first_shape(_floats(_get(arrays, "shape", path), "shape", path), path)
    return _first_shape(_floats(read_npy(path, InvalidRequest), "the array", path), path)


def read_style_vector(path: Path) -> FloatArray:
    """Read a style as the published style encoder writes it.

    Args:
        path: A .npy of (128,).

    Returns:
        The vector, of use only with the denoiser that its encoder belongs to. [128]

    Raises:
        InvalidRequest: If the file cannot be read or holds something else.

    Source:
        DiffPoseTalk, arXiv:2310.00434: the files of its demo.
    """
    vector = _floats(read_npy(path, InvalidRequest), "the array", path)
    if vector.shape != (STYLE_DIM,):
        raise InvalidRequest(f"{path}: a style of shape {vector.shape}; expected ({STYLE_DIM},)")
    return vector


def write_style_vector(path: Path, vector: FloatArray) -> None:
    """Write a style for the published tools: a float32 .npy of (128,).

    Args:
        path: The .npy.
        vector: Output of a style encoder. [128]

    Raises:
        InvalidRequest: If the vector has another length or is not finite.

    Source:
        DiffPoseTalk, arXiv:2310.00434: the files of its demo.
    """
    if vector.shape != (STYLE_DIM,) or not np.isfinite(vector).all():
        raise InvalidRequest(
            f"{path}: a style of shape {vector.shape}; expected ({STYLE_DIM},), finite"
        )
    buffer = io.BytesIO()
    np.save(buffer, vector.astype(np.float32))
    path.write_bytes(buffer.getvalue())


def _get(arrays: dict[str, NDArray[Any]], key: str, path: Path) -> NDArray[Any]:
    if key not in arrays:
        there = ", ".join(sorted(arrays)) or "nothing"
        raise InvalidRequest(f"{path}: key {key!r} is missing; there: {there}")
    return arrays[key]


def _floats(values: NDArray[Any], what: str, path: Path) -> FloatArray:
    if values.dtype.kind not in "fiu":
        raise InvalidRequest(f"{path}: {what} is of type {values.dtype}; expected numbers")
    floats = values.astype(np.float32)
    if not np.isfinite(floats).all():
        raise InvalidRequest(f"{path}: {what} is not finite")
    return floats


def _takes(
    arrays: dict[str, NDArray[Any]], key: str, width: int, path: Path
) -> NDArray[np.float32]:
    """An array of one clip or of several takes, as several. [N, F, width]"""
    values = _floats(_get(arrays, key, path), key, path)
    if values.ndim not in (2, 3) or values.shape[-1] != width:
        raise InvalidRequest(
            f"{path}: {key} has shape {values.shape}; expected (frames, {width}) "
            f"or (takes, frames, {width})"
        )
    return values if values.ndim == 3 else values[None]


def _shapes(
    arrays: dict[str, NDArray[Any]], num_takes: int, path: Path
) -> list[FloatArray] | list[None]:
    """The shape of each take; one that is there once is that of all."""
    if "shape" not in arrays:
        return [None] * num_takes
    values = _floats(arrays["shape"], "shape", path)
    if values.ndim != 3:
        return [_first_shape(values, path)] * num_takes
    if len(values) != num_takes:
        raise InvalidRequest(f"{path}: shape of {len(values)} takes, exp of {num_takes}")
    return [_first_shape(rows, path) for rows in values]


def _first_shape(values: FloatArray, path: Path) -> FloatArray:
    if not values.size or values.ndim > 3 or values.shape[-1:] != (SHAPE_DIM,):
        raise InvalidRequest(
            f"{path}: a shape of shape {values.shape}; expected ({SHAPE_DIM},), or rows of these"
        )
    return values.reshape(-1, SHAPE_DIM)[0]
