"""`posecast evaluate`: a folder of clips in, figures out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from posecast.audio.clip import read_clip
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.evaluation import drift, nonspeech, style_response
from posecast.evaluation.alignment import Alignment
from posecast.evaluation.arguments import (
    ALL_CONDITIONS,
    PIPE,
    add_arguments,
    check_arguments,
    seeds_of,
    settings_of,
)
from posecast.evaluation.degradation import CLEAN, CONDITIONS
from posecast.evaluation.figures import SystemFigures, pool_system
from posecast.evaluation.flame_commands import flame_settings, flame_tables, measure_flame
from posecast.evaluation.flame_report import flame_values
from posecast.evaluation.groups import read_groups, ungrouped
from posecast.evaluation.inputs import find_clips, find_phones, read_alignments
from posecast.evaluation.report import (
    DIVERSITY_LEGEND,
    DROP_LEGEND,
    LEGEND,
    format_comparison,
    format_json,
    format_table,
)
from posecast.evaluation.runs import System, measure_runs
from posecast.evaluation.systems import (
    BASELINES,
    baseline_system,
    hearing,
    model_system,
    stored_system,
)
from posecast.session.engine import AnimationEngine
from posecast.session.style_choice import adopt_style_files
from posecast.session.timeline import choose_schedule
from posecast.signals import Waveform
from posecast.usage import animation_options, checking_arguments

__all__ = ["add_arguments", "run"]

MAX_CLIP_S = 900.0


def run(args: argparse.Namespace) -> None:
    """Measure what was asked for and report."""
    check_arguments(args)
    if args.nonspeech:
        _evaluate_nonspeech(args)
    elif args.style_response:
        _evaluate_styles(args)
    elif args.long:
        _evaluate_long(args)
    elif args.flame:
        _evaluate_flame(args)
    else:
        _evaluate_clips(args)


def _evaluate_clips(args: argparse.Namespace) -> None:
    """Measure every system on every clip."""
    clips = find_clips(args.clips)
    names = list(clips)
    grouping = read_groups(args.groups, names) if args.groups else ungrouped(names)
    phones, alignments = _read_phones(args, names)
    if not phones:
        print("posecast: no phones found: lips are not judged, the lag is that behind the loudness",
              file=sys.stderr)  # fmt: skip
    systems, clean_of = _degraded(args.degrade, _systems(args, names))
    figures = {
        system: pool_system(measure_runs(makers, _each_clip(clips, system), alignments), grouping)
        for system, makers in systems.items()
    }
    _report(
        args,
        lambda: format_json(figures, clean_of, settings_of(args, phones)),
        lambda: _tables(figures, clean_of),
    )


def _tables(figures: Mapping[str, SystemFigures], clean_of: Mapping[str, str]) -> str:
    parts = [format_table(system, each) for system, each in figures.items()]
    if len(figures) > 1:
        parts.append(format_comparison(figures, clean_of))
    legend = LEGEND
    if any(each.all_clips.diversity for each in figures.values()):
        legend += DIVERSITY_LEGEND
    return "\n".join([*parts, legend + (DROP_LEGEND if clean_of else "")])


def _evaluate_nonspeech(args: argparse.Namespace) -> None:
    """Play what is no speech to every system."""
    systems = _systems(args, [])
    sounds = {name: nonspeech.make_sound(name) for name in nonspeech.SOUNDS}
    figures = {
        system: {
            name: nonspeech.measure_stillness([animate(name, sound) for animate in makers.values()])
            for name, sound in tqdm(sounds.items(), desc=system, leave=False, disable=None)
        }
        for system, makers in systems.items()
    }
    values = {
        system: {name: dataclasses.asdict(each) for name, each in stillness.items()}
        for system, stillness in figures.items()
    }
    _report(
        args,
        lambda: _as_json(settings_of(args, None), nonspeech=values),
        lambda: nonspeech.format_stillness(figures) + "\n" + nonspeech.LEGEND,
    )


def _evaluate_styles(args: argparse.Namespace) -> None:
    """Make every clip in every style."""
    clips = find_clips(args.clips)
    phones, alignments = _read_phones(args, list(clips))
    engine = _load_engine(args)
    options = animation_options(args)
    with checking_arguments():
        engine.styles.get(style_response.NEUTRAL)
        systems = {
            style: model_system(engine, dataclasses.replace(options, style=style), seeds_of(args))
            for style in engine.styles.names
        }
    figures = {}
    for style, makers in systems.items():
        takes = [
            (animate(name, waveform), alignments.get(name))
            for name, waveform in _each_clip(clips, style)
            for animate in makers.values()
        ]
        faces, spoken = zip(*takes, strict=True)
        figures[style] = style_response.measure_style(
            style_response.Takes(faces=faces, alignments=spoken)
        )
    responses = style_response.compare_styles(figures)
    values = {style: dataclasses.asdict(response) for style, response in responses.items()}
    _report(
        args,
        lambda: _as_json(settings_of(args, phones), styles=values),
        lambda: style_response.format_styles(responses) + "\n" + style_response.LEGEND,
    )


def _evaluate_long(args: argparse.Namespace) -> None:
    """Make one long take of all clips."""
    clips = [waveform for _, waveform in _each_clip(find_clips(args.clips), "clips")]
    waveform = drift.join_clips(clips, duration_s=args.long * 60)
    makers = _model(args)
    schedule = choose_schedule(AnimationOptions(mode=args.mode))
    takes = {
        f"seed {seed}": drift.measure_drift(animate("long", waveform), schedule=schedule)
        for seed, animate in makers.items()
    }
    values = {name: dataclasses.asdict(take) for name, take in takes.items()}
    settings = {**settings_of(args, None), "minutes": args.long}
    _report(
        args,
        lambda: _as_json(settings, long=values),
        lambda: drift.format_drift(takes),
    )


def _evaluate_flame(args: argparse.Namespace) -> None:
    """Compare FLAME coefficients with the true ones."""
    systems = measure_flame(args)
    values = {name: flame_values(system) for name, system in systems.items()}
    _report(
        args,
        lambda: _as_json(flame_settings(args), flame=values),
        lambda: flame_tables(systems),
    )


def _read_phones(
    args: argparse.Namespace, names: list[str]
) -> tuple[Path | None, Mapping[str, Alignment]]:
    """Where the phones are, and the phones by clip."""
    phones = args.phones or find_phones(args.clips, names)
    return phones, read_alignments(phones, names) if phones else {}


def _each_clip(clips: Mapping[str, Path], told: str) -> Iterator[tuple[str, Waveform]]:
    """Names and sounds, with a bar on a terminal; one clip in memory at a time."""
    for name, path in tqdm(clips.items(), desc=told, unit="clip", leave=False, disable=None):
        yield name, read_clip(path, max_duration_s=MAX_CLIP_S)


def _systems(args: argparse.Namespace, names: list[str]) -> dict[str, System]:
    """What is evaluated, the main thing first."""
    if args.baseline:
        return {args.baseline: baseline_system(args.baseline)}
    if args.curves:
        systems = {"curves": stored_system(args.curves, names)}
    else:
        systems = {"model": _model(args)}
    if args.baselines:
        systems |= {name: baseline_system(name) for name in BASELINES}
    return systems


def _degraded(
    condition: str | None, systems: Mapping[str, System]
) -> tuple[dict[str, System], dict[str, str]]:
    """The systems as they hear, and which of them is the clean one of each degraded one."""
    if condition in (None, CLEAN):
        return dict(systems), {}
    if condition != ALL_CONDITIONS:
        return {f"{name} {condition}": hearing(condition, systems[name]) for name in systems}, {}
    heard, clean_of = {}, {}
    for name, system in systems.items():
        heard[name] = system
        for worse in CONDITIONS:
            if worse != CLEAN:
                heard[f"{name} {worse}"] = hearing(worse, system)
                clean_of[f"{name} {worse}"] = name
    return heard, clean_of


def _model(args: argparse.Namespace) -> System:
    engine = _load_engine(args)
    options = animation_options(args)
    with checking_arguments():
        engine = adopt_style_files(engine, options.style)
        engine.styles.get(options.style)
        return model_system(engine, options, seeds_of(args))


def _load_engine(args: argparse.Namespace) -> AnimationEngine:
    return AnimationEngine.load(args.model, args.device)


def _as_json(settings: Mapping[str, Any], **values: Any) -> str:
    return json.dumps({"settings": dict(settings), **values}, indent=2) + "\n"


def _report(
    args: argparse.Namespace, json_text: Callable[[], str], tables: Callable[[], str]
) -> None:
    """Write or print the JSON if asked, and print the tables unless the JSON is printed."""
    if args.json == PIPE:
        print(json_text(), end="")
        return
    if args.json:
        _write(Path(args.json), json_text())
    print(tables(), end="")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror or error}") from error
