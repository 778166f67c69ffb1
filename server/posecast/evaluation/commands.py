"""`posecast evaluate`: a folder of clips in, figures out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from posecast import __version__
from posecast.audio.clip import read_clip
from posecast.errors import InvalidRequest
from posecast.evaluation.baselines import constant_face, loudness_face
from posecast.evaluation.inputs import find_clips, find_phones, read_alignments, read_takes
from posecast.evaluation.measurement import ClipMeasurement, measure_clip
from posecast.evaluation.report import LEGEND, format_comparison, format_json, format_table
from posecast.signals import FaceFrames, Waveform
from posecast.usage import add_animation_arguments, animation_options, checking_arguments

PIPE = "-"
BASELINES: Mapping[str, Callable[[Waveform], FaceFrames]] = {
    "constant": constant_face,
    "loudness": loudness_face,
}
MAX_CLIP_S = 900.0
_MODEL_SETTINGS = (
    *("model", "device", "style", "seed", "rate", "mode"),
    *("audio_guidance", "style_guidance", "steps"),
)

Animator = Callable[[str, Waveform], FaceFrames]
"""Gives the face of a clip, by its name and sound."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is evaluated, against what, and where the figures go."""
    parser.add_argument(
        "clips", type=Path, metavar="DIR", help="folder of clips: WAV, FLAC or Ogg files"
    )
    parser.add_argument(
        "--phones", type=Path, metavar="DIR",
        help="folder of CLIP.tsv: start, end, phone; default: DIR/phones, DIR, DIR/../phones/NAME",
    )  # fmt: skip
    parser.add_argument(
        "--curves", type=Path, metavar="DIR",
        help="folder of CLIP.csv, the takes to evaluate; default: the model makes them now",
    )  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="write JSON too; - prints it, without table")
    baselines = parser.add_mutually_exclusive_group()
    baselines.add_argument(
        "--baseline", choices=tuple(BASELINES), help="evaluate this trivial face instead"
    )
    baselines.add_argument(
        "--baselines", action="store_true", help="evaluate both trivial faces beside it"
    )
    add_animation_arguments(parser.add_argument_group("the model's takes"), seed=0)


def run(args: argparse.Namespace) -> None:
    """Measure every system on every clip and report."""
    if args.json not in (None, PIPE) and not Path(args.json).parent.is_dir():
        raise InvalidRequest(f"{args.json}: the folder {Path(args.json).parent} does not exist")
    clips = find_clips(args.clips)
    names = list(clips)
    phones = args.phones or find_phones(args.clips, names)
    alignments = read_alignments(phones, names) if phones else {}
    if not phones:
        print("posecast: no phones found: lips are not judged, the lag is that behind the loudness",
              file=sys.stderr)  # fmt: skip
    systems: dict[str, list[ClipMeasurement]] = {}
    for system, animate in _systems(args, names).items():
        systems[system] = [
            measure_clip(name, animate(name, waveform), waveform, alignments.get(name))
            for name, waveform in _each_clip(clips, system)
        ]
    _report(args, systems, _settings(args, phones))


def _each_clip(clips: Mapping[str, Path], system: str) -> Iterator[tuple[str, Waveform]]:
    """Names and sounds, with a bar on a terminal; one clip in memory at a time."""
    for name, path in tqdm(clips.items(), desc=system, unit="clip", leave=False, disable=None):
        yield name, read_clip(path, max_duration_s=MAX_CLIP_S)


def _systems(args: argparse.Namespace, names: list[str]) -> Mapping[str, Animator]:
    """What is evaluated, the main thing first."""
    if args.baseline:
        return {args.baseline: _baseline(args.baseline)}
    systems = {"curves": _stored(args.curves, names)} if args.curves else {"model": _model(args)}
    if args.baselines:
        systems |= {name: _baseline(name) for name in BASELINES}
    return systems


def _baseline(name: str) -> Animator:
    return lambda _, waveform: BASELINES[name](waveform)


def _stored(folder: Path, names: list[str]) -> Animator:
    takes = read_takes(folder, names)
    return lambda name, _: takes[name]


def _model(args: argparse.Namespace) -> Animator:
    from posecast.session.engine import AnimationEngine
    from posecast.session.pipeline import animate

    options = animation_options(args)
    engine = AnimationEngine.load(args.model, args.device)
    with checking_arguments():
        engine.styles.get(options.style)
    return lambda _, waveform: animate(engine, waveform, options)


def _settings(args: argparse.Namespace, phones: Path | None) -> dict[str, Any]:
    """What was evaluated, for the JSON."""
    told = {"posecast": __version__, "clips": str(args.clips), "phones": phones and str(phones)}
    if args.curves:
        return {**told, "curves": str(args.curves)}
    if args.baseline:
        return told
    return {**told, **{name: getattr(args, name) for name in _MODEL_SETTINGS}}


def _report(
    args: argparse.Namespace, systems: Mapping[str, list[ClipMeasurement]], settings: dict[str, Any]
) -> None:
    if args.json:
        text = format_json(systems, settings)
        if args.json == PIPE:
            print(text, end="")
            return
        _write(Path(args.json), text)
    for system, measurements in systems.items():
        print(format_table(system, measurements))
    if len(systems) > 1:
        print(format_comparison(systems))
    print(LEGEND, end="")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror or error}") from error
