"""What can be evaluated: the model, stored takes, faces that know nothing of speech."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from posecast.config import AnimationOptions
from posecast.evaluation.baselines import constant_face, loudness_face
from posecast.evaluation.degradation import degrade
from posecast.evaluation.inputs import read_takes
from posecast.evaluation.runs import Animator, System
from posecast.session.engine import AnimationEngine
from posecast.session.pipeline import animate
from posecast.signals import FaceFrames, Waveform

BASELINES: Mapping[str, Callable[[Waveform], FaceFrames]] = {
    "constant": constant_face,
    "loudness": loudness_face,
}


def baseline_system(name: str) -> System:
    """One of the trivial faces, in which nothing is drawn."""
    return {None: lambda _, waveform: BASELINES[name](waveform)}


def stored_system(folder: Path, names: Sequence[str]) -> System:
    """Takes that were made before.

    Args:
        folder: Folder of the CSV files.
        names: Names of the clips.

    Returns:
        The system.

    Raises:
        InvalidRequest: If a take is missing or malformed.
    """
    takes = read_takes(folder, list(names))
    return {None: lambda name, _: takes[name]}


def model_system(
    engine: AnimationEngine, options: AnimationOptions, seeds: Sequence[int]
) -> System:
    """A loaded model.

    Args:
        engine: The model.
        options: What is asked of it; its seed does not count.
        seeds: Seeds to make every clip with.

    Returns:
        The system.

    Raises:
        InvalidRequest: If a seed is out of range.
    """
    return {seed: _animator(engine, dataclasses.replace(options, seed=seed)) for seed in seeds}


def hearing(condition: str, system: System) -> System:
    """The same system, but what it hears is degraded."""
    return {seed: _degraded(condition, animator) for seed, animator in system.items()}


def _animator(engine: AnimationEngine, options: AnimationOptions) -> Animator:
    return lambda _, waveform: animate(engine, waveform, options)


def _degraded(condition: str, animator: Animator) -> Animator:
    return lambda name, waveform: animator(name, degrade(condition, waveform, name))
