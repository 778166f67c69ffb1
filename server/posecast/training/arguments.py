"""Arguments of `posecast train`, one sub-command a stage, with what made the shipped weights."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from posecast.training.articulation import CRISPNESS
from posecast.training.corpus import default_jobs
from posecast.training.default_model import SPEECH_ENCODERS
from posecast.training.flame import commands as flame_commands
from posecast.training.held_out import NUM_FOLDS


@dataclass(frozen=True, slots=True)
class Stage:
    """A training with what made the shipped weights."""

    steps: int
    learning_rate: float
    batch_size: int
    description: str


STAGES: Mapping[str, Stage] = {
    "speech-encoder": Stage(7800, 2e-3, 24, "regress articulation, phones and accents from speech"),
    "style": Stage(4000, 1e-3, 64, "learn a style space from pairs of clips in one style"),
    "denoiser": Stage(4000, 1e-3, 64, "learn to denoise motion given speech and style"),
}
DROPOUT = 0.15
NUM_READ_STYLES = 400
ENGINE_MINUTES = {"espeak": 120.0, "flite": 100.0, "festival": 160.0, "non-speech": 40.0}


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add one sub-command a stage, one for all of them, and those that judge."""
    corpus = subparsers.add_parser("corpus", help="synthesise and label the training speech")
    _add_corpus_arguments(corpus)
    _add_packing(subparsers)
    for name, stage in STAGES.items():
        parser = subparsers.add_parser(name, help=stage.description)
        _add_run_folder(parser)
        parser.add_argument("--steps", type=int, default=stage.steps)
        parser.add_argument("--batch-size", type=int, default=stage.batch_size)
        parser.add_argument("--learning-rate", type=float, default=stage.learning_rate)
        _add_machine_arguments(parser)
        if name == "speech-encoder":
            parser.add_argument(
                "--gently", action="store_true", help="hardly drown the speech: for the last steps"
            )
            parser.add_argument(
                "--without-fold", type=int, choices=range(NUM_FOLDS),
                help="leave a part of the voices out, for the denoiser to learn from",
            )  # fmt: skip
            _add_member(parser)
            _add_ablations(parser)
        if name != "style":
            parser.add_argument(
                "--begin-with", type=Path,
                help="checkpoint whose weights this training begins with; a speech encoder's may be"
                " a package's speech_encoder.onnx",
            )  # fmt: skip
        if name == "denoiser":
            parser.add_argument(
                "--without-folds", action="store_true",
                help="hear all voices with the run's speech encoders, as they are served",
            )  # fmt: skip
    export = subparsers.add_parser("export", help="write the model package of a finished run")
    _add_run_folder(export)
    _add_package(export)
    export.add_argument(
        "--join", type=Path, nargs="+", default=[], help="further speech encoders (ONNX) that join"
    )
    everything = subparsers.add_parser("all", help="all of these one after another")
    _add_corpus_arguments(everything)
    _add_machine_arguments(everything)
    _add_package(everything)
    held_out = subparsers.add_parser(
        "held-out", help="write clips of the held-out voices, for `posecast evaluate`"
    )
    held_out.add_argument("--recordings", type=Path, help="folder of real speech")
    held_out.add_argument("-o", "--output", type=Path, required=True, help="folder of the clips")
    check = subparsers.add_parser(
        "check-speech", help="judge a speech encoder alone on the held-out voices of a corpus"
    )
    _add_run_folder(check)
    check.add_argument("--checkpoint", type=Path, help="default: the run's own")
    _add_member(check)
    _add_width(check)
    _add_style_check(subparsers)
    _add_style_distance(subparsers)
    flame_commands.add_arguments(subparsers)


def _add_packing(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for name, description in (
        ("pack", "make a corpus small, to send it to another machine"),
        ("unpack", "write the corpus of a run from packed shards"),
    ):
        parser = subparsers.add_parser(name, help=description)
        _add_run_folder(parser)
        parser.add_argument("folder", type=Path, help="folder of the packed shards")
        parser.add_argument("--jobs", type=int, default=default_jobs(), help="processes at a time")


def _add_run_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, default=Path("runs/default"), help="folder of the run")


def _add_package(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the package")


def _add_corpus_arguments(parser: argparse.ArgumentParser) -> None:
    _add_run_folder(parser)
    for engine, minutes in ENGINE_MINUTES.items():
        parser.add_argument(
            f"--{engine}-minutes", type=float, default=minutes, help=f"made with {engine}"
        )
    parser.add_argument(
        "--recordings", type=Path, help="folder of real speech with train.tsv and phones/"
    )
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="processes at a time")
    parser.add_argument("--corpus-seed", type=int, default=7)


def _add_ablations(parser: argparse.ArgumentParser) -> None:
    """What may be left out or changed to see what it brings."""
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="ENGINE", help="leave engines or sources out"
    )
    parser.add_argument("--dropout", type=float, default=DROPOUT, help="0..1 (%(default)s)")
    parser.add_argument(
        "--crispness", type=float, default=CRISPNESS,
        help="how far movements are set off, 0 for not at all (%(default)s)",
    )  # fmt: skip
    _add_width(parser)


def _add_member(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--member", type=int, default=1, choices=range(1, len(SPEECH_ENCODERS) + 1),
        help="which of the networks whose mean is served (%(default)s)",
    )  # fmt: skip


def _add_width(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--width", type=int, help="channels of the hidden layers")
    parser.add_argument(
        "--without-convolutions", action="store_true", help="hear patches of spectrum as they are"
    )


def _add_machine_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--workers", type=int, default=1,
        help="processes (Linux): train together on the CPU, make the batches for a GPU",
    )  # fmt: skip
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu")
    parser.add_argument(
        "--minutes", type=float, help="pause after so long; the same command goes on"
    )


def _add_style_check(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "check-styles", help="judge how a model obeys styles and whether they can be read back"
    )
    _add_run_folder(parser)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument("--clips", type=Path, required=True, help="folder of speech to animate")
    parser.add_argument("--mode", choices=("offline", "balanced", "realtime"), default="balanced")
    parser.add_argument("--style-guidance", type=float, help="0..4; default: model's")
    parser.add_argument("--count", type=int, default=100, help="styles to tell apart (%(default)s)")


def _add_style_distance(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "style-distance", help="measure how styles are read off faces: tells a model which are near"
    )
    _add_run_folder(parser)
    parser.add_argument("--model", type=Path, required=True, help="package that gets the distance")
    parser.add_argument("--recordings", type=Path, help="folder of real speech; else espeak-ng's")
    parser.add_argument(
        "--count", type=int, default=NUM_READ_STYLES, help="styles to ask for (%(default)s)"
    )
