"""Figures as tables for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from posecast.evaluation.counts import Count
from posecast.evaluation.diversity import Diversity
from posecast.evaluation.figures import Figures, SystemFigures
from posecast.evaluation.summary import Summary
from posecast.evaluation.tables import Row, format_number, format_rows

POOLED = "all clips"


class _Column(NamedTuple):
    """How a figure is shown."""

    field: str
    """Name in the summary."""
    code: str
    """Format of the number."""
    tells_hits: bool = False
    """Whether hits and total of a count follow its share."""


_LIPS: Mapping[str, _Column] = {
    "p b m": _Column("closure_recall", ".2f", tells_hits=True),
    "chance": _Column("closures_by_chance", ".2f"),
    "false V": _Column("false_closures_on_vowels", ".2f", tells_hits=True),
    "false C": _Column("false_closures_on_consonants", ".2f", tells_hits=True),
    "pbm d": _Column("bilabial_effect", ".2f"),
    "f v": _Column("labiodental_auc", ".2f"),
    "f v d": _Column("labiodental_effect", ".2f"),
    "round": _Column("rounding_auc", ".2f"),
    "round d": _Column("rounding_effect", ".2f"),
    "height": _Column("height_correlation", "+.2f"),
    "pauses": _Column("shut_in_pauses", ".2f"),
    "lag ms": _Column("lag_ms", "+.0f"),
    "early": _Column("earliest_lag_ms", "+.0f"),
    "late": _Column("latest_lag_ms", "+.0f"),
    "in band": _Column("clips_in_band", ".2f", tells_hits=True),
}
_MOTION: Mapping[str, _Column] = {
    "opening": _Column("aperture_range", ".2f"),
    ">10 Hz": _Column("lips_above_10_hz", ".3f"),
    "v>10 Hz": _Column("lip_speed_above_10_hz", ".3f"),
    "jitter": _Column("jaw_jitter", ".4f"),
    "head deg": _Column("head_range_deg", "4.1f"),
    "deg/s": _Column("head_speed_deg_s", ".1f"),
    "speech": _Column("head_speed_in_speech_deg_s", ".1f"),
    "pauses": _Column("head_speed_in_pauses_deg_s", ".1f"),
    "blinks": _Column("blinks_per_minute", ".0f"),
    "depth": _Column("blink_depth", ".2f"),
    "h jitter": _Column("head_jitter_deg", ".3f"),
}
_DIVERSITY: Mapping[str, str] = {
    "~lips": "lips",
    "~yaw": "head_yaw",
    "~pitch": "head_pitch",
    "~brows": "brows",
}

LEGEND = """\
p b m    closures found on p b m     chance   places in speech that pass for a closure
false V  vowels that close           false C  other consonants that close (not f v w)
pbm d    effect size of the closing  f v      AUC of labiodental contact; f v d: effect size
round    AUC of rounding, u w o oy : i ih e eh s z; round d: effect size
height   rank correlation of aperture and vowel openness
pauses   shut share of pauses        lag ms   median lag of the lips, + is late
early    lag of the earliest clip    late     of the latest; in band: clips within -40..+20 ms
opening  range of the lip aperture   jitter   mean second difference of jawOpen
>10 Hz   share of the lips' energy above 10 Hz; v>10 Hz: of their speed's
head deg range of yaw, pitch, roll   deg/s    mean speed of the head; in speech, in pauses
blinks   a minute                    depth    median peak of a blink
h jitter mean second difference of the head, deg
"""
DIVERSITY_LEGEND = """\
~lips    mean correlation between takes of two seeds; the same of yaw, pitch, brows
"""
DROP_LEGEND = """\
drop     points of closure recall lost to the same system with clean sound
"""


def format_table(system: str, figures: SystemFigures) -> str:
    """A row a clip, a group and one for all with its interval: of the lips, then of the rest.

    Args:
        system: What made the faces.
        figures: Its figures.

    Returns:
        Two tables of text with aligned columns, an empty line between.
    """
    return "\n".join(
        format_rows(
            [
                [[f"{system}: {title}", *columns, *(_DIVERSITY if shows_diversity else ())]],
                [
                    _row(name, clip, columns, shows_diversity)
                    for name, clip in figures.clips.items()
                ],
                [
                    _row(f"{name} ({group.num_clips})", group, columns, shows_diversity)
                    for name, group in figures.groups.items()
                ],
                [
                    _row(POOLED, figures.all_clips, columns, shows_diversity),
                    *_interval_rows(figures.all_clips, columns, shows_diversity),
                ],
            ]
        )
        for title, columns, shows_diversity in (
            ("lips", _LIPS, False),
            ("motion", _MOTION, figures.all_clips.diversity is not None),
        )
    )


def format_comparison(systems: Mapping[str, SystemFigures], clean_of: Mapping[str, str]) -> str:
    """A row a system, over all clips.

    Args:
        systems: The figures of each system.
        clean_of: For each system that hears a degraded sound, the one that hears the clean sound.

    Returns:
        Two tables of text with aligned columns.
    """
    drops = {
        system: closure_drop_points(figures, systems[clean_of[system]])
        for system, figures in systems.items()
        if system in clean_of
    }
    lips: list[Row] = [[POOLED, *_LIPS, *(["drop"] if drops else [])]]
    motion: list[Row] = [[POOLED, *_MOTION]]
    for system, figures in systems.items():
        drop = [format_number(drops.get(system), ".1f")] if drops else []
        lips.append([*_row(system, figures.all_clips, _LIPS, False), *drop])
        motion.append(_row(system, figures.all_clips, _MOTION, False))
    return "\n".join([format_rows([lips]), format_rows([motion])])


def closure_drop_points(degraded: SystemFigures, clean: SystemFigures) -> float | None:
    """Points of closure recall that a degraded sound costs."""
    shares = [each.all_clips.summary.closure_recall.share for each in (clean, degraded)]
    if shares[0] is None or shares[1] is None:
        return None
    return 100 * (shares[0] - shares[1])


def format_json(
    systems: Mapping[str, SystemFigures],
    clean_of: Mapping[str, str],
    settings: Mapping[str, Any],
) -> str:
    """All figures of all systems.

    Args:
        systems: The figures of each system.
        clean_of: For each system that hears a degraded sound, the one that hears the clean sound.
        settings: What was evaluated, told as it is.

    Returns:
        A JSON object: `settings`, and under `systems` each with `all_clips`, `intervals`, `groups`
        and `clips` by name, with several seeds also `seeds` and `diversity`. Counts have `hits`,
        `total` and `share`; what could not be measured is null.
    """
    values = {}
    for name, figures in systems.items():
        values[name] = _system_values(figures)
        if name in clean_of:
            drop = closure_drop_points(figures, systems[clean_of[name]])
            values[name]["closure_drop_points"] = drop
    return json.dumps({"settings": dict(settings), "systems": values}, indent=2) + "\n"


def _system_values(figures: SystemFigures) -> dict[str, Any]:
    pooled = figures.all_clips
    values = {
        "all_clips": _summary_values(pooled.summary),
        **_beside_summary(pooled),
        "clips": {name: _summary_values(clip.summary) for name, clip in figures.clips.items()},
    }
    if figures.groups:
        values["groups"] = {
            name: {"clips": group.num_clips, "figures": _summary_values(group.summary),
                   **_beside_summary(group)}
            for name, group in figures.groups.items()
        }  # fmt: skip
    if len(pooled.by_seed) > 1:
        values["seeds"] = {
            str(seed): {
                "all_clips": _summary_values(summary),
                "clips": {
                    name: _summary_values(clip.by_seed[seed])
                    for name, clip in figures.clips.items()
                },
            }
            for seed, summary in pooled.by_seed.items()
        }
    return values


def _beside_summary(figures: Figures) -> dict[str, Any]:
    values: dict[str, Any] = {
        "intervals": {name: interval._asdict() for name, interval in figures.intervals.items()}
    }
    if figures.diversity:
        values["diversity"] = dataclasses.asdict(figures.diversity)
    return values


def _summary_values(summary: Summary) -> dict[str, Any]:
    values = {field.name: getattr(summary, field.name) for field in dataclasses.fields(summary)}
    return {
        name: {**value._asdict(), "share": value.share} if isinstance(value, Count) else value
        for name, value in values.items()
    }


def _row(name: str, figures: Figures, columns: Mapping[str, _Column], shows_diversity: bool) -> Row:
    cells = [_cell(getattr(figures.summary, column.field), column) for column in columns.values()]
    return [name, *cells, *(_diversity_cells(figures.diversity) if shows_diversity else ())]


def _diversity_cells(diversity: Diversity | None) -> list[str]:
    return [format_number(getattr(diversity, name, None), "+.2f") for name in _DIVERSITY.values()]


def _interval_rows(
    figures: Figures, columns: Mapping[str, _Column], shows_diversity: bool
) -> list[Row]:
    """Lowest and highest ends; blank where there is no interval."""
    if not figures.intervals:
        return []
    blanks = [""] * (len(_DIVERSITY) if shows_diversity else 0)
    return [
        [
            f"95 % {end}",
            *(
                _cell(getattr(figures.intervals[column.field], end), column)
                if column.field in figures.intervals
                else ""
                for column in columns.values()
            ),
            *blanks,
        ]
        for end in ("low", "high")
    ]


def _cell(value: Any, column: _Column) -> str:
    if isinstance(value, Count):
        share = format_number(value.share, column.code)
        return (
            f"{share} {value.hits:g}/{value.total}" if column.tells_hits and value.total else share
        )
    if isinstance(value, tuple):
        return " ".join(format(number, column.code) for number in value)
    return format_number(value, column.code)
