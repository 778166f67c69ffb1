"""Arguments of the FLAME trainings, and the settings that they make."""

from __future__ import annotations

import argparse
from pathlib import Path

from posecast.config import ClipEncoderConfig, DenoiserConfig, StyleEncoderConfig
from posecast.rig.flame_layout import WITH_HEAD_DIM, WITHOUT_HEAD_DIM
from posecast.training.flame.conditioning import CONDITIONS
from posecast.training.flame.data import FlameData, open_data
from posecast.training.flame.denoiser_stage import DenoiserTraining
from posecast.training.flame.losses import LossWeights
from posecast.training.flame.pair_losses import PairTraining
from posecast.training.flame.run_observer import Cadence
from posecast.training.flame.style_stage import StyleTraining
from posecast.training.plan import TrainingPlan

_LOSS_WEIGHTS = tuple(LossWeights.__dataclass_fields__)


def add_style_encoder_arguments(parser: argparse.ArgumentParser) -> None:
    """What `flame-style-encoder` takes."""
    defaults = StyleTraining()
    _add_data_arguments(parser)
    _add_size_arguments(parser, width=128, layers=4, heads=4)
    parser.add_argument("--temperature", type=float, default=defaults.temperature)
    _add_plan_arguments(parser, steps=100_000, warmup=1, batch_size=defaults.batch_size)
    _add_cadence_arguments(parser, defaults.cadence, defaults.validation_passes)


def add_denoiser_arguments(parser: argparse.ArgumentParser) -> None:
    """What `flame-denoiser` takes."""
    defaults = DenoiserTraining()
    _add_data_arguments(parser)
    _add_teacher_arguments(parser)
    _add_size_arguments(parser, width=512, layers=8, heads=8)
    _add_pair_arguments(parser)
    _add_loss_arguments(parser)
    _add_plan_arguments(parser, steps=200_000, warmup=5000, batch_size=defaults.batch_size)
    _add_cadence_arguments(parser, defaults.cadence, defaults.validation_passes)


def read_data(arguments: argparse.Namespace) -> FlameData:
    """The set of clips."""
    return open_data(
        arguments.data,
        arguments.statistics,
        place=arguments.crop,
        num_readers=arguments.readers,
    )


def read_style_training(arguments: argparse.Namespace) -> StyleTraining:
    """What a style encoder is trained with."""
    return StyleTraining(
        config=StyleEncoderConfig(
            motion_dim=_motion_dim(arguments),
            width=arguments.width,
            num_layers=arguments.layers,
            num_heads=arguments.heads,
        ),
        batch_size=arguments.batch_size,
        temperature=arguments.temperature,
        dropout=arguments.dropout,
        cadence=_read_cadence(arguments),
        validation_passes=arguments.validation_passes,
        uses_tensorboard=arguments.tensorboard,
    )


def read_denoiser_training(arguments: argparse.Namespace, style_dim: int) -> DenoiserTraining:
    """What a denoiser is trained with; the style encoder says how wide a style is."""
    clip_encoder = ClipEncoderConfig()
    return DenoiserTraining(
        config=DenoiserConfig(
            motion_dim=_motion_dim(arguments),
            speech_dim=clip_encoder.feature_dim,
            style_dim=style_dim,
            width=arguments.width,
            num_layers=arguments.layers,
            num_heads=arguments.heads,
            num_steps=arguments.diffusion_steps,
            schedule=arguments.schedule,
            target=arguments.target,
            alignment_width=arguments.alignment_width,
            uses_indicator=arguments.indicator,
            learned_positions=arguments.learned_positions,
        ),
        clip_encoder=clip_encoder,
        freezes_encoder=not arguments.tune_all,
        pairs=_read_pairs(arguments, has_style=style_dim > 0),
        weights=LossWeights(**{name: getattr(arguments, name) for name in _LOSS_WEIGHTS}),
        criterion=arguments.criterion,
        constrains_previous=arguments.constrain_previous,
        batch_size=arguments.batch_size,
        dropout=arguments.dropout,
        cadence=_read_cadence(arguments),
        validation_passes=arguments.validation_passes,
        uses_tensorboard=arguments.tensorboard,
    )


def read_plan(arguments: argparse.Namespace) -> TrainingPlan:
    """How long and how fast: Adam without decay or clipping, a rate that stays, as published."""
    return TrainingPlan(
        steps=arguments.steps,
        learning_rate=arguments.learning_rate,
        decay="none",
        warmup_steps=arguments.warmup_steps,
        weight_decay=0.0,
        square_decay=0.999,
        largest_gradient=None,
        accumulated_batches=arguments.accumulate,
        precision="auto" if arguments.mixed_precision else "full",
        average_decay=arguments.average_decay,
        checkpoint_steps=arguments.state_steps,
        log_steps=arguments.log_steps,
        seed=arguments.seed,
        threads=arguments.threads,
        device=arguments.device,
        minutes=arguments.minutes,
    )


def _read_pairs(arguments: argparse.Namespace, *, has_style: bool) -> PairTraining:
    guided = [name for name in arguments.guided.split(",") if name]
    if not has_style:
        guided = [name for name in guided if name != "style"]
    return PairTraining(
        cut_probabilities=tuple(arguments.cut_probabilities),
        pad_mode=arguments.pad_mode,
        guided=tuple(guided),
        guidance=arguments.guidance,
        hears_both=arguments.hear_both,
    )


def _read_cadence(arguments: argparse.Namespace) -> Cadence:
    return Cadence(save_steps=arguments.save_steps, validation_steps=arguments.validation_steps)


def _motion_dim(arguments: argparse.Namespace) -> int:
    return WITH_HEAD_DIM if arguments.head_pose else WITHOUT_HEAD_DIM


def _add_data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, help="folder of clips, or of a published database")
    parser.add_argument(
        "--run", type=Path, required=True, help="folder of the run; the same command goes on there"
    )
    parser.add_argument(
        "--statistics", type=Path, metavar="FILE.npz", help="default: stats_train.npz of the data"
    )
    parser.add_argument("--crop", choices=("random", "begin", "end"), default="random")
    parser.add_argument("--readers", type=int, default=4, help="threads that read clips")
    _add_switch(parser, "head-pose", "motion of width 54 with the head's rotation, or 51 without")


def _add_teacher_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--style-encoder", type=Path, metavar="FILE.pt",
        help="checkpoint of `flame-style-encoder`; without it the model knows no style",
    )  # fmt: skip
    parser.add_argument(
        "--speech-encoder", type=Path, metavar="FILE",
        help="pytorch_model.bin of facebook/hubert-base-ls960, or a denoiser's checkpoint",
    )  # fmt: skip
    parser.add_argument(
        "--tune-all", action="store_true",
        help="train all of the speech encoder; published: not its convolutions and first layers",
    )  # fmt: skip
    parser.add_argument(
        "--flame", type=Path, metavar="FILE",
        help="your licensed generic_model.pkl or its .npz; without it no loss looks at vertices",
    )  # fmt: skip


def _add_size_arguments(
    parser: argparse.ArgumentParser, *, width: int, layers: int, heads: int
) -> None:
    parser.add_argument("--width", type=int, default=width, help="channels (%(default)s)")
    parser.add_argument("--layers", type=int, default=layers, help="layers (%(default)s)")
    parser.add_argument("--heads", type=int, default=heads, help="attention heads (%(default)s)")
    parser.add_argument("--dropout", type=float, default=0.1, help="0 to 1 (%(default)s)")


def _add_pair_arguments(parser: argparse.ArgumentParser) -> None:
    config, pairs = DenoiserConfig(), PairTraining()
    parser.add_argument("--target", choices=("sample", "noise"), default=config.target)
    parser.add_argument("--diffusion-steps", type=int, default=config.num_steps)
    parser.add_argument(
        "--schedule", choices=("cosine", "linear", "quadratic", "sigmoid"), default=config.schedule
    )
    parser.add_argument(
        "--alignment-width", type=int, default=config.alignment_width,
        help="frames of speech that a frame hears, on either side; 0 for all (%(default)s)",
    )  # fmt: skip
    _add_switch(parser, "indicator", "a channel that tells real frames from padding")
    _add_switch(parser, "learned-positions", "a learned table of positions, or a sinusoid")
    parser.add_argument(
        "--cut-probabilities", type=float, nargs=2, default=list(pairs.cut_probabilities),
        metavar="P", help="how often clips end within the first and the second window",
    )  # fmt: skip
    parser.add_argument("--pad-mode", choices=("zero", "replicate"), default=pairs.pad_mode)
    parser.add_argument(
        "--guidance", choices=("incremental", "independent"), default=pairs.guidance,
        help="which conditions are withheld together (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--guided", default=",".join(CONDITIONS), help="conditions that are withheld (%(default)s)"
    )
    parser.add_argument(
        "--hear-both", action="store_true",
        help="features of a window hear both windows; published: their own alone",
    )  # fmt: skip


def _add_loss_arguments(parser: argparse.ArgumentParser) -> None:
    weights = LossWeights()
    parser.add_argument("--criterion", choices=("l2", "l1"), default="l2")
    _add_switch(parser, "constrain-previous", "the prediction of previous frames counts, too")
    group = parser.add_argument_group("weights of the losses; 0 leaves one out")
    for name in _LOSS_WEIGHTS:
        option = f"--{name.replace('_', '-')}"
        group.add_argument(
            option, type=float, default=getattr(weights, name), metavar="W", help="(%(default)g)"
        )


def _add_plan_arguments(
    parser: argparse.ArgumentParser, *, steps: int, warmup: int, batch_size: int
) -> None:
    parser.add_argument("--steps", type=int, default=steps, help="(%(default)s)")
    parser.add_argument("--batch-size", type=int, default=batch_size, help="(%(default)s)")
    parser.add_argument("--learning-rate", type=float, default=1e-4, help="(%(default)g)")
    parser.add_argument(
        "--warmup-steps", type=int, default=warmup, help="steps of rising rate (%(default)s)"
    )
    parser.add_argument(
        "--accumulate", type=int, default=1, help="batches whose mean gradient is a step"
    )
    parser.add_argument(
        "--average-decay", type=float, default=0.0,
        help="moving average of the weights, e.g. 0.999, saved in their place; published: none",
    )  # fmt: skip
    parser.add_argument(
        "--mixed-precision", action="store_true", help="bfloat16 where the device is quick at it"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, help="pause after so long; the same command goes on"
    )


def _add_cadence_arguments(
    parser: argparse.ArgumentParser, cadence: Cadence, validation_passes: int
) -> None:
    parser.add_argument(
        "--save-steps", type=int, default=cadence.save_steps,
        help="steps between checkpoints of the published format (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--validation-steps", type=int, default=cadence.validation_steps,
        help="steps between validations (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--validation-passes", type=int, default=validation_passes,
        help="times that one goes through its split (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--state-steps", type=int, default=1000,
        help="steps between states to go on from (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--log-steps", type=int, default=50, help="(%(default)s)")
    _add_switch(parser, "tensorboard", "files for TensorBoard in the folder of the run")


def _add_switch(parser: argparse.ArgumentParser, name: str, told: str) -> None:
    """An option that is on, with its `--no-` form."""
    parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=True, help=told)
