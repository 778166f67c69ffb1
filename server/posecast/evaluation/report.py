"""Figures as a table for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from posecast.evaluation.counts import Count
from posecast.evaluation.measurement import ClipMeasurement
from posecast.evaluation.summary import Summary, summarise

POOLED = "all clips"
_ABSENT = "-"

_COLUMNS: Mapping[str, Callable[[Summary], str]] = {
    "p b m": lambda row: _share(row.closure_recall),
    "chance": lambda row: _percent(row.closures_by_chance),
    "false V": lambda row: _share(row.false_closures_on_vowels),
    "false C": lambda row: _share(row.false_closures_on_consonants),
    "f v": lambda row: _number(row.labiodental_auc, ".2f"),
    "round": lambda row: _number(row.rounding_auc, ".2f"),
    "height": lambda row: _number(row.height_correlation, "+.2f"),
    "pauses": lambda row: _percent(row.shut_in_pauses),
    "lag ms": lambda row: _number(row.lag_ms, "+.0f"),
    "lag fr": lambda row: _number(row.worst_lag_frames, "+d"),
    "in time": lambda row: _fraction(row.clips_in_time),
    "head deg": lambda row: " ".join(f"{angle:4.1f}" for angle in row.head_range_deg),
    "deg/s": lambda row: f"{row.head_speed_deg_s:.1f}",
    "blinks": lambda row: f"{row.blinks_per_minute:.0f}",
    "depth": lambda row: _number(row.blink_depth, ".2f"),
    "jitter": lambda row: f"{row.jaw_jitter:.4f}",
    "h jitter": lambda row: f"{row.head_jitter_deg:.3f}",
}

LEGEND = """\
p b m    closures found on p b m     chance   places in speech that pass for a closure
false V  vowels that close           false C  other consonants that close (not f v w)
f v      AUC of labiodental contact  round    AUC of rounding, u w o oy : i ih e eh s z
height   rank correlation of aperture and vowel openness
pauses   shut share of pauses        lag ms   median lag of the lips, + is late
lag fr   worst lag in frames         in time  clips within 40 ms
head deg range of yaw, pitch, roll   deg/s    mean speed of the head
blinks   a minute                    depth    median peak of a blink
jitter   mean second difference of jawOpen; h jitter: of the head, deg
"""


def format_table(system: str, measurements: Sequence[ClipMeasurement]) -> str:
    """A row a clip and one for all.

    Args:
        system: What made the faces.
        measurements: The clips.

    Returns:
        Lines of text with aligned columns.
    """
    rows = [[system, *_COLUMNS]]
    for name, clips in [(part.clip, [part]) for part in measurements] + [(POOLED, measurements)]:
        figures = summarise(clips)
        rows.append([name, *(cell(figures) for cell in _COLUMNS.values())])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]]) + "\n"


def format_comparison(systems: Mapping[str, Sequence[ClipMeasurement]]) -> str:
    """A row a system, over all clips.

    Args:
        systems: The clips of each system.

    Returns:
        Lines of text with aligned columns.
    """
    rows = [[POOLED, *_COLUMNS]]
    for system, measurements in systems.items():
        figures = summarise(measurements)
        rows.append([system, *(cell(figures) for cell in _COLUMNS.values())])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(_aligned(row, widths)).rstrip() for row in rows) + "\n"


def format_json(
    systems: Mapping[str, Sequence[ClipMeasurement]], settings: Mapping[str, Any]
) -> str:
    """All figures of all systems.

    Args:
        systems: The clips of each system.
        settings: What was evaluated, told as it is.

    Returns:
        A JSON object: `settings`, and under `systems` each with `all_clips` and `clips` by name.
        Counts have `hits`, `total` and `share`; what could not be measured is null.
    """
    values = {
        name: {
            "all_clips": _jsonable(summarise(clips)),
            "clips": {clip.clip: _jsonable(summarise([clip])) for clip in clips},
        }
        for name, clips in systems.items()
    }
    return json.dumps({"settings": dict(settings), "systems": values}, indent=2) + "\n"


def _jsonable(summary: Summary) -> dict[str, Any]:
    values = {field.name: getattr(summary, field.name) for field in dataclasses.fields(summary)}
    return {
        name: {**value._asdict(), "share": value.share} if isinstance(value, Count) else value
        for name, value in values.items()
    }


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The first cell to the left, the others to the right."""
    first, *others = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]


def _share(count: Count) -> str:
    return _ABSENT if count.share is None else f"{count.share:.2f} {_fraction(count)}"


def _fraction(count: Count) -> str:
    return f"{count.hits}/{count.total}" if count.total else _ABSENT


def _percent(count: Count) -> str:
    return _number(count.share, ".2f")


def _number(value: float | None, code: str) -> str:
    return _ABSENT if value is None else format(value, code)
