"""Motion in the units of the networks: its scale, and clips drawn in a style."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posecast.errors import CheckpointMismatch
from posecast.rig.retarget import MotionScale
from posecast.signals import FloatArray
from posecast.training.face_rules import add_life, animate_by_rule
from posecast.training.styles import StyleParameters, draw_style
from posecast.training.tapes import Crop, TapeSampler

STD_FLOOR = 0.02
"""Smallest divisor of a curve that moves at all; keeps rare curves from being blown up."""
_CONSTANT_STD = 1e-6


def save_scale(path: Path, scale: MotionScale) -> None:
    """Write both rows to an .npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, mean=scale.mean, std=scale.std)


def load_scale(path: Path) -> MotionScale:
    """Read what `save_scale` wrote.

    Raises:
        CheckpointMismatch: If there is no such file.
    """
    if not path.exists():
        raise CheckpointMismatch(f"{path} is missing: `posecast train style` writes it")
    with np.load(path) as stored:
        return MotionScale(mean=stored["mean"], std=stored["std"])


def motion_in_style(crop: Crop, style: StyleParameters, rng: np.random.Generator) -> FloatArray:
    """A crop animated by rule, with what a face does of itself. [T, 55]"""
    return add_life(animate_by_rule(crop.frame_tracks(), style), crop.accents, style, rng)


def measure_scale(sampler: TapeSampler, num_clips: int = 600) -> MotionScale:
    """Statistics over random clips in random styles."""
    rng = sampler.rng
    clips = [motion_in_style(sampler.draw(400), draw_style(rng), rng) for _ in range(num_clips)]
    motion = np.concatenate(clips).astype(np.float64)
    std = motion.std(axis=0)
    return MotionScale(
        mean=motion.mean(axis=0).astype(np.float32),
        std=np.where(std < _CONSTANT_STD, 0.0, np.maximum(std, STD_FLOOR)).astype(np.float32),
    )
