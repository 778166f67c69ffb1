"""Trains the style encoder: two clips of a person together, those of others apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import StyleEncoderConfig
from posecast.errors import InvalidRequest
from posecast.training.contrast import contrastive_loss
from posecast.training.flame.batches import StyleBatches, StylePairs
from posecast.training.flame.clips import Split
from posecast.training.flame.data import FlameData
from posecast.training.flame.published_files import write_style_encoder
from posecast.training.flame.run_observer import Cadence
from posecast.training.flame.stage import Stage, run_stage
from posecast.training.plan import TrainingPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleTraining:
    """What is trained and how often it is looked at; the defaults are the published ones."""

    config: StyleEncoderConfig = field(default_factory=StyleEncoderConfig)
    """Sizes."""
    clip_frames: int = 100
    """Frames of a clip."""
    batch_size: int = 32
    """Persons of a step."""
    temperature: float = 0.1
    """Divisor of the cosine similarity."""
    dropout: float = 0.1
    """Share of values dropped, 0..1."""
    cadence: Cadence = field(
        default_factory=lambda: Cadence(save_steps=2000, validation_steps=2000)
    )
    """When checkpoints are written and validated."""
    validation_passes: int = 1
    """How often a validation goes through the persons of its split."""
    uses_tensorboard: bool = True
    """Whether TensorBoard's files are written."""

    def __post_init__(self) -> None:
        """Refuse a temperature that divides by nothing."""
        if not self.temperature > 0:
            raise InvalidRequest(f"temperature {self.temperature}; allowed: above 0")


def train_style_encoder(
    data: FlameData, training: StyleTraining, plan: TrainingPlan, run: Path
) -> StyleEncoderNetwork:
    """Train a style encoder, going on from where the run stands.

    Args:
        data: Clips with splits and statistics.
        training: What is trained.
        plan: How long and how fast; published: Adam, 1e-4, up to 100 000 steps.
        run: Folder of the run: `checkpoints/iter_NNNNNNN.pt`, logs and the state to go on from.

    Returns:
        The trained encoder, on the CPU, for evaluation.

    Raises:
        InvalidRequest: If the data does not fit.
        TrainingPaused: If the plan's minutes are used up.

    Source:
        DiffPoseTalk, arXiv:2310.00434, training of the style encoder.
    """
    torch.manual_seed(plan.seed)

    def batches(split: Split) -> StyleBatches:
        rows = data.supply(split, training.config.motion_dim, training.batch_size, plan.seed)
        return StyleBatches(rows, training.clip_frames)

    def save(path: Path, network: StyleEncoderNetwork, step: int) -> None:
        write_style_encoder(path, network, step, _published_arguments(data, training, plan, run))

    stage = Stage(
        network=StyleEncoderNetwork(training.config, dropout=training.dropout),
        batches=batches("train"),
        losses_of=lambda network, pairs: _losses(network, pairs, training.temperature),
        save=save,
        cadence=training.cadence,
        validation=batches("val") if data.has("val") else None,
        validation_passes=training.validation_passes,
        uses_tensorboard=training.uses_tensorboard,
    )
    return run_stage(stage, plan, run)


def _losses(network: nn.Module, pairs: StylePairs, temperature: float) -> dict[str, Tensor]:
    vectors = network(torch.cat([pairs.first, pairs.second])).float()
    return {"contrast": contrastive_loss(vectors, temperature)}


def _published_arguments(
    data: FlameData, training: StyleTraining, plan: TrainingPlan, run: Path
) -> dict[str, object]:
    """What the published checkpoints say of their training."""
    return {
        "exp_name": run.name,
        "data_root": str(data.clips.folder),
        "stats_file": str(data.statistics_file),
        "batch_size": training.batch_size,
        "num_workers": data.num_readers,
        "n_motions": training.clip_frames,
        "max_iter": plan.steps,
        "lr": plan.learning_rate,
        "temperature": training.temperature,
        "save_iter": training.cadence.save_steps,
        "val_iter": training.cadence.validation_steps,
        "log_iter": plan.log_steps,
        "log_smooth_win": plan.log_steps,
    }
