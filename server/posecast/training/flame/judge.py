"""Judges trained networks on persons that they never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posecast.conditioning.clip_waveform import normalise_waveform
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.denoising.denoiser import Conditions
from posecast.denoising.guidance import Guidance
from posecast.denoising.sampler import ddim
from posecast.denoising.torch_denoiser import TorchDenoiser
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray
from posecast.training.flame.batches import Supply, normalise_shape
from posecast.training.flame.clips import by_person
from posecast.training.flame.network import FlameTrainingNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """Whether a clip's style finds another clip of the same person."""

    found: float
    """Share of clips whose nearest style is of the same person, 0..1."""
    chance: float
    """The same for styles that mean nothing."""
    num_persons: int
    """Among how many."""


@torch.no_grad()
def measure_retrieval(
    encoder: StyleEncoderNetwork, supply: Supply, clip_frames: int = 100
) -> Retrieval:
    """Look for each person's second video by the style of the first, and the other way round.

    Args:
        encoder: The style encoder.
        supply: Clips of persons that it never saw; each has two or more videos.
        clip_frames: Frames of a clip, from the beginning of a video.

    Raises:
        InvalidRequest: If a person has one video only.
    """
    encoder.eval()
    pairs = [keys[:2] for keys in by_person(supply.keys).values()]
    if any(len(pair) < 2 for pair in pairs):
        raise InvalidRequest("a person with one video; two and more are needed to find one")
    first, second = (
        torch.nn.functional.normalize(
            encoder(torch.stack([_motion(supply, pair[side], clip_frames) for pair in pairs])),
            dim=-1,
        )
        for side in (0, 1)
    )
    likeness = first @ second.T
    own = torch.arange(len(pairs))
    hits = [(likeness.argmax(dim=side) == own).float().mean() for side in (0, 1)]
    return Retrieval(found=float(sum(hits) / 2), chance=1 / len(pairs), num_persons=len(pairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Obedience:
    """Whether motion that is made for a sound fits that sound better than another."""

    correlation: float
    """Mean correlation of the spoken columns with the true motion of the sound, -1..1."""
    shuffled_correlation: float
    """The same with the true motion of other sounds."""
    distance: float
    """Root mean square distance of the spoken columns to the true motion, normalised."""
    shuffled_distance: float
    """The same to the true motion of other sounds of the same person."""
    preferred: float
    """Share of pairs of clips of one person in which the right one is nearer, 0..1."""
    num_clips: int
    """How many were made."""


def measure_obedience(
    network: FlameTrainingNetwork,
    encoder: StyleEncoderNetwork,
    supply: Supply,
    columns: Sequence[int],
    *,
    num_steps: int = 20,
    seed: int = 0,
) -> Obedience:
    """Make the first window of each clip, in the style of another clip of the person.

    Args:
        network: Denoiser and speech encoder.
        encoder: The style encoder that it was trained with.
        supply: Clips of persons that it never saw; each has two or more.
        columns: Of the motion, which speech settles.
        num_steps: DDIM steps.
        seed: Seed of the noise.
    """
    config = network.denoiser.config
    keys = [key for videos in by_person(supply.keys).values() for key in videos]
    conditions = _conditions(network.eval(), encoder.eval(), supply, keys)
    noise = np.random.default_rng(seed).standard_normal(
        (len(keys), config.window_frames, config.motion_dim)
    )
    made = ddim(
        TorchDenoiser(network.denoiser),
        conditions,
        noise.astype(np.float32),
        num_steps=num_steps,
        guidance=Guidance(audio_scale=1.15, style_scale=1.0),
    )[..., list(columns)]
    truth = np.stack([_motion(supply, key, config.window_frames).numpy() for key in keys])
    return _compare(made, truth[..., list(columns)], [key.partition("/")[0] for key in keys])


def _compare(made: FloatArray, truth: FloatArray, persons: Sequence[str]) -> Obedience:
    """Each made clip with its own truth and with that of the person's other clips."""
    pairs = [
        (one, other)
        for one in range(len(persons))
        for other in range(len(persons))
        if one != other and persons[one] == persons[other]
    ]
    own = [_distance(clip, real) for clip, real in zip(made, truth, strict=True)]
    others = [_distance(made[one], truth[other]) for one, other in pairs]
    return Obedience(
        correlation=_mean(_correlation(a, b) for a, b in zip(made, truth, strict=True)),
        shuffled_correlation=_mean(_correlation(made[one], truth[other]) for one, other in pairs),
        distance=_mean(own),
        shuffled_distance=_mean(others),
        preferred=_mean(
            float(own[one] < distance) for (one, _), distance in zip(pairs, others, strict=True)
        ),
        num_clips=len(persons),
    )


def _distance(one: FloatArray, other: FloatArray) -> float:
    return float(np.sqrt(np.square(one - other).mean()))


def _correlation(one: FloatArray, other: FloatArray) -> float:
    """Mean over columns."""
    centred = [clip - clip.mean(axis=0) for clip in (one, other)]
    scale = np.prod([np.linalg.norm(clip, axis=0) for clip in centred], axis=0)
    return float(((centred[0] * centred[1]).sum(axis=0) / np.maximum(scale, 1e-9)).mean())


def _mean(values: object) -> float:
    return float(np.mean(list(values)))  # type: ignore[call-overload]


def _motion(supply: Supply, key: str, num_frames: int, first: int = 0) -> Tensor:
    return supply.motion(supply.clips.coefficients(key, first, num_frames))


@torch.no_grad()
def _conditions(
    network: FlameTrainingNetwork,
    encoder: StyleEncoderNetwork,
    supply: Supply,
    keys: Sequence[str],
) -> Conditions:
    """First windows with nothing before them; styles of each person's next clip."""
    config = network.denoiser.config
    frames, previous, rows = config.window_frames, config.previous_frames, len(keys)
    videos = by_person(keys)
    others = [
        own[(own.index(key) + 1) % len(own)] for key in keys for own in [videos[key.split("/")[0]]]
    ]
    sounds = [normalise_waveform(supply.clips.samples(key, 0, frames)) for key in keys]
    shapes = [supply.clips.coefficients(key, 0, 1).shape[0] for key in keys]
    return Conditions(
        speech=network.hear(torch.from_numpy(np.stack(sounds)), frames).numpy(),
        style=encoder(torch.stack([_motion(supply, key, frames) for key in others])).numpy(),
        shape=np.stack([normalise_shape(shape, supply.statistics) for shape in shapes]),
        previous_motion=np.zeros((rows, previous, config.motion_dim), np.float32),
        previous_speech=np.zeros((rows, previous, config.speech_dim), np.float32),
        indicator=np.ones((rows, frames), np.float32),
        has_speech=np.ones(rows, bool),
        has_style=np.ones(rows, bool),
        has_previous=np.zeros(rows, bool),
    )
