"""Takes as scenes: our head, moving, for the tools of artists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from posecast.scenes.gltf import animated_head
from posecast.scenes.usd import encode_usd
from posecast.signals import FaceFrames

SceneFormat = Literal["glb", "gltf", "usda"]
SCENE_FORMATS: tuple[SceneFormat, ...] = get_args(SceneFormat)
SCENE_SUFFIXES: Mapping[str, SceneFormat] = {f".{name}": name for name in SCENE_FORMATS}


def encode_scene(frames: FaceFrames, scene_format: SceneFormat) -> bytes:
    """Turn frames into the bytes of a scene.

    Args:
        frames: The whole animation.
        scene_format: `glb` (binary glTF), `gltf` (the same as one text file) or `usda` (USD, text).

    Returns:
        The file's content; equal frames give equal bytes.
    """
    if scene_format == "usda":
        return encode_usd(frames)
    document = animated_head(frames)
    return document.to_glb() if scene_format == "glb" else document.to_gltf()
