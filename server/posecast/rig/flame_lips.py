"""What the lips of a FLAME face do, measured on its mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.errors import CheckpointMismatch
from posecast.rig.flame_displacements import (
    displacement_coefficients,
    displacement_terms,
    measure_displacements,
)
from posecast.rig.flame_layer import FlameLayer
from posecast.rig.flame_layout import EXPRESSION_DIM, JAW_X, POSE_DIM
from posecast.rig.flame_model import JAW_JOINT, FlameModel
from posecast.rig.mirror import find_twins, head_size
from posecast.signals import FloatArray, IntArray

Array = NDArray[np.float64]

_OPENING_RAD = 0.3
_NEAR = 0.02
"""Lips at rest lie closer than this to each other, as a share of the head's size."""
_STRETCH = 1.0
"""Lips part by more than this multiple of their distance at rest; skin does not give so much."""
_FOLLOWS_MORE = 0.25
"""By how much a lower lip follows the jaw more than the upper one above it."""
_PARTS = 0.5
"""Share of the largest parting that lips have in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LipMeasures:
    """Distances in each frame, the head held still."""

    gap_m: Array
    """Height of the upper lip over the lower one, in the middle. [T], m"""
    left_m: Array
    """How far the left corner lies to the left. [T], m"""
    right_m: Array
    """How far the right corner lies to the right. [T], m"""


class LipGauge:
    """Measures the gap and the corners of the lips.

    The lips are found by what they are: the foremost vertices in the middle that lie next to each
    other at rest and that the jaw parts, and the outermost ones.

    Source:
        Our own; no table of vertices of the licensed model is needed.
    """

    def __init__(self, model: FlameModel) -> None:
        """Find the lips.

        Args:
            model: The head.

        Raises:
            CheckpointMismatch: If its jaw parts no lips.
        """
        upper, lower, left, right = _find_lips(model)
        template = model.template.astype(np.float64)
        measures = np.zeros((3, model.num_vertices, 3))
        for sign, places in ((1, upper), (-1, lower)):
            for place in places:
                measures[0, place, 1] += sign / len(places)
        measures[1, left, 0], measures[2, right, 0] = 1, -1
        self._coefficients = displacement_coefficients(model, measures)
        self._rest = (measures * template).sum(axis=(1, 2))

    @property
    def rest(self) -> LipMeasures:
        """The mean face with a shut jaw. [1]"""
        return _measures_of(self._rest[None])

    def measure(self, expression: FloatArray, pose: FloatArray) -> LipMeasures:
        """The lips in each frame, each by itself.

        Args:
            expression: Expression. [T, 50]
            pose: Axis-angle of head, left aside, and jaw. [T, 6], rad

        Returns:
            Distances on the mean face.

        Source:
            Our own.
        """
        terms = displacement_terms(expression, pose)
        return _measures_of(self._rest + measure_displacements(terms, self._coefficients))


def _measures_of(values: Array) -> LipMeasures:
    return LipMeasures(gap_m=values[:, 0], left_m=values[:, 1], right_m=values[:, 2])


def _find_lips(model: FlameModel) -> tuple[list[int], list[int], int, int]:
    """Vertices of the upper and the lower lip in the middle, and of the left and right corner."""
    template = model.template.astype(np.float64)
    twin = find_twins(template).twin
    upper, lower, parting = _find_pairs(model, template)
    if not len(upper):
        raise CheckpointMismatch("the FLAME model has no lips that its jaw parts")
    places = (template[upper] + template[lower]) / 2
    aside = np.where(parting > _PARTS * parting.max(), np.abs(places[:, 0]), np.inf)
    # Nearest to the middle first, then the foremost: behind them lie the insides of the lips.
    is_middle = aside <= aside.min() + 1e-3 * head_size(template)
    middle = int(np.where(is_middle, places[:, 2], -np.inf).argmax())
    left = int(lower[places[:, 0].argmax()])
    if twin[left] == left:
        raise CheckpointMismatch("the FLAME model's mouth has one corner")
    return (
        [int(upper[middle]), int(twin[upper[middle]])],
        [int(lower[middle]), int(twin[lower[middle]])],
        left,
        int(twin[left]),
    )


def _find_pairs(model: FlameModel, template: Array) -> tuple[IntArray, IntArray, Array]:
    """Vertices that touch at rest and that the jaw parts: upper, lower, and how far. [n], m"""
    follows = model.skinning_weights[:, JAW_JOINT]
    opened = _open_jaw(model)
    lower = np.flatnonzero(follows > _FOLLOWS_MORE)
    upper, distance = np.zeros_like(lower), np.full(len(lower), np.inf)
    for index, vertex in enumerate(lower):
        apart = np.linalg.norm(template - template[vertex], axis=1)
        apart = np.where(follows <= follows[vertex] - _FOLLOWS_MORE, apart, np.inf)
        upper[index] = apart.argmin()
        distance[index] = apart.min()
    parting = opened[upper, 1] - opened[lower, 1] - (template[upper, 1] - template[lower, 1])
    are_lips = (distance < _NEAR * head_size(template)) & (parting > _STRETCH * distance)
    return upper[are_lips], lower[are_lips], parting[are_lips]


def _open_jaw(model: FlameModel) -> Array:
    """The mean face with an open jaw. [V, 3], m"""
    pose = np.zeros((1, POSE_DIM))
    pose[:, JAW_X] = _OPENING_RAD
    still = np.zeros((1, EXPRESSION_DIM))
    vertices = FlameLayer(model, np.float64).vertices(None, still, pose)
    return vertices[0].astype(np.float64)
