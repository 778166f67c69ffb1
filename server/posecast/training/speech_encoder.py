"""Trains the speech encoder by direct regression of articulation, phones and accents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import SpeechEncoderConfig
from posecast.training.augment import augment, mask_bands, normalise_levels
from posecast.training.loop import Losses, TrainingPlan, optimise, prefetch
from posecast.training.phones import CHANNEL_INDEX, NUM_CLASSES, UNKNOWN
from posecast.training.tapes import Crop, TapeSampler

CROP_HOPS = 440  # 4.4 s
_CONTACTS = (CHANNEL_INDEX["close"], CHANNEL_INDEX["labiodental"])
_CHANNEL_WEIGHTS = torch.tensor([4.0, 5.0, 4.0, 3.0, 2.5, 2.0, 2.0, 6.0, 1.5])
_CONTACT_WEIGHT = 1.5
"""Extra weight of frames in which lips or teeth touch: they are few and matter most."""


@dataclass(frozen=True, slots=True)
class _Batch:
    mel: Tensor
    tracks: Tensor
    labels: Tensor
    accents: Tensor
    trusted: Tensor


def train_speech_encoder(
    sampler: TapeSampler,
    config: SpeechEncoderConfig,
    plan: TrainingPlan,
    checkpoint: Path,
    batch_size: int = 24,
) -> nn.Module:
    """Train the speech encoder.

    Args:
        sampler: Labelled speech.
        config: Sizes and look-ahead.
        plan: How long and how fast.
        checkpoint: Where the state is kept.
        batch_size: Crops a step.

    Returns:
        The moving average of the network.
    """
    torch.manual_seed(plan.seed)
    network = SpeechEncoderNetwork(config, NUM_CLASSES)
    generator = torch.Generator().manual_seed(plan.seed)

    def make_batch() -> _Batch:
        return _collate([sampler.draw(CROP_HOPS) for _ in range(batch_size)])

    def losses_of(module: nn.Module, batch: _Batch) -> Losses:
        return _losses(module, batch, config.look_ahead_frames, generator)

    return optimise(network, plan, prefetch(make_batch), losses_of, checkpoint)


def _collate(crops: list[Crop]) -> _Batch:
    # A frame's two labels are those of the 10 ms before and after its instant.
    padded = [np.concatenate([crop.labels[:1], crop.labels]) for crop in crops]
    labels = [np.stack([row[0:-1:4], row[1::4]], axis=1) for row in padded]
    return _Batch(
        mel=torch.from_numpy(np.stack([crop.mel for crop in crops])),
        tracks=torch.from_numpy(np.stack([crop.frame_tracks() for crop in crops])),
        labels=torch.from_numpy(np.stack(labels)),
        accents=torch.from_numpy(np.stack([crop.accent_track() for crop in crops])),
        trusted=torch.from_numpy(np.stack([crop.trusted_frames() for crop in crops])),
    )


def _losses(
    network: nn.Module, batch: _Batch, look_ahead: int, generator: torch.Generator
) -> Losses:
    with torch.no_grad():
        mel = mask_bands(normalise_levels(augment(batch.mel, generator)), generator)
    with torch.autocast("cpu", torch.bfloat16):
        hidden, _ = network.hidden(mel, network.initial_state(len(mel)))  # type: ignore[operator]
        heads = network.heads(hidden)  # type: ignore[operator]
    tracks, accents, phones = (head.float()[:, look_ahead:] for head in heads)
    num_frames = tracks.shape[1]
    wanted = batch.tracks[:, :num_frames]
    trusted = batch.trusted[:, :num_frames, None].float()
    touching = wanted[..., list(_CONTACTS)].amax(dim=-1, keepdim=True)
    weight = _CHANNEL_WEIGHTS * trusted * (1 + _CONTACT_WEIGHT * touching)
    error = tracks - wanted
    steady = trusted[:, 1:] * trusted[:, :-1]
    velocity_error = (error[:, 1:] - error[:, :-1]) ** 2 * _CHANNEL_WEIGHTS * steady
    accent_error = (accents - batch.accents[:, :num_frames]) ** 2 * trusted[..., 0]
    labels = batch.labels[:, :num_frames]
    labels = torch.where(trusted.bool(), labels, torch.full_like(labels, UNKNOWN))
    share = trusted.mean().clamp(min=0.1)
    return {
        "position": ((error.abs() + 2 * error**2) * weight).mean() / share,
        "velocity": 2 * velocity_error.mean() / share,
        "phones": 0.3
        * functional.cross_entropy(
            phones.reshape(-1, phones.shape[-1]),
            labels.reshape(-1),
            ignore_index=UNKNOWN,
            label_smoothing=0.05,
        ),
        "accents": 0.3 * accent_error.mean() / share,
    }
