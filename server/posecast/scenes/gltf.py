"""A take as glTF: the head with one animation of its morph targets and its joint."""

from __future__ import annotations

import numpy as np

from posecast.head.asset import HEAD_NODE, MESH_NODE, head_document, node_index
from posecast.head.glb import GltfDocument
from posecast.signals import FaceFrames


def animated_head(frames: FaceFrames, *, name: str = "Take") -> GltfDocument:
    """Our head with a take.

    Args:
        frames: The whole animation.
        name: What to call the animation.

    Returns:
        A document whose only animation holds the curves in the order of the mesh's targets, and
        the rotation of the head.
    """
    document = head_document()
    times = document.add_array(frames.times_s.astype(np.float32), has_bounds=True)
    weights = document.add_array(frames.weights.astype(np.float32).reshape(-1))
    head = document.add_array(frames.head.astype(np.float32))
    document.add(
        "animations",
        {
            "name": name,
            "samplers": [
                {"input": times, "output": weights, "interpolation": "LINEAR"},
                {"input": times, "output": head, "interpolation": "LINEAR"},
            ],
            "channels": [
                {"sampler": 0, "target": _target(document, MESH_NODE, "weights")},
                {"sampler": 1, "target": _target(document, HEAD_NODE, "rotation")},
            ],
        },
    )
    return document


def _target(document: GltfDocument, node: str, path: str) -> dict[str, object]:
    return {"node": node_index(document, node), "path": path}
