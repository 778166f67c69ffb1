"""Reads pickled dictionaries of numbers and arrays without running what a pickle may ask for."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest

_KINDS = "biuf"  # of NumPy's types: truth values, integers and floats
_ERRORS = (  # the unpickler stumbles over a damaged pickle in many ways
    ArithmeticError, AttributeError, EOFError, ImportError, LookupError, MemoryError, OverflowError,
    pickle.UnpicklingError, RecursionError, TypeError, ValueError,
)  # fmt: skip


def read_pickle(data: bytes, where: str) -> Any:
    """The value in a pickle of plain Python values and NumPy arrays of numbers.

    Nothing that the pickle names is imported or called: NumPy's constructors are stand-ins of our
    own, which check what they are given.

    Args:
        data: What `pickle.dumps` gave.
        where: What to call the source in an error message.

    Returns:
        The value: None, truth values, numbers, text, bytes, arrays; lists, tuples and dictionaries
        of these.

    Raises:
        InvalidRequest: If the pickle is damaged or holds anything else.
    """
    try:
        return _finish(_Reader(io.BytesIO(data)).load())
    except InvalidRequest as error:
        raise InvalidRequest(f"{where}: {error}") from error
    except _ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InvalidRequest(f"{where} is no pickle of plain values: {reason}") from error


class _Type:
    """Stands in for `numpy.dtype`."""

    def __init__(self, code: str, *_: object) -> None:
        self.dtype = np.dtype(_plain_code(code))

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        if order not in {"<", ">", "|", "="} or any(part is not None for part in state[2:5]):
            raise InvalidRequest("an array of a compound type")
        self.dtype = self.dtype.newbyteorder(order)


def _plain_code(code: object) -> str:
    if not isinstance(code, str) or code[:1] not in set(_KINDS) or not code[1:].isdigit():
        raise InvalidRequest(f"an array of type {code!r}; allowed: numbers")
    return code


class _Array:
    """Stands in for an array whose values come later."""

    def __init__(self) -> None:
        self.values: NDArray[Any] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, is_by_columns, data = state
        self.values = _make_array(data, kind, shape, "F" if is_by_columns else "C")


def _make_array(data: object, kind: object, shape: Any, order: Any) -> NDArray[Any]:
    if not isinstance(kind, _Type) or not isinstance(data, bytes | bytearray):
        raise InvalidRequest("an array of objects; allowed: numbers")
    if order not in {"C", "F"}:
        raise InvalidRequest(f"an array of order {order!r}; allowed: C, F")
    return np.frombuffer(bytes(data), kind.dtype).reshape(shape, order=order)


def _begin_array(*_: object) -> _Array:
    """Stands in for `numpy._core.multiarray._reconstruct`."""
    return _Array()


def _take_array(data: object, kind: object, shape: object, order: object = "C") -> _Array:
    """Stands in for `numpy._core.numeric._frombuffer`, of protocol 5."""
    array = _Array()
    array.values = _make_array(data, kind, shape, order)
    return array


_ALLOWED: Mapping[tuple[str, str], Callable[..., object]] = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _Array,
} | {
    (f"numpy.{core}.{module}", name): stand_in
    for core in ("core", "_core")  # before and since NumPy 2
    for module, name, stand_in in (
        ("multiarray", "_reconstruct", _begin_array),
        ("numeric", "_frombuffer", _take_array),
    )
}


class _Reader(pickle.Unpickler):
    """An unpickler that knows arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for what the pickle names."""
        if (module, name) not in _ALLOWED:
            raise InvalidRequest(
                f"a pickle that asks for {module}.{name}; allowed: dictionaries, lists, text, "
                f"bytes, numbers and arrays of numbers"
            )
        return _ALLOWED[module, name]

    def persistent_load(self, pid: object) -> Any:
        """Nothing is kept elsewhere."""
        raise InvalidRequest(f"a pickle that refers to {pid!r} elsewhere")


def _finish(value: Any) -> Any:
    """Arrays in the place of their stand-ins."""
    if isinstance(value, _Array) and value.values is not None:
        return value.values
    if isinstance(value, dict):
        return {key: _finish(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_finish(part) for part in value)
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    raise InvalidRequest(f"a pickled {type(value).__name__}")
