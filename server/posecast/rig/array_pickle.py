"""Pickled arrays, read without running anything that the file names.

A pickle may name any function to be called. Here a name stands for one of a few classes of our own
that only keep what they are given, or the file is refused: neither NumPy's own unpickling, whose
C code trusts its input, nor SciPy or chumpy take part.
"""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from posecast.errors import PosecastError

_Names = Mapping[tuple[str, str], Callable[..., Any]]
"""What a pickle may name, by module and name, and what stands for it."""
_NUMBER = re.compile(r"[fiu][1248]|b1")
"""NumPy's codes of plain numbers; an object's would be an address."""
_DAMAGED = (
    pickle.UnpicklingError, EOFError, ImportError, MemoryError,
    ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip
"""What Python raises at files that are no pickles, or hold what does not fit together."""


def read_pickle(path: Path, failure: type[PosecastError]) -> dict[str, Any]:
    """A pickled dictionary of arrays, of Python 2 or 3.

    Args:
        path: The file.
        failure: What to raise.

    Returns:
        Values by key: NumPy arrays; sparse matrices and chumpy arrays as the arrays they stand for;
        text and numbers as they are.

    Raises:
        PosecastError: `failure`, if there is no such file, or it holds anything else.

    Source:
        Python's pickle protocols; the state in which NumPy's, SciPy's and chumpy's arrays are kept.
    """
    try:
        with path.open("rb") as file:
            # Text of Python 2 was bytes: Latin-1 maps each of them to one character and back.
            loaded = _ArrayUnpickler(file, _ALLOWED, encoding="latin1").load()
    except OSError as error:
        raise failure(f"{path}: {error.strerror or error}") from error
    except _DAMAGED as error:
        raise failure(f"{path}: not a pickle of plain arrays: {error}") from error
    if not isinstance(loaded, dict):
        raise failure(f"{path}: a pickled {type(loaded).__name__}; expected a dictionary")
    return {str(key): _plain(value) for key, value in loaded.items()}


def read_plain_pickle(data: bytes, where: str, failure: type[PosecastError]) -> Any:
    """A pickled value of plain Python values and NumPy arrays, of Python 3.

    Args:
        data: The pickle.
        where: What to call it in an error message.
        failure: What to raise.

    Returns:
        The value: None, truth values, numbers, text, bytes, arrays of numbers; lists, tuples and
        dictionaries of these.

    Raises:
        PosecastError: `failure`, if it is damaged or holds anything else.

    Source:
        Python's pickle protocols 3 to 5; the state in which NumPy's arrays are kept.
    """
    try:
        return _plain_inside(_ArrayUnpickler(io.BytesIO(data), _NUMPY).load())
    except (*_DAMAGED, RecursionError) as error:
        raise failure(f"{where}: not a pickle of plain values: {error}") from error


class _ArrayUnpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, allowed: _Names, *, encoding: str = "ASCII") -> None:
        super().__init__(file, encoding=encoding)
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._allowed[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is refused") from None


class _Type:
    """Where a pickle names a type only to say of what kind something is."""


class _Dtype:
    """`numpy.dtype` of plain numbers."""

    def __init__(self, code: str, *_: object) -> None:
        if not _NUMBER.fullmatch(code):
            raise pickle.UnpicklingError(f"an array of type {code!r}; allowed: numbers")
        self._code, self._order = code, "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._order = {"<": "<", ">": ">"}.get(state[1], "=")

    @property
    def plain(self) -> np.dtype[Any]:
        return np.dtype(self._order + self._code)


class _Array:
    """`numpy.ndarray`."""

    values: NDArray[Any] = np.empty(0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, is_fortran, raw = state
        self.values = _array_of(raw, dtype, shape, "F" if is_fortran else "C").values


class _SparseColumns:
    """`scipy.sparse.csc_matrix`."""

    values: NDArray[Any] = np.empty(0)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.values = self._dense(state, *state["_shape"])

    def _dense(self, state: Mapping[str, Any], num_rows: int, num_columns: int) -> NDArray[Any]:
        data, rows, starts = (state[key].values for key in ("data", "indices", "indptr"))
        if len(starts) != num_columns + 1 or (rows < 0).any():
            raise pickle.UnpicklingError("a sparse matrix whose indices do not fit its shape")
        dense = np.zeros((num_rows, num_columns), data.dtype)
        np.add.at(dense, (rows, np.repeat(np.arange(num_columns), np.diff(starts))), data)
        return dense


class _SparseRows(_SparseColumns):
    """`scipy.sparse.csr_matrix`."""

    def _dense(self, state: Mapping[str, Any], num_rows: int, num_columns: int) -> NDArray[Any]:
        return super()._dense(state, num_columns, num_rows).T


class _Chumpy:
    """`chumpy.Ch` of an array; one that is computed from others has no `x`."""

    values: NDArray[Any] = np.empty(0)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.values = _plain(state["x"])


def _plain(value: Any) -> Any:
    return value.values if isinstance(value, _Array | _SparseColumns | _Chumpy) else value


def _plain_inside(value: Any) -> Any:
    """The same with arrays in the place of their stand-ins, however deep."""
    if isinstance(value, _Array):
        return value.values
    if isinstance(value, dict):
        return {key: _plain_inside(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain_inside(part) for part in value)
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    raise pickle.UnpicklingError(f"it holds a {type(value).__name__.lstrip('_').lower()}")


def _empty_array(*_: object) -> _Array:
    """NumPy makes an empty array, then gives it its state."""
    return _Array()


def _array_of(raw: Any, dtype: _Dtype, shape: tuple[int, ...], order: str) -> _Array:
    array = _Array()
    buffer = raw.encode("latin1") if isinstance(raw, str) else raw
    flat = np.frombuffer(buffer, dtype.plain)
    array.values = flat.reshape(shape, order="F" if order == "F" else "C")
    return array


def _empty_object(kind: type[Any], *_: object) -> Any:
    """What `copyreg` does for the older protocols."""
    if kind not in (_SparseColumns, _SparseRows, _Chumpy):
        raise pickle.UnpicklingError(f"it makes an object of {kind!r}")
    return kind()


def _encode(text: str, *_: object) -> bytes:
    """Bytes of Python 3 in Python 2's protocol."""
    return text.encode("latin1")


_NUMPY: _Names = {
    ("numpy", "ndarray"): _Type,
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("numpy.core.numeric", "_frombuffer"): _array_of,
    ("numpy._core.numeric", "_frombuffer"): _array_of,
}
_ALLOWED: _Names = {
    **_NUMPY,
    **{
        (f"scipy.sparse.{prefix}{kind}", f"{kind}_matrix"): stand_in
        for prefix in ("", "_")
        for kind, stand_in in (("csc", _SparseColumns), ("csr", _SparseRows))
    },
    ("chumpy.ch", "Ch"): _Chumpy,
    ("copy_reg", "_reconstructor"): _empty_object,
    ("copyreg", "_reconstructor"): _empty_object,
    ("__builtin__", "object"): _Type,
    ("builtins", "object"): _Type,
    ("__builtin__", "set"): frozenset,
    ("builtins", "set"): frozenset,
    ("_codecs", "encode"): _encode,
}
