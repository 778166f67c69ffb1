"""Trains the denoiser together with its speech encoder."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import torch

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import ClipEncoderConfig, DenoiserConfig
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.errors import InvalidRequest
from posecast.training.flame.batches import PairBatches
from posecast.training.flame.clips import Split
from posecast.training.flame.data import FlameData
from posecast.training.flame.decoder import MotionDecoder
from posecast.training.flame.losses import Criterion, LossWeights, MotionLosses, Vertices
from posecast.training.flame.network import FlameTrainingNetwork
from posecast.training.flame.pair_losses import PairLosses, PairTraining
from posecast.training.flame.published_files import write_denoiser
from posecast.training.flame.run_observer import Cadence
from posecast.training.flame.stage import Stage, run_stage
from posecast.training.plan import TrainingPlan

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserTraining:
    """What is trained and how; the defaults are the published ones."""

    config: DenoiserConfig = field(default_factory=DenoiserConfig)
    """Sizes of the denoiser."""
    clip_encoder: ClipEncoderConfig = field(default_factory=ClipEncoderConfig)
    """Sizes of the speech encoder."""
    freezes_encoder: bool = True
    """Whether the first layers of the speech encoder stay as they are; they must be pre-trained."""
    pairs: PairTraining = field(default_factory=PairTraining)
    """How windows are cut, heard and conditioned."""
    weights: LossWeights = field(default_factory=LossWeights)
    """How much each loss counts."""
    criterion: Criterion = "l2"
    """Squared or absolute errors."""
    constrains_previous: bool = True
    """Whether the prediction of the previous frames counts in second windows."""
    batch_size: int = 16
    """Pairs of windows of a batch."""
    dropout: float = 0.1
    """Share of values dropped, 0..1."""
    cadence: Cadence = field(
        default_factory=lambda: Cadence(save_steps=10_000, validation_steps=5000)
    )
    """When checkpoints are written and validated."""
    validation_passes: int = 200
    """How often a validation goes through its split."""
    uses_tensorboard: bool = True
    """Whether TensorBoard's files are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teachers:
    """What a denoiser is trained with, and what stays as it is."""

    style_encoder: StyleEncoderNetwork | None
    """Frozen; None for a model without style."""
    style_encoder_file: Path | None
    """Where it was read; the checkpoint names it."""
    vertices: Vertices | None
    """A differentiable FLAME; None where there is none, which leaves out what looks at vertices."""
    speech: ClipEncoderNetwork | None = None
    """Pre-trained speech encoder to begin with; None begins with random weights."""


def train_denoiser(
    data: FlameData,
    teachers: Teachers,
    training: DenoiserTraining,
    plan: TrainingPlan,
    run: Path,
) -> FlameTrainingNetwork:
    """Train a denoiser and its speech encoder, going on from where the run stands.

    Args:
        data: Clips with splits and statistics.
        teachers: Frozen networks and the beginning of the speech encoder.
        training: What is trained and how.
        plan: How long and how fast; published: Adam, 1e-4 after a warm-up of 5000, 200 000 steps.
        run: Folder of the run: `checkpoints/iter_NNNNNNN.pt`, logs and the state to go on from.

    Returns:
        The trained networks, on the CPU, for evaluation.

    Raises:
        InvalidRequest: If the parts do not fit each other.
        TrainingPaused: If the plan's minutes are used up.

    Source:
        DiffPoseTalk, arXiv:2310.00434, training of the denoising network.
    """
    _check_style(training.config, teachers)
    torch.manual_seed(plan.seed)
    weights = _affordable(training.weights, teachers.vertices)

    def batches(split: Split) -> PairBatches:
        rows = data.supply(split, training.config.motion_dim, training.batch_size, plan.seed)
        return PairBatches(rows, training.config.window_frames)

    losses = MotionLosses(
        MotionDecoder(data.statistics),
        teachers.vertices,
        weights,
        criterion=training.criterion,
        target=training.config.target,
        constrains_previous=training.constrains_previous,
    )

    def save(path: Path, network: FlameTrainingNetwork, step: int) -> None:
        arguments = _published_arguments(data, training, plan, run)
        write_denoiser(path, network, step, arguments | _losses_and_style(weights, teachers))

    stage = Stage(
        network=_make_network(training, teachers.speech),
        batches=batches("train"),
        losses_of=PairLosses(losses, training.pairs, teachers.style_encoder),
        save=save,
        cadence=training.cadence,
        validation=batches("val") if data.has("val") else None,
        validation_passes=training.validation_passes,
        uses_tensorboard=training.uses_tensorboard,
    )
    return run_stage(stage, plan, run)


def _make_network(
    training: DenoiserTraining, speech: ClipEncoderNetwork | None
) -> FlameTrainingNetwork:
    if speech is None:
        if training.freezes_encoder:
            raise InvalidRequest(
                "a speech encoder without training cannot be frozen; give a pre-trained one, or "
                "train all of it"
            )
        speech = ClipEncoderNetwork(training.clip_encoder, dropout=training.dropout)
    if speech.config.feature_dim != training.config.speech_dim:
        raise InvalidRequest(
            f"a speech encoder of {speech.config.feature_dim} features for a denoiser of "
            f"{training.config.speech_dim}"
        )
    if training.freezes_encoder:
        speech.freeze_as_published()
    return FlameTrainingNetwork(
        ConditionedDenoiser(training.config, dropout=training.dropout), speech
    )


def _check_style(config: DenoiserConfig, teachers: Teachers) -> None:
    """Refuse styles of another width, or of motion of another width."""
    encoder = teachers.style_encoder
    width = 0 if encoder is None else encoder.config.width
    if width != config.style_dim:
        raise InvalidRequest(f"styles of width {width} for a denoiser of {config.style_dim}")
    if encoder is not None and encoder.config.motion_dim != config.motion_dim:
        raise InvalidRequest(
            f"a style encoder of motion of width {encoder.config.motion_dim} for a denoiser of "
            f"{config.motion_dim}"
        )


def _affordable(weights: LossWeights, vertices: Vertices | None) -> LossWeights:
    """The weights that can be used: without FLAME nothing looks at vertices."""
    if vertices is not None or not weights.needs_vertices:
        return weights
    _LOG.warning(
        "no FLAME model was given: the losses of vertices are left out, so that lips will be less "
        "exact than published; --flame FILE names your licensed copy"
    )
    kept = {name: getattr(weights, name) for name in LossWeights.__dataclass_fields__}
    return LossWeights(**(kept | {"vertices": 0.0, "velocity": 0.0, "smoothness": 0.0}))


def _published_arguments(
    data: FlameData, training: DenoiserTraining, plan: TrainingPlan, run: Path
) -> dict[str, object]:
    """What the published checkpoints say of their training."""
    pairs = training.pairs
    return {
        "exp_name": run.name,
        "data_root": str(data.clips.folder),
        "stats_file": str(data.statistics_file),
        "batch_size": training.batch_size,
        "num_workers": data.num_readers,
        "guiding_conditions": ",".join(pairs.guided),
        "cfg_mode": pairs.guidance,
        "audio_model": training.clip_encoder.kind,
        "pad_mode": pairs.pad_mode,
        "max_iter": plan.steps,
        "lr": plan.learning_rate,
        "gradient_accumulation_steps": plan.accumulated_batches,
        "scheduler": "Warmup",
        "warm_iter": plan.warmup_steps,
        "criterion": training.criterion,
        "no_constrain_prev": not training.constrains_previous,
        "use_context_audio_feat": pairs.hears_both,
        "trunc_prob1": pairs.cut_probabilities[0],
        "trunc_prob2": pairs.cut_probabilities[1],
        "save_iter": training.cadence.save_steps,
        "val_iter": training.cadence.validation_steps,
        "log_iter": plan.log_steps,
        "log_smooth_win": plan.log_steps,
    }


def _losses_and_style(weights: LossWeights, teachers: Teachers) -> dict[str, object]:
    encoder = teachers.style_encoder_file
    return {
        "l_vert": weights.vertices,
        "l_vel": weights.velocity,
        "l_smooth": weights.smoothness,
        "l_head_angle": weights.head_angle,
        "l_head_vel": weights.head_velocity,
        "l_head_smooth": weights.head_smoothness,
        "l_head_trans": weights.head_transition,
        "style_enc_ckpt": None if encoder is None else str(encoder),
    }
