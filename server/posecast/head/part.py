"""A piece of the head that has one material."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posecast.head.sculpt import Array

Triangles = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A mesh, its colours and how each curve moves it."""

    points: Array
    """Places at rest. [N, 3], cm"""
    triangles: Triangles
    """Anticlockwise from outside. [M, 3]"""
    colours: Array
    """Red, green, blue, linear, 0..1. [N, 3]"""
    openness: Array
    """How much of a light far away reaches the vertex, 0..1. [N]"""
    moves: Mapping[str, Array] = field(default_factory=dict)
    """Movement of each vertex by the name of a curve; what a curve leaves alone is left out.
    [N, 3], cm"""


def joined(parts: list[Part]) -> Part:
    """Several pieces as one, in their order."""
    starts = np.cumsum([0, *(len(part.points) for part in parts)])
    names = sorted({name for part in parts for name in part.moves})
    return Part(
        points=np.concatenate([part.points for part in parts]),
        triangles=np.concatenate(
            [part.triangles + start for part, start in zip(parts, starts, strict=False)]
        ),
        colours=np.concatenate([part.colours for part in parts]),
        openness=np.concatenate([part.openness for part in parts]),
        moves={
            name: np.concatenate(
                [part.moves.get(name, np.zeros_like(part.points)) for part in parts]
            )
            for name in names
        },
    )


def mirror_image(part: Part) -> Part:
    """The piece on the other side; left and right change in the names of curves too."""
    flip = np.array([-1.0, 1.0, 1.0])
    return Part(
        points=part.points * flip,
        triangles=part.triangles[:, ::-1],
        colours=part.colours,
        openness=part.openness,
        moves={_other_side(name): moves * flip for name, moves in part.moves.items()},
    )


def _other_side(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    if name.endswith("Right"):
        return name.removesuffix("Right") + "Left"
    return name


def grid(rows: int, columns: int, *, is_closed: bool) -> Triangles:
    """Triangles of a grid of vertices, row by row.

    They are anticlockwise where rows go up and columns to the right.

    Args:
        rows: Number of rows.
        columns: Vertices in a row.
        is_closed: Whether the last column is joined to the first.

    Returns:
        Triangles. [M, 3]
    """
    across = np.arange(columns if is_closed else columns - 1)
    right = (across + 1) % columns
    triangles = []
    for row in range(rows - 1):
        a, b = row * columns + across, row * columns + right
        c, d = a + columns, b + columns
        triangles += [np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)]
    return np.concatenate(triangles)
