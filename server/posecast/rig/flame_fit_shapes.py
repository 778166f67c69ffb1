"""Makes the user's ARKit shapes ready for the fit: checked, symmetric, in FLAME's unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES, LIP_CURVES, NUM_CURVES
from posecast.rig.arkit_shapes import ArkitShapes
from posecast.rig.flame_model import FlameModel
from posecast.rig.mirror import MIRRORED_CURVES, MirrorTwins, find_twins, other_side
from posecast.signals import BoolArray

Array = NDArray[np.float64]

EMPHASIS = 4.0
"""By how much a vertex that lips or lids move most counts more than one that they leave alone."""
_EMPHASISED = tuple(
    CURVE_INDEX[name]
    for name in (
        *(name for name in LIP_CURVES if name not in ("jawOpen", "mouthClose", "tongueOut")),
        *(f"eye{part}{side}" for part in ("Blink", "Squint", "Wide") for side in ("Left", "Right")),
    )
)
_LARGEST_DIFFERENCE = 0.2
"""Of the shapes' face from FLAME's, as a share of its size: people differ by a quarter of that."""
_LEAST_LIKENESS = 0.5
"""Cosine between a shape and the mirror image of its twin."""
_MOVES_LIPS_ONLY = 0.2
_JAW_OPEN, _MOUTH_CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
_SIDEWAYS = (CURVE_INDEX["jawLeft"], CURVE_INDEX["mouthLeft"])
_LEFT_HALF = tuple(
    index
    for index, name in enumerate(CURVE_NAMES)
    if name.endswith("Left") and index not in _SIDEWAYS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FitShapes:
    """Shapes of all 52 curves on FLAME's mesh."""

    displacements: Array
    """Mirror images of each other where the curves are; 0 where there is no shape. [52, V, 3], m"""
    moves: BoolArray
    """Whether a curve's shape displaces anything. [52]"""
    vertex_weights: Array
    """How much each vertex counts; 0 for one without a mirror image. [V]"""
    notes: tuple[str, ...]
    """What was done to the shapes, for people."""


def prepare_shapes(model: FlameModel, shapes: ArkitShapes) -> FitShapes:
    """Bring shapes and model together.

    Args:
        model: FLAME.
        shapes: The shapes as they were read.

    Returns:
        The shapes of all curves.

    Raises:
        InvalidRequest: If the meshes are not the same, or the shapes are not those of a face whose
            left side is its own.
        CheckpointMismatch: If the model stands in other axes.

    Source:
        Our own.
    """
    template = model.template.astype(np.float64)
    model.check_axes()
    table = np.zeros((NUM_CURVES, *template.shape))
    for name, displacement in shapes.displacements.items():
        table[CURVE_INDEX[name]] = displacement
    table *= _scale_between(template, shapes.neutral)
    twins = find_twins(template)
    notes = _fill_sides(table, twins)
    _check_sides(table, template)
    table = _tie_sides(table, twins)
    emphasis = _emphasis(table)
    notes += _part_lips_from_jaw(table, emphasis)
    return FitShapes(
        displacements=table,
        moves=_moves(table),
        vertex_weights=np.where(twins.is_paired, 1 + EMPHASIS * emphasis, 0.0),
        notes=tuple(notes),
    )


def _scale_between(template: Array, neutral: Array) -> float:
    """FLAME's metres in the shapes' unit, inverted; refuses another mesh."""
    if template.shape != neutral.shape:
        raise InvalidRequest(
            f"the shapes have {len(neutral)} vertices, the FLAME model {len(template)}; "
            "expected shapes on FLAME's own mesh"
        )
    ours, theirs = template - template.mean(axis=0), neutral - neutral.mean(axis=0)
    scale = float((ours * theirs).sum() / max(np.square(theirs).sum(), 1e-300))
    difference = float(np.linalg.norm(ours - scale * theirs) / np.linalg.norm(ours))
    if scale <= 0 or difference > _LARGEST_DIFFERENCE:
        raise InvalidRequest(
            f"the shapes' neutral face differs from FLAME's by {difference:.0%} of its size; "
            f"allowed: {_LARGEST_DIFFERENCE:.0%}. Expected the same order of vertices and the same "
            "axes: Y up, the face looking +Z"
        )
    return scale


def _moves(table: Array) -> BoolArray:
    size = np.abs(table).max(axis=(1, 2))
    moves: BoolArray = size > 1e-3 * size.max()
    return moves


def _fill_sides(table: Array, twins: MirrorTwins) -> list[str]:
    """Give a curve whose other side alone has a shape the mirror image of that."""
    moves, notes = _moves(table), []
    for curve, twin in enumerate(MIRRORED_CURVES.tolist()):
        if moves[twin] and not moves[curve]:
            table[curve] = twins.mirror(table[twin])
            notes.append(f"{CURVE_NAMES[curve]} is the mirror image of {CURVE_NAMES[twin]}")
    return notes


def _check_sides(table: Array, template: Array) -> None:
    """Left must be the face's own: who looks at a face, or films it, may have meant the other."""
    lengths = np.linalg.norm(table[list(_LEFT_HALF)], axis=-1)
    place = float((lengths * template[:, 0]).sum())
    sideways = float(table[list(_SIDEWAYS), :, 0].sum())
    if place < 0 or sideways < 0:
        raise InvalidRequest(
            "the shapes of the left curves move the right side; expected the face's own left, +X"
        )


def _tie_sides(table: Array, twins: MirrorTwins) -> Array:
    """Make each shape and that of its other side mirror images: the mean of the two."""
    across = twins.mirror(table[MIRRORED_CURVES])
    lengths = np.linalg.norm(table, axis=(1, 2)) * np.linalg.norm(across, axis=(1, 2))
    likeness = (table * across).sum(axis=(1, 2)) / np.maximum(lengths, 1e-300)
    unlike = np.flatnonzero(_moves(table) & (likeness < _LEAST_LIKENESS))
    if len(unlike):
        name = CURVE_NAMES[unlike[0]]
        raise InvalidRequest(
            f"{name} is not the mirror image of {other_side(name)}: cosine "
            f"{likeness[unlike[0]]:.2f}; expected {_LEAST_LIKENESS} or more"
        )
    return (table + across) / 2


def _emphasis(table: Array) -> Array:
    """How much each vertex belongs to the lips and lids, 0..1, by what their curves move. [V]"""
    lengths = np.linalg.norm(table[list(_EMPHASISED)], axis=-1)
    largest = lengths.max(axis=1, keepdims=True)
    share = np.divide(lengths, largest, out=np.zeros_like(lengths), where=largest > 0)
    emphasis: Array = share.max(axis=0)
    return emphasis


def _part_lips_from_jaw(table: Array, emphasis: Array) -> list[str]:
    """Take the open jaw off a `mouthClose` that was made as lips closed over an open jaw."""
    jaw = table[_JAW_OPEN] * (emphasis < _MOVES_LIPS_ONLY)[:, None]
    holds = float((table[_MOUTH_CLOSE] * jaw).sum() / max(np.square(jaw).sum(), 1e-300))
    if holds < 0.5:
        return []
    table[_MOUTH_CLOSE] -= table[_JAW_OPEN]
    return ["mouthClose holds an open jaw: jawOpen was taken off it"]
