"""Made-up persons who speak made-up sounds: a set of clips that needs no licence.

A sound is three tones whose levels rise and fall like syllables. The levels drive jaw and lips, a
person decides how much of it shows, what the face looks like at rest and how the head wanders. Some
of the expressions are moods, which a style encoder has to learn to look past.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posecast.config import FRAME_RATE_HZ, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from posecast.errors import InvalidRequest
from posecast.rig.flame_layout import EXPRESSION_DIM, HEAD, JAW_X, POSE_DIM, SHAPE_DIM
from posecast.rig.flame_model import JAW_JOINT, NUM_JOINTS, FlameModel
from posecast.signals import FloatArray
from posecast.training.flame.clips import ClipCoefficients
from posecast.training.flame.folder_clips import FolderWriter

TONES_HZ = (400.0, 1100.0, 2600.0)
SPOKEN_COLUMNS = (0, 1)
"""Expressions that the second and the third tone drive; the first drives the jaw."""
MOODY_COLUMNS = slice(2, 22)
"""Expressions that drift so slowly that two clips differ, and tell nothing about the person."""
_SYLLABLE_S = (0.12, 0.35)
_PAUSE_ODDS = 0.15
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """What is the same in all of someone's clips."""

    shape: Array
    rest: Array
    restlessness: Array
    gains: Array
    head_rest_rad: Array
    head_wander_rad: float
    pitch: float


def write_made_up_clips(
    folder: Path, *, num_persons: int, clips_each: int, seconds: float, seed: int
) -> None:
    """Write a folder of clips of made-up persons.

    Args:
        folder: The set, to be split by `splits.split_persons`.
        num_persons: How many there are.
        clips_each: Clips of each.
        seconds: Length of a clip, at least 8.4 for the style encoder's crops.
        seed: Seed of everything.

    Raises:
        InvalidRequest: If there would be nothing.
    """
    if num_persons < 1 or clips_each < 1 or not seconds > 0:
        raise InvalidRequest(
            f"{num_persons} persons, {clips_each} clips of {seconds} s; allowed: some of each"
        )
    writer = FolderWriter(folder)
    for index in tqdm(range(num_persons), desc="persons"):
        rng = np.random.default_rng((seed, index))
        person = _draw_person(rng)
        for clip in range(clips_each):
            samples, coefficients = _record(person, round(seconds * FRAME_RATE_HZ), rng)
            writer.add(f"person{index:03d}/{clip:03d}", samples, coefficients)


def _draw_person(rng: np.random.Generator) -> _Person:
    restlessness = 0.3 * np.exp(rng.normal(0, 0.4, EXPRESSION_DIM))
    restlessness[list(SPOKEN_COLUMNS)] *= 0.2  # speech would not be seen in them otherwise
    rest = rng.normal(0, 0.3, EXPRESSION_DIM)
    rest[MOODY_COLUMNS] = 0.0
    return _Person(
        shape=rng.normal(0, 1, SHAPE_DIM),
        rest=rest,
        restlessness=restlessness,
        gains=np.exp(rng.normal(0, 0.35, len(TONES_HZ))),
        head_rest_rad=rng.normal(0, 0.04, 3),
        head_wander_rad=0.06 * float(np.exp(rng.normal(0, 0.5))),
        pitch=float(np.exp(rng.normal(0, 0.08))),
    )


def _record(
    person: _Person, num_frames: int, rng: np.random.Generator
) -> tuple[FloatArray, ClipCoefficients]:
    levels = _speak(num_frames, rng)  # [T, 3], 0..1
    wander = _wander(num_frames, EXPRESSION_DIM, 12, rng)
    wander[:, MOODY_COLUMNS] = _wander(num_frames, EXPRESSION_DIM, 35, rng)[:, MOODY_COLUMNS]
    expression = person.rest + person.restlessness * wander
    expression[:, SPOKEN_COLUMNS] += 1.5 * person.gains[1:] * levels[:, 1:]
    pose = np.zeros((num_frames, POSE_DIM))
    pose[:, HEAD] = person.head_rest_rad
    pose[:, HEAD] += person.head_wander_rad * _wander(num_frames, 3, 25, rng)
    pose[:, JAW_X] = 0.02 + 0.2 * person.gains[0] * levels[:, 0]
    coefficients = ClipCoefficients(
        shape=np.tile(person.shape, (num_frames, 1)).astype(np.float32),
        expression=expression.astype(np.float32),
        pose=pose.astype(np.float32),
    )
    return _sound(levels, person.pitch, rng), coefficients


def _speak(num_frames: int, rng: np.random.Generator) -> Array:
    """Levels of the tones: syllables of random strength, with pauses. [T, 3]"""
    targets = np.zeros((num_frames, len(TONES_HZ)))
    now = 0
    while now < num_frames:
        length = round(rng.uniform(*_SYLLABLE_S) * FRAME_RATE_HZ)
        if rng.random() >= _PAUSE_ODDS:
            targets[now : now + length] = rng.uniform(0.05, 1, len(TONES_HZ))
        now += length
    return _smooth(targets, 2.0)


def _wander(num_frames: int, width: int, frames: float, rng: np.random.Generator) -> Array:
    """Slow noise of deviation 1. [T, width]"""
    margin = round(4 * frames)
    noise = _smooth(rng.normal(size=(num_frames + 2 * margin, width)), frames)
    return noise[margin : margin + num_frames] * np.sqrt(2 * np.sqrt(np.pi) * frames)


def _smooth(values: Array, frames: float) -> Array:
    """Mean of the neighbours, weighted by a Gaussian of a width. [T, N]"""
    reach = round(4 * frames)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / frames) ** 2)
    weights /= weights.sum()
    columns = [np.convolve(column, weights, "same") for column in values.T]
    return np.stack(columns, axis=1)[: len(values)]


def _sound(levels: Array, pitch: float, rng: np.random.Generator) -> FloatArray:
    """The tones at their levels, with a little hiss. [640 T]"""
    num_samples = len(levels) * SAMPLES_PER_FRAME
    times = np.arange(num_samples) / SAMPLE_RATE_HZ
    centres = (np.arange(len(levels)) + 0.5) / FRAME_RATE_HZ
    sound = 0.003 * rng.normal(size=num_samples)
    for tone_hz, level in zip(TONES_HZ, levels.T, strict=True):
        loudness = np.interp(times, centres, level)
        sound += 0.25 * loudness * np.sin(2 * np.pi * pitch * tone_hz * times + rng.uniform(0, 6))
    return sound.clip(-1, 1).astype(np.float32)


def make_up_head(num_vertices: int = 60, seed: int = 0) -> FlameModel:
    """A head of a few vertices that moves like one: a stand-in for FLAME, which needs a licence.

    Its lower half follows the jaw. A unit of an expression moves a vertex by half a millimetre, of
    those that speech drives by three.
    """
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(num_vertices, 3))
    template = 0.1 * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    follows_jaw = 1 / (1 + np.exp(template[:, 1] / 0.01))
    weights = np.zeros((num_vertices, NUM_JOINTS))
    weights[:, JAW_JOINT], weights[:, 0] = follows_jaw, 1 - follows_jaw
    reach_m = np.full(EXPRESSION_DIM, 0.0005)
    reach_m[list(SPOKEN_COLUMNS)] = 0.003
    arrays = {
        "template": template,
        "shape_basis": 0.002 * rng.normal(size=(num_vertices, 3, SHAPE_DIM)),
        "expression_basis": reach_m * rng.normal(size=(num_vertices, 3, EXPRESSION_DIM)),
        "pose_basis": 0.001 * rng.normal(size=(9 * (NUM_JOINTS - 1), 3 * num_vertices)),
        "joint_regressor": np.full((NUM_JOINTS, num_vertices), 1 / num_vertices),
        "skinning_weights": weights,
    }
    singles = {name: values.astype(np.float32) for name, values in arrays.items()}
    return FlameModel(**singles, parents=np.array([-1, 0, 1, 1, 1]))
