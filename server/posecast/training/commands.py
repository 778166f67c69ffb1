"""The stages of `posecast train`: arguments in, files of a run folder out."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from posecast.training.corpus import build_corpus, default_jobs, load_corpus
from posecast.training.default_model import DEFAULT_MODEL, RunFolder
from posecast.training.held_out_clips import write_held_out_clips
from posecast.training.loop import TrainingPlan, completed_steps
from posecast.training.tapes import TapeSampler

_STAGES = {
    "speech-encoder": (5400, 2e-3, "regress articulation, phones and accents from speech"),
    "style": (1400, 1e-3, "learn a style space from pairs of clips in one style"),
    "denoiser": (8500, 1e-3, "learn to denoise motion given speech and style"),
}
"""Default steps, default learning rate, and what the stage does."""


_ENGINE_MINUTES = {"espeak": 120.0, "flite": 100.0, "festival": 160.0, "non-speech": 40.0}


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add one sub-command a stage."""
    corpus = subparsers.add_parser("corpus", help="synthesise and label the training speech")
    _add_run_folder(corpus)
    for engine, minutes in _ENGINE_MINUTES.items():
        corpus.add_argument(
            f"--{engine}-minutes", type=float, default=minutes, help=f"made with {engine}"
        )
    corpus.add_argument(
        "--recordings", type=Path, help="folder of real speech with train.tsv and phones/"
    )
    corpus.add_argument("--jobs", type=int, default=default_jobs(), help="processes at a time")
    corpus.add_argument("--seed", type=int, default=7)
    for name, (steps, learning_rate, description) in _STAGES.items():
        stage = subparsers.add_parser(name, help=description)
        _add_run_folder(stage)
        stage.add_argument("--steps", type=int, default=steps)
        stage.add_argument("--batch-size", type=int, default=24 if name != "style" else 32)
        stage.add_argument("--learning-rate", type=float, default=learning_rate)
        stage.add_argument("--threads", type=int, default=1)
        stage.add_argument(
            "--workers", type=int, default=1, help="processes that average their gradients (Linux)"
        )
        stage.add_argument("--seed", type=int, default=0)
        stage.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu")
        stage.add_argument(
            "--minutes", type=float, help="stop after so long; the same command goes on"
        )
    held_out = subparsers.add_parser(
        "held-out", help="write clips of the held-out voices, for `posecast evaluate`"
    )
    held_out.add_argument("--recordings", type=Path, help="folder of real speech")
    held_out.add_argument("-o", "--output", type=Path, required=True, help="folder of the clips")
    export = subparsers.add_parser("export", help="write the model package of a finished run")
    _add_run_folder(export)
    export.add_argument("-o", "--output", type=Path, required=True, help="folder of the package")


def _add_run_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, default=Path("runs/default"), help="folder of the run")


def run(arguments: argparse.Namespace) -> None:
    """Carry out the stage that was asked for.

    Args:
        arguments: Parsed by the parsers above; `stage` names the sub-command.
    """
    if arguments.stage == "held-out":
        _write_held_out(arguments)
        return
    folder = RunFolder(arguments.run)
    if arguments.stage == "corpus":
        _make_corpus(folder, arguments)
    elif arguments.stage == "export":
        from posecast.training.package import export_run

        export_run(folder, arguments.output)
    else:
        _train(folder, arguments)


def _write_held_out(arguments: argparse.Namespace) -> None:
    counts = write_held_out_clips(arguments.output, arguments.recordings)
    for group, count in sorted(counts.items()):
        print(f"{count:4d} clips  {group}")


def _make_corpus(folder: RunFolder, arguments: argparse.Namespace) -> None:
    minutes = {
        engine: getattr(arguments, f"{engine.replace('-', '_')}_minutes")
        for engine in _ENGINE_MINUTES
    }
    build_corpus(
        folder.corpus,
        minutes,
        recordings_folder=arguments.recordings,
        seed=arguments.seed,
        jobs=arguments.jobs,
    )


def _train(folder: RunFolder, arguments: argparse.Namespace) -> None:
    plan = TrainingPlan(
        steps=arguments.steps,
        learning_rate=arguments.learning_rate,
        seed=arguments.seed,
        threads=arguments.threads,
        workers=arguments.workers,
        device=arguments.device,
        minutes=arguments.minutes,
    )
    checkpoint = folder.checkpoint(arguments.stage)
    # A resumed training goes on with other speech than that which it began with.
    rng = np.random.default_rng((arguments.seed, completed_steps(checkpoint)))
    sampler = TapeSampler(load_corpus(folder.corpus), rng)
    if arguments.stage == "speech-encoder":
        from posecast.training.speech_encoder import train_speech_encoder

        train_speech_encoder(
            sampler,
            DEFAULT_MODEL.speech_encoder,
            plan,
            folder.speech_encoder,
            arguments.batch_size,
        )
    elif arguments.stage == "style":
        from posecast.training.style_encoder import train_style_encoder

        train_style_encoder(sampler, DEFAULT_MODEL, plan, folder, arguments.batch_size)
    else:
        from posecast.training.denoiser import train_denoiser

        train_denoiser(sampler, DEFAULT_MODEL, plan, folder, arguments.batch_size)
