"""How well FLAME's coefficients and ARKit's curves can stand for each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES, NUM_CURVES
from posecast.rig.bounded_least_squares import solve_bounded
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_fit_shapes import FitShapes
from posecast.rig.flame_layer import FlameLayer
from posecast.rig.flame_layout import EXPRESSION_DIM, JAW, JAW_X, POSE_DIM
from posecast.rig.flame_map import FlameArkitMap
from posecast.rig.flame_model import FlameModel

Array = NDArray[np.float64]

_LARGEST_EXPRESSION = 4.0
"""Standard deviations that a coefficient may take to make a curve."""
_OPENING_RAD = 0.3
_JAW_STEPS_RAD = np.diag([_OPENING_RAD, 0.1, 0.1])
"""Turns by which the jaw's displacement is taken for straight, about x, y and z."""
_JAW_LOW_RAD, _JAW_HIGH_RAD = (-0.1, -0.3, -0.3), (0.8, 0.3, 0.3)
_PRIOR = 1e-4
_NUM_RANDOM_FACES = 64
_RANDOM_JAW_RAD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFit:
    """One curve's part in a fit."""

    name: str
    """The curve."""
    moves_m: float
    """How far its shape moves a vertex at most, in FLAME's metres; 0 without a shape."""
    share_made: float
    """Share of its squared displacement that FLAME can make, 0..1."""
    comes_back: float | None
    """Weight that the map gives that FLAME face, 1 at best; None for a curve that stays 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeShapes:
    """FLAME's best attempts at the shapes."""

    share_made: Array
    """Share of each curve's squared displacement that is met; the same on both sides. [52]"""
    coefficients: FlameCoefficients
    """The faces, one a curve; that of mouthClose has an open jaw besides. [52 frames]"""


def make_shapes(model: FlameModel, shapes: FitShapes) -> MadeShapes:
    """Find the FLAME face that comes nearest to each shape.

    Args:
        model: FLAME.
        shapes: The shapes.

    Returns:
        Faces with expressions of ordinary size.

    Source:
        Bounded least squares over the vertices, weighted as the fit weighs them.
    """
    basis = _basis(model)
    weighed = basis * shapes.vertex_weights[:, None]
    normal = np.einsum("avk,bvk->ab", weighed, basis, optimize=True)
    slope = np.einsum("avk,cvk->ca", weighed, shapes.displacements, optimize=True)
    ridge = _PRIOR * np.diag(np.diag(normal) + normal.diagonal().mean())
    limits = np.full(EXPRESSION_DIM, _LARGEST_EXPRESSION)
    low, high = np.r_[-limits, _JAW_LOW_RAD], np.r_[limits, _JAW_HIGH_RAD]
    tiled = (np.tile(bound, (NUM_CURVES, 1)) for bound in (low, high))
    found = solve_bounded(normal + ridge, slope, *tiled)
    met = 2 * (found * slope).sum(axis=1) - np.einsum("ca,ab,cb->c", found, normal, found)
    whole = _energy(shapes, shapes.displacements)
    share = np.divide(met, whole, out=np.zeros(NUM_CURVES), where=shapes.moves)
    pose = np.zeros((NUM_CURVES, POSE_DIM))
    pose[:, JAW] = found[:, EXPRESSION_DIM:]
    # Lips can only be closed over a jaw that is open; the shape is what they do beside it.
    pose[CURVE_INDEX["mouthClose"], JAW_X] += _OPENING_RAD
    return MadeShapes(
        share_made=share,
        coefficients=FlameCoefficients(
            expression=found[:, :EXPRESSION_DIM].astype(np.float32), pose=pose.astype(np.float32)
        ),
    )


def measure_curves(
    shapes: FitShapes, made: MadeShapes, fitted: FlameArkitMap
) -> tuple[CurveFit, ...]:
    """Tell of each curve how well it fares.

    Args:
        shapes: The shapes.
        made: FLAME's attempts at them.
        fitted: The map.

    Returns:
        The 52 curves.

    Source:
        Our own.
    """
    weights = fitted.weights(made.coefficients)
    moves_m = np.linalg.norm(shapes.displacements, axis=-1).max(axis=1)
    return tuple(
        CurveFit(
            name=name,
            moves_m=float(moves_m[index]) if shapes.moves[index] else 0.0,
            share_made=float(made.share_made[index]),
            comes_back=float(weights[index, index]) if index in fitted.curves else None,
        )
        for index, name in enumerate(CURVE_NAMES)
    )


def measure_share_kept(model: FlameModel, shapes: FitShapes, fitted: FlameArkitMap) -> float:
    """Share of the squared displacement of random FLAME faces that the curves can show.

    Args:
        model: FLAME.
        shapes: The shapes.
        fitted: The map.

    Returns:
        1 if the curves show all of it, weighted as the fit weighs vertices.

    Source:
        Our own: expressions of unit variance with an open jaw, always the same ones.
    """
    rng = np.random.default_rng(0)
    pose = np.zeros((_NUM_RANDOM_FACES, POSE_DIM), np.float32)
    pose[:, JAW_X] = np.abs(rng.normal(0, _RANDOM_JAW_RAD, _NUM_RANDOM_FACES))
    expression = rng.standard_normal((_NUM_RANDOM_FACES, EXPRESSION_DIM)).astype(np.float32)
    weights = fitted.weights(FlameCoefficients(expression=expression, pose=pose))
    moved = _displacements(model, expression, pose)
    shown = np.einsum("tc,cvk->tvk", weights, shapes.displacements, optimize=True)
    lost, whole = (_energy(shapes, part).sum() for part in (moved - shown, moved))
    return float(1 - lost / whole)


def _basis(model: FlameModel) -> Array:
    """What FLAME can displace for each expression and each radian of jaw. [53, V, 3]"""
    pose = np.zeros((3, POSE_DIM))
    pose[:, JAW] = _JAW_STEPS_RAD
    jaw = _displacements(model, np.zeros((3, EXPRESSION_DIM)), pose)
    jaw /= _JAW_STEPS_RAD.diagonal()[:, None, None]
    expression = np.moveaxis(model.expression_basis.astype(np.float64), -1, 0)
    return np.concatenate([expression, jaw])


def _displacements(
    model: FlameModel, expression: NDArray[np.floating], pose: NDArray[np.floating]
) -> Array:
    vertices = FlameLayer(model, np.float64).vertices(None, expression, pose, zero_head=True)
    displaced = vertices - model.template
    return displaced.astype(np.float64)


def _energy(shapes: FitShapes, displacements: Array) -> Array:
    """Squared displacements, weighted by vertex. [n]"""
    energy: Array = np.einsum(
        "nvk,nvk,v->n", displacements, displacements, shapes.vertex_weights, optimize=True
    )
    return energy
