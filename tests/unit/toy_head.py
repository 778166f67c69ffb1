"""A symmetric toy head with lips that a jaw parts, and ARKit shapes on its mesh, made by code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.flame_layer import FlameLayer
from posecast.rig.flame_model import FlameModel
from posecast.rig.mirror import other_side

MOUTH_Y, MOUTH_HALF_WIDTH = -0.04, 0.03
FULL_JAW_RAD, FULL_SIDE_RAD = 0.3, 0.12
UNREACHABLE = ("cheekPuff", "noseSneerLeft", "noseSneerRight", "tongueOut")
"""Curves that the toy's expressions leave out."""


@dataclass(frozen=True)
class ToyHead:
    """What the tests of the rig are made with."""

    model: FlameModel
    positions: dict[str, np.ndarray]
    """Vertices of each ARKit shape and of `neutral`. [V, 3]"""
    twin: np.ndarray
    """Mirror image of each vertex. [V]"""
    fields: np.ndarray
    """ARKit's displacements. [52, V, 3]"""
    lips: tuple[int, int]
    """The vertices of upper and lower lip in the middle."""

    def mirror_expression(self, expression):
        """Expressions whose displacement is the mirror image. [T, 50]"""
        basis = self.model.expression_basis.astype(np.float64)
        displaced = np.einsum("te,vke->tvk", expression, basis)
        across = displaced[:, self.twin] * [-1, 1, 1]
        flat = basis.reshape(-1, 50)
        found = np.linalg.lstsq(flat, across.reshape(len(across), -1).T, rcond=None)[0].T
        return found.astype(np.float32)

    def coefficients_of(self, weights):
        """Expression that displaces as the weights' shapes do, jaw apart. [T, 52] -> [T, 50]"""
        displaced = np.einsum("tc,cvk->tvk", weights, self.fields)
        flat = self.model.expression_basis.astype(np.float64).reshape(-1, 50)
        displaced = displaced.reshape(len(weights), -1)
        return np.linalg.lstsq(flat, displaced.T, rcond=None)[0].T.astype(np.float32)


def make_toy_head() -> ToyHead:
    """Make it; the same each time."""
    template, is_lower = _mesh()
    twin = _twins(template)
    model = _model(template, is_lower, twin)
    fields = _fields(model, is_lower)
    basis = _expression_basis(fields, template, twin)
    model = _model(template, is_lower, twin, basis)
    positions = {name: template + fields[CURVE_INDEX[name]] for name in CURVE_NAMES}
    middle = np.isclose(template[:, 0], 0) & (np.abs(template[:, 1] - MOUTH_Y) < 0.002)
    upper, lower = (int(np.flatnonzero(middle & (is_lower == side))[0]) for side in (False, True))
    return ToyHead(
        model=model,
        positions={"neutral": template, **positions},
        twin=twin,
        fields=fields,
        lips=(upper, lower),
    )


def _mesh():
    """A curved sheet with a slit for the mouth. [V, 3], and which vertices lie below it [V]"""
    xs, ys = np.linspace(-0.07, 0.07, 15), np.linspace(-0.09, 0.09, 19)
    grid = np.array([(x, y) for y in ys for x in xs])
    on_slit = np.isclose(grid[:, 1], MOUTH_Y) & (np.abs(grid[:, 0]) < MOUTH_HALF_WIDTH - 0.001)
    lower = grid[on_slit] - [0, 0.0005]
    grid[on_slit] += [0, 0.0005]
    flat = np.concatenate([grid, lower])
    depth = 0.09 * np.sqrt(1 - (flat[:, 0] / 0.1) ** 2 - (flat[:, 1] / 0.16) ** 2)
    is_lower = np.r_[grid[:, 1] < MOUTH_Y - 0.001, np.ones(len(lower), bool)]
    return np.column_stack([flat, depth]), is_lower


def _twins(template):
    across = template * [-1, 1, 1]
    return np.square(across[:, None] - template[None]).sum(-1).argmin(axis=1)


def _bump(template, x, y, radius=0.013):
    """Share of a Gaussian at each vertex. [V]"""
    distance = np.square(template[:, 0] - x) + np.square(template[:, 1] - y)
    return np.exp(-0.5 * distance / radius**2)


def _model(template, is_lower, twin, expression_basis=None):
    vertices = len(template)
    aside = np.clip(1.1 - (template[:, 0] / 0.07) ** 2, 0, 1)
    jaw = np.where(is_lower, 0.95 * aside, 0.0)
    corner = np.isclose(np.abs(template[:, 0]), MOUTH_HALF_WIDTH) & np.isclose(
        template[:, 1], MOUTH_Y
    )
    jaw = np.where(corner, 0.4, jaw)
    weights = np.zeros((vertices, 5))
    weights[:, 2], weights[:, 1] = jaw, 1 - jaw
    joints = np.array(
        [
            [0, -0.1, -0.02],
            [0, -0.06, -0.02],
            [0, 0, -0.01],
            [0.03, 0.03, 0.06],
            [-0.03, 0.03, 0.06],
        ]
    )
    homogeneous = np.column_stack([template, np.ones(vertices)])
    regressor = np.column_stack([joints, np.ones(5)]) @ np.linalg.pinv(homogeneous)
    rng = np.random.default_rng(2)
    bends = np.einsum("fk,v->vkf", rng.normal(0, 0.002, (3, 36)).T, _bump(template, 0, -0.05, 0.03))
    # Entries of R - I that change sign in the mirror need fields that do so too.
    signs = np.tile([1, -1, -1, -1, 1, 1, -1, 1, 1], 4)
    bends = (bends + signs * (bends[twin] * np.array([-1, 1, 1])[:, None])) / 2
    shape_basis = rng.normal(0, 0.001, (vertices, 3, 100))
    if expression_basis is None:
        expression_basis = np.zeros((vertices, 3, 50))
    return FlameModel(
        template=template.astype(np.float32),
        shape_basis=shape_basis.astype(np.float32),
        expression_basis=expression_basis.astype(np.float32),
        pose_basis=bends.reshape(-1, 36).T.astype(np.float32),
        joint_regressor=regressor.astype(np.float32),
        skinning_weights=weights.astype(np.float32),
        parents=np.array([-1, 0, 1, 1, 1]),
    )


def _fields(model, is_lower):
    """ARKit's displacements. [52, V, 3]"""
    template = model.template.astype(np.float64)
    x = template[:, 0]
    near = _bump(template, 0, MOUTH_Y, 0.02)
    upper = np.where(is_lower, 0, near)
    lower = np.where(is_lower, near, 0)
    edge = _bump(template, 0, MOUTH_Y, 0.008)
    side = 1 / (1 + np.exp(-x / 0.006))
    corner = _bump(template, MOUTH_HALF_WIDTH, MOUTH_Y)
    blink, squint = _bump(template, 0.03, 0.04), _bump(template, 0.03, 0.02)
    narrow = -np.clip(x / MOUTH_HALF_WIDTH, -1.5, 1.5)
    pose = np.zeros((2, 6))
    pose[0, 3], pose[1, 4] = FULL_JAW_RAD, FULL_SIDE_RAD
    open_, aside = FlameLayer(model, np.float64).vertices(None, np.zeros((2, 50)), pose) - template
    parted = np.where(is_lower, _bump(template, 0, MOUTH_Y, 0.012), 0)[:, None] * open_
    mm = {
        "eyeBlinkLeft": (blink, (0, -8, 0)),
        "eyeSquintLeft": (squint, (0, 3, 0)),
        "eyeWideLeft": (blink, (0, 4, 1)),
        "eyeLookDownLeft": (blink, (0, -3, 0)),
        "jawForward": (np.where(is_lower, 1, 0) * _bump(template, 0, -0.08, 0.02), (0, 0, 6)),
        "mouthFunnel": (near, (0, 0, 7)),
        "mouthLeft": (near, (8, 0, 0)),
        "mouthSmileLeft": (corner, (4, 8, 0)),
        "mouthFrownLeft": (corner, (1, -6, 0)),
        "mouthDimpleLeft": (corner, (2, 0, -4)),
        "mouthStretchLeft": (corner, (8, -1, 0)),
        "mouthRollLower": (edge * is_lower, (0, 1, -4)),
        "mouthRollUpper": (edge * ~is_lower, (0, -1, -4)),
        "mouthShrugLower": (_bump(template, 0, -0.065), (0, 4, 1)),
        "mouthShrugUpper": (_bump(template, 0, -0.025, 0.008), (0, 3, 3)),
        "mouthPressLeft": (_bump(template, 0.015, MOUTH_Y, 0.008), (0, 0, 3)),
        "mouthLowerDownLeft": (side * lower, (0, -6, 0)),
        "mouthUpperUpLeft": (side * upper, (0, 5, 0)),
        "browDownLeft": (_bump(template, 0.03, 0.06), (-1, -5, 0)),
        "browInnerUp": (_bump(template, 0, 0.06, 0.015), (0, 6, 0)),
        "browOuterUpLeft": (_bump(template, 0.05, 0.065), (0, 6, 0)),
        "cheekPuff": (sum(_bump(template, s * 0.055, -0.02, 0.008) for s in (1, -1)), (0, 0, 8)),
        "cheekSquintLeft": (_bump(template, 0.045, 0.005), (0, 4, 0)),
        "noseSneerLeft": (_bump(template, 0.01, 0.01, 0.008), (0, 0, 3)),
    }
    found = {name: share[:, None] * np.array(move) / 1000 for name, (share, move) in mm.items()}
    found["mouthPucker"] = (near * narrow)[:, None] * [0.009, 0, 0] + near[:, None] * [0, 0, 0.003]
    found |= {"jawOpen": open_, "jawLeft": aside, "mouthClose": -parted}
    across = _twins(template)
    for name, field in list(found.items()):
        if name.endswith("Left"):
            found[other_side(name)] = field[across] * [-1, 1, 1]
    fields = np.zeros((52, len(template), 3))
    for name, field in found.items():
        fields[CURVE_INDEX[name]] = field
    return fields


def _expression_basis(fields, template, twin):
    """Mixtures of the shapes that expressions can make, and some more. [V, 3, 50]"""
    kept = [
        field
        for name, field in zip(CURVE_NAMES, fields, strict=True)
        if field.any()
        and name not in (*UNREACHABLE, "jawOpen", "jawLeft", "jawRight")
        and not name.startswith("eyeLook")
    ]
    rng = np.random.default_rng(3)
    others = []
    while len(kept) + len(others) < 50:
        share = _bump(template, rng.uniform(-0.06, 0.06), rng.uniform(0.07, 0.09))
        field = share[:, None] * rng.normal(0, 0.004, 3)
        others.append((field + field[twin] * [-1, 1, 1]) / 2)
    mixing = np.linalg.qr(rng.normal(size=(50, 50)))[0]
    return np.einsum("nvk,ne->vke", np.array(kept + others), mixing)
