"""Arguments of `posecast evaluate`, and which of them go together."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from posecast import __version__
from posecast.errors import InvalidRequest
from posecast.evaluation.degradation import CONDITIONS
from posecast.evaluation.flame_commands import add_flame_arguments, check_flame_arguments
from posecast.evaluation.systems import BASELINES
from posecast.usage import UsageMistake, add_animation_arguments

PIPE = "-"
ALL_CONDITIONS = "all"
LONGEST_MINUTES = 120.0
_OWN = (
    *("command", "clips", "phones", "curves", "json", "groups", "degrade", "baseline", "baselines"),
    *("nonspeech", "style_response", "long", "flame", "flame_model", "masks", "seed", "seeds"),
)
"""Arguments that are not the model's."""
_EXCLUDES: Mapping[str, Sequence[str]] = {
    "nonspeech": ("clips", "phones", "curves", "groups", "degrade"),
    "style_response": ("curves", "groups", "degrade", "baseline", "baselines"),
    "long": ("phones", "curves", "groups", "degrade", "baseline", "baselines"),
    "flame": ("clips", "phones", "curves", "degrade", "baseline", "baselines", "seed", "seeds"),
    "curves": ("seed", "seeds", "degrade"),
    "baseline": ("seed", "seeds"),
    "seeds": ("seed",),
}
"""What an argument makes no sense with."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is evaluated, against what, and where the figures go."""
    parser.add_argument(
        "clips", type=Path, nargs="?", metavar="DIR",
        help="folder of clips: WAV, FLAC or Ogg files",
    )  # fmt: skip
    parser.add_argument(
        "--phones", type=Path, metavar="DIR",
        help="folder of CLIP.tsv: start, end, phone; default: DIR/phones, DIR, DIR/../phones/NAME",
    )  # fmt: skip
    parser.add_argument(
        "--curves", type=Path, metavar="DIR",
        help="folder of CLIP.csv, the takes to evaluate; default: the model makes them now",
    )  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="write JSON too; - prints it, without table")
    parser.add_argument(
        "--groups", type=Path, metavar="FILE",
        help="table of clip, group and perhaps speaker, by tabs: a row a group, and intervals over "
        "speakers",
    )  # fmt: skip
    parser.add_argument(
        "--degrade", choices=(*CONDITIONS, ALL_CONDITIONS),
        help="what happens to the sound before it is heard; all: one after the other",
    )  # fmt: skip
    baselines = parser.add_mutually_exclusive_group()
    baselines.add_argument(
        "--baseline", choices=tuple(BASELINES), help="evaluate this trivial face instead"
    )
    baselines.add_argument(
        "--baselines", action="store_true", help="evaluate both trivial faces beside it"
    )
    others = parser.add_argument_group("instead of the clips' phones")
    instead = others.add_mutually_exclusive_group()
    instead.add_argument(
        "--nonspeech", action="store_true",
        help="how far the lips part at music, noise, silence and hum; needs no DIR",
    )  # fmt: skip
    instead.add_argument(
        "--style-response", action="store_true", help="what each named style does to the face"
    )
    instead.add_argument(
        "--long", type=float, metavar="MINUTES",
        help="drift of the head and seams between windows over so many minutes of the clips",
    )  # fmt: skip
    add_flame_arguments(instead, parser)
    group = parser.add_argument_group("the model's takes")
    group.add_argument(
        "--seeds", type=_seeds, metavar="N,N,...",
        help="make every clip with each of these seeds; figures are medians over them",
    )  # fmt: skip
    add_animation_arguments(group, seed=0)
    parser.set_defaults(seed=None)  # tells a seed that was asked for from the default


def check_arguments(args: argparse.Namespace) -> None:
    """Refuse what does not go together before the work.

    Raises:
        UsageMistake: If two arguments exclude each other or one needs another, DIR is missing or a
            length is out of range.
        InvalidRequest: If the report could not be written.
    """
    for name, excluded in _EXCLUDES.items():
        for other in excluded:
            if _is_given(args, name) and _is_given(args, other):
                raise UsageMistake(f"{_option(other)} makes no sense with {_option(name)}")
    check_flame_arguments(args)
    if args.clips is None and not args.nonspeech and not args.flame:
        raise UsageMistake(
            "DIR, the folder of clips, is missing; only --nonspeech and --flame need none"
        )
    if args.long is not None and not 0 < args.long <= LONGEST_MINUTES:
        raise UsageMistake(
            f"--long {args.long:g}; allowed: above 0, to {LONGEST_MINUTES:g} minutes"
        )
    if args.json not in (None, PIPE) and not Path(args.json).parent.is_dir():
        raise InvalidRequest(f"{args.json}: the folder {Path(args.json).parent} does not exist")


def seeds_of(args: argparse.Namespace) -> tuple[int, ...]:
    """The seeds that every clip is made with."""
    return args.seeds or (args.seed or 0,)


def settings_of(args: argparse.Namespace, phones: Path | None) -> dict[str, Any]:
    """What was evaluated, for the JSON.

    Args:
        args: The arguments.
        phones: Where phones were found.

    Returns:
        The settings; those of the model only if it made the takes.
    """
    told: dict[str, Any] = {
        "posecast": __version__,
        "clips": args.clips and str(args.clips),
        "phones": phones and str(phones),
    }
    if args.groups:
        told["groups"] = str(args.groups)
    if args.degrade:
        told["degrade"] = args.degrade
    if args.curves:
        return {**told, "curves": str(args.curves)}
    if args.baseline:
        return told
    seeds = seeds_of(args)
    told |= {"seed": seeds[0]} if len(seeds) == 1 else {"seeds": list(seeds)}
    return told | {
        name: str(value) if isinstance(value, Path) else value
        for name, value in vars(args).items()
        if name not in _OWN
    }


def _seeds(text: str) -> tuple[int, ...]:
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: whole numbers by commas") from None
    if len(set(seeds)) < len(seeds):
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: each seed once")
    return seeds


def _is_given(args: argparse.Namespace, name: str) -> bool:
    value = getattr(args, name)
    return value is not None and value is not False  # a seed of 0 is given


def _option(name: str) -> str:
    return "DIR" if name == "clips" else f"--{name.replace('_', '-')}"
