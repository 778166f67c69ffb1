"""The mesh of the skin, with the inside of the mouth."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.head import layout
from posecast.head.sculpt import EYE, EYE_RADIUS, Array
from posecast.head.surface import normals

Triangles = NDArray[np.int64]
_MARGIN_CM = 0.22
_GROOVE_CM = 0.3
_GROOVE_SIZE = 0.075


@dataclass(frozen=True, slots=True, kw_only=True)
class Skin:
    """Half or whole of the skin, with what the shapes need to know of its vertices."""

    points: Array
    """Places. [N, 3], cm"""
    triangles: Triangles
    """Anticlockwise from outside. [M, 3]"""
    lip: Array
    """+1 for the upper lip's side of the mouth, -1 for the lower one's, 0 elsewhere and at the
    corners. [N]"""
    ring: Array
    """Mouth: number of the ring, below 0 inside. Elsewhere the number of rings. [N]"""
    lid: Array
    """Number of the ring around the eye, below 0 inside; -100 elsewhere. [N]"""
    partner: NDArray[np.int64]
    """Vertex of the other lip that the vertex rests on when the mouth is shut, or itself. [N]"""


class _Builder:
    def __init__(self) -> None:
        self.points: list[Array] = []
        self.plane: list[Array] = []
        self.triangles: list[Triangles] = []
        self.marks: list[Array] = []
        self.num = 0

    def add(
        self, points: Array, plane: Array | None = None, *, marks: tuple[float, float, float]
    ) -> NDArray[np.int64]:
        """Take vertices in; returns their numbers."""
        numbers = np.arange(self.num, self.num + len(points))
        self.points.append(points)
        self.plane.append(np.full((len(points), 2), np.nan) if plane is None else plane)
        self.marks.append(np.tile(marks, (len(points), 1)))
        self.num += len(points)
        return numbers

    def strip(self, inner: NDArray[np.int64], outer: NDArray[np.int64]) -> None:
        """Join two rows of vertices; anticlockwise where `outer` lies to the right of `inner`."""
        a, b, c, d = inner[:-1], inner[1:], outer[:-1], outer[1:]
        self.triangles.append(np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)]))


def build_half() -> Skin:
    """The left half of the skin, with the middle."""
    builder = _Builder()
    mouth_edge, partners = _add_mouth(builder)
    eye_edge = _add_eye(builder)
    _add_background(builder, mouth_edge, eye_edge)
    marks = np.concatenate(builder.marks)
    partner = np.arange(builder.num)
    for upper, lower in partners:
        partner[upper], partner[lower] = lower, upper
    triangles = np.concatenate(builder.triangles)
    return Skin(
        points=np.concatenate(builder.points),
        triangles=triangles,
        lip=marks[:, 0],
        ring=marks[:, 1],
        lid=marks[:, 2],
        partner=partner,
    )


def _add_mouth(
    builder: _Builder,
) -> tuple[list[NDArray[np.int64]], list[tuple[NDArray[np.int64], NDArray[np.int64]]]]:
    """Rings of both lips and the bag behind; returns the outermost ones, and who meets whom."""
    rows: dict[bool, list[NDArray[np.int64]]] = {True: [], False: []}
    partners = []
    corners: list[int] = []
    for number in range(-len(_BAG), len(layout.MOUTH_RINGS)):
        pair = []
        for is_upper in (True, False):
            points, plane = _mouth_row(number, is_upper=is_upper)
            side = 1.0 if is_upper else -1.0
            row = builder.add(points[:-1], plane[:-1], marks=(side, number, -100))
            pair.append(row)
        corner = builder.add(points[-1:], plane[-1:], marks=(0, number, -100))
        corners.append(int(corner[0]))
        for is_upper, row in zip((True, False), pair, strict=True):
            rows[is_upper].append(np.append(row, corner))
        if number in (0, -1):
            partners.append((pair[0], pair[1]))
    for is_upper in (True, False):
        for inner, outer in itertools.pairwise(rows[is_upper]):
            if is_upper:
                builder.strip(outer, inner)
            else:
                builder.strip(inner, outer)
    _close_bag(builder, rows)
    return [rows[True][-1], rows[False][-1]], partners


_BAG = (
    (3.0, 1.00, 1.10, 1.10),
    (5.6, 1.22, 1.50, 1.60),
    (7.2, 1.16, 1.45, 1.55),
    (-0.72, 0.97, 0.95, 1.00),
    (-0.60, 0.98, 0.36, 0.36),
    (-0.28, 0.995, 0.0, 0.0),
)
"""Rows of the inside of the mouth from the throat to the lips: depth (an absolute one, or below 0
behind the line between the lips), width, height above and height below."""


def _mouth_row(number: int, *, is_upper: bool) -> tuple[Array, Array]:
    if number >= 0:
        size = layout.MOUTH_RINGS[number]
        ring = layout.mouth_ring(size, is_upper=is_upper)
        points = ring.points.copy()
        points[:, 2] -= _groove(points, size)
        return points, ring.plane
    line = _mouth_row(0, is_upper=is_upper)[0]
    depth, width, above, below = _BAG[number + len(_BAG)]
    points = line.copy()
    points[:, 0] *= width
    across = np.abs(line[:, 0]) / layout.MOUTH_HALF_CM
    bulge = np.sqrt(np.clip(1 - across**2, 0, 1))
    points[:, 1] += (above if is_upper else -below) * bulge
    if depth < 0:
        points[:, 2] += depth
    else:
        points[:, 2] = np.minimum(line[:, 2] - 0.9, depth - 0.3 * across**2)
    return points, np.full((len(points), 2), np.nan)


def _groove(points: Array, size: float) -> Array:
    """How far the skin turns in towards the line between the lips. [N], cm"""
    across = np.abs(points[:, 0]) / layout.MOUTH_HALF_CM
    taper = 0.35 + 0.65 * np.sqrt(np.clip(1 - across**2, 0, 1))
    return _GROOVE_CM * np.exp(-((size / _GROOVE_SIZE) ** 2)) * taper


def _close_bag(builder: _Builder, rows: dict[bool, list[NDArray[np.int64]]]) -> None:
    """Close the throat: its two rows face each other."""
    builder.strip(rows[True][0][:-1], rows[False][0][:-1])
    last = np.array([[rows[True][0][-2], rows[False][0][-2], rows[True][0][-1]]])
    builder.triangles.append(last)


def _add_eye(builder: _Builder) -> NDArray[np.int64]:
    rings = []
    margin = layout.eye_ring(*layout.EYE_RINGS[0])
    for number, (radius, widening) in enumerate(
        ((EYE_RADIUS - 0.12, 1.12), (EYE_RADIUS + 0.015, 1.0)), start=-2
    ):
        out = margin.points - EYE
        out = out * [widening, widening, 1.0]
        out = radius * out / np.linalg.norm(out, axis=-1, keepdims=True)
        rings.append(builder.add(EYE + out, marks=(0, 100, number)))
    for number, size in enumerate(layout.EYE_RINGS):
        ring = layout.eye_ring(*size)
        points = ring.points.copy()
        if number == 3:  # the fold of the upper lid
            up = np.clip(points[:, 1:2] / size[1], 0, 1)
            points -= 0.07 * up * normals(points)
        rings.append(builder.add(points, ring.plane, marks=(0, 100, number)))
    for inner, outer in itertools.pairwise(rings):
        closed = [np.append(ring, ring[:1]) for ring in (inner, outer)]
        builder.strip(closed[0], closed[1])
    return rings[-1]


def _add_background(
    builder: _Builder, mouth_edge: list[NDArray[np.int64]], eye_edge: NDArray[np.int64]
) -> None:
    from matplotlib.tri import Triangulation

    grid = layout.background()
    plane = np.concatenate(builder.plane)
    holes = [np.concatenate([mouth_edge[0], mouth_edge[1][-2::-1]]), eye_edge]
    is_free = np.ones(len(grid.plane), bool)
    for hole in holes:
        is_free &= _gap(grid.plane, plane[hole]) > _MARGIN_CM
    edge = np.unique(np.concatenate(holes))
    top_row = grid.plane[:, 1] == grid.plane[:, 1].max()
    numbers = np.concatenate(
        [edge, builder.add(grid.points[is_free], grid.plane[is_free], marks=(0, 100, -100))]
    )
    flat = np.concatenate([plane[edge], grid.plane[is_free]])
    found = Triangulation(flat[:, 0], flat[:, 1]).triangles.astype(np.int64)
    triangles = numbers[found]
    for hole in holes:
        triangles = triangles[~np.isin(triangles, hole).all(axis=1)]
    builder.triangles.append(triangles)
    crown = numbers[len(edge) :][top_row[is_free]]
    pole = builder.add(layout.from_plane(np.array([[0.0, 16.0]])), marks=(0, 100, -100))
    fan = np.stack([crown[:-1], crown[1:], np.repeat(pole, len(crown) - 1)], axis=1)
    builder.triangles.append(fan)


def _gap(places: Array, ring: Array) -> Array:
    """Distance from a polygon, below 0 inside. [N]"""
    start, end = ring, np.roll(ring, -1, axis=0)
    if ring[0, 0] < 1e-9:  # it is closed by the middle of the face
        start, end = start[:-1], end[:-1]
        start = np.concatenate([start, [[-50.0, ring[-1, 1]]], [[-50.0, ring[0, 1]]]])
        end = np.concatenate([end, [[-50.0, ring[0, 1]]], [ring[0]]])
    edge = end - start
    offset = places[:, None] - start
    along = np.clip((offset * edge).sum(-1) / (edge * edge).sum(-1), 0, 1)
    away = np.linalg.norm(offset - along[..., None] * edge, axis=-1).min(axis=1)
    crosses = (start[:, 1] > places[:, None, 1]) != (end[:, 1] > places[:, None, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = start[:, 0] + (places[:, None, 1] - start[:, 1]) / edge[:, 1] * edge[:, 0]
    is_in = ((places[:, None, 0] < at) & crosses).sum(axis=1) % 2 == 1
    return np.where(is_in, -away, away)


def mirrored(half: Skin) -> Skin:
    """The whole skin of its left half: the right one's vertices follow, the middle's are shared."""
    num = len(half.points)
    is_middle = half.points[:, 0] < 1e-9
    twin = np.arange(num)
    twin[~is_middle] = num + np.arange((~is_middle).sum())
    right = half.points[~is_middle] * [-1.0, 1.0, 1.0]
    return Skin(
        points=np.concatenate([half.points, right]),
        triangles=np.concatenate([half.triangles, twin[half.triangles][:, ::-1]]),
        lip=np.concatenate([half.lip, half.lip[~is_middle]]),
        ring=np.concatenate([half.ring, half.ring[~is_middle]]),
        lid=np.concatenate([half.lid, half.lid[~is_middle]]),
        partner=np.concatenate([half.partner, twin[half.partner[~is_middle]]]),
    )
