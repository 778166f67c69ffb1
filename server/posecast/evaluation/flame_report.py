"""FLAME figures as tables for people and as values for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from posecast.evaluation.flame_figures import FlameFigure, FlameFigures, FlameSystem
from posecast.evaluation.report import POOLED
from posecast.evaluation.tables import Row, format_number, format_rows


class _Column(NamedTuple):
    """How a figure is shown."""

    field: str
    """Name of the figure."""
    code: str
    """Format of the number."""


_VERTICES: Mapping[str, _Column] = {
    "LVE mm": _Column("lip_vertex_error_mm", ".3f"),
    "mean mm": _Column("mean_lip_error_mm", ".3f"),
    "MOD in": _Column("mouth_opening_inner_mm", ".3f"),
    "MOD out": _Column("mouth_opening_outer_mm", ".3f"),
    "FDD": _Column("upper_face_dynamics_10um", "+.3f"),
    "LVE m2": _Column("lip_vertex_error_squared_m2", ".3e"),
    "FDD m2": _Column("upper_face_dynamics_squared_m2", "+.3e"),
    "~mm": _Column("vertex_diversity_mm", ".3f"),
}
_COEFFICIENTS: Mapping[str, _Column] = {
    "exp sd": _Column("expression_error_sd", ".3f"),
    "jaw rad": _Column("jaw_error_rad", ".4f"),
    "head rad": _Column("head_error_rad", ".4f"),
    "BA": _Column("beat_alignment", ".3f"),
    "BA true": _Column("beat_alignment_of_true", ".3f"),
    "chance": _Column("beat_alignment_by_chance", ".3f"),
    "~exp sd": _Column("expression_diversity_sd", ".3f"),
    "~jaw rad": _Column("jaw_diversity_rad", ".4f"),
    "~head rad": _Column("head_diversity_rad", ".4f"),
}
_TABLES = {"vertices": _VERTICES, "coefficients": _COEFFICIENTS}

FLAME_LEGEND = """\
LVE mm   worst lip vertex of a frame, mean over frames; mean mm: mean lip vertex instead
MOD in   mouth opening difference, inner lips (62, 66), mm; out: outer lips (51, 57)
FDD      upper face's dynamics, truth less prediction, 1e-5 m; + moves too little
LVE m2   the LVE of squared distances, square metres: no length; FDD m2 likewise
exp sd   root mean square error of the expression, standard deviations of FLAME
jaw rad  mean angle between the jaws; head rad: between the heads
BA       beats of the predicted head near beats of the true one; BA true: the other way round
chance   what beats at random times would have for BA
~        mean distance of two repetitions
+-       standard deviation from repetition to repetition; 95 %: over other clips
docs/flame-metrics.md has the definitions, and with which published figures none of this compares.
"""


def format_flame_table(name: str, system: FlameSystem) -> str:
    """A row a clip, a group and one for all with its spread: of the vertices, then of the rest.

    Args:
        name: Name of the system.
        system: Its figures.

    Returns:
        A table of text with aligned columns, or two with an empty line between if there are
        figures of vertices.
    """
    return "\n".join(
        format_rows(
            [
                [[f"{name}: {title}", *columns]],
                [_row(clip, figures, columns) for clip, figures in system.clips.items()],
                [
                    _row(f"{group} ({figures.num_clips})", figures, columns)
                    for group, figures in system.groups.items()
                ],
                [_row(POOLED, system.all_clips, columns), *_spread_rows(system, columns)],
            ]
        )
        for title, columns in _shown({name: system}).items()
    )


def format_flame_comparison(systems: Mapping[str, FlameSystem]) -> str:
    """A row a system, over all clips.

    Args:
        systems: The figures of each system.

    Returns:
        Tables of text with aligned columns.
    """
    return "\n".join(
        format_rows(
            [
                [[f"{POOLED}: {title}", *columns]],
                [_row(name, system.all_clips, columns) for name, system in systems.items()],
            ]
        )
        for title, columns in _shown(systems).items()
    )


def flame_values(system: FlameSystem) -> dict[str, Any]:
    """All figures of a system, for JSON.

    Args:
        system: The figures.

    Returns:
        `repetitions`, `all_clips`, `groups` if there are any, and `clips`: each with its number of
        clips and frames, and under `figures` by name `mean`, `repetition_sd` and `interval`. What
        could not be measured is null.
    """
    values = {
        "repetitions": system.num_repetitions,
        "all_clips": _figure_values(system.all_clips),
        "clips": {name: _figure_values(each) for name, each in system.clips.items()},
    }
    if system.groups:
        values["groups"] = {name: _figure_values(each) for name, each in system.groups.items()}
    return values


def _figure_values(figures: FlameFigures) -> dict[str, Any]:
    return {
        "clips": figures.num_clips,
        "frames": figures.num_frames,
        "figures": {
            name: {
                "mean": figure.mean,
                "repetition_sd": figure.repetition_sd,
                "interval": figure.interval and figure.interval._asdict(),
            }
            for name, figure in figures.figures.items()
        },
    }


def _shown(systems: Mapping[str, FlameSystem]) -> dict[str, dict[str, _Column]]:
    """Tables and columns of which any system has a value."""
    measured = {
        field
        for system in systems.values()
        for field, figure in system.all_clips.figures.items()
        if figure.mean is not None
    }
    chosen = {
        title: {head: column for head, column in columns.items() if column.field in measured}
        for title, columns in _TABLES.items()
    }
    return {title: columns for title, columns in chosen.items() if columns}


def _row(name: str, figures: FlameFigures, columns: Mapping[str, _Column]) -> Row:
    return _cells(name, figures, columns, lambda figure: figure.mean)


def _spread_rows(system: FlameSystem, columns: Mapping[str, _Column]) -> list[Row]:
    """From repetition to repetition, and both ends of the interval, where there are such."""
    spreads: dict[str, Callable[[FlameFigure], Any]] = {
        "+-": lambda figure: figure.repetition_sd,
        "95 % low": lambda figure: figure.interval and figure.interval.low,
        "95 % high": lambda figure: figure.interval and figure.interval.high,
    }
    return [
        _cells(name, system.all_clips, columns, value_of, sign="" if name == "+-" else "+")
        for name, value_of in spreads.items()
        if any(value_of(figure) is not None for figure in system.all_clips.figures.values())
    ]


def _cells(
    name: str,
    figures: FlameFigures,
    columns: Mapping[str, _Column],
    value_of: Callable[[FlameFigure], Any],
    *,
    sign: str = "+",
) -> Row:
    values = [
        value_of(figures.figures[column.field]) if column.field in figures.figures else None
        for column in columns.values()
    ]
    codes = [column.code.replace("+", sign) for column in columns.values()]
    return [name, *map(format_number, values, codes)]
