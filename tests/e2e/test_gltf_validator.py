"""Khronos' validator over the head and over takes on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from posecast.head.asset import head_bytes
from posecast.scenes.formats import encode_scene
from posecast.signals import FaceFrames

PAGE = Path(__file__).parents[2] / "preview_page"


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (PAGE / "node_modules" / "gltf-validator").is_dir():
        told = "the glTF validator is not installed: npm ci --prefix preview_page"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    return found


@pytest.mark.parametrize("form", ["asset", "glb", "gltf"])
def test_the_validator_finds_nothing(node, tmp_path, form) -> None:
    rng = np.random.default_rng(1)
    take = FaceFrames(
        first_index=0,
        frame_rate_hz=25,
        weights=rng.random((5, 52), np.float32),
        head=np.tile(np.float32([0, 0, 0, 1]), (5, 1)),
    )
    path = tmp_path / ("face.gltf" if form == "gltf" else "face.glb")
    path.write_bytes(head_bytes() if form == "asset" else encode_scene(take, form))
    told = subprocess.run(
        [node, "validate.mjs", path],
        cwd=PAGE,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    report = json.loads(told.stdout)
    assert (report["errors"], report["warnings"], report["messages"]) == (0, 0, [])
    assert report["info"]["hasMorphTargets"]
    assert report["info"]["animationCount"] == (0 if form == "asset" else 1)
