"""The stages of `posecast train`: arguments in, files of a run folder out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posecast.config import SpeechEncoderConfig
from posecast.errors import InvalidRequest, TrainingPaused
from posecast.training.corpus import build_corpus, default_jobs, load_corpus
from posecast.training.default_model import DEFAULT_MODEL, SPEECH_ENCODERS, RunFolder
from posecast.training.flame import commands as flame_commands
from posecast.training.held_out import NUM_FOLDS, fold_of
from posecast.training.held_out_clips import write_held_out_clips
from posecast.training.loop import TrainingPlan, completed_steps
from posecast.training.packing import pack_shards, unpack_shards
from posecast.training.tapes import TapeSampler
from posecast.training.utterance import Utterance


@dataclass(frozen=True, slots=True)
class _Stage:
    """A training with what made the shipped weights."""

    steps: int
    learning_rate: float
    batch_size: int
    description: str


_STAGES: Mapping[str, _Stage] = {
    "speech-encoder": _Stage(
        7800, 2e-3, 24, "regress articulation, phones and accents from speech"
    ),
    "style": _Stage(4000, 1e-3, 64, "learn a style space from pairs of clips in one style"),
    "denoiser": _Stage(4000, 1e-3, 64, "learn to denoise motion given speech and style"),
}
_DROPOUT = 0.15
_STRAIGHT_RUN: tuple[dict[str, object], ...] = (
    {"stage": "speech-encoder"},
    {"stage": "speech-encoder", "member": 2, "steps": 6600},
    *(
        {"stage": "speech-encoder", "without_fold": fold, "steps": 1500}
        for fold in range(NUM_FOLDS)
    ),
    {"stage": "style"},
    {"stage": "denoiser"},
)
"""What `all` trains, and what is other than usual in it."""
_NUM_READ_STYLES = 400
_ENGINE_MINUTES = {"espeak": 120.0, "flite": 100.0, "festival": 160.0, "non-speech": 40.0}


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add one sub-command a stage, one for all of them, and those that judge."""
    corpus = subparsers.add_parser("corpus", help="synthesise and label the training speech")
    _add_corpus_arguments(corpus)
    _add_packing(subparsers)
    for name, stage in _STAGES.items():
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
            parser.add_argument(
                "--member", type=int, default=1, choices=range(1, len(SPEECH_ENCODERS) + 1),
                help="which of the networks whose mean is served (%(default)s)",
            )  # fmt: skip
            _add_ablations(parser)
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
    for engine, minutes in _ENGINE_MINUTES.items():
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
    parser.add_argument("--dropout", type=float, default=_DROPOUT, help="0..1 (%(default)s)")
    _add_width(parser)


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
        "--count", type=int, default=_NUM_READ_STYLES, help="styles to ask for (%(default)s)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Carry out the stage that was asked for.

    Args:
        arguments: Parsed by the parsers above; `stage` names the sub-command.
    """
    others: Mapping[str, Callable[[argparse.Namespace], None]] = {
        "corpus": _make_corpus,
        "pack": _pack,
        "unpack": _unpack,
        "export": _export,
        "all": _run_all,
        "held-out": _write_held_out,
        "check-speech": _check_speech,
        "check-styles": _check_styles,
        "style-distance": _find_style_distance,
    }
    part = others.get(arguments.stage, _train)
    if arguments.stage.startswith(flame_commands.PREFIX):
        part = flame_commands.run
    try:
        part(arguments)
    except TrainingPaused as pause:
        print(f"posecast: {pause}", file=sys.stderr)


def _run_all(arguments: argparse.Namespace) -> None:
    _make_corpus(arguments)
    for part in _STRAIGHT_RUN:
        stage = _STAGES[str(part["stage"])]
        usual = {
            "steps": stage.steps,
            "batch_size": stage.batch_size,
            "learning_rate": stage.learning_rate,
            "member": 1,
            "without_fold": None,
            "dropout": _DROPOUT,
            "gently": False,
        }
        _train(argparse.Namespace(**(vars(arguments) | usual | part)))
    _export(argparse.Namespace(**vars(arguments), join=[]))
    distance = {"model": arguments.output, "count": _NUM_READ_STYLES}
    _find_style_distance(argparse.Namespace(**(vars(arguments) | distance)))


def _make_corpus(arguments: argparse.Namespace) -> None:
    minutes = {
        engine: getattr(arguments, f"{engine.replace('-', '_')}_minutes")
        for engine in _ENGINE_MINUTES
    }
    build_corpus(
        RunFolder(arguments.run).corpus,
        minutes,
        recordings_folder=arguments.recordings,
        seed=arguments.corpus_seed,
        jobs=arguments.jobs,
    )


def _pack(arguments: argparse.Namespace) -> None:
    corpus = RunFolder(arguments.run).corpus
    for path in pack_shards(corpus, arguments.folder, jobs=arguments.jobs):
        print(f"{path.stat().st_size / 1e6:7.1f} MB  {path}")


def _unpack(arguments: argparse.Namespace) -> None:
    unpack_shards(arguments.folder, RunFolder(arguments.run).corpus, jobs=arguments.jobs)


def _export(arguments: argparse.Namespace) -> None:
    from posecast.training.package import export_run

    export_run(RunFolder(arguments.run), arguments.output, join=arguments.join)


def _train(arguments: argparse.Namespace) -> None:
    plan = TrainingPlan(
        steps=arguments.steps,
        learning_rate=arguments.learning_rate,
        seed=arguments.seed,
        threads=arguments.threads,
        workers=arguments.workers,
        device=arguments.device,
        minutes=arguments.minutes,
    )
    folder = RunFolder(arguments.run)
    without_fold = getattr(arguments, "without_fold", None)
    checkpoint = folder.checkpoint(arguments.stage)
    if arguments.stage == "speech-encoder":
        checkpoint = folder.member_encoder(arguments.member)
    if without_fold is not None:
        checkpoint = folder.fold_encoder(without_fold)
    completed = completed_steps(checkpoint)
    if completed >= plan.steps:
        return
    # A resumed training goes on with other speech than that which it began with.
    rng = np.random.default_rng((arguments.seed, completed))
    speech = _leave_out(load_corpus(folder.corpus), getattr(arguments, "without", []))
    if without_fold is not None:
        folds = enumerate(_split(speech))
        speech = [part for fold, own in folds if fold != without_fold for part in own]
    sampler = TapeSampler(speech, rng)
    if arguments.stage == "speech-encoder":
        from posecast.training.speech_encoder import SpeechEncoderRecipe, train_speech_encoder

        sounds = [utterance for utterance in speech if utterance.engine == "non-speech"]
        recipe = SpeechEncoderRecipe(
            batch_size=arguments.batch_size,
            sounds=TapeSampler(sounds, rng) if sounds else None,
            dropout=arguments.dropout,
            gently=arguments.gently,
        )
        config = _speech_encoder_config(arguments)
        train_speech_encoder(sampler, config, plan, checkpoint, recipe)
    elif arguments.stage == "style":
        from posecast.training.style_encoder import train_style_encoder

        train_style_encoder(sampler, DEFAULT_MODEL, plan, folder, arguments.batch_size)
    else:
        from posecast.training.denoiser import DenoiserSupply, train_denoiser

        supply = DenoiserSupply(folds=[TapeSampler(fold, rng) for fold in _split(speech)])
        train_denoiser(sampler, DEFAULT_MODEL, plan, folder, arguments.batch_size, supply)


def _split(utterances: list[Utterance]) -> list[list[Utterance]]:
    """The utterances of each fold of the voices."""
    folds = [[part for part in utterances if fold_of(part) == fold] for fold in range(NUM_FOLDS)]
    if not all(folds):
        raise InvalidRequest(
            f"the corpus has too few voices to be parted in {NUM_FOLDS}: make a larger one"
        )
    return folds


def _leave_out(utterances: list[Utterance], engines: list[str]) -> list[Utterance]:
    """What is left of a corpus without some engines or sources."""
    known = {utterance.engine for utterance in utterances}
    unknown = sorted(set(engines) - known)
    if unknown or (engines and known <= set(engines)):
        raise InvalidRequest(
            f"--without {' '.join(unknown or engines)}; allowed: some, but not all, of "
            f"{', '.join(sorted(known))}"
        )
    return [utterance for utterance in utterances if utterance.engine not in engines]


def _speech_encoder_config(arguments: argparse.Namespace) -> SpeechEncoderConfig:
    config = SPEECH_ENCODERS[getattr(arguments, "member", 1) - 1]
    width = getattr(arguments, "width", None) or config.width  # `all` knows no ablations
    config = dataclasses.replace(config, width=width)
    if getattr(arguments, "without_convolutions", False):
        return dataclasses.replace(config, conv_channels=(), conv_blocks=0)
    return config


def _write_held_out(arguments: argparse.Namespace) -> None:
    counts = write_held_out_clips(arguments.output, arguments.recordings)
    for group, count in sorted(counts.items()):
        print(f"{count:4d} clips  {group}")


def _check_speech(arguments: argparse.Namespace) -> None:
    from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
    from posecast.training.check import check_speech_encoder
    from posecast.training.loop import load_average

    folder, config = RunFolder(arguments.run), _speech_encoder_config(arguments)
    checkpoint = arguments.checkpoint or folder.speech_encoder
    network = load_average(checkpoint, SpeechEncoderNetwork(config))
    utterances = load_corpus(folder.corpus, held_out=True)
    figures = {
        f"{milliseconds} ms": check_speech_encoder(network, utterances, frames)
        for frames, milliseconds in zip(
            config.look_aheads_frames, config.look_aheads_ms, strict=True
        )
    }
    print(json.dumps(figures, indent=1))


def _check_styles(arguments: argparse.Namespace) -> None:
    from posecast.config import AnimationOptions
    from posecast.training.style_check import load_judge, measure_response, measure_retrieval

    options = AnimationOptions(mode=arguments.mode, style_guidance=arguments.style_guidance)
    speech = load_corpus(RunFolder(arguments.run).corpus, held_out=True)
    judge = load_judge(arguments.model, speech, arguments.clips, options)
    figures = {
        "response": measure_response(judge),
        "retrieval": measure_retrieval(judge, arguments.count),
    }
    print(json.dumps(figures, indent=1))


def _find_style_distance(arguments: argparse.Namespace) -> None:
    from posecast.training.style_distance import (
        fit_distance,
        open_reader,
        read_styles_back,
        write_distance,
    )

    speech = load_corpus(RunFolder(arguments.run).corpus)
    reader = open_reader(arguments.model, speech, arguments.recordings)
    write_distance(arguments.model, fit_distance(read_styles_back(reader, arguments.count)))
