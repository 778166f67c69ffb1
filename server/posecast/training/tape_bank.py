"""Many tapes side by side on one device, from which whole batches of crops are cut at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from posecast.training.accents import accent_track
from posecast.training.articulation import (
    CRISPNESS,
    PEAK_CHANNELS,
    SET_OFF_CHANNELS,
    SET_OFF_FRAMES,
    TRACK_RATE_HZ,
)
from posecast.training.phones import UNKNOWN
from posecast.training.tapes import HOPS_PER_FRAME, Crop, TapeSampler
from posecast.training.workers import jump_ahead, supply_from_forks

TAPE_HOPS = 1320  # 13.2 s: three crops long, so that a tape gives ever other ones
_TAPES_AT_A_TIME = 25
_TEMPO_ODDS = 0.6
_FROM_START_ODDS = 0.25
_NEAR_HOPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CropBatch:
    """Stretches of tapes with what is known of each frame of 40 ms."""

    mel: Tensor
    """Log-mel spectra. [B, 4 T, M]"""
    tracks: Tensor
    """Articulation. [B, T, 9]"""
    labels: Tensor
    """Phone classes of the 10 ms before and after the frame's instant. [B, T, 2], int64"""
    accents: Tensor
    """Accents. [B, T]"""
    trusted: Tensor
    """Whether no unknown phone lies within 60 ms of the frame. [B, T], bool"""


class TapeBank:
    """Tapes of one length, as tensors of a device.

    A crop is a gather there: a GPU waits for no Python, and a tape is labelled once.
    """

    def __init__(
        self,
        tapes: Sequence[Crop],
        device: torch.device,
        *,
        tempo_range: float = 0.2,
        crispness: float = CRISPNESS,
    ) -> None:
        """Put tapes on a device.

        Args:
            tapes: All of one length.
            device: Where they are kept.
            tempo_range: Largest logarithm of the factor of pace that a crop is played at.
            crispness: How far the articulation is set off; see `articulation.set_off`.
        """
        self._mel = _stack([tape.mel.astype(np.float16) for tape in tapes], device)
        self._tracks = _stack([tape.tracks.astype(np.float16) for tape in tapes], device)
        self._labels = _stack([tape.labels.astype(np.int8) for tape in tapes], device)
        accents = [accent_track(t.accents, len(t.mel), TRACK_RATE_HZ) for t in tapes]
        self._accents = _stack([track.astype(np.float16) for track in accents], device)
        self._tempo_range, self._crispness = tempo_range, crispness

    @property
    def device(self) -> torch.device:
        """Where the tapes are."""
        return self._mel.device

    def draw(self, count: int, num_hops: int, generator: torch.Generator) -> CropBatch:
        """Crops of random tapes at random places and paces; pitch and formants stay.

        Args:
            count: How many.
            num_hops: Length of each, a multiple of four, at most that of a tape.
            generator: Where every choice comes from; on the bank's device.
        """
        num_tapes, length = self._labels.shape

        def uniform() -> Tensor:
            return torch.rand(count, 1, generator=generator, device=self.device)

        tape = torch.randint(num_tapes, (count, 1), generator=generator, device=self.device)
        stretch = torch.exp(self._tempo_range * (2 * uniform() - 1))
        pace = torch.where(uniform() < _TEMPO_ODDS, stretch, 1.0)
        pace = pace.clamp(max=(length - 1) / max(1, num_hops - 1))
        room = length - 1 - pace * (num_hops - 1)
        start = torch.where(uniform() < _FROM_START_ODDS, 0.0, (uniform() * room).floor())
        place = start + pace * torch.arange(num_hops, device=self.device)
        nearest = place.round().long().clamp(max=length - 1)
        labels = self._labels[tape, nearest].long()
        return CropBatch(
            mel=_between(self._mel, tape, place),
            tracks=_frame_tracks(_between(self._tracks, tape, place), self._crispness),
            labels=_frame_labels(labels),
            accents=_between(self._accents, tape, place)[:, ::HOPS_PER_FRAME],
            trusted=_trusted_frames(labels),
        )

    def draw_mel(self, count: int, num_hops: int, generator: torch.Generator) -> Tensor:
        """Spectra alone of random stretches. [count, num_hops, M]"""
        num_tapes, length = self._labels.shape
        tape = torch.randint(num_tapes, (count, 1), generator=generator, device=self.device)
        start = torch.randint(
            length - num_hops + 1, (count, 1), generator=generator, device=self.device
        )
        return self._mel[tape, start + torch.arange(num_hops, device=self.device)].float()


def fill_bank(
    sampler: TapeSampler,
    num_tapes: int,
    device: torch.device,
    *,
    workers: int = 1,
    num_hops: int = TAPE_HOPS,
    crispness: float = CRISPNESS,
) -> TapeBank:
    """Draw tapes in several processes and put them on a device.

    Args:
        sampler: Labelled speech.
        num_tapes: How many.
        device: Where they are kept.
        workers: Processes that draw; above 1 on Linux only.
        num_hops: Length of each.
        crispness: How far the articulation is set off.
    """

    def open_tapes(worker: int) -> Iterator[list[Crop]]:
        jump_ahead(sampler.rng, worker)
        while True:
            yield [_compact(sampler.draw(num_hops)) for _ in range(_TAPES_AT_A_TIME)]

    tapes: list[Crop] = []
    with supply_from_forks(open_tapes, workers) as supply:
        while len(tapes) < num_tapes:
            tapes += next(supply)
    return TapeBank(tapes[:num_tapes], device, crispness=crispness)


def _compact(tape: Crop) -> Crop:
    """A tape in the number formats that the bank keeps, which is a quarter to hand over."""
    return Crop(
        mel=tape.mel.astype(np.float16),
        tracks=tape.tracks.astype(np.float16),
        labels=tape.labels.astype(np.int8),
        accents=tape.accents,
    )


def _stack(rows: list[np.ndarray], device: torch.device) -> Tensor:
    return torch.from_numpy(np.stack(rows)).to(device)


def _between(values: Tensor, tape: Tensor, place: Tensor) -> Tensor:
    """Values at places between the hops of tapes. [B, T, ...], float32"""
    low = place.floor().long()
    high = (low + 1).clamp(max=values.shape[1] - 1)
    part = (place - low).reshape(*place.shape, *[1] * (values.ndim - 2))
    return torch.lerp(values[tape, low].float(), values[tape, high].float(), part)


def _frame_tracks(tracks: Tensor, crispness: float) -> Tensor:
    """`articulation.tracks_at_frame_rate` for a batch. [B, 4 T, 9] -> [B, T, 9]"""
    centred = torch.cat([tracks[:, :1], tracks[:, :1], tracks[:, :-2]], dim=1)
    groups = centred.reshape(len(tracks), -1, HOPS_PER_FRAME, tracks.shape[-1])
    frames = groups.mean(dim=2)
    peaks = list(PEAK_CHANNELS)
    frames[..., peaks] = groups[..., peaks].amax(dim=2)
    own = list(SET_OFF_CHANNELS)
    frames[..., own] = _set_off(frames[..., own], crispness)
    return frames


def _set_off(frames: Tensor, crispness: float) -> Tensor:
    """`articulation.set_off` for a batch. [B, T, C]"""
    edges = [part.expand(-1, SET_OFF_FRAMES, -1) for part in (frames[:, :1], frames[:, -1:])]
    padded = torch.cat([edges[0], frames, edges[1]], dim=1)
    around = padded[:, : frames.shape[1]] + padded[:, 2 * SET_OFF_FRAMES :]
    crisp = frames + crispness * (frames - 0.5 * around)
    return (crisp / (1 + 0.25 * crispness)).clamp(0, 1)


def _frame_labels(labels: Tensor) -> Tensor:
    """Labels of the 10 ms before and after each frame's instant. [B, 4 T] -> [B, T, 2]"""
    padded = torch.cat([labels[:, :1], labels], dim=1)
    return torch.stack([padded[:, :-1:HOPS_PER_FRAME], padded[:, 1::HOPS_PER_FRAME]], dim=2)


def _trusted_frames(labels: Tensor) -> Tensor:
    """`Crop.trusted_frames` for a batch. [B, 4 T] -> [B, T]"""
    unknown = functional.pad((labels == UNKNOWN).float(), (_NEAR_HOPS, _NEAR_HOPS - 1))
    near = functional.max_pool1d(unknown[:, None], 2 * _NEAR_HOPS, stride=HOPS_PER_FRAME)
    return near[:, 0] == 0
