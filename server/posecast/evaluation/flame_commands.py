"""`posecast evaluate --flame`: true and predicted FLAME coefficients in, figures out."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from posecast import __version__
from posecast.config import FRAME_RATE_HZ
from posecast.evaluation import beat_alignment
from posecast.evaluation.flame_clips import check_repetitions, find_pairs, read_flame_clip
from posecast.evaluation.flame_figures import FlameSystem, pool_flame
from posecast.evaluation.flame_masks import WHERE_MASKS_ARE, read_masks
from posecast.evaluation.flame_measurement import measure_flame_clip
from posecast.evaluation.flame_report import (
    FLAME_LEGEND,
    format_flame_comparison,
    format_flame_table,
)
from posecast.evaluation.flame_surface import FaceSurface
from posecast.evaluation.groups import read_groups, ungrouped
from posecast.rig.flame_model_file import read_flame_model
from posecast.usage import UsageMistake

NO_MODEL = "no --flame-model: nothing is told of lips, upper face and mouth opening"
NO_LANDMARKS = "no landmark_vertices in the masks: the mouth opening is not measured"


def add_flame_arguments(
    instead: argparse._ActionsContainer, parser: argparse.ArgumentParser
) -> None:
    """Declare the coefficients, and the head model that they deform.

    Args:
        instead: Group of what may be evaluated instead of clips.
        parser: Parser of the command.
    """
    instead.add_argument(
        "--flame", type=Path, nargs="+", metavar="PATH",
        help="FLAME coefficients: TRUE PREDICTED [PREDICTED ...], folders of CLIP.npz or single "
        "files with exp and pose; needs no DIR",
    )  # fmt: skip
    group = parser.add_argument_group("vertices of FLAME coefficients")
    group.add_argument(
        "--flame-model", type=Path, metavar="FILE", help="your licensed FLAME 2020: .pkl or .npz"
    )
    group.add_argument(
        "--masks", type=Path, metavar="FILE",
        help="its lips and upper face: FLAME_masks.pkl, or .npz, perhaps with landmarks",
    )  # fmt: skip


def check_flame_arguments(args: argparse.Namespace) -> None:
    """Refuse what does not go together before the work.

    Raises:
        UsageMistake: If paths are missing, or the model without masks, or either without `--flame`.
    """
    if args.flame and len(args.flame) < 2:
        raise UsageMistake("--flame names one path; expected TRUE PREDICTED [PREDICTED ...]")
    if args.flame is None and (args.flame_model or args.masks):
        raise UsageMistake("--flame-model and --masks make sense with --flame only")
    if args.masks and not args.flame_model:
        raise UsageMistake("--masks makes no sense without --flame-model")
    if args.flame_model and not args.masks:
        raise UsageMistake(
            "--flame-model needs --masks, which say where lips and upper face are: "
            f"{WHERE_MASKS_ARE}, or make a .npz (docs/flame-metrics.md)"
        )


def measure_flame(args: argparse.Namespace) -> dict[str, FlameSystem]:
    """Measure every system on every clip.

    Args:
        args: The arguments, checked.

    Returns:
        Figures by the names of the systems, in order.

    Raises:
        PosecastError: If a file cannot be read or does not fit the others.
    """
    truth, *predicted = args.flame
    pairs = {name: find_pairs(truth, path) for name, path in _names(predicted).items()}
    surface = _read_surface(args)
    return {name: _measure(name, files, surface, args.groups) for name, files in pairs.items()}


def flame_tables(systems: Mapping[str, FlameSystem]) -> str:
    """Everything that is printed.

    Args:
        systems: Figures by the names of the systems.

    Returns:
        Tables, what was not measured and why, and what the columns are.
    """
    parts = [format_flame_table(name, system) for name, system in systems.items()]
    if len(systems) > 1:
        parts.append(format_flame_comparison(systems))
    figures = next(iter(systems.values())).all_clips.figures
    if "lip_vertex_error_mm" not in figures:
        parts.append(f"{NO_MODEL}\n")
    elif figures["mouth_opening_inner_mm"].mean is None:
        parts.append(f"{NO_LANDMARKS}\n")
    return "\n".join([*parts, FLAME_LEGEND])


def flame_settings(args: argparse.Namespace) -> dict[str, Any]:
    """What was evaluated and how, for the JSON.

    Args:
        args: The arguments.

    Returns:
        The settings.
    """
    truth, *predicted = args.flame
    paths = {"flame_model": args.flame_model, "masks": args.masks, "groups": args.groups}
    return {
        "posecast": __version__,
        "truth": str(truth),
        "predicted": {name: str(path) for name, path in _names(predicted).items()},
        **{name: path and str(path) for name, path in paths.items()},
        "frame_rate_hz": FRAME_RATE_HZ,
        "beat_sigma_s": beat_alignment.SIGMA_S,
        "beat_smoothing_s": beat_alignment.SMOOTHING_S,
    }


def _names(predicted: list[Path]) -> dict[str, Path]:
    """Systems by their folder's name, or by the whole path where that is not theirs alone."""
    ends = [path.resolve().name if path.is_dir() else path.stem for path in predicted]
    return {
        end if ends.count(end) == 1 else str(path): path
        for end, path in zip(ends, predicted, strict=True)
    }


def _read_surface(args: argparse.Namespace) -> FaceSurface | None:
    if args.flame_model is None:
        return None
    model = read_flame_model(args.flame_model)
    return FaceSurface(model, read_masks(args.masks, model.num_vertices))


def _measure(
    system: str,
    pairs: Mapping[str, tuple[Path, Path]],
    surface: FaceSurface | None,
    groups: Path | None,
) -> FlameSystem:
    """Measure a system; one clip in memory at a time."""
    names = list(pairs)
    grouping = read_groups(groups, names) if groups else ungrouped(names)
    measurements = [
        measure_flame_clip(read_flame_clip(name, *paths), surface)
        for name, paths in tqdm(pairs.items(), desc=system, unit="clip", leave=False, disable=None)
    ]
    check_repetitions({each.clip: len(each.coefficients) for each in measurements})
    return pool_flame(measurements, grouping)
