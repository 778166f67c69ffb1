"""NumPy's `.npz` and `.npy` files, read without ever running what they may hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from posecast.errors import PosecastError


def read_npz(path: Path, failure: type[PosecastError]) -> dict[str, NDArray[Any]]:
    """All arrays of an archive by their keys.

    Args:
        path: The .npz.
        failure: What to raise.

    Raises:
        PosecastError: `failure`, if there is no such file or it is not an archive of plain arrays.

    Source:
        NumPy's format; objects, which would have to be unpickled, are refused.
    """
    loaded = _load(path, failure, "an npz file")
    if isinstance(loaded, np.ndarray):
        raise failure(f"{path}: one array; expected an archive of several, an npz file")
    return loaded


def read_npy(path: Path, failure: type[PosecastError]) -> NDArray[Any]:
    """The array of a file.

    Args:
        path: The .npy.
        failure: What to raise.

    Raises:
        PosecastError: `failure`, if there is no such file or it is not one plain array.

    Source:
        NumPy's format; objects, which would have to be unpickled, are refused.
    """
    loaded = _load(path, failure, "an npy file")
    if isinstance(loaded, dict):
        raise failure(f"{path}: an archive; expected one array, an npy file")
    return loaded


def _load(
    path: Path, failure: type[PosecastError], kind: str
) -> NDArray[Any] | dict[str, NDArray[Any]]:
    try:
        # NumPy would leave a damaged archive open.
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else dict(loaded)
    except OSError as error:
        raise failure(f"{path}: {error.strerror or error}") from error
    except (ValueError, TypeError, EOFError, BadZipFile) as error:
        raise failure(f"{path}: not {kind} of plain arrays: {error}") from error
