"""glTF 2.0 documents: arrays in, a binary or a text file out, and back."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest

_MAGIC, _VERSION = 0x46546C67, 2
_JSON, _BIN = 0x4E4F534A, 0x004E4942
_COMPONENTS: dict[np.dtype[Any], int] = {
    np.dtype(np.uint8): 5121,
    np.dtype(np.uint16): 5123,
    np.dtype(np.uint32): 5125,
    np.dtype(np.float32): 5126,
}
_DTYPES = {number: dtype for dtype, number in _COMPONENTS.items()}
_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_WIDTHS = {name: width for width, name in _TYPES.items()}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963


@dataclass(slots=True)
class GltfDocument:
    """A document that is being made or was read: its JSON and its one buffer."""

    content: dict[str, Any] = field(default_factory=dict)
    """The JSON; `buffers` is written at the end."""
    binary: bytearray = field(default_factory=bytearray)
    """The buffer."""

    def add(self, kind: str, item: dict[str, Any]) -> int:
        """Append an item to one of the lists of the JSON.

        Args:
            kind: Name of the list, e.g. `nodes`.
            item: What to append.

        Returns:
            Its index.
        """
        self.content.setdefault(kind, []).append(item)
        return len(self.content[kind]) - 1

    def add_array(
        self,
        values: NDArray[Any],
        *,
        target: int | None = None,
        is_normalized: bool = False,
        has_bounds: bool = False,
    ) -> int:
        """Store an array.

        Args:
            values: Numbers of a type that glTF knows. [N] or [N, 3, 4 or 16]
            target: What the array is for: one of the two constants above, or nothing.
            is_normalized: Whether integers stand for 0..1.
            has_bounds: Whether least and greatest values are told; places and times need it.

        Returns:
            Index of the accessor.
        """
        accessor: dict[str, Any] = {
            "bufferView": self._add_view(values, target),
            **_shape_of(values),
        }
        if is_normalized:
            accessor["normalized"] = True
        if has_bounds:
            accessor |= _bounds_of(values)
        return self.add("accessors", accessor)

    def add_sparse(self, values: NDArray[np.float32]) -> int:
        """Store movements most of which are 0.

        Args:
            values: Movements. [N, 3]

        Returns:
            Index of the accessor.
        """
        accessor: dict[str, Any] = {**_shape_of(values), **_bounds_of(values)}
        places = np.flatnonzero((values != 0).any(axis=1))
        if len(places):
            index = places.astype(np.uint16 if len(values) < 65_535 else np.uint32)
            accessor["sparse"] = {
                "count": len(places),
                "indices": {
                    "bufferView": self._add_view(index, None),
                    "componentType": _COMPONENTS[index.dtype],
                },
                "values": {"bufferView": self._add_view(values[places], None)},
            }
        return self.add("accessors", accessor)

    def array(self, accessor_index: int) -> NDArray[Any]:
        """Read an array back.

        Args:
            accessor_index: Index of its accessor.

        Returns:
            The numbers, sparse ones filled in. [N] or [N, width]
        """
        accessor = self.content["accessors"][accessor_index]
        dtype, width = _DTYPES[accessor["componentType"]], _WIDTHS[accessor["type"]]
        count = accessor["count"]
        if "bufferView" in accessor:
            values = self._read(accessor, dtype, count * width).reshape(count, width)
        else:
            values = np.zeros((count, width), dtype)
        if sparse := accessor.get("sparse"):
            indices = sparse["indices"]
            index = self._read(indices, _DTYPES[indices["componentType"]], sparse["count"])
            given = self._read(sparse["values"], dtype, sparse["count"] * width)
            values[index] = given.reshape(-1, width)
        return values[:, 0] if width == 1 else values

    def to_glb(self) -> bytes:
        """The document as one binary file."""
        binary = bytes(self.binary)
        text = self._text([{"byteLength": len(binary)}])
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), _JSON) + text
        chunks += struct.pack("<II", len(binary), _BIN) + binary
        return struct.pack("<III", _MAGIC, _VERSION, 12 + len(chunks)) + chunks

    def to_gltf(self) -> bytes:
        """The document as one text file, with the buffer inside."""
        data = base64.b64encode(self.binary).decode()
        uri = f"data:application/octet-stream;base64,{data}"
        return self._text([{"byteLength": len(self.binary), "uri": uri}])

    def _text(self, buffers: list[dict[str, Any]]) -> bytes:
        return json.dumps({**self.content, "buffers": buffers}, separators=(",", ":")).encode()

    def _add_view(self, values: NDArray[Any], target: int | None) -> int:
        self.binary.extend(b"\0" * (-len(self.binary) % 4))
        data = np.ascontiguousarray(values).tobytes()
        view: dict[str, Any] = {
            "buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data),
        }  # fmt: skip
        if target is not None:
            view["target"] = target
        self.binary.extend(data)
        self.binary.extend(b"\0" * (-len(self.binary) % 4))
        return self.add("bufferViews", view)

    def _read(self, place: dict[str, Any], dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        view = self.content["bufferViews"][place["bufferView"]]
        start = view.get("byteOffset", 0) + place.get("byteOffset", 0)
        return np.frombuffer(bytes(self.binary), dtype, count, start).copy()


def read_gltf(data: bytes, *, where: str) -> GltfDocument:
    """Read a file that `to_glb` or `to_gltf` could have written.

    Args:
        data: The file's content.
        where: What to call it in an error message.

    Returns:
        The document.

    Raises:
        InvalidRequest: If it is no such file.
    """
    try:
        if data[:4] == b"glTF":
            return _read_glb(data)
        content = json.loads(data)
        (buffer,) = content.pop("buffers")
        return GltfDocument(content, bytearray(base64.b64decode(buffer["uri"].split(",", 1)[1])))
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, struct.error) as error:
        raise InvalidRequest(f"{where}: not a glTF file with one buffer inside: {error}") from error


def _read_glb(data: bytes) -> GltfDocument:
    length, kind = struct.unpack_from("<II", data, 12)
    if kind != _JSON:
        raise ValueError("the first chunk is not JSON")
    content = json.loads(data[20 : 20 + length])
    size, _ = struct.unpack_from("<II", data, 20 + length)
    start = 28 + length
    del content["buffers"]
    return GltfDocument(content, bytearray(data[start : start + size]))


def _shape_of(values: NDArray[Any]) -> dict[str, Any]:
    width = 1 if values.ndim == 1 else values.shape[1]
    return {
        "componentType": _COMPONENTS[values.dtype],
        "count": len(values),
        "type": _TYPES[width],
    }


def _bounds_of(values: NDArray[Any]) -> dict[str, Any]:
    table = values.reshape(len(values), -1)
    return {"min": table.min(axis=0).tolist(), "max": table.max(axis=0).tolist()}
