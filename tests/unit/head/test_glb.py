from __future__ import annotations

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.head.glb import GltfDocument, read_gltf


@pytest.mark.parametrize("form", ["to_glb", "to_gltf"])
def test_arrays_come_back_as_they_were_stored(form) -> None:
    document = GltfDocument({"asset": {"version": "2.0"}})
    places = np.arange(12, dtype=np.float32).reshape(4, 3)
    sparse = np.zeros((4, 3), np.float32)
    sparse[2] = [1, 2, 3]
    stored = [
        document.add_array(places, has_bounds=True),
        document.add_sparse(sparse),
        document.add_sparse(np.zeros_like(sparse)),
        document.add_array(np.array([3, 1, 2], np.uint16)),
    ]
    again = read_gltf(getattr(document, form)(), where="it")
    for index, values in zip(stored, (places, sparse, 0 * sparse, [3, 1, 2]), strict=True):
        np.testing.assert_array_equal(again.array(index), values)


@pytest.mark.parametrize(
    "data", [b"", b"glTF", b"glTF" + bytes(40), b"{}", b'{"buffers": []}', b"[1]"]
)
def test_what_is_no_gltf_is_refused(data) -> None:
    with pytest.raises(InvalidRequest, match=r"^face\.glb: not a glTF file"):
        read_gltf(data, where="face.glb")
