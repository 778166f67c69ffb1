"""The head as a glTF asset, for whoever shows or exports it."""

from __future__ import annotations

from importlib import resources

from posecast.head.glb import GltfDocument, read_gltf

FILE_NAME = "posecast-head.glb"
"""Made by `python -m posecast.head.make`; own work, Apache-2.0."""
MESH_NODE, HEAD_NODE, NECK_NODE = "Face", "Head", "Neck"


def head_bytes() -> bytes:
    """Content of the committed asset."""
    return (resources.files("posecast.head") / FILE_NAME).read_bytes()


def head_document() -> GltfDocument:
    """The committed asset, read."""
    return read_gltf(head_bytes(), where=FILE_NAME)


def node_index(document: GltfDocument, name: str) -> int:
    """Index of the node of a name."""
    return [node.get("name") for node in document.content["nodes"]].index(name)
