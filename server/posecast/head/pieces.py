"""What is not skin: eyeballs, teeth, tongue, ears and brows."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from posecast.head import jaw
from posecast.head.fields import smoothstep
from posecast.head.part import Part, Triangles, grid, joined, mirror_image
from posecast.head.sculpt import EYE, EYE_RADIUS, Array
from posecast.head.surface import meet_from_front, normals
from posecast.head.upper_shapes import brow_shapes

Colour = tuple[float, float, float]
_WHITE: Colour = (0.78, 0.75, 0.72)
_CORNER_RED: Colour = (0.62, 0.38, 0.34)
_IRIS: Colour = (0.09, 0.17, 0.22)
_IRIS_INNER: Colour = (0.16, 0.26, 0.27)
_LIMBUS: Colour = (0.02, 0.035, 0.05)
_PUPIL: Colour = (0.004, 0.004, 0.005)
_TOOTH: Colour = (0.72, 0.68, 0.59)
_GUM: Colour = (0.42, 0.14, 0.13)
_TONGUE: Colour = (0.45, 0.16, 0.15)
_BROW: Colour = (0.085, 0.05, 0.034)

IRIS_CM = 0.62
_EYE_COLUMNS = 32
_EYE_RINGS: tuple[tuple[float, Colour], ...] = (
    (0.10, _PUPIL), (0.24, _PUPIL), (0.24, _IRIS_INNER), (0.42, _IRIS), (0.56, _IRIS),
    (0.56, _LIMBUS), (IRIS_CM, _LIMBUS), (IRIS_CM, _WHITE), (0.80, _WHITE), (1.02, _WHITE),
    (1.20, _WHITE), (1.35, _CORNER_RED),
)  # fmt: skip
"""Rings of the eyeball by their distance from its axis; twice where the colour jumps."""
_LOOKS = {"Up": (-22.0, 0.0), "Down": (26.0, 0.0), "Out": (0.0, 30.0), "In": (0.0, -30.0)}
"""Turns of the left eye about +x and +y, in degrees."""


def eyes() -> Part:
    """Both eyeballs."""
    angle = 2 * np.pi * np.arange(_EYE_COLUMNS) / _EYE_COLUMNS
    points = [np.array([[0.0, 0.0, EYE_RADIUS + 0.06]])]
    colours: list[Array] = [np.array([_PUPIL])]
    for radius, colour in _EYE_RINGS:
        radius = min(radius, EYE_RADIUS)
        depth = np.sqrt(EYE_RADIUS**2 - radius**2)
        depth += 0.06 * (1 - smoothstep(0.3, 0.75, np.array(radius)))  # the cornea stands out
        ring = [radius * np.cos(angle), radius * np.sin(angle), np.full_like(angle, depth)]
        points.append(np.stack(ring, axis=-1))
        colours.append(np.tile(colour, (_EYE_COLUMNS, 1)))
    fan = np.arange(_EYE_COLUMNS) + 1
    tip = np.stack([np.zeros_like(fan), fan, fan % _EYE_COLUMNS + 1], axis=1)
    num_rings = len(_EYE_RINGS)
    sides = grid(num_rings, _EYE_COLUMNS, is_closed=True)[:, ::-1] + 1
    is_jump = np.array([a[0] == b[0] for a, b in itertools.pairwise(_EYE_RINGS)])
    sides = sides[~np.repeat(is_jump, 2 * _EYE_COLUMNS)]
    away = np.concatenate(points)
    moves = {}
    for name, turns in _LOOKS.items():
        moves[f"eyeLook{name}Left"] = away @ _turn(*np.radians(turns)).T - away
    left = Part(
        points=away + EYE,
        triangles=np.concatenate([tip, sides]),
        colours=np.concatenate(colours),
        openness=np.ones(len(away)),
        moves=moves,
    )
    return joined([left, mirror_image(left)])


def _turn(about_x: float, about_y: float) -> Array:
    cos, sin = np.cos(about_x), np.sin(about_x)
    first = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    cos, sin = np.cos(about_y), np.sin(about_y)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]) @ first


_ARCH_FRONT_CM = 8.15
_TEETH_WIDTHS = (0.78, 0.62, 0.68, 0.62, 0.62, 0.85)
"""Widths of one side's upper teeth along the arch, from the middle, in centimetres."""


def teeth_and_tongue() -> Part:
    """What is in the mouth."""
    upper = _teeth(is_upper=True)
    lower, tongue = _teeth(is_upper=False), _tongue()
    return _darkened(joined([upper, _on_jaw(lower), _on_jaw(tongue)]))


def _darkened(part: Part) -> Part:
    """Darker the deeper it lies: no light of a scene knows that the mouth is around it."""
    light = 0.12 + 0.88 * smoothstep(4.2, 7.6, part.points[:, 2])
    return dataclasses.replace(part, colours=part.colours * light[:, None], openness=light**2)


def _on_jaw(part: Part) -> Part:
    all_of_it = np.ones(len(part.points))
    moves = {
        "jawOpen": jaw.opened(part.points, all_of_it),
        "jawForward": np.tile([0.0, -0.05, 0.8], (len(part.points), 1)),
        "jawLeft": np.tile([0.85, 0.0, 0.0], (len(part.points), 1)),
        "jawRight": np.tile([-0.85, 0.0, 0.0], (len(part.points), 1)),
        **part.moves,
    }
    return dataclasses.replace(part, moves=moves)


def _teeth(*, is_upper: bool) -> Part:
    """One row as a band with a furrow between neighbours."""
    scale, front, edge = (1.0, _ARCH_FRONT_CM, -7.5) if is_upper else (0.82, 7.8, -7.4)
    away = 1.0 if is_upper else -1.0
    place, cut, corner = _along_arch(scale)
    x, z = _arch(place, front)
    slope = np.gradient(z, x)
    out = np.stack([-slope, np.ones_like(slope)], axis=-1)
    out /= np.linalg.norm(out, axis=-1, keepdims=True)
    rows = []
    colours = []
    for height, depth, colour in (
        (1.5, -0.05, _GUM), (0.85, 0.03, _GUM), (0.78, 0.0, _TOOTH), (0.4, 0.05, _TOOTH),
        (0.08, 0.0, _TOOTH), (0.0, -0.1, _TOOTH), (0.06, -0.3, _TOOTH), (1.2, -0.5, _GUM),
    ):  # fmt: skip
        is_tooth = colour == _TOOTH
        inset = depth - 0.09 * cut * is_tooth
        rise = height + (0.07 * corner if height < 0.3 else 0.0)
        row = [x + inset * out[:, 0], np.full_like(x, edge) + away * rise, z + inset * out[:, 1]]
        rows.append(np.stack(row, axis=-1))
        shade = np.where(is_tooth, 1 - 0.45 * cut, 1.0)[:, None] * (1.0 if depth > -0.2 else 0.3)
        colours.append(np.array(colour) * shade)
    triangles = grid(len(rows), len(x), is_closed=False)
    return Part(
        points=np.concatenate(rows),
        triangles=triangles[:, ::-1] if is_upper else triangles,
        colours=np.concatenate(colours),
        openness=np.ones(len(rows) * len(x)),
    )


def _along_arch(scale: float) -> tuple[Array, Array, Array]:
    """Places along the arch, how deep the furrow is there, and how near a tooth's corner it is."""
    borders = np.cumsum([0.0, *_TEETH_WIDTHS]) * scale
    place, cut, corner = [], [], []
    part = np.array([0.06, 0.2, 0.5, 0.8, 0.94])
    for start, end in itertools.pairwise(borders):
        place.append(start + part * (end - start))
        cut.append(np.array([1.0, 0.1, 0.0, 0.1, 1.0]))
        corner.append(np.array([1.0, 0.2, 0.0, 0.2, 1.0]))
    halves = [np.concatenate(values) for values in (place, cut, corner)]
    places, cuts, corners = (
        np.concatenate([sign * half[::-1], half])
        for sign, half in zip((-1, 1, 1), halves, strict=True)
    )
    return places, cuts, corners


def _arch(place: Array, front: float) -> tuple[Array, Array]:
    """Half an ellipse, walked from its front."""
    angle = np.linspace(0, np.pi / 2, 200)
    x, z = 2.55 * np.sin(angle), front - 4.4 * (1 - np.cos(angle))
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    walked = np.interp(np.abs(place), length, angle)
    return np.sign(place) * 2.55 * np.sin(walked), front - 4.4 * (1 - np.cos(walked))


def _tongue() -> Part:
    rows, columns = 9, 14
    along = np.linspace(0, 1, rows)
    angle = 2 * np.pi * np.arange(columns) / columns
    points = []
    for part in along:
        width = 1.55 * np.sqrt(np.clip(1 - (part * 0.98) ** 4, 0.02, 1))
        thick = 0.62 * np.sqrt(np.clip(1 - (part * 0.97) ** 3, 0.03, 1))
        middle = np.array([0.0, -8.0 + 0.35 * np.sin(np.pi * part) - 0.1 * part, 3.2 + 3.75 * part])
        furrow = 0.14 * np.exp(-((np.cos(angle) / 0.3) ** 2)) * (np.sin(angle) > 0)
        ring = np.stack(
            [width * np.cos(angle), (thick * np.sin(angle) - furrow), np.zeros_like(angle)], axis=-1
        )
        points.append(middle + ring)
    points.append(np.array([[0.0, -8.1, 7.05]]))
    placed = np.concatenate(points)
    last = (rows - 1) * columns + np.arange(columns)
    tip = np.stack([last, np.roll(last, -1), np.full_like(last, rows * columns)], axis=1)
    share = smoothstep(3.4, 7.0, placed[:, 2])
    out = np.tile([0.0, 1.15, 3.4], (len(placed), 1)) * share[:, None]
    out[:, 1] -= 0.3 * share**3
    return Part(
        points=placed,
        triangles=np.concatenate([grid(rows, columns, is_closed=True), tip]),
        colours=np.tile(_TONGUE, (len(placed), 1)),
        openness=np.ones(len(placed)),
        moves={"tongueOut": out},
    )


def brows() -> Part:
    """Both brows: thick inside, thin outside, a little above the skin."""
    steps, around = 20, 8
    along = np.linspace(0, 1, steps)
    x = 1.15 + 3.75 * along
    y = 1.62 + 0.62 * np.sin(np.pi * np.minimum(along * 0.78, 1)) - 0.45 * along**3
    thick = 0.33 * np.minimum(1, 0.55 + along * 3) * (1 - 0.82 * along**1.6)
    middle = meet_from_front(x, y)
    out = normals(middle)
    forward = np.gradient(middle, axis=0)
    forward /= np.linalg.norm(forward, axis=-1, keepdims=True)
    up = np.cross(out, forward)
    rows = []
    for angle in 2 * np.pi * np.arange(around) / around:
        edge = middle + (thick * np.cos(angle))[:, None] * up
        raised = 0.02 + 0.06 * np.sin(angle) * np.minimum(1, thick / 0.15)
        rows.append(meet_from_front(edge[:, 0], edge[:, 1]) + raised[:, None] * out)
    points = np.stack(rows, axis=1).reshape(-1, 3)
    triangles = grid(steps, around, is_closed=True)
    ends = np.array([[0, i + 1, i] for i in range(1, around - 1)])
    last = (steps - 1) * around + np.array([[0, i, i + 1] for i in range(1, around - 1)])
    left = Part(
        points=points,
        triangles=np.concatenate([triangles, ends, last]),
        colours=np.tile(_BROW, (len(points), 1)),
        openness=np.ones(len(points)),
        moves=brow_shapes(points),
    )
    return joined([left, mirror_image(left)])


_EAR = np.array([6.95, -1.6, -0.9])
_EAR_RINGS = ((0.14, 0.02), (0.34, -0.16), (0.52, -0.2), (0.64, 0.06), (0.74, 0.1), (0.85, 0.06),
              (0.93, 0.2), (1.0, 0.14), (1.01, -0.02), (0.9, -0.18), (0.55, -0.3))  # fmt: skip
"""Rings of an ear: share of its outline and height above its plane; the last ones are its back."""


def ears(skin_colour: Array) -> Part:
    """Both ears; their front edge lies in the head."""
    columns = 28
    angle = 2 * np.pi * np.arange(columns) / columns
    outline_x = 1.5 * np.cos(angle) * (1 + 0.12 * np.sin(angle))
    outline_y = np.where(np.sin(angle) > 0, 2.7, 2.75) * np.sin(angle)
    outline_x *= np.where(np.sin(angle) < 0, 1 - 0.22 * np.abs(np.sin(angle)) ** 1.5, 1.0)
    back = np.array([0.42, 0.06, -0.9])
    back /= np.linalg.norm(back)
    up = np.array([0.1, 1.0, -0.16])
    up -= (up @ back) * back
    up /= np.linalg.norm(up)
    out = np.cross(back, up) * -1
    out *= np.sign(out[0])
    points = [(_EAR + 0.02 * out)[None]]
    shades = [np.ones(1)]
    for share, height in _EAR_RINGS:
        is_rim = share > 0.8 and height > 0
        lobe = smoothstep(-0.5, -0.95, np.sin(angle)) if height != 0 else 0.0
        front = smoothstep(0.2, 0.9, -np.cos(angle))
        level = height * (1 - 0.6 * lobe) if is_rim else height * (1 - 0.85 * lobe)
        level = level * (1 - 0.3 * front)
        points.append(
            _EAR
            + (share * outline_x)[:, None] * back
            + (share * outline_y)[:, None] * up
            + np.asarray(level + 0.12)[:, None] * out
        )
        shades.append(np.full(columns, 0.88 if height < -0.1 and share < 0.6 else 1.0))
    fan = np.arange(columns) + 1
    tip = np.stack([np.zeros_like(fan), fan, fan % columns + 1], axis=1)
    sides = grid(len(_EAR_RINGS), columns, is_closed=True)[:, ::-1] + 1
    triangles = np.concatenate([tip, sides])
    placed = np.concatenate(points)
    colours = skin_colour * np.concatenate(shades)[:, None] * np.array([1.04, 0.93, 0.92])
    left = Part(
        points=placed,
        triangles=_outward(placed, triangles, out),
        colours=colours,
        openness=np.ones(len(placed)),
    )
    return joined([left, mirror_image(left)])


def _outward(points: Array, triangles: Triangles, out: Array) -> Triangles:
    """The same triangles, turned so that the front of a sheet faces `out`."""
    a, b, c = (points[triangles[0, corner]] for corner in range(3))
    return triangles if np.cross(b - a, c - a) @ out > 0 else triangles[:, ::-1]
