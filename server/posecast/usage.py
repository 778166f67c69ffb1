"""What commands share: options of animation, and telling mistakes and missing packages."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from posecast.adjustment_arguments import add_adjustment_arguments, read_adjustments
from posecast.config import FRAMES_PER_WINDOW, OUTPUT_RATES_HZ, AnimationOptions
from posecast.errors import InvalidRequest, MissingDependency, PosecastError


class UsageMistake(PosecastError):
    """An argument is wrong: the command ends with status 2 instead of 1."""


@contextmanager
def checking_arguments() -> Iterator[None]:
    """Report an invalid request of the body as a mistake on the command line."""
    try:
        yield
    except InvalidRequest as error:
        raise UsageMistake(str(error)) from error


@contextmanager
def needing_train_extra(purpose: str) -> Iterator[None]:
    """Tell how to get the packages of `posecast[train]` if the body finds one missing.

    Args:
        purpose: What they are needed for, e.g. `for training`.

    Raises:
        MissingDependency: If one is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in {"lmdb", "onnx", "soxr", "tensorboard", "torch"}:
            raise
        raise MissingDependency(
            f"{error.name} is needed {purpose}: pip install 'posecast[train]'"
        ) from error


def add_animation_arguments(parser: argparse._ActionsContainer, *, seed: int | None) -> None:
    """Declare the model and what may be chosen of its animation.

    Args:
        parser: Parser, or a group of one.
        seed: Seed when none is given; None draws one.
    """
    told = "random" if seed is None else seed
    parser.add_argument(
        "--style", default="neutral", metavar="STYLE",
        help="name (see `posecast style list`), FILE.npz (see `posecast style extract`), or blend, "
        "e.g. cheerful:0.6,tired:0.4 (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--style-strength", type=float, default=1.0, metavar="X",
        help="0..2: 0 is neutral, above 1 exaggerates (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=seed, help=f"of head, brows and blinks; default: {told}"
    )
    parser.add_argument(
        "--rate", type=int, choices=OUTPUT_RATES_HZ, default=OUTPUT_RATES_HZ[0],
        help="frames in a second (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--mode", choices=tuple(FRAMES_PER_WINDOW), default="offline",
        help="how many frames are made at a time (%(default)s)",
    )  # fmt: skip
    for name in ("--audio-guidance", "--style-guidance"):
        parser.add_argument(name, type=float, metavar="X", help="0..4; default: model's")
    parser.add_argument(
        "--steps", type=int, metavar="K", help="DDIM steps, 1..50; default: model's"
    )
    parser.add_argument(
        "--look-ahead-ms", type=int, metavar="N",
        help="future audio that is awaited, of those that the model offers; default: 120 in "
        "realtime mode, else the model's",
    )  # fmt: skip
    parser.add_argument(
        "--window-frames", type=int, metavar="N",
        help="frames of 40 ms that are made at a time, 1..100; default: mode's",
    )  # fmt: skip
    add_adjustment_arguments(parser)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="(%(default)s)"
    )


def animation_options(args: argparse.Namespace) -> AnimationOptions:
    """What was asked for, with a seed drawn here if none was, so that it can be told.

    Args:
        args: Parsed by a parser that `add_animation_arguments` extended.

    Returns:
        The options of one stream.

    Raises:
        UsageMistake: If a value is out of range.
    """
    with checking_arguments():
        return AnimationOptions(
            style=args.style,
            style_strength=args.style_strength,
            seed=secrets.randbits(32) if args.seed is None else args.seed,
            frame_rate_hz=args.rate,
            mode=args.mode,
            audio_guidance=args.audio_guidance,
            style_guidance=args.style_guidance,
            sampling_steps=args.steps,
            look_ahead_ms=args.look_ahead_ms,
            window_frames=args.window_frames,
            adjustments=read_adjustments(
                strengths=args.strength, curves=args.curve, smoothing=args.smooth
            ),
        )
