"""Trains the style encoder: clips of one style together, others apart, parameters readable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import ModelConfig
from posecast.training.contrast import contrastive_loss
from posecast.training.default_model import RunFolder
from posecast.training.loop import Losses, TrainingPlan, optimise, prefetch
from posecast.training.motion import load_scale, measure_scale, motion_in_style, save_scale
from posecast.training.styles import (
    PARAMETER_NAMES,
    draw_hard_styles,
    draw_style,
    parameter_vector,
)
from posecast.training.tapes import TapeSampler
from posecast.training.workers import jump_ahead

CLIP_FRAMES = 200
"""Length of the clips that show a style elsewhere: 8 s, about what windows of recordings have."""
_SHORTEST_FRAMES, _LONGEST_FRAMES = 100, 400
"""Lengths that are learned from. A recording is seen in windows of 8 to 16 s, or whole if shorter;
tempo and blinks show better the longer it is."""
_TEMPERATURE = 0.1
_PARAMETER_WEIGHT = 2.0


class StyleTrainingNetwork(nn.Module):
    """The style encoder with a linear head that reads the known parameters from its vector."""

    encoder: StyleEncoderNetwork

    def __init__(self, encoder: StyleEncoderNetwork, num_parameters: int) -> None:
        """Put a head on an encoder."""
        super().__init__()
        self.encoder = encoder
        self.parameters_head = nn.Linear(encoder.config.width, num_parameters)

    def forward(self, motion: Tensor) -> tuple[Tensor, Tensor]:
        """Style vectors [B, S] and the standardised parameters [B, 20]."""
        vectors = self.encoder(motion)
        return vectors, self.parameters_head(vectors)


@dataclass(frozen=True, slots=True)
class _Batch:
    first: Tensor
    second: Tensor
    parameters: Tensor


def make_network(config: ModelConfig) -> StyleTrainingNetwork:
    """The network that a checkpoint of this stage holds."""
    return StyleTrainingNetwork(StyleEncoderNetwork(config.style_encoder), len(PARAMETER_NAMES))


def train_style_encoder(
    sampler: TapeSampler, config: ModelConfig, plan: TrainingPlan, folder: RunFolder, num_pairs: int
) -> nn.Module:
    """Train the style encoder.

    Args:
        sampler: Labelled speech.
        config: Sizes.
        plan: How long and how fast.
        folder: Where the state and the motion statistics are kept.
        num_pairs: Pairs of clips a step; half of them share what a single frame shows.

    Returns:
        The moving average of the network with its parameter head.
    """
    torch.manual_seed(plan.seed)
    if not folder.statistics.exists():
        save_scale(folder.statistics, measure_scale(sampler))
    scale = load_scale(folder.statistics)
    always_the_same = np.random.default_rng(0)  # a resumed training reads the same scale
    drawn = np.stack([parameter_vector(draw_style(always_the_same)) for _ in range(2000)])
    middle, spread = drawn.mean(axis=0), drawn.std(axis=0)

    def make_batch() -> _Batch:
        rng = sampler.rng
        styles = draw_hard_styles(num_pairs, rng)
        num_frames = int(rng.integers(_SHORTEST_FRAMES, _LONGEST_FRAMES + 1))
        clips = [
            np.stack([motion_in_style(sampler.draw(4 * num_frames), s, rng) for s in styles])
            for _ in range(2)
        ]
        first, second = (torch.from_numpy(scale.normalise(clip)) for clip in clips)
        known = np.stack([parameter_vector(style) for style in styles])
        return _Batch(first, second, torch.from_numpy((known - middle) / spread))

    def open_batches(worker: int) -> Iterator[_Batch]:
        jump_ahead(sampler.rng, worker)
        return prefetch(make_batch)

    return optimise(make_network(config), plan, open_batches, _losses, folder.style_encoder)


def _losses(network: nn.Module, batch: _Batch) -> Losses:
    vectors, parameters = network(torch.cat([batch.first, batch.second]))
    wanted = batch.parameters.repeat(2, 1)
    return {
        "contrast": contrastive_loss(vectors.float(), _TEMPERATURE),
        "parameters": _PARAMETER_WEIGHT * functional.smooth_l1_loss(parameters.float(), wanted),
    }
