"""The stages of `posecast train`: arguments in, files of a run folder out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Mapping

import numpy as np

from posecast.config import SpeechEncoderConfig
from posecast.errors import InvalidRequest, TrainingPaused
from posecast.training.arguments import DROPOUT, ENGINE_MINUTES, NUM_READ_STYLES, STAGES
from posecast.training.arguments import add_arguments as add_arguments
from posecast.training.articulation import CRISPNESS
from posecast.training.corpus import build_corpus, load_corpus
from posecast.training.default_model import DEFAULT_MODEL, SPEECH_ENCODERS, RunFolder
from posecast.training.flame import commands as flame_commands
from posecast.training.held_out import NUM_FOLDS, fold_of
from posecast.training.held_out_clips import write_held_out_clips
from posecast.training.loop import TrainingPlan, completed_steps
from posecast.training.packing import pack_shards, unpack_shards
from posecast.training.tapes import TapeSampler
from posecast.training.utterance import Utterance

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
        stage = STAGES[str(part["stage"])]
        usual = {
            "steps": stage.steps,
            "batch_size": stage.batch_size,
            "learning_rate": stage.learning_rate,
            "member": 1,
            "without_fold": None,
            "dropout": DROPOUT,
            "crispness": CRISPNESS,
            "gently": False,
            "begin_with": None,
            "without_folds": False,
        }
        _train(argparse.Namespace(**(vars(arguments) | usual | part)))
    _export(argparse.Namespace(**vars(arguments), join=[]))
    distance = {"model": arguments.output, "count": NUM_READ_STYLES}
    _find_style_distance(argparse.Namespace(**(vars(arguments) | distance)))


def _make_corpus(arguments: argparse.Namespace) -> None:
    minutes = {
        engine: getattr(arguments, f"{engine.replace('-', '_')}_minutes")
        for engine in ENGINE_MINUTES
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
            member=arguments.member,
            crispness=arguments.crispness,
        )
        config = _speech_encoder_config(arguments)
        train_speech_encoder(
            sampler, config, plan, checkpoint, recipe, begin_with=arguments.begin_with
        )
    elif arguments.stage == "style":
        from posecast.training.style_encoder import train_style_encoder

        train_style_encoder(sampler, DEFAULT_MODEL, plan, folder, arguments.batch_size)
    else:
        from posecast.training.denoiser import DenoiserSupply, train_denoiser

        parts = [] if arguments.without_folds else _split(speech)
        supply = DenoiserSupply(folds=[TapeSampler(part, rng) for part in parts])
        train_denoiser(
            sampler, DEFAULT_MODEL, plan, folder, arguments.batch_size, supply,
            begin_with=arguments.begin_with,
        )  # fmt: skip


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
    config = SPEECH_ENCODERS[arguments.member - 1]
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
    checkpoint = arguments.checkpoint or folder.member_encoder(arguments.member)
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
        write_readings,
    )
    from posecast.training.style_gestures import fit_gestures

    speech = load_corpus(RunFolder(arguments.run).corpus)
    reader = open_reader(arguments.model, speech, arguments.recordings)
    fitted = fit_gestures(reader)
    write_readings(arguments.model, gestures=fitted.readout)
    nods, brows = fitted.correlation
    print(f"gestures in the vectors of other styles: nods {nods:.2f}, brows {brows:.2f}")
    # Opened anew: the faces that are read from now on have these gestures.
    reader = open_reader(arguments.model, speech, arguments.recordings)
    distance = fit_distance(read_styles_back(reader, arguments.count))
    write_readings(arguments.model, distance=distance)
