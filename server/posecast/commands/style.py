"""`posecast style`: the speaking styles of a model, and styles of one's own from a recording."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from posecast.errors import PosecastError
from posecast.usage import UsageMistake, checking_arguments

if TYPE_CHECKING:
    from posecast.checkpoints import ModelPackage
    from posecast.conditioning.style import StyleBank
    from posecast.signals import Style


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `list`, `show` and `extract`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="names and descriptions of all styles")
    listing.add_argument("file", nargs="?", metavar="FILE", help="styles of this .npz instead")
    showing = actions.add_parser("show", help="one style in numbers")
    showing.add_argument("name", metavar="STYLE", help="name, FILE.npz, or blend of them")
    extracting = actions.add_parser("extract", help="take the style of a recorded face")
    extracting.add_argument(
        "take", type=Path, metavar="TAKE",
        help="CSV of Live Link Face, or a take of ours: .csv, .json, .npz; 2 s and longer. For a "
        "model of FLAME motion: .npz with exp and pose at 25 frames a second",
    )  # fmt: skip
    extracting.add_argument(
        "-o", "--output", type=Path, required=True, metavar="NAME.npz",
        help="style to write; for a model of FLAME motion also .npy, the vector alone",
    )  # fmt: skip
    extracting.add_argument(
        "--start-frame", type=int, metavar="N",
        help="of FLAME motion, where the 100 frames begin that are seen (0)",
    )  # fmt: skip
    extracting.add_argument("--name", help="name of the style; default: that of the file")
    extracting.add_argument("--description", help="one line for people; default: where it is from")
    for action in (listing, showing, extracting):
        action.add_argument("--model", default="default", help="`default`, or a model's folder")


def run(args: argparse.Namespace) -> None:
    """Do what was asked for."""
    {"list": _list, "show": _show, "extract": _extract}[args.action](args)


def _load(model: str) -> tuple[ModelPackage, StyleBank]:
    from posecast import checkpoints
    from posecast.conditioning.style import load_styles

    package = checkpoints.load_package(model)
    path = package.path(checkpoints.STYLES_FILE)
    return package, load_styles(path, package.config.denoiser.style_dim)


def _list(args: argparse.Namespace) -> None:
    from posecast.conditioning.style_file import read_style_file

    package, styles = _load(args.model)
    if args.file is not None:
        with checking_arguments():
            styles = read_style_file(Path(args.file), package.config.denoiser.style_dim)
    width = max(map(len, styles.names))
    for name in styles.names:
        print(f"{name:<{width}}  {styles.describe(name)}")


def _show(args: argparse.Namespace) -> None:
    from posecast.conditioning.style_file import including_style_files

    package, named = _load(args.model)
    with checking_arguments():
        styles = including_style_files(named, args.name, package.config.denoiser.style_dim)
        style = styles.get(args.name)
    print(f"{args.name}: {styles.describe(args.name)}")
    print(f"  blinks   {style.blink_rate_hz * 60:.0f} a minute")
    print(f"  gaze     {style.gaze_range:.2f} standard deviation of the look curves")
    wander_deg = math.degrees(style.head_wander_rad)
    print(f"  head     wanders by {wander_deg:.1f} degrees around {style.head_tempo_hz:.2f} Hz")
    if named.gestures is not None:
        gestures = named.gestures.of(style)
        print(f"  nods     by {math.degrees(gestures.nod_rad):.1f} degrees at firm accents")
        print(f"  brows    rise by {gestures.brow_raise:.2f} there")
    print(f"  nearest  {_tell_nearest(named, style, besides=args.name)}")
    values = " ".join(f"{value:+.2f}" for value in style.vector)
    length = float((style.vector.astype(float) ** 2).sum()) ** 0.5
    print(f"  vector   of length {length:.2f}, {len(style.vector)} values: {values}")


def _extract(args: argparse.Namespace) -> None:
    from posecast.conditioning.style_file import check_style_name, is_style_file

    name = args.output.stem if args.name is None else args.name
    with checking_arguments():
        check_style_name(name)
    if not (is_style_file(args.output.name) or _is_vector_file(args.output)):
        raise UsageMistake(
            f"{args.output}: unknown suffix {args.output.suffix!r}; allowed: .npz, and .npy for a "
            "model of FLAME motion"
        )
    if not args.output.parent.is_dir():
        raise UsageMistake(f"{args.output}: the folder {args.output.parent} does not exist")
    package, named = _load(args.model)
    is_flame = package.config.motion_space == "flame"
    style, seen = _encode_motion(package, args) if is_flame else _encode_take(package, args)
    told = f"{seen}, by the model {package.config.name} {package.config.version}"
    try:
        _write(args.output, name, style, told if args.description is None else args.description)
    except OSError as error:  # a full disk does not tell of which file
        raise PosecastError(f"{args.output}: {error.strerror or error}") from error
    nearest = _tell_nearest(named, style)
    print(f"posecast: {args.output}: style {name} from {told}; nearest {nearest}", file=sys.stderr)


def _encode_take(package: ModelPackage, args: argparse.Namespace) -> tuple[Style, str]:
    """The style of a recorded face, and what was seen of it."""
    from posecast.errors import InvalidRequest
    from posecast.session.style_extractor import StyleExtractor
    from posecast.takes import read_recording

    if _is_vector_file(args.output):
        raise UsageMistake(f"{args.output}: a style of this model is written as .npz")
    if args.start_frame is not None:
        raise UsageMistake("--start-frame: this model sees whole takes; only FLAME motion is cut")
    recording = read_recording(args.take)
    try:
        style = StyleExtractor.of(package).extract(recording)
    except InvalidRequest as error:
        raise InvalidRequest(f"{args.take}: {error}") from error
    duration_s = float(recording.times_s[-1] - recording.times_s[0])
    return style, f"{duration_s:.1f} s of {args.take.name}"


def _encode_motion(package: ModelPackage, args: argparse.Namespace) -> tuple[Style, str]:
    """The style of a clip of FLAME motion, and what was seen of it."""
    from posecast.errors import InvalidRequest
    from posecast.rig.flame_files import read_coefficients
    from posecast.session.flame_style import CLIP_FRAMES, extract_flame_style
    from posecast.signals import Style

    coefficients, *others = read_coefficients(args.take)
    if others:
        raise InvalidRequest(f"{args.take}: {1 + len(others)} takes; a style is that of one")
    first = args.start_frame or 0
    try:
        vector = extract_flame_style(package, coefficients, first)
    except InvalidRequest as error:
        raise InvalidRequest(f"{args.take}: {error}") from error
    last = min(first + CLIP_FRAMES, len(coefficients)) - 1
    return Style(vector=vector), f"frames {first} to {last} of {args.take.name}"


def _is_vector_file(path: Path) -> bool:
    """Whether a style is to be written as its vector alone, as published styles are."""
    return path.suffix.lower() == ".npy"


def _write(path: Path, name: str, style: Style, description: str) -> None:
    from posecast.conditioning.style_file import write_style_file
    from posecast.rig.flame_files import write_style_vector

    if _is_vector_file(path):
        write_style_vector(path, style.vector)
    else:
        write_style_file(path, name, style, description)


def _tell_nearest(named: StyleBank, style: Style, besides: str | None = None) -> str:
    nearest = named.find_nearest(style, besides=besides)
    if nearest is None:
        return "none, this model has no other style"
    far = "" if nearest.distance is None else f"distance {nearest.distance:.1f}, "
    return f"{nearest.name} ({far}cosine {nearest.cosine:.2f})"
