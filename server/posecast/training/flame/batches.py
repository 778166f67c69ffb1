"""Makes batches of a set of clips; batch `i` is the same each time that it is made."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from posecast.conditioning.clip_waveform import normalise_waveform
from posecast.errors import InvalidRequest
from posecast.rig.flame import FlameCoefficients, normalise
from posecast.rig.flame_statistics import FlameStatistics
from posecast.signals import FloatArray
from posecast.training.flame.clips import ClipCoefficients, FlameClips, by_person
from posecast.training.flame.crops import CropPlace, EpochOrder, draw_crop
from posecast.training.flame.pair_losses import WindowPairs
from posecast.training.loop import prefetch

_STD_FLOOR = 1e-9
_STYLE_CROP_RATIO = 2.1
BatchT = TypeVar("BatchT")
BatchT_co = TypeVar("BatchT_co", covariant=True)
RowT = TypeVar("RowT")


class Batches(Protocol[BatchT_co]):
    """Batches by number."""

    @property
    def num_an_epoch(self) -> int:
        """How many there are until each item was taken once."""
        ...

    def make(self, index: int) -> BatchT_co:
        """A batch, counted from 0."""
        ...


def supply(batches: Batches[BatchT], start: int) -> Iterator[BatchT]:
    """An endless supply, made ahead on a thread of its own.

    Args:
        batches: What is made.
        start: Number of the first batch.
    """
    counter = itertools.count(start)
    return prefetch(lambda: batches.make(next(counter)))


def normalise_for_training(
    coefficients: ClipCoefficients, statistics: FlameStatistics, motion_dim: int
) -> FloatArray:
    """Motion as the published training saw it: with 1e-9 added to each spread.

    Columns that never move are 0 here as at inference; the published division would turn their
    rounding errors into noise.

    Args:
        coefficients: Raw units.
        statistics: Of the training data.
        motion_dim: 54 with head rotation, 51 without.

    Returns:
        Normalised motion. [T, M]
    """
    raised = {
        name: np.where(spread > 0, spread + np.float32(_STD_FLOOR), 0)
        for name in ("exp_std", "pose_std")
        for spread in [getattr(statistics, name)]
    }
    moving = FlameCoefficients(expression=coefficients.expression, pose=coefficients.pose)
    return normalise(moving, dataclasses.replace(statistics, **raised), motion_dim)


def normalise_shape(shape: FloatArray, statistics: FlameStatistics) -> FloatArray:
    """Identity as the published training saw it. [100]"""
    spread = statistics.shape_std
    scaled = (shape - statistics.shape_mean) / (spread + np.float32(_STD_FLOOR))
    normalised: FloatArray = np.where(spread > 0, scaled, 0).astype(np.float32)
    return normalised


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Where rows come from and how they are chosen."""

    clips: FlameClips
    """The set."""
    keys: Sequence[str]
    """Clips of the split."""
    statistics: FlameStatistics
    """Of the training data."""
    motion_dim: int
    """54 with head rotation, 51 without."""
    batch_size: int
    """Rows of a batch."""
    seed: int = 0
    """Seed of orders and crops."""
    place: CropPlace = "random"
    """Where crops are taken."""
    num_readers: int = 4
    """Threads that read rows."""

    def __post_init__(self) -> None:
        """Refuse sizes that make no batch."""
        for name in ("batch_size", "num_readers"):
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}; allowed: 1 and more")

    def rng(self, position: int) -> np.random.Generator:
        """What is drawn for the row at a position."""
        return np.random.default_rng((self.seed, 1, position))

    def motion(self, coefficients: ClipCoefficients) -> Tensor:
        """Normalised motion. [T, M]"""
        found = normalise_for_training(coefficients, self.statistics, self.motion_dim)
        return torch.from_numpy(found)


class PairBatches:
    """Two windows in a row of one clip, with their sound: rows of the denoiser.

    Source:
        DiffPoseTalk, arXiv:2310.00434: 200 frames of each clip once in an epoch; the sound is
        normalised over both windows.
    """

    def __init__(self, supply: Supply, window_frames: int = 100) -> None:
        """Look at the clips.

        Args:
            supply: Where rows come from.
            window_frames: Frames of a window, half of a row.

        Raises:
            InvalidRequest: If a clip is too short.
        """
        self._supply = supply
        self._num_frames = 2 * window_frames
        self._order = EpochOrder(num_items=len(supply.keys), seed=supply.seed)
        self._readers = ThreadPoolExecutor(supply.num_readers, thread_name_prefix="rows")
        _check_lengths(supply, self._num_frames)

    @property
    def num_an_epoch(self) -> int:
        """Batches until each clip was taken; the last may begin the next round."""
        return -(-len(self._supply.keys) // self._supply.batch_size)

    def make(self, index: int) -> WindowPairs:
        """A batch."""
        size = self._supply.batch_size
        rows = list(self._readers.map(self._read, range(index * size, (index + 1) * size)))
        return WindowPairs(
            motion=torch.stack([motion for motion, _, _ in rows]),
            waveform=torch.stack([waveform for _, waveform, _ in rows]),
            shape=torch.stack([shape for _, _, shape in rows]),
        )

    def _read(self, position: int) -> tuple[Tensor, Tensor, Tensor]:
        own = self._supply
        key = own.keys[self._order.item(position)]
        first = draw_crop(own.clips, key, self._num_frames, own.place, own.rng(position))
        coefficients = own.clips.coefficients(key, first, self._num_frames)
        waveform = normalise_waveform(own.clips.samples(key, first, self._num_frames))
        shape = normalise_shape(coefficients.shape[0], own.statistics)
        return own.motion(coefficients), torch.from_numpy(waveform), torch.from_numpy(shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class StylePairs:
    """Two clips a little apart of each of several persons."""

    first: Tensor
    """Normalised motion. [B, T, M]"""
    second: Tensor
    """The same person later in the same video. [B, T, M]"""


class StyleBatches:
    """Two clips of one video of each of several persons: rows of the style encoder.

    Source:
        DiffPoseTalk, arXiv:2310.00434: each person once in an epoch, the first and the last 100 of
        210 frames of one of the person's videos.
    """

    def __init__(self, supply: Supply, clip_frames: int = 100) -> None:
        """Look at the persons.

        Args:
            supply: Where rows come from; a batch has fewer rows if there are fewer persons.
            clip_frames: Frames of a clip.

        Raises:
            InvalidRequest: If there is one person only, or a clip is too short.
        """
        self._supply = supply
        self._clip_frames = clip_frames
        self._crop_frames = int(clip_frames * _STYLE_CROP_RATIO)  # 210
        self._videos = list(by_person(supply.keys).values())
        self._size = min(supply.batch_size, len(self._videos))
        if self._size < 2:
            raise InvalidRequest(
                f"{self._size} persons in a batch; allowed: 2 and more, to tell them apart"
            )
        self._order = EpochOrder(num_items=len(self._videos), seed=supply.seed)
        self._readers = ThreadPoolExecutor(supply.num_readers, thread_name_prefix="rows")
        _check_lengths(supply, self._crop_frames)

    @property
    def num_an_epoch(self) -> int:
        """Full batches of different persons; who is left over waits for the next epoch."""
        return len(self._videos) // self._size

    def make(self, index: int) -> StylePairs:
        """A batch; nobody is in it twice, because all others count as other persons."""
        epoch, batch = divmod(index, self.num_an_epoch)
        persons = self._order.shuffled(epoch)[batch * self._size : (batch + 1) * self._size]
        positions = range(index * self._size, (index + 1) * self._size)
        crops = torch.stack(list(self._readers.map(self._read, persons.tolist(), positions)))
        return StylePairs(
            first=crops[:, : self._clip_frames], second=crops[:, -self._clip_frames :]
        )

    def _read(self, person: int, position: int) -> Tensor:
        own, rng = self._supply, self._supply.rng(position)
        videos = self._videos[person]
        key = videos[rng.integers(len(videos))]
        first = draw_crop(own.clips, key, self._crop_frames, own.place, rng)
        return own.motion(own.clips.coefficients(key, first, self._crop_frames))


def _check_lengths(supply: Supply, num_frames: int) -> None:
    """Refuse a short clip before the training, not after hours of it."""
    for key in supply.keys:
        draw_crop(supply.clips, key, num_frames, "begin", np.random.default_rng(0))


def mean_of(
    batches: Batches[BatchT], num_batches: int, losses_of: Callable[[BatchT], dict[str, Tensor]]
) -> dict[str, float]:
    """Means of losses over the first batches of a supply."""
    sums: dict[str, float] = {}
    for index in range(num_batches):
        for name, loss in losses_of(batches.make(index)).items():
            sums[name] = sums.get(name, 0.0) + float(loss)
    return {name: total / num_batches for name, total in sums.items()}
