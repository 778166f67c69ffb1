"""A set of clips with its statistics: what a training draws from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from posecast.errors import InvalidRequest
from posecast.rig.flame_statistics import FlameStatistics
from posecast.training.flame.batches import Supply
from posecast.training.flame.clips import STATISTICS_FILE, FlameClips, Split, split_file
from posecast.training.flame.crops import CropPlace
from posecast.training.flame.open_clips import open_clips


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameData:
    """Clips, statistics, and how they are read."""

    clips: FlameClips
    """The set."""
    statistics: FlameStatistics
    """Of its training split."""
    statistics_file: Path
    """Where they were read."""
    place: CropPlace = "random"
    """Where crops are taken for training."""
    num_readers: int = 4
    """Threads that read."""

    def supply(self, split: Split, motion_dim: int, batch_size: int, seed: int) -> Supply:
        """How rows of a split are drawn."""
        return Supply(
            clips=self.clips,
            keys=self.clips.keys(split),
            statistics=self.statistics,
            motion_dim=motion_dim,
            batch_size=batch_size,
            seed=seed,
            place=self.place,
            num_readers=self.num_readers,
        )

    def has(self, split: Split) -> bool:
        """Whether the set lists clips of a split."""
        return split_file(self.clips.folder, split).exists()


def open_data(
    folder: Path,
    statistics: Path | None = None,
    *,
    place: CropPlace = "random",
    num_readers: int = 4,
) -> FlameData:
    """Open a set for training.

    Args:
        folder: The set, of either format.
        statistics: Its statistics; a relative name is looked up in the folder.
        place: Where crops are taken.
        num_readers: Threads that read.

    Raises:
        InvalidRequest: If there is no set, no training split or no statistics.
        CheckpointMismatch: If the statistics cannot be read.
    """
    clips = open_clips(folder)
    if not split_file(folder, "train").exists():
        raise InvalidRequest(
            f"{split_file(folder, 'train')} is missing: posecast train flame-data split {folder}"
        )
    path = folder / (statistics or STATISTICS_FILE)
    if not path.exists():
        raise InvalidRequest(f"{path} is missing: posecast train flame-data statistics {folder}")
    return FlameData(
        clips=clips,
        statistics=FlameStatistics.from_npz(path),
        statistics_file=path,
        place=place,
        num_readers=num_readers,
    )
