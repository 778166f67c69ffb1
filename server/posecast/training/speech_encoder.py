"""Trains the speech encoder by direct regression of articulation, phones and accents."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import SpeechEncoderConfig
from posecast.training.articulation import CRISPNESS, SET_OFF_FRAMES
from posecast.training.augment import augment, mask_bands, mask_hops, normalise_levels
from posecast.training.devices import resolve_device
from posecast.training.loop import Losses, TrainingPlan, load_average, optimise, prefetch
from posecast.training.phones import CHANNEL_INDEX, CLASSES, UNKNOWN
from posecast.training.restore import restore_speech_encoder
from posecast.training.tape_bank import TapeBank, fill_bank
from posecast.training.tapes import TapeSampler
from posecast.training.workers import jump_ahead

CROP_HOPS = 440  # 4.4 s
_TAPES_A_SOUND = 20
LOOK_AHEAD_ODDS = 0.65
"""Share of the crops that are heard with the default look-ahead; the others share the rest."""
_CONTACTS = (CHANNEL_INDEX["close"], CHANNEL_INDEX["labiodental"])
_CHANNEL_WEIGHTS = (6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 2.0, 6.0, 1.5)
_CONTACT_WEIGHT = 1.5
"""Extra weight of frames in which lips or teeth touch: they are few and matter most."""
_PHONE_WEIGHTS = {"PBM": 1.6, "FV": 2.0, "W": 1.4}


@dataclass(frozen=True, slots=True)
class _Batch:
    mel: Tensor
    tracks: Tensor
    labels: Tensor
    accents: Tensor
    trusted: Tensor
    look_ahead: Tensor
    """Index of each row's look-ahead. [B], int64"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEncoderRecipe:
    """Crops of the speech encoder's training, and what keeps it from learning them by heart."""

    batch_size: int = 24
    """Crops a step."""
    num_tapes: int = 6000
    """Tapes of 13 s that are drawn once, and that all crops are cut from: 22 hours, 2 GB."""
    sounds: TapeSampler | None = None
    """Music, streets and the like, mixed into some of the crops."""
    crispness: float = CRISPNESS
    """How far the articulation that is taught is set off; see `articulation.set_off`."""
    dropout: float = 0.1
    """Drop probability of the network's position-wise layers."""
    member: int = 1
    """Which of the default model's networks this is, to find its weights in a package."""
    gently: bool = False
    """Whether the crops are hardly drowned and have no holes, for the last steps."""


class SpeechEncoderStage:
    """What `loop.optimise` needs to train a speech encoder: a network, batches and losses.

    Args:
        bank: Labelled speech.
        config: Sizes and look-aheads.
        recipe: What the crops are.
        seed: Seed of the batches.
        sounds: Music, streets and the like, mixed into some of the crops.
    """

    def __init__(
        self,
        bank: TapeBank,
        config: SpeechEncoderConfig,
        recipe: SpeechEncoderRecipe,
        *,
        seed: int = 0,
        sounds: TapeBank | None = None,
    ) -> None:
        """Prepare the stage; nothing is drawn yet."""
        self._bank, self._sounds, self._gently = bank, sounds, recipe.gently
        self._config, self._batch_size = config, recipe.batch_size
        self._rng = np.random.default_rng(seed)
        self._generator = torch.Generator(bank.device)
        choices = config.look_aheads_frames
        others = max(1, len(choices) - 1)
        odds = [
            LOOK_AHEAD_ODDS
            if frames == config.look_ahead_frames
            else (1 - LOOK_AHEAD_ODDS) / others
            for frames in choices
        ]
        self._odds = torch.tensor(odds if len(choices) > 1 else [1.0], device=bank.device)

    def open_batches(self, worker: int) -> Iterator[_Batch]:
        """Endless batches of a worker."""
        jump_ahead(self._rng, worker)
        self._generator.manual_seed(int(self._rng.integers(2**62)))
        if self._bank.device.type == "cpu":
            return prefetch(self.make_batch)
        return self._on_device()

    def _on_device(self) -> Iterator[_Batch]:
        """Batches in turn: a GPU takes orders ahead of itself, and needs no thread for that."""
        while True:
            yield self.make_batch()

    @torch.no_grad()
    def make_batch(self) -> _Batch:
        """Draw crops and change them as rooms, microphones and voices would."""
        generator = self._generator
        crops = self._bank.draw(self._batch_size, CROP_HOPS, generator)
        sounds = None
        if self._sounds is not None:
            sounds = self._sounds.draw_mel(self._batch_size, CROP_HOPS, generator)
        heard = normalise_levels(augment(crops.mel, generator, gently=self._gently, sounds=sounds))
        if not self._gently:
            heard = mask_hops(mask_bands(heard, generator), generator)
        return _Batch(
            mel=heard,
            tracks=crops.tracks,
            labels=crops.labels,
            accents=crops.accents,
            trusted=crops.trusted,
            look_ahead=torch.multinomial(
                self._odds, self._batch_size, replacement=True, generator=generator
            ),
        )

    def losses(self, network: nn.Module, batch: _Batch) -> Losses:
        """Weighted losses of a batch."""
        config = self._config
        choices = torch.tensor(config.look_aheads_frames, device=batch.mel.device)
        one_hot = functional.one_hot(batch.look_ahead, len(choices)).float()
        hidden, _ = network.hidden(  # type: ignore[operator]
            batch.mel,
            one_hot,
            network.initial_state(len(batch.mel)),  # type: ignore[operator]
        )
        heads = network.heads(hidden)  # type: ignore[operator]
        return compare(heads, _delayed(batch, choices[batch.look_ahead]))


def train_speech_encoder(
    sampler: TapeSampler,
    config: SpeechEncoderConfig,
    plan: TrainingPlan,
    checkpoint: Path,
    recipe: SpeechEncoderRecipe | None = None,
    *,
    begin_with: Path | None = None,
) -> nn.Module:
    """Train the speech encoder.

    Args:
        sampler: Labelled speech.
        config: Sizes and look-aheads.
        plan: How long and how fast.
        checkpoint: Where the state is kept.
        recipe: What the crops are.
        begin_with: Checkpoint of another training, or `.onnx` of a package, whose weights this one
            begins with.

    Returns:
        The moving average of the network.

    Raises:
        CheckpointMismatch: If one of these files cannot be read or is of another network.
    """
    recipe = recipe or SpeechEncoderRecipe()
    torch.manual_seed(plan.seed)
    device = resolve_device(plan.device)
    seed = int(sampler.rng.integers(2**62))
    num_tapes = min(recipe.num_tapes, plan.steps * recipe.batch_size)  # a trial needs few
    bank = fill_bank(sampler, num_tapes, device, workers=plan.workers, crispness=recipe.crispness)
    sounds = None
    if recipe.sounds is not None:
        sounds = fill_bank(recipe.sounds, max(1, num_tapes // _TAPES_A_SOUND), device)
    network = SpeechEncoderNetwork(config, recipe.dropout)
    if begin_with is not None:
        _load_weights(begin_with, network, recipe.member)
    stage = SpeechEncoderStage(bank, config, recipe, seed=seed, sounds=sounds)
    if device.type != "cpu":  # there the workers have done all that they can
        plan = dataclasses.replace(plan, workers=1)
    return optimise(network, plan, stage.open_batches, stage.losses, checkpoint)


def _load_weights(path: Path, network: SpeechEncoderNetwork, member: int) -> None:
    if path.suffix == ".onnx":
        restore_speech_encoder(path, network, member=member)
    else:
        load_average(path, network).train()


def _delayed(batch: _Batch, delay_frames: Tensor) -> _Batch:
    """What each step is about: the frame `delay_frames` before it; none at the start of a crop."""
    num_frames = batch.tracks.shape[1]
    frame = torch.arange(num_frames, device=batch.mel.device) - delay_frames[:, None]
    row = torch.arange(len(frame), device=batch.mel.device)[:, None]
    there = frame.clamp(min=0)
    return _Batch(
        mel=batch.mel,
        tracks=batch.tracks[row, there],
        labels=batch.labels[row, there],
        accents=batch.accents[row, there],
        trusted=batch.trusted[row, there] & (frame >= 0),
        look_ahead=batch.look_ahead,
    )


def _with_trusted_neighbours(trusted: Tensor) -> Tensor:
    """Frames that are set off from trusted ones alone. [B, T], bool"""
    width = 2 * SET_OFF_FRAMES + 1
    doubtful = functional.max_pool1d(
        torch.logical_not(trusted).float()[:, None], width, stride=1, padding=SET_OFF_FRAMES
    )
    return doubtful[:, 0] == 0


def compare(heads: tuple[Tensor, Tensor, Tensor], wanted: _Batch) -> Losses:
    """Losses of the network's heads against what each step is about.

    Args:
        heads: Articulators [B, T, 9], accent [B, T], phones [B, T, 2, N].
        wanted: The targets, step by step.

    Returns:
        Weighted losses by name.
    """
    tracks, accents, phones = (head.float() for head in heads)
    weights = torch.tensor(_CHANNEL_WEIGHTS, device=tracks.device)
    settled = _with_trusted_neighbours(wanted.trusted)[..., None].float()
    touching = wanted.tracks[..., list(_CONTACTS)].amax(dim=-1, keepdim=True)
    weight = weights * settled * (1 + _CONTACT_WEIGHT * touching)
    error = tracks - wanted.tracks
    steady = settled[:, 1:] * settled[:, :-1]
    velocity_error = (error[:, 1:] - error[:, :-1]) ** 2 * weights * steady
    accent_error = (accents - wanted.accents) ** 2 * wanted.trusted
    labels = torch.where(wanted.trusted[..., None], wanted.labels, UNKNOWN)
    settled_share, share = (
        part.float().mean().clamp(min=0.1) for part in (settled, wanted.trusted)
    )
    class_weights = [_PHONE_WEIGHTS.get(name, 1.0) for name in CLASSES]
    return {
        "position": ((error.abs() + 2 * error**2) * weight).mean() / settled_share,
        "velocity": 2 * velocity_error.mean() / settled_share,
        "phones": 0.45
        * functional.cross_entropy(
            phones.reshape(-1, phones.shape[-1]),
            labels.reshape(-1),
            weight=torch.tensor(class_weights, device=phones.device),
            ignore_index=UNKNOWN,
            label_smoothing=0.05,
        ),
        "accents": 0.3 * accent_error.mean() / share,
    }
