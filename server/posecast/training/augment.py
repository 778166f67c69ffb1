"""Changes a batch of log-mel spectra as other voices, rooms, microphones and noises would."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from posecast.conditioning.log_mel import DYNAMIC_RANGE, PEAK_DECAY_PER_HOP, PEAK_FLOOR

_NATS_PER_DB = math.log(10) / 10


def augment(mel: Tensor, generator: torch.Generator, *, gently: bool = False) -> Tensor:
    """Apply every change, each to a random part of the batch.

    Args:
        mel: Log-mel spectra, natural log of power. [B, T, M]
        generator: Where every choice comes from.
        gently: Change the voice and the microphone, but hardly drown them.

    Returns:
        The changed spectra. [B, T, M]
    """
    chance = _Chance(mel, generator)
    mel = _sharpen(mel, chance)
    mel = _warp_formants(mel, chance)
    mel = _equalise(mel, chance)
    if gently:
        return _change_gain(_add_noise(mel, chance, odds=0.4, loudest_db=18), chance)
    mel = _reverberate(mel, chance)
    mel = _add_babble(mel, chance)
    mel = _add_noise(mel, chance)
    mel = _limit_band(mel, chance)
    return _change_gain(mel, chance)


class _Chance:
    """Random numbers shaped for a batch."""

    def __init__(self, mel: Tensor, generator: torch.Generator) -> None:
        self.batch, self.num_hops, self.num_bands = mel.shape
        self.generator = generator
        self.band_axis = torch.arange(self.num_bands, dtype=torch.float32)

    def uniform(self, low: float, high: float) -> Tensor:
        """One number a row. [B, 1, 1]"""
        return low + (high - low) * torch.rand(self.batch, 1, 1, generator=self.generator)

    def happens(self, probability: float) -> Tensor:
        """One decision a row. [B, 1, 1], bool"""
        return torch.rand(self.batch, 1, 1, generator=self.generator) < probability

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.batch, *shape, generator=self.generator)

    def smooth_over_bands(self, knots: int) -> Tensor:
        """A smooth random curve of unit size over the bands. [B, 1, M]"""
        return torch.nn.functional.interpolate(
            self.normal(1, knots), size=self.num_bands, mode="linear", align_corners=True
        )


def _loud(mel: Tensor) -> Tensor:
    """Level of the loudest hops of each row. [B, 1, 1]"""
    return torch.quantile(mel.amax(dim=2), 0.9, dim=1)[:, None, None]


def _sharpen(mel: Tensor, chance: _Chance) -> Tensor:
    """Narrower or wider formants."""
    padded = torch.nn.functional.pad(mel, (1, 1), mode="replicate")
    smooth = 0.25 * padded[..., :-2] + 0.5 * mel + 0.25 * padded[..., 2:]
    changed = mel + chance.uniform(-0.9, 1.2) * (mel - smooth)
    return torch.where(chance.happens(0.4), changed, mel)


def _warp_formants(mel: Tensor, chance: _Chance) -> Tensor:
    """Another length of vocal tract, and a small shift."""
    happens = chance.happens(0.8)
    scale = torch.where(happens, torch.exp(chance.uniform(-0.17, 0.17)), torch.ones(()))
    shift = torch.where(happens, chance.uniform(-2.0, 2.0), torch.zeros(()))
    source = (chance.band_axis * scale + shift).clamp(0, chance.num_bands - 1)
    low = source.floor().long()
    high = (low + 1).clamp(max=chance.num_bands - 1)
    part = source - low
    take = [index.expand(-1, chance.num_hops, -1) for index in (low, high)]
    return mel.gather(2, take[0]) * (1 - part) + mel.gather(2, take[1]) * part


def _equalise(mel: Tensor, chance: _Chance) -> Tensor:
    """Microphone and tilt."""
    tilt = chance.uniform(-2.2, 2.2) * (chance.band_axis / chance.num_bands - 0.5)
    return torch.where(chance.happens(0.85), mel + 1.2 * chance.smooth_over_bands(7) + tilt, mel)


def _reverberate(mel: Tensor, chance: _Chance) -> Tensor:
    """Exponential decay of each band's power, with 0.15 to 0.7 s of reverberation."""
    keep = torch.exp(-0.01 * 13.8 / chance.uniform(0.15, 0.7))[:, 0]
    wet = torch.where(chance.happens(0.35), 3 * chance.uniform(0.05, 0.5), torch.zeros(()))
    power = mel.exp()
    tail = torch.zeros_like(power[:, 0])
    tails = []
    for hop in power.unbind(1):
        tail = tail * keep + hop * (1 - keep)
        tails.append(tail)
    return torch.log(power + wet * torch.stack(tails, dim=1) + 1e-9)


def _add_babble(mel: Tensor, chance: _Chance) -> Tensor:
    """Three other rows of the batch, 8 to 30 dB below."""
    others = torch.stack([mel.roll((k, 97 * k), dims=(0, 1)).exp() for k in (1, 2, 3)]).sum(0)
    babble = torch.log(others + 1e-9)
    level = _loud(mel) - _loud(babble) - chance.uniform(8, 30) * _NATS_PER_DB
    return torch.where(chance.happens(0.15), torch.logaddexp(mel, babble + level), mel)


def _add_noise(mel: Tensor, chance: _Chance, *, odds: float = 0.8, loudest_db: float = 5) -> Tensor:
    """Coloured noise, steady or slowly swelling, to 50 dB below."""
    tilt = chance.uniform(-3, 1) * (chance.band_axis / chance.num_bands - 0.5)
    colour = tilt + 0.8 * chance.smooth_over_bands(6)
    swell = torch.nn.functional.interpolate(
        chance.normal(1, 12), size=chance.num_hops, mode="linear", align_corners=True
    ).transpose(1, 2)
    grain = 0.5 * chance.normal(chance.num_hops, chance.num_bands)
    level = _loud(mel) - chance.uniform(loudest_db, 50) * _NATS_PER_DB
    swell = torch.where(chance.happens(0.3), 0.8 * swell, torch.zeros(()))
    noisy = torch.logaddexp(mel, level + colour + swell + grain)
    return torch.where(chance.happens(odds), noisy, mel)


def _limit_band(mel: Tensor, chance: _Chance) -> Tensor:
    """A telephone or a codec: nothing above a random band."""
    edge = chance.uniform(48, 76)
    floor = _loud(mel) - 9.0 + 0.3 * chance.normal(chance.num_hops, chance.num_bands)
    cut = chance.happens(0.2) & (chance.band_axis > edge)
    return torch.where(cut, torch.minimum(mel, floor), mel)


def _change_gain(mel: Tensor, chance: _Chance) -> Tensor:
    """Recording level, and a slow drift of it."""
    drift = torch.nn.functional.interpolate(
        chance.normal(1, 6), size=chance.num_hops, mode="linear", align_corners=True
    ).transpose(1, 2)
    drift = torch.where(chance.happens(0.15), 0.6 * drift, torch.zeros(()))
    return mel + drift + chance.uniform(-30, 6) * _NATS_PER_DB


def normalise_levels(mel: Tensor) -> Tensor:
    """`conditioning.log_mel.normalise_level` for a batch, each row the start of a stream.

    Args:
        mel: Log-mel spectra. [B, T, M]

    Returns:
        Normalised spectra with the level column. [B, T, M + 1]
    """
    decay = PEAK_DECAY_PER_HOP * torch.arange(1, mel.shape[1] + 1)
    risen = torch.cummax(mel.amax(dim=2) + decay, dim=1).values
    peaks = torch.clamp(risen - decay, min=PEAK_FLOOR)[..., None]
    relative = torch.clamp(mel - peaks, min=-DYNAMIC_RANGE)
    return torch.cat([relative / 4.0 + 1.2, (peaks - 2.0) / 4.0], dim=-1)


def mask_bands(normalised: Tensor, generator: torch.Generator) -> Tensor:
    """Flatten a random band of half of the rows. [B, T, M + 1]"""
    batch, _, num_columns = normalised.shape
    start = torch.randint(0, num_columns - 12, (batch, 1, 1), generator=generator)
    width = torch.randint(2, 12, (batch, 1, 1), generator=generator)
    axis = torch.arange(num_columns)
    chosen = torch.rand(batch, 1, 1, generator=generator) < 0.5
    masked = chosen & (axis >= start) & (axis < start + width)
    return torch.where(masked, normalised[..., :-1].mean(dim=(1, 2), keepdim=True), normalised)


def mask_hops(normalised: Tensor, generator: torch.Generator) -> Tensor:
    """Drop 30 to 110 ms out of half of the rows, twice: what was said is told by its surroundings.

    Args:
        normalised: Normalised spectra with the level column. [B, T, M + 1]
        generator: Where every choice comes from.

    Returns:
        The spectra with holes at the level of silence. [B, T, M + 1]
    """
    batch, num_hops, _ = normalised.shape
    axis = torch.arange(num_hops)[None, :, None]
    for _ in range(2):
        start = torch.randint(0, num_hops, (batch, 1, 1), generator=generator)
        length = torch.randint(3, 12, (batch, 1, 1), generator=generator)
        chosen = torch.rand(batch, 1, 1, generator=generator) < 0.5
        hole = chosen & (axis >= start) & (axis < start + length)
        silent = torch.full_like(normalised, -DYNAMIC_RANGE / 4.0 + 1.2)
        silent[..., -1] = normalised[..., -1]
        normalised = torch.where(hole, silent, normalised)
    return normalised
