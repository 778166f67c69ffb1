"""The whole head, put together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posecast.head import pieces
from posecast.head.fields import smoothstep
from posecast.head.mouth_shapes import MouthShapes
from posecast.head.part import Part, joined
from posecast.head.sculpt import EYE, Array, distance
from posecast.head.skin import Skin, build_half, mirrored
from posecast.head.surface import normals
from posecast.head.upper_shapes import brow_shapes, lid_shapes
from posecast.rig.arkit import CURVE_NAMES

HEAD_JOINT_CM = (0.0, -5.5, -1.2)
"""Where the head turns on the neck."""
_SKIN = np.array([0.56, 0.34, 0.25])
_LIP = np.array([0.46, 0.155, 0.14])
_BAG = np.array([0.06, 0.012, 0.012])
_SMALLEST_MOVE_CM = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """All parts by their material."""

    parts: Mapping[str, Part]
    """`skin`, `eyes`, `mouth` and `brows`."""
    skin: Skin
    """What is known of the vertices of the skin; the ears' follow them in the part."""


def build_head() -> Head:
    """Make the head; takes some seconds."""
    skin = mirrored(build_half())
    ears = pieces.ears(_SKIN)
    parts = {
        "skin": joined([_skin_part(skin), ears]),
        "eyes": pieces.eyes(),
        "mouth": pieces.teeth_and_tongue(),
        "brows": pieces.brows(),
    }
    return Head(parts={name: _tidied(part) for name, part in parts.items()}, skin=skin)


def follows_head(points: Array) -> Array:
    """How much places turn with the head; the bottom of the neck stays. [N], 0..1"""
    return smoothstep(-16.5, -8.5, points[:, 1] - 0.25 * np.minimum(points[:, 2] - 6, 0))


def _skin_part(skin: Skin) -> Part:
    points = skin.points
    fade = np.where(skin.lid == -100, 1.0, smoothstep(1.0, 6.0, skin.lid))[:, None]
    fade = fade * (skin.ring >= 0)[:, None]
    moves = {name: fade * move for name, move in brow_shapes(points).items()}
    for name, move in (MouthShapes(skin).all() | lid_shapes(skin)).items():
        moves[name] = moves.get(name, 0) + move
    light = np.where(skin.ring < 0, 1.0, _openness(points, normals(points)))
    return Part(
        points=points,
        triangles=skin.triangles,
        colours=_colours(skin, light),
        openness=np.where(skin.ring < 0, 0.5**-skin.ring, light),
        moves=moves,
    )


def _colours(skin: Skin, light: Array) -> Array:
    points = skin.points
    colours = np.tile(_SKIN, (len(points), 1))
    away = np.abs(points) * [1, 0, 0] + points * [0, 1, 1]
    cheeks = np.exp(-(((away - [3.9, -3.6, 6.0]) / [1.9, 1.6, 3.0]) ** 2).sum(-1))
    nose = np.exp(-(((away - [0.0, -3.8, 10.0]) / [1.3, 1.0, 1.6]) ** 2).sum(-1))
    blush = (0.6 * cheeks + 0.4 * nose)[:, None]
    colours = colours * (1 - blush * (1 - np.array([1.06, 0.82, 0.80])))
    socket = np.exp(-(((away - EYE) / [1.9, 1.2, 2.5]) ** 2).sum(-1))[:, None]
    colours = colours * (1 - socket * (1 - np.array([0.97, 0.92, 0.92])))
    colours = _tint(colours, _LIP, _lip_share(skin))
    is_bag = np.clip((-1 - skin.ring) / 2, 0, 1) * (skin.ring < 0)
    colours = _tint(colours, _BAG, is_bag)
    colours = colours * light[:, None] ** [0.85, 1.1, 1.15]
    line = np.where((skin.lid > -100) & (skin.lid <= 0) & (points[:, 1] > 0), 0.8, 0.0)
    return _tint(colours, np.array([0.05, 0.03, 0.025]), line)


def _lip_share(skin: Skin) -> Array:
    """1 on the red of the lips. [N]"""
    across = np.clip(np.abs(skin.points[:, 0]) / 2.35, 0, 1)
    bow = 1 - 0.22 * np.exp(-((skin.points[:, 0] / 0.3) ** 2))
    last = np.where(skin.lip > 0, 5.2 * bow, 5.6) * (0.55 + 0.45 * np.sqrt(1 - across**2))
    red = 1 - smoothstep(-0.5, 0.7, skin.ring - last)
    return np.where(skin.ring >= 90, 0.0, np.where(skin.ring < 0, 1.0, red))


def _openness(points: Array, out: Array) -> Array:
    """How much light from all around reaches the skin: less in folds. [N], 0..1"""
    shut = np.zeros(len(points))
    for step, share in ((0.25, 0.5), (0.6, 0.3), (1.2, 0.22), (2.2, 0.12)):
        free = np.clip(distance(points + step * out) / step, 0, 1)
        shut += share * (1 - free)
    return np.clip(1 - 0.62 * shut, 0.3, 1)


def _tint(colours: Array, colour: Array, share: Array) -> Array:
    return colours + share[:, None] * (colour - colours)


def _tidied(part: Part) -> Part:
    """In the order of the curves, without movements too small to see."""
    moves = {}
    for name in CURVE_NAMES:
        move = part.moves.get(name)
        if move is not None:
            is_seen = np.linalg.norm(move, axis=-1) >= _SMALLEST_MOVE_CM
            moves[name] = np.where(is_seen[:, None], move, 0.0)
    return dataclasses.replace(part, moves=moves)
