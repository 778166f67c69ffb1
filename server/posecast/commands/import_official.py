"""`posecast import-official`: a model package from checkpoints of the published code."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from posecast.usage import checking_arguments, needing_train_extra

if TYPE_CHECKING:
    from posecast.official.import_official import OfficialImport

_MEGABYTE = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files and the package."""
    for name, metavar, told, is_needed in (
        ("--denoiser", "FILE.pt", "checkpoint of denoiser and speech encoder", True),
        ("--style-encoder", "FILE.pt", "checkpoint; a model without style has none", False),
        ("--statistics", "FILE.npz", "stats_train.npz of the training data", True),
    ):
        parser.add_argument(name, type=Path, required=is_needed, metavar=metavar, help=told)
    parser.add_argument(
        "--styles", type=Path, nargs="+", default=[], metavar="PATH",
        help="style vectors: .npy files, and folders of them; named by their files",
    )  # fmt: skip
    parser.add_argument(
        "--shape", type=Path, metavar="FILE",
        help="whose face it is if nobody says: .npy, or .npz with `shape`; default: mean",
    )  # fmt: skip
    parser.add_argument(
        "--guidance-mode", choices=("incremental", "independent", "original"),
        help="for checkpoints that do not tell theirs; `original` is the published code's own "
        "arithmetic of `independent`",
    )  # fmt: skip
    parser.add_argument(
        "--precision", choices=("fp32", "fp16"), default="fp32",
        help="how weights are stored; fp16 is half as large (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--name", help="name of the model; default: that of the folder")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="package to make"
    )


def run(args: argparse.Namespace) -> None:
    """Make the package, then tell what it is."""
    with needing_train_extra("to read checkpoints"):
        from posecast.official.import_official import OfficialFiles, import_official

        with checking_arguments():
            imported = import_official(
                OfficialFiles(
                    denoiser=args.denoiser,
                    style_encoder=args.style_encoder,
                    statistics=args.statistics,
                    styles=tuple(args.styles),
                    shape=args.shape,
                ),
                args.output,
                name=args.output.name if args.name is None else args.name,
                precision=args.precision,
                guidance_mode=args.guidance_mode,
                tell=lambda doing: print(f"posecast: {doing}", file=sys.stderr, flush=True),
            )
    for warning in imported.warnings:
        print(f"posecast: warning: {warning}", file=sys.stderr)
    _print_table(imported)
    print(f"styles: {', '.join(imported.styles)}")
    print(f"posecast animate speech.wav -o face.csv --model {args.output}")


def _print_table(imported: OfficialImport) -> None:
    print(f"{'file':<20}  {'MB':>7}  {'torch - ONNX':>12}  {'allowed':>8}")
    for network in imported.networks:
        size = f"{network.size_bytes / _MEGABYTE:.1f}"
        print(f"{network.name:<20}  {size:>7}  {network.difference:>12.1e}  {network.bound:>8.0e}")
