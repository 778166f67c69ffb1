"""The FLAME parts of `posecast train`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from posecast.errors import InvalidRequest
from posecast.training.flame import arguments as options

PREFIX = "flame-"


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add a sub-command for data, for each training and for the rehearsal."""
    data = subparsers.add_parser(f"{PREFIX}data", help="prepare clips of FLAME coefficients")
    _add_data_actions(data.add_subparsers(dest="action", required=True, metavar="ACTION"))
    style = subparsers.add_parser(
        f"{PREFIX}style-encoder", help="train DiffPoseTalk's style encoder as published"
    )
    options.add_style_encoder_arguments(style)
    denoiser = subparsers.add_parser(
        f"{PREFIX}denoiser", help="train DiffPoseTalk's denoiser as published"
    )
    options.add_denoiser_arguments(denoiser)
    rehearsal = subparsers.add_parser(
        f"{PREFIX}rehearsal", help="train tiny FLAME models on made-up persons and judge them"
    )
    rehearsal.add_argument("--run", type=Path, required=True, help="folder for clips and runs")
    rehearsal.add_argument("-o", "--output", type=Path, required=True, help="folder of figures")
    rehearsal.add_argument("--style-steps", type=int, default=150, help="(%(default)s)")
    rehearsal.add_argument("--steps", type=int, default=700, help="(%(default)s)")
    rehearsal.add_argument("--persons", type=int, default=120, help="(%(default)s)")


def _add_data_actions(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    convert = actions.add_parser("convert", help="a published database to a folder, or back")
    convert.add_argument("source", type=Path)
    convert.add_argument("target", type=Path, help="new folder")
    split = actions.add_parser("split", help="divide persons into train, val and test")
    split.add_argument("data", type=Path)
    split.add_argument("--validation", type=int, default=64, help="persons (%(default)s)")
    split.add_argument("--test", type=int, default=64, help="persons (%(default)s)")
    split.add_argument("--seed", type=int, default=0)
    statistics = actions.add_parser("statistics", help="measure stats_train.npz")
    statistics.add_argument("data", type=Path)
    statistics.add_argument("--passes", type=int, default=1000, help="(%(default)s)")
    statistics.add_argument("--seed", type=int, default=0)
    made_up = actions.add_parser("made-up", help="write clips of made-up persons, to try it out")
    made_up.add_argument("target", type=Path, help="new folder")
    made_up.add_argument("--persons", type=int, default=120, help="(%(default)s)")
    made_up.add_argument("--clips", type=int, default=2, help="of each (%(default)s)")
    made_up.add_argument("--seconds", type=float, default=12.0, help="(%(default)g)")
    made_up.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> None:
    """Carry out the part that was asked for.

    Args:
        arguments: Parsed by the parsers above; `stage` names the sub-command.
    """
    parts: Mapping[str, Callable[[argparse.Namespace], None]] = {
        "data": _prepare_data,
        "style-encoder": _train_style_encoder,
        "denoiser": _train_denoiser,
        "rehearsal": _rehearse,
    }
    parts[arguments.stage.removeprefix(PREFIX)](arguments)


def _prepare_data(arguments: argparse.Namespace) -> None:
    actions: Mapping[str, Callable[[argparse.Namespace], None]] = {
        "convert": _convert,
        "split": _split,
        "statistics": _measure_statistics,
        "made-up": _make_up,
    }
    actions[arguments.action](arguments)


def _convert(arguments: argparse.Namespace) -> None:
    from posecast.training.flame.open_clips import convert_clips, open_clips

    renamed = convert_clips(open_clips(arguments.source), arguments.target)
    for old, new in renamed.items():
        if old != new:
            print(f"{old} -> {new}")
    print(f"{len(renamed)} clips in {arguments.target}")


def _split(arguments: argparse.Namespace) -> None:
    from posecast.training.flame.open_clips import open_clips
    from posecast.training.flame.splits import split_persons

    counts = split_persons(
        open_clips(arguments.data),
        num_validation=arguments.validation,
        num_test=arguments.test,
        seed=arguments.seed,
    )
    print(", ".join(f"{split}: {count} persons" for split, count in counts.items()))


def _measure_statistics(arguments: argparse.Namespace) -> None:
    from posecast.training.flame.measured_statistics import measure_statistics, write_statistics
    from posecast.training.flame.open_clips import open_clips

    clips = open_clips(arguments.data)
    measured = measure_statistics(clips, num_passes=arguments.passes, seed=arguments.seed)
    print(write_statistics(clips, measured))


def _make_up(arguments: argparse.Namespace) -> None:
    from posecast.training.flame.made_up import write_made_up_clips

    write_made_up_clips(
        arguments.target,
        num_persons=arguments.persons,
        clips_each=arguments.clips,
        seconds=arguments.seconds,
        seed=arguments.seed,
    )


def _train_style_encoder(arguments: argparse.Namespace) -> None:
    from posecast.training.flame.style_stage import train_style_encoder

    data, training = options.read_data(arguments), options.read_style_training(arguments)
    train_style_encoder(data, training, options.read_plan(arguments), arguments.run)
    print(arguments.run / "checkpoints")


def _train_denoiser(arguments: argparse.Namespace) -> None:
    from posecast.rig.flame_model_file import read_flame_model
    from posecast.training.flame.denoiser_stage import Teachers, train_denoiser
    from posecast.training.flame.layer import TorchFlameLayer
    from posecast.training.flame.pretrained import read_speech_encoder, read_style_encoder

    file = arguments.style_encoder
    style_encoder = None if file is None else read_style_encoder(file)
    style_dim = 0 if style_encoder is None else style_encoder.config.width
    training = options.read_denoiser_training(arguments, style_dim)
    teachers = Teachers(
        style_encoder=style_encoder,
        style_encoder_file=file,
        vertices=None
        if arguments.flame is None
        else TorchFlameLayer(read_flame_model(arguments.flame)),
        speech=None
        if arguments.speech_encoder is None
        else read_speech_encoder(
            arguments.speech_encoder, training.config.speech_dim, arguments.dropout
        ),
    )
    data = options.read_data(arguments)
    train_denoiser(data, teachers, training, options.read_plan(arguments), arguments.run)
    print(arguments.run / "checkpoints")


def _rehearse(arguments: argparse.Namespace) -> None:
    from posecast.training.flame.rehearsal import Rehearsal, rehearse

    if arguments.persons < 12:
        raise InvalidRequest(f"{arguments.persons} persons; allowed: 12 and more")
    rehearsal = Rehearsal(
        num_persons=arguments.persons,
        style_steps=arguments.style_steps,
        denoiser_steps=arguments.steps,
    )
    print(rehearse(rehearsal, arguments.run, arguments.output))
