"""`posecast render`: a take as a film, a GIF or a sheet of its telling moments."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posecast.errors import InvalidRequest, MissingDependency
from posecast.ranges import check_range
from posecast.rendering.browser import Camera, check_can_draw, open_camera
from posecast.takes import read_take
from posecast.usage import UsageMistake, checking_arguments

if TYPE_CHECKING:
    from posecast.signals import FaceFrames

USUAL_SIZES = {".mp4": 720, ".gif": 320, ".png": 240}
"""Kinds of pictures, and how high one is unless told, in pixels."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the take, the picture and what belongs to it."""
    parser.add_argument("face", type=Path, metavar="FACE", help="take: .csv, .json or .npz")
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="OUT",
        help=".mp4 (needs ffmpeg), .gif, or .png for a sheet of the telling moments",
    )  # fmt: skip
    parser.add_argument("--sound", type=Path, metavar="SPEECH", help="speech for an .mp4")
    parser.add_argument(
        "--phones", type=Path, metavar="TSV",
        help="phones of the speech (start, end, phone), which choose the moments of a .png",
    )  # fmt: skip
    parser.add_argument(
        "--size", type=int, metavar="PX", help="height of a picture; default: 720, 320 or 240"
    )


def run(args: argparse.Namespace) -> None:
    """Read the take, draw it and write the file."""
    size = _checked_size(args)
    _check_programs(args)
    frames = read_take(args.face)
    with open_camera(round(size * 0.4) * 2, size) as camera:
        told = _write(args, frames, camera)
    print(f"wrote   {args.output}, {told}")


def _checked_size(args: argparse.Namespace) -> int:
    suffix = args.output.suffix.lower()
    if suffix not in USUAL_SIZES:
        raise UsageMistake(
            f"{args.output}: unknown suffix {args.output.suffix!r}; "
            f"allowed: {', '.join(USUAL_SIZES)}"
        )
    if args.sound is not None and suffix != ".mp4":
        raise UsageMistake(f"--sound with {suffix}; allowed: with .mp4")
    if args.phones is not None and suffix != ".png":
        raise UsageMistake(f"--phones with {suffix}; allowed: with .png")
    size = USUAL_SIZES[suffix] if args.size is None else args.size
    with checking_arguments():
        check_range("--size", size, 64, 2160)
    return size // 2 * 2  # H.264 wants an even number


def _check_programs(args: argparse.Namespace) -> None:
    from posecast.rendering.outputs import check_can_film

    check_can_draw()
    if args.output.suffix.lower() == ".mp4":
        check_can_film()
    elif importlib.util.find_spec("PIL") is None:
        raise MissingDependency("Pillow is needed for pictures: pip install 'posecast[render]'")
    if args.sound is not None and not args.sound.is_file():
        raise InvalidRequest(f"{args.sound}: no such file")
    if not args.output.parent.is_dir():
        raise UsageMistake(f"{args.output}: the folder {args.output.parent} does not exist")


def _write(args: argparse.Namespace, frames: FaceFrames, camera: Camera) -> str:
    from posecast.rendering import outputs

    match args.output.suffix.lower():
        case ".png":
            return _write_sheet(args, frames, camera)
        case ".gif":
            step = -(-frames.frame_rate_hz // outputs.LONGEST_GIF_RATE_HZ)
            rate_hz = frames.frame_rate_hz // step
            outputs.write_gif(
                _pictures(frames, camera, step=step), args.output, frame_rate_hz=rate_hz
            )
            return f"{-(-len(frames) // step)} pictures at {rate_hz} fps"
        case _:
            outputs.write_film(
                _pictures(frames, camera), args.output,
                frame_rate_hz=frames.frame_rate_hz, sound=args.sound,
            )  # fmt: skip
            return f"{len(frames)} pictures at {frames.frame_rate_hz} fps"


def _write_sheet(args: argparse.Namespace, frames: FaceFrames, camera: Camera) -> str:
    from posecast.evaluation.alignment import read_alignment
    from posecast.rendering.moments import key_moments
    from posecast.rendering.outputs import write_sheet

    phones = read_alignment(args.phones) if args.phones else ()
    moments = key_moments(frames, phones)
    pictures = []
    for moment in moments:
        index = int(np.argmin(np.abs(frames.times_s - moment.time_s)))
        pictures.append(camera.picture(frames.weights[index], frames.head[index]))
    captions = [f"{moment.time_s:.2f} s  {moment.label}" for moment in moments]
    write_sheet(pictures, captions, args.output)
    return f"moments: {len(moments)}"


def _pictures(frames: FaceFrames, camera: Camera, *, step: int = 1) -> Iterator[bytes]:
    from tqdm import tqdm

    indices = range(0, len(frames), step)
    hidden = None if len(indices) > 50 else True  # None: hidden unless it is a terminal
    for index in tqdm(indices, unit="picture", disable=hidden, leave=False):
        yield camera.picture(frames.weights[index], frames.head[index])
