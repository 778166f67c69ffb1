"""Tapes whose speech features are computed once, by the frozen speech encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.signals import BoolArray, FloatArray
from posecast.training.augment import augment, normalise_levels
from posecast.training.tapes import Crop, TapeSampler
from posecast.training.workers import jump_ahead, supply_from_forks

TAPE_FRAMES = 220  # 8.8 s: a window, its predecessor and the look-ahead, with room to choose
_BATCH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedTape:
    """Speech features of a tape, with what moves the face."""

    speech: np.ndarray
    """Features as the server computes them from the start of a stream. [T, D], float16"""
    tracks: FloatArray
    """Articulation at 25 frames a second. [T, 9]"""
    accents: FloatArray
    """Time in seconds and prominence of each vowel. [N, 2]"""
    trusted: BoolArray
    """Whether the labels of the frame are to be trusted. [T]"""


def encode_tapes(
    sampler: TapeSampler,
    networks: Sequence[SpeechEncoderNetwork],
    num_tapes: int,
    seed: int,
    *,
    workers: int = 1,
) -> list[EncodedTape]:
    """Draw, augment and encode tapes.

    Args:
        sampler: Labelled speech.
        networks: The trained speech encoders whose mean is served, on the device that is to encode.
        num_tapes: How many.
        seed: Seed of the augmentation.
        workers: Processes that draw; above 1 on Linux only.

    Returns:
        The tapes, each shorter by the look-ahead.
    """
    generator = torch.Generator(networks[0].norm.weight.device).manual_seed(seed)
    config = networks[0].config
    # Half of the tapes are heard with the default look-ahead, half with any.
    look_aheads = [*config.look_aheads_frames] + [config.look_ahead_frames] * len(
        config.look_aheads_frames
    )

    def open_crops(worker: int) -> Iterator[list[Crop]]:
        jump_ahead(sampler.rng, worker)
        while True:
            yield [sampler.draw(4 * TAPE_FRAMES) for _ in range(_BATCH)]

    tapes: list[EncodedTape] = []
    progress = tqdm(total=num_tapes, desc="encoding", unit=" tapes")
    with progress, supply_from_forks(open_crops, workers) as supply:
        while len(tapes) < num_tapes:
            crops = next(supply)
            look_ahead_frames = int(sampler.rng.choice(look_aheads))
            tapes += _encode(crops, networks, look_ahead_frames, generator)
            progress.update(_BATCH)
    return tapes


@torch.no_grad()
def _encode(
    crops: list[Crop],
    networks: Sequence[SpeechEncoderNetwork],
    look_ahead_frames: int,
    generator: torch.Generator,
) -> Iterator[EncodedTape]:
    mel = torch.from_numpy(np.stack([crop.mel for crop in crops])).to(generator.device)
    heard = normalise_levels(augment(mel, generator))
    choices = networks[0].config.look_aheads_frames
    chosen = torch.tensor([[float(f == look_ahead_frames) for f in choices]], device=mel.device)
    of_each = []
    for network in networks:
        state = network.initial_state(len(crops))
        hidden, _ = network.hidden(heard, chosen.expand(len(crops), -1), state)
        of_each.append(network.features(hidden)[:, look_ahead_frames:])
    features = torch.stack(of_each).mean(dim=0).half().cpu().numpy()
    for crop, speech in zip(crops, features, strict=True):
        yield EncodedTape(
            speech=speech,
            tracks=crop.frame_tracks()[: len(speech)],
            accents=crop.accents,
            trusted=crop.trusted_frames()[: len(speech)],
        )
