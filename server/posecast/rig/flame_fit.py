"""Fits the map from FLAME coefficients to ARKit weights, once, to the user's model and shapes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast import __version__
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.arkit_shapes import ArkitShapes
from posecast.rig.flame_displacements import (
    displacement_coefficients,
    displacement_terms,
    measure_displacements,
)
from posecast.rig.flame_fit_quality import (
    CurveFit,
    MadeShapes,
    make_shapes,
    measure_curves,
    measure_share_kept,
)
from posecast.rig.flame_fit_shapes import FitShapes, prepare_shapes
from posecast.rig.flame_layout import EXPRESSION_DIM, JAW_X, POSE_DIM
from posecast.rig.flame_map import FlameArkitMap
from posecast.rig.flame_model import FlameModel
from posecast.rig.mirror import MIRRORED_CURVES
from posecast.rig.regions import GAZE, indices_of
from posecast.signals import IntArray

Array = NDArray[np.float64]

RIDGE_OWN, RIDGE_MEAN = 0.01, 0.001
"""Ridge as a share of a curve's own product with itself, and of the mean of all: curves that look
alike share a displacement instead of pulling against each other."""
CANNOT_MAKE = 0.3
"""Share of a curve's squared displacement below which FLAME counts as not having it."""
JAW_ANGLES_RAD = np.linspace(0.0, 0.8, 81)
_OPENING_RAD, _LEAST_OPENING = 0.3, 0.1
"""A jaw that FLAME opens this far must open the shapes' jaw at least this far."""
_JAW_OPEN, _JAW_LEFT = CURVE_INDEX["jawOpen"], CURVE_INDEX["jawLeft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameFit:
    """A fitted map and how good it is."""

    fitted: FlameArkitMap
    """The map."""
    curves: tuple[CurveFit, ...]
    """Each of the 52 curves."""
    share_kept: float
    """Share of the squared displacement of random FLAME faces that the map keeps, 0..1."""
    notes: tuple[str, ...]
    """What was done to the shapes, for people."""


def fit_flame_arkit(
    model: FlameModel, shapes: ArkitShapes, *, made_from: Mapping[str, str]
) -> FlameFit:
    """Fit a map.

    Args:
        model: The user's licensed FLAME model.
        shapes: ARKit's shapes on the same mesh.
        made_from: Names and checksums of what they were read from, for the map's provenance.

    Returns:
        The map with its quality.

    Raises:
        InvalidRequest: If the shapes are not on FLAME's mesh, left and right are swapped, or their
            jaw does not open as FLAME's does.

    Source:
        Our own: per-vertex displacements, weighted by vertex, with sides tied by mirroring.
    """
    prepared = prepare_shapes(model, shapes)
    made = make_shapes(model, prepared)
    fitted = _fit(model, prepared, _curves_to_use(prepared, made))
    curves = measure_curves(prepared, made, fitted)
    kept = measure_share_kept(model, prepared, fitted)
    told = {
        "made_by": f"posecast {__version__} rig fit",
        **made_from,
        "share_kept": round(kept, 4),
        "notes": list(prepared.notes),
        "curves": {curve.name: _round(curve) for curve in curves},
    }
    return FlameFit(
        fitted=dataclasses.replace(fitted, provenance=json.dumps(told)),
        curves=curves,
        share_kept=kept,
        notes=prepared.notes,
    )


def _round(curve: CurveFit) -> dict[str, float | None]:
    values = dataclasses.asdict(curve)
    del values["name"]
    return {key: None if value is None else round(value, 5) for key, value in values.items()}


def _fit(model: FlameModel, shapes: FitShapes, curves: IntArray) -> FlameArkitMap:
    displacements = shapes.displacements[curves]
    weighed = displacements * shapes.vertex_weights[:, None]
    normal = np.einsum("avk,bvk->ab", weighed, displacements, optimize=True)
    own = normal.diagonal()
    jaw_open = _jaw_table(model, shapes, _JAW_OPEN, axis=0)
    if np.interp(_OPENING_RAD, JAW_ANGLES_RAD, jaw_open) < _LEAST_OPENING:
        raise InvalidRequest("the shapes' jawOpen does not move as FLAME's jaw does when it opens")
    return FlameArkitMap(
        curves=curves,
        normal=normal + np.diag(RIDGE_OWN * own + RIDGE_MEAN * own.mean()),
        slopes=displacement_coefficients(model, weighed),
        jaw_angles_rad=JAW_ANGLES_RAD,
        jaw_open=jaw_open,
        jaw_side=_jaw_table(model, shapes, _JAW_LEFT, axis=1),
        provenance="{}",
    )


def _curves_to_use(shapes: FitShapes, made: MadeShapes) -> IntArray:
    """Curves that have a shape and that FLAME can make; a side never without the other.

    Others would take up what they are not meant for. The gaze is left out too: our coefficients
    turn no eyes, and its shapes move the lids, which blinks and squints do as well.
    """
    share = (made.share_made + made.share_made[MIRRORED_CURVES]) / 2
    usable = shapes.moves & (share >= CANNOT_MAKE)
    usable[indices_of(GAZE)] = False
    usable[_JAW_OPEN] = True  # given by the jaw's joint whatever its shape looks like
    return np.flatnonzero(usable)


def _jaw_table(model: FlameModel, shapes: FitShapes, curve: int, *, axis: int) -> Array:
    """The weight at which a curve comes nearest to the jaw's turn about an axis, never falling."""
    pose = np.zeros((len(JAW_ANGLES_RAD), POSE_DIM))
    if not shapes.moves[curve]:
        return np.zeros(len(pose))
    pose[:, JAW_X + axis] = JAW_ANGLES_RAD
    # All of the face counts alike: what the lips do besides is for other curves to show.
    measure = shapes.displacements[curve] * (shapes.vertex_weights > 0)[:, None]
    terms = displacement_terms(np.zeros((len(pose), EXPRESSION_DIM)), pose)
    along = measure_displacements(terms, displacement_coefficients(model, measure[None]))[:, 0]
    return np.maximum.accumulate(np.clip(along / np.square(measure).sum(), 0.0, 1.0))
