"""Changes a batch of log-mel spectra as other voices, rooms, microphones and noises would."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from posecast.conditioning.log_mel import (
    DYNAMIC_RANGE,
    PEAK_DECAY_PER_HOP,
    PEAK_FLOOR,
    POWER_FLOOR,
)

_NATS_PER_DB = math.log(10) / 10
SILENT_LEVEL = math.log(POWER_FLOOR)
"""What a band without any power has."""
_OFTEN_DB = (6.0, 24.0)
"""How far below the speech the noise often is."""


def augment(
    mel: Tensor,
    generator: torch.Generator,
    *,
    gently: bool = False,
    sounds: Tensor | None = None,
) -> Tensor:
    """Apply every change, each to a random part of the batch.

    Args:
        mel: Log-mel spectra, natural log of power. [B, T, M]
        generator: Where every choice comes from; on the spectra's device.
        gently: Change the voice and the microphone, but hardly drown them.
        sounds: Spectra of music, streets and the like, to mix in. [B, T, M]

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
    if sounds is not None:
        mel = _mix(mel, sounds, chance, odds=0.25, loudest_db=3)
    mel = _add_noise(mel, chance)
    return _limit_band(_change_gain(mel, chance), chance)


class _Chance:
    """Random numbers shaped for a batch."""

    def __init__(self, mel: Tensor, generator: torch.Generator) -> None:
        self.batch, self.num_hops, self.num_bands = mel.shape
        self.generator, self.device = generator, mel.device
        self.band_axis = torch.arange(self.num_bands, dtype=torch.float32, device=mel.device)

    def uniform(self, low: float, high: float) -> Tensor:
        """One number a row. [B, 1, 1]"""
        return low + (high - low) * self._rand()

    def happens(self, probability: float) -> Tensor:
        """One decision a row. [B, 1, 1], bool"""
        return self._rand() < probability

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.batch, *shape, generator=self.generator, device=self.device)

    def _rand(self) -> Tensor:
        return torch.rand(self.batch, 1, 1, generator=self.generator, device=self.device)

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
    scale = torch.where(happens, torch.exp(chance.uniform(-0.19, 0.19)), 1.0)
    shift = torch.where(happens, chance.uniform(-2.0, 2.0), 0.0)
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
    """Exponential decay of each band's power, with 0.15 to 0.8 s of reverberation."""
    log_keep = -0.01 * 13.8 / chance.uniform(0.15, 0.8)
    wet = torch.where(chance.happens(0.35), 3 * chance.uniform(0.05, 0.6), 0.0)
    power = mel.exp()
    # On a GPU a loop over the hops is slow; on a CPU the matrix of all decays is.
    decay = _decay_in_turn if mel.device.type == "cpu" else _decay_at_once
    tail = (1 - torch.exp(log_keep)) * decay(power, log_keep)
    return torch.log(power + wet * tail + 1e-9)


def _decay_in_turn(power: Tensor, log_keep: Tensor) -> Tensor:
    """The power of each hop and what is left of those before it. [B, T, M]"""
    kept, keep = power.clone(), torch.exp(log_keep[:, 0])
    for hop in range(1, power.shape[1]):
        kept[:, hop].addcmul_(kept[:, hop - 1], keep)
    return kept


def _decay_at_once(power: Tensor, log_keep: Tensor) -> Tensor:
    """The same as one product. [B, T, M]"""
    hops = torch.arange(power.shape[1], device=power.device)
    since = (hops[:, None] - hops).float()
    decay = torch.where(since >= 0, torch.exp(log_keep * since.clamp(min=0)), 0.0)
    return decay @ power


def _add_babble(mel: Tensor, chance: _Chance) -> Tensor:
    """Three other rows of the batch, 8 to 30 dB below."""
    others = torch.stack([mel.roll((k, 97 * k), dims=(0, 1)).exp() for k in (1, 2, 3)]).sum(0)
    return _mix(mel, torch.log(others + 1e-9), chance, odds=0.15, loudest_db=8)


def _mix(mel: Tensor, sound: Tensor, chance: _Chance, *, odds: float, loudest_db: float) -> Tensor:
    """Another sound, to 30 dB below."""
    level = _loud(mel) - _loud(sound) - chance.uniform(loudest_db, 30) * _NATS_PER_DB
    return torch.where(chance.happens(odds), torch.logaddexp(mel, sound + level), mel)


def _add_noise(mel: Tensor, chance: _Chance, *, odds: float = 0.8, loudest_db: float = 4) -> Tensor:
    """Coloured noise, steady or slowly swelling, to 50 dB below; often about as loud as in a car.

    Speech 10 dB above white and pink noise has loud bands 13 to 19 dB above that of the noise.
    """
    tilt = chance.uniform(-3, 1) * (chance.band_axis / chance.num_bands - 0.5)
    colour = tilt + 0.8 * chance.smooth_over_bands(6)
    swell = torch.nn.functional.interpolate(
        chance.normal(1, 12), size=chance.num_hops, mode="linear", align_corners=True
    ).transpose(1, 2)
    grain = 0.5 * chance.normal(chance.num_hops, chance.num_bands)
    below_db = chance.uniform(loudest_db, 50)
    if loudest_db < _OFTEN_DB[0]:
        below_db = torch.where(chance.happens(0.4), chance.uniform(*_OFTEN_DB), below_db)
    level = _loud(mel) - below_db * _NATS_PER_DB
    swell = torch.where(chance.happens(0.3), 0.8 * swell, 0.0)
    noisy = torch.logaddexp(mel, level + colour + swell + grain)
    return torch.where(chance.happens(odds), noisy, mel)


def _limit_band(mel: Tensor, chance: _Chance) -> Tensor:
    """A telephone or a codec: little outside a band, a coder's noise that follows the speech.

    Half of the rows that it happens to have a telephone's band, the others any. The noise fills the
    band up to the coder's own limit; above it there is nothing.
    """
    is_telephone = chance.happens(0.5)
    has_low_edge = is_telephone | chance.happens(0.4)
    low = torch.where(is_telephone, chance.uniform(6, 11), chance.uniform(2, 14))
    high = torch.where(is_telephone, chance.uniform(53, 60), chance.uniform(46, 78))
    limit = high + chance.uniform(0, 8)
    axis = chance.band_axis
    outside = torch.maximum(torch.where(has_low_edge, low - axis, 0.0), axis - high)
    slope_nats = chance.uniform(1.0, 4.0)  # a band; a steep filter or a gentle one
    passed = mel - (slope_nats * outside.clamp(min=0)).clamp(max=14.0)
    loudness = torch.logsumexp(passed, dim=2, keepdim=True) - math.log(chance.num_bands)
    # Mel bands widen with frequency, and with them the power of white noise in each.
    widening = 2.0 * (axis / chance.num_bands - 0.5)
    grain = 0.4 * chance.normal(chance.num_hops, chance.num_bands)
    coded = loudness - chance.uniform(24, 50) * _NATS_PER_DB + widening + grain
    heard = torch.where(axis < limit, torch.logaddexp(passed, coded), passed)
    heard = torch.where(axis > limit + 3, SILENT_LEVEL, heard.clamp(min=SILENT_LEVEL))
    return torch.where(chance.happens(0.4), heard, mel)


def _change_gain(mel: Tensor, chance: _Chance) -> Tensor:
    """Recording level, and a slow drift of it."""
    drift = torch.nn.functional.interpolate(
        chance.normal(1, 6), size=chance.num_hops, mode="linear", align_corners=True
    ).transpose(1, 2)
    drift = torch.where(chance.happens(0.15), 0.6 * drift, 0.0)
    return mel + drift + chance.uniform(-30, 6) * _NATS_PER_DB


def normalise_levels(mel: Tensor) -> Tensor:
    """`conditioning.log_mel.normalise_level` for a batch, each row the start of a stream.

    Args:
        mel: Log-mel spectra. [B, T, M]

    Returns:
        Normalised spectra with the level column. [B, T, M + 1]
    """
    decay = PEAK_DECAY_PER_HOP * torch.arange(1, mel.shape[1] + 1, device=mel.device)
    risen = torch.cummax(mel.amax(dim=2) + decay, dim=1).values
    peaks = torch.clamp(risen - decay, min=PEAK_FLOOR)[..., None]
    relative = torch.clamp(mel - peaks, min=-DYNAMIC_RANGE)
    return torch.cat([relative / 4.0 + 1.2, (peaks - 2.0) / 4.0], dim=-1)


def mask_bands(normalised: Tensor, generator: torch.Generator) -> Tensor:
    """Flatten a random band of half of the rows. [B, T, M + 1]"""
    num_columns, device = normalised.shape[-1], normalised.device
    start, width, chosen = _spans(normalised, generator, num_columns - 12, (2, 12))
    axis = torch.arange(num_columns, device=device)
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
    num_hops, device = normalised.shape[1], normalised.device
    axis = torch.arange(num_hops, device=device)[None, :, None]
    silent = torch.full_like(normalised, -DYNAMIC_RANGE / 4.0 + 1.2)
    silent[..., -1] = normalised[..., -1]
    for _ in range(2):
        start, length, chosen = _spans(normalised, generator, num_hops, (3, 12))
        hole = chosen & (axis >= start) & (axis < start + length)
        normalised = torch.where(hole, silent, normalised)
    return normalised


def _spans(
    rows: Tensor, generator: torch.Generator, end: int, lengths: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """A start below `end`, a length and a toss of a coin for each row. Each [B, 1, 1]"""
    shape, device = (len(rows), 1, 1), rows.device
    start = torch.randint(0, end, shape, generator=generator, device=device)
    length = torch.randint(*lengths, shape, generator=generator, device=device)
    return start, length, torch.rand(shape, generator=generator, device=device) < 0.5
