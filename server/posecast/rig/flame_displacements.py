"""Linear measures of a FLAME face's displacement, without its vertices.

With the head held still, each vertex is a polynomial in the expression e and in the entries f of
R - I of the jaw: with weight s for the jaw, whose joint is c,

    v - v0 = E e + P f + s (R - I) ((v0 - c0) + (E - C) e + P f).

So whatever is linear in the vertices is linear in (e, f, f x e, f x f), 590 numbers, and its
coefficients can be prepared once. This is exact: blend skinning, no approximation of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posecast.rig.flame_layer import rotation_matrices
from posecast.rig.flame_layout import EXPRESSION_DIM, JAW
from posecast.rig.flame_model import JAW_JOINT, FlameModel
from posecast.signals import FloatArray

Array = NDArray[np.float64]

_BEND = 9
_JAW_BENDS = slice((JAW_JOINT - 1) * _BEND, JAW_JOINT * _BEND)
"""Rows of the pose basis that belong to the jaw; neck and eyes never bend."""
NUM_TERMS = EXPRESSION_DIM + _BEND + _BEND * EXPRESSION_DIM + _BEND * _BEND  # 590


def displacement_terms(expression: FloatArray | Array, pose: FloatArray | Array) -> Array:
    """What displacements are linear in.

    Args:
        expression: Expression. [T, 50]
        pose: Axis-angle of head, left aside, and jaw. [T, 6], rad

    Returns:
        (e, f, f x e, f x f). [T, 590]

    Source:
        Linear blend skinning, multiplied out.
    """
    e = expression.astype(np.float64)
    f = (rotation_matrices(pose[:, JAW].astype(np.float64)) - np.eye(3)).reshape(-1, _BEND)
    bent_expression = (f[:, :, None] * e[:, None, :]).reshape(len(e), -1)
    bent_twice = (f[:, :, None] * f[:, None, :]).reshape(len(e), -1)
    return np.concatenate([e, f, bent_expression, bent_twice], axis=1)


def measure_displacements(terms: Array, coefficients: Array) -> Array:
    """Values of linear measures; each frame is computed by itself and rounds alike in any batch.

    Args:
        terms: From `displacement_terms`. [T, 590]
        coefficients: From `displacement_coefficients`. [N, 590]

    Returns:
        The measures. [T, N]

    Source:
        Linear blend skinning, multiplied out.
    """
    return (terms[:, None, :] @ coefficients.T)[:, 0, :]


def displacement_coefficients(model: FlameModel, measures: Array) -> Array:
    """Prepare measures of a model's vertices.

    Args:
        model: The head, with 50 columns of expression.
        measures: Share of each coordinate's displacement in each measure. [N, V, 3]

    Returns:
        What a measure weighs the terms with. [N, 590]

    Source:
        Linear blend skinning, multiplied out.
    """
    template = model.template.astype(np.float64)
    expression = model.expression_basis.astype(np.float64)
    bends = model.pose_basis[_JAW_BENDS].astype(np.float64)
    bends = bends.T.reshape(model.num_vertices, 3, _BEND)
    regressor = model.joint_regressor[JAW_JOINT].astype(np.float64)
    arms = template - regressor @ template
    swung = expression - np.einsum("v,vke->ke", regressor, expression)
    by_jaw = measures * model.skinning_weights[:, JAW_JOINT, None]
    # f is R - I row by row: entry (i, k) takes coordinate k of an arm to coordinate i.
    turned = np.einsum("nvi,vk->nik", by_jaw, arms).reshape(len(measures), _BEND)
    parts = [
        np.einsum("nvi,vie->ne", measures, expression, optimize=True),
        np.einsum("nvi,vif->nf", measures, bends, optimize=True) + turned,
        np.einsum("nvi,vke->nike", by_jaw, swung, optimize=True),
        np.einsum("nvi,vkf->nikf", by_jaw, bends, optimize=True),
    ]
    return np.concatenate([part.reshape(len(measures), -1) for part in parts], axis=1)
