"""Writes the head as a glTF asset."""

from __future__ import annotations

import numpy as np

from posecast.head.asset import HEAD_NODE, MESH_NODE, NECK_NODE
from posecast.head.glb import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, GltfDocument
from posecast.head.model import HEAD_JOINT_CM, Head, follows_head
from posecast.head.part import Part
from posecast.head.sculpt import Array
from posecast.rig.arkit import CURVE_NAMES

_MATERIALS = {
    "skin": (0.52, 0.0),
    "eyes": (0.12, 0.0),
    "mouth": (0.42, 0.0),
    "brows": (0.9, 0.0),
}
"""Roughness and metalness."""


def encode_head(head: Head) -> bytes:
    """The head as a binary glTF file with 52 named morph targets and two joints.

    Args:
        head: The head.

    Returns:
        The file's content; lengths are in metres.
    """
    document = GltfDocument(
        {
            "asset": {
                "version": "2.0",
                "generator": "posecast.head",
                "copyright": "Posecast contributors, Apache-2.0",
            },
            "scene": 0,
            "scenes": [{"name": "Posecast", "nodes": [0, 2]}],
        }
    )
    document.add("nodes", {"name": NECK_NODE, "children": [1]})
    joint = [value / 100 for value in HEAD_JOINT_CM]
    document.add("nodes", {"name": HEAD_NODE, "translation": joint})
    document.add("nodes", {"name": MESH_NODE, "mesh": 0, "skin": 0})
    primitives = [_primitive(document, name, part) for name, part in head.parts.items()]
    document.add(
        "meshes",
        {
            "name": MESH_NODE,
            "primitives": primitives,
            "weights": [0.0] * len(CURVE_NAMES),
            "extras": {"targetNames": list(CURVE_NAMES)},
        },
    )
    document.add(
        "skins",
        {"joints": [0, 1], "skeleton": 0, "inverseBindMatrices": _bind_matrices(document, joint)},
    )
    return document.to_glb()


def vertex_normals(points: Array, triangles: np.ndarray) -> Array:
    """Unit normals, the mean of a vertex's triangles by their area. [N, 3]"""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], face)
    return total / np.maximum(np.linalg.norm(total, axis=-1, keepdims=True), 1e-12)


def _primitive(document: GltfDocument, name: str, part: Part) -> dict[str, object]:
    roughness, metalness = _MATERIALS[name]
    material = document.add(
        "materials",
        {
            "name": name,
            "pbrMetallicRoughness": {"roughnessFactor": roughness, "metallicFactor": metalness},
        },
    )
    attributes = {
        "POSITION": document.add_array(_metres(part.points), target=ARRAY_BUFFER, has_bounds=True),
        "NORMAL": document.add_array(
            vertex_normals(part.points, part.triangles).astype(np.float32), target=ARRAY_BUFFER
        ),
        "COLOR_0": document.add_array(_colour_bytes(part), target=ARRAY_BUFFER, is_normalized=True),
        **_skinning(document, follows_head(part.points)),
    }
    still = np.zeros_like(_metres(part.points))
    unmoved = None
    targets = []
    for curve in CURVE_NAMES:
        moves = part.moves.get(curve)
        if moves is None or not moves.any():
            unmoved = document.add_sparse(still) if unmoved is None else unmoved
            targets.append({"POSITION": unmoved})
        else:
            targets.append({"POSITION": document.add_sparse(_metres(moves))})
    triangles = part.triangles.astype(np.uint16).reshape(-1)
    return {
        "attributes": attributes,
        "indices": document.add_array(triangles, target=ELEMENT_ARRAY_BUFFER),
        "material": material,
        "targets": targets,
    }


def _skinning(document: GltfDocument, follows: Array) -> dict[str, int]:
    share = np.round(255 * follows).astype(np.uint8)
    weights = np.stack([255 - share, share, 0 * share, 0 * share], axis=-1)
    joints = np.tile(np.array([0, 1, 0, 0], np.uint8), (len(share), 1)) * (weights > 0)
    return {
        "JOINTS_0": document.add_array(joints.astype(np.uint8), target=ARRAY_BUFFER),
        "WEIGHTS_0": document.add_array(weights, target=ARRAY_BUFFER, is_normalized=True),
    }


def _bind_matrices(document: GltfDocument, joint: list[float]) -> int:
    matrices = np.tile(np.eye(4, dtype=np.float32), (2, 1, 1))
    matrices[1, :3, 3] = [-value for value in joint]
    return document.add_array(matrices.transpose(0, 2, 1).reshape(2, 16))


def _metres(values: Array) -> np.ndarray:
    return (np.round(values, 5) / 100).astype(np.float32)


def _colour_bytes(part: Part) -> np.ndarray:
    """Colours; the fourth channel, which opaque materials ignore, tells our page the openness."""
    channels = np.concatenate([part.colours, part.openness[:, None]], axis=1)
    return np.round(255 * np.clip(channels, 0, 1)).astype(np.uint8)
