"""Prints the tables of docs/benchmarks from what `measure_model.sh` wrote: tell_model.py OUT."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROWS: tuple[tuple[str, str, str], ...] = (
    ("closures on p/b/m", "closure_recall", ">= 0.88"),
    ("at random places", "closures_by_chance", ""),
    ("false closures, vowels", "false_closures_on_vowels", "<= 0.12"),
    ("false closures, consonants", "false_closures_on_consonants", "<= 0.15"),
    ("bilabial effect (d)", "bilabial_effect", ">= 2"),
    ("f/v effect (d)", "labiodental_effect", ">= 1.4"),
    ("rounding effect (d)", "rounding_effect", ">= 1.9"),
    ("aperture by vowel height", "height_correlation", ">= 0.66"),
    ("pauses shut", "shut_in_pauses", ">= 0.95"),
    ("clips with a lag in -40..+20 ms", "clips_in_band", "all"),
    ("earliest, latest lag (ms)", "earliest_lag_ms latest_lag_ms", ""),
    ("energy above 10 Hz: position", "lips_above_10_hz", "< 0.07"),
    ("energy above 10 Hz: speed", "lip_speed_above_10_hz", ""),
    ("head yaw, pitch, roll (deg)", "head_range_deg", "4 to 9 (yaw, pitch)"),
    ("head speed (deg/s)", "head_speed_deg_s", "6 to 12"),
    ("in speech, in pauses", "head_speed_in_speech_deg_s head_speed_in_pauses_deg_s", "faster"),
    ("blinks a minute", "blinks_per_minute", "12 to 25"),
)
CONDITIONS = ("noise20", "noise10", "telephone", "reverb", "quiet", "whisper")


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))["systems"]


def number(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("share")
    if isinstance(value, list):
        return " / ".join(number(part) for part in value)
    if value is None:
        return "-"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def cell(figures: dict[str, Any], names: str) -> str:
    return ", ".join(number(figures.get(name)) for name in names.split())


def with_interval(system: dict[str, Any], names: str) -> str:
    text = cell(system["all_clips"], names)
    bounds = (system.get("intervals") or {}).get(names)
    return f"{text} ({number(bounds['low'])}..{number(bounds['high'])})" if bounds else text


def table(heads: list[str], rows: list[list[str]]) -> None:
    for row in (heads, ["---"] * len(heads), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def tell_modes(out: Path) -> None:
    systems = {
        mode: next(iter(read(out / f"validation-{mode}.json").values()))
        for mode in ("balanced", "realtime", "offline")
    }
    both = read(out / "validation-balanced.json")
    systems |= {name: both[name] for name in ("loudness", "constant") if name in both}
    rows = [
        [title, asked, *(with_interval(system, names) for system in systems.values())]
        for title, names, asked in ROWS
    ]
    table(["validation, median of seeds 0, 1, 2", "asked", *systems], rows)


def tell_groups(out: Path) -> None:
    system = next(iter(read(out / "held-out.json").values()))
    groups = {"all": system["all_clips"]} | {
        name: part["figures"] for name, part in system["groups"].items()
    }
    rows = [
        [name, *(cell(figures, names) for _, names, _ in ROWS[:9])]
        for name, figures in groups.items()
    ]
    table(["held-out voices", *(title for title, _, _ in ROWS[:9])], rows)


def tell_conditions(out: Path) -> None:
    for name in ("validation-degraded", "held-out-degraded"):
        systems = read(out / f"{name}.json")
        clean = next(iter(systems.values()))["all_clips"]["closure_recall"]["share"]
        rows = []
        for system, part in systems.items():
            figures = part["all_clips"]
            drop = 100 * (clean - figures["closure_recall"]["share"])
            shown = [cell(figures, names) for _, names, _ in ROWS[:9]]
            rows.append([system, f"{drop:+.0f}", *shown, number(figures.get("aperture_range"))])
        heads = [name, "drop", *(title for title, _, _ in ROWS[:9]), "opening"]
        table(heads, rows)


def tell_look_aheads(out: Path) -> None:
    rows = []
    for milliseconds in (40, 80, 120):
        system = next(iter(read(out / f"held-out-{milliseconds}-ms.json").values()))
        shown = [cell(system["all_clips"], names) for _, names, _ in ROWS[:9]]
        rows.append([f"{milliseconds} ms", *shown])
    table(["held-out, look-ahead", *(title for title, _, _ in ROWS[:9])], rows)


def tell_styles(out: Path) -> None:
    figures = json.loads((out / "check-styles.json").read_text(encoding="utf-8"))
    rows = [
        [
            name,
            *(f"{key[6:]}: {value:g}" for key, value in values.items() if key.startswith("asked_")),
            f"x{values['low']:.2f}, x{values['high']:.2f}",
        ]
        for name, values in figures["response"].items()
    ]
    table(["parameter", "low", "middle", "high", "low and high over the middle"], rows)
    print(f"Read back among styles that share statics: {figures['retrieval']}\n")


def main() -> None:
    out = Path(sys.argv[1])
    for tell in (tell_modes, tell_groups, tell_conditions, tell_look_aheads, tell_styles):
        try:
            tell(out)
        except FileNotFoundError as error:
            print(f"not measured: {error.filename}\n")


if __name__ == "__main__":
    main()
