"""A take as USD text: the head as a UsdSkel character with blend shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from posecast.head.asset import HEAD_NODE, NECK_NODE, head_document, node_index
from posecast.head.glb import GltfDocument
from posecast.rig.arkit import CURVE_NAMES
from posecast.signals import FaceFrames

_JOINTS = f'["{NECK_NODE}", "{NECK_NODE}/{HEAD_NODE}"]'


def encode_usd(frames: FaceFrames) -> bytes:
    """A stage in metres, Y up, with a `SkelRoot` named Posecast.

    Args:
        frames: The whole animation; time codes are frame indices.

    Returns:
        The content of a `.usda` file.
    """
    document = head_document()
    lines = [*_stage(frames), *_skeleton(document), *_animation(document, frames)]
    names = [material["name"] for material in document.content["materials"]]
    for name, primitive in zip(names, document.content["meshes"][0]["primitives"], strict=True):
        lines += _mesh(document, name, primitive)
    return ("\n".join([*lines, "}"]) + "\n").encode()


def _stage(frames: FaceFrames) -> list[str]:
    last = frames.first_index + len(frames) - 1
    return [
        "#usda 1.0",
        "(",
        '    defaultPrim = "Posecast"',
        f"    startTimeCode = {frames.first_index}",
        f"    endTimeCode = {last}",
        f"    timeCodesPerSecond = {frames.frame_rate_hz}",
        f"    framesPerSecond = {frames.frame_rate_hz}",
        "    metersPerUnit = 1",
        '    upAxis = "Y"',
        ")",
        'def SkelRoot "Posecast"',
        "{",
    ]


def _skeleton(document: GltfDocument) -> list[str]:
    offset = tuple(_head_offset(document))
    still = "((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))"
    moved = f"((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), {(*offset, 1)})"
    return [
        '    def Skeleton "Skeleton" (prepend apiSchemas = ["SkelBindingAPI"])',
        "    {",
        f"        uniform token[] joints = {_JOINTS}",
        f"        uniform matrix4d[] bindTransforms = [{still}, {moved}]",
        f"        uniform matrix4d[] restTransforms = [{still}, {moved}]",
        "        rel skel:animationSource = </Posecast/Animation>",
        "    }",
    ]


def _animation(document: GltfDocument, frames: FaceFrames) -> Iterator[str]:
    offset = tuple(_head_offset(document))
    yield '    def SkelAnimation "Animation"'
    yield "    {"
    yield f"        uniform token[] joints = {_JOINTS}"
    yield f"        float3[] translations = [(0, 0, 0), {offset}]"
    yield "        half3[] scales = [(1, 1, 1), (1, 1, 1)]"
    yield "        quatf[] rotations.timeSamples = {"
    for index, (x, y, z, w) in enumerate(frames.head.tolist(), start=frames.first_index):
        turned = ", ".join(_number(value) for value in (w, x, y, z))
        yield f"            {index}: [(1, 0, 0, 0), ({turned})],"
    yield "        }"
    yield f"        uniform token[] blendShapes = {_tokens(CURVE_NAMES)}"
    yield "        float[] blendShapeWeights.timeSamples = {"
    for index, weights in enumerate(frames.weights.tolist(), start=frames.first_index):
        yield f"            {index}: [{', '.join(map(_number, weights))}],"
    yield "        }"
    yield "    }"


def _mesh(document: GltfDocument, name: str, primitive: dict[str, Any]) -> Iterator[str]:
    arrays = {key: document.array(index) for key, index in primitive["attributes"].items()}
    triangles = document.array(primitive["indices"])
    moves = {
        curve: document.array(target["POSITION"])
        for curve, target in zip(CURVE_NAMES, primitive["targets"], strict=True)
    }
    moves = {curve: move for curve, move in moves.items() if move.any()}
    paths = ", ".join(f"</Posecast/{name}/{curve}>" for curve in moves)
    yield f'    def Mesh "{name}" (prepend apiSchemas = ["SkelBindingAPI"])'
    yield "    {"
    yield '        uniform token subdivisionScheme = "none"'
    yield f"        int[] faceVertexCounts = [{', '.join(['3'] * (len(triangles) // 3))}]"
    yield f"        int[] faceVertexIndices = [{', '.join(map(str, triangles.tolist()))}]"
    yield f"        point3f[] points = {_vectors(arrays['POSITION'])}"
    yield f"        normal3f[] normals = {_vectors(arrays['NORMAL'])} ("
    yield '            interpolation = "vertex"'
    yield "        )"
    yield f"        color3f[] primvars:displayColor = {_vectors(arrays['COLOR_0'][:, :3] / 255)} ("
    yield '            interpolation = "vertex"'
    yield "        )"
    yield from _skinning(arrays["WEIGHTS_0"][:, :2] / 255)
    yield "        rel skel:skeleton = </Posecast/Skeleton>"
    yield f"        uniform token[] skel:blendShapes = {_tokens(moves)}"
    yield f"        rel skel:blendShapeTargets = [{paths}]"
    for curve, move in moves.items():
        index = np.flatnonzero(move.any(axis=1))
        yield f'        def BlendShape "{curve}"'
        yield "        {"
        yield f"            uniform vector3f[] offsets = {_vectors(move[index])}"
        yield f"            uniform int[] pointIndices = [{', '.join(map(str, index.tolist()))}]"
        yield "        }"
    yield "    }"


def _skinning(weights: np.ndarray) -> Iterator[str]:
    yield f"        int[] primvars:skel:jointIndices = [{', '.join(['0, 1'] * len(weights))}] ("
    yield "            elementSize = 2"
    yield '            interpolation = "vertex"'
    yield "        )"
    listed = ", ".join(_number(value) for value in weights.reshape(-1).tolist())
    yield f"        float[] primvars:skel:jointWeights = [{listed}] ("
    yield "            elementSize = 2"
    yield '            interpolation = "vertex"'
    yield "        )"


def _head_offset(document: GltfDocument) -> list[float]:
    node = document.content["nodes"][node_index(document, HEAD_NODE)]
    return [float(value) for value in node["translation"]]


def _tokens(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _vectors(table: np.ndarray) -> str:
    return "[" + ", ".join(f"({', '.join(map(_number, row))})" for row in table.tolist()) + "]"


def _number(value: float) -> str:
    return f"{value:.6g}"
