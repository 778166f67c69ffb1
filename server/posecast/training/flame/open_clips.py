"""Opens a set of clips of either format, and turns one into the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from posecast.errors import InvalidRequest
from posecast.signals import FloatArray
from posecast.training.flame.clips import (
    SPLITS,
    STATISTICS_FILE,
    ClipCoefficients,
    FlameClips,
    by_person,
    split_file,
    write_key_list,
)
from posecast.training.flame.folder_clips import FolderClips, FolderWriter

_DATABASE_FILE = "data.mdb"
_Add = Callable[[str, FloatArray, ClipCoefficients], None]


def open_clips(folder: Path) -> FlameClips:
    """A set of clips, whichever format it has.

    Args:
        folder: With `data.mdb`, the published database; else a folder of FLAC files and archives.

    Raises:
        InvalidRequest: If it is neither.
    """
    if (folder / _DATABASE_FILE).exists():
        from posecast.training.flame.lmdb_clips import LmdbClips

        return LmdbClips(folder)
    return FolderClips(folder)


def convert_clips(source: FlameClips, target: Path) -> Mapping[str, str]:
    """Write a set in the other format, with its splits and statistics.

    A database names the videos of a person by three digits. Other names are numbered in their
    order.

    Args:
        source: The set.
        target: A new folder; a database if the source is none.

    Returns:
        The new name of each clip.

    Raises:
        InvalidRequest: If the target exists, or a clip cannot be read.
    """
    if target.exists() and any(target.iterdir()):
        raise InvalidRequest(f"{target} is not empty; allowed: a new folder")
    keys = source.keys(None)
    if isinstance(source, FolderClips):
        from posecast.training.flame.lmdb_writer import LmdbWriter

        renamed = _number_videos(keys)
        with LmdbWriter(target) as writer:
            _copy(source, renamed, writer.add)
    else:
        renamed = {key: key for key in keys}
        target.mkdir(parents=True, exist_ok=True)
        _copy(source, renamed, FolderWriter(target).add)
    _copy_lists(source, target, renamed)
    return renamed


def _copy(source: FlameClips, renamed: Mapping[str, str], add: _Add) -> None:
    for key, name in tqdm(renamed.items(), desc="clips"):
        length = source.num_frames(key)
        add(name, source.samples(key, 0, length), source.coefficients(key, 0, length))


def _number_videos(keys: Sequence[str]) -> dict[str, str]:
    renamed = {}
    for person, own in by_person(keys).items():
        names = [key.partition("/")[2] for key in own]
        fits = all(len(name) == 3 and name.isdecimal() for name in names)
        for index, key in enumerate(own):
            renamed[key] = key if fits else f"{person}/{index:03d}"
    return renamed


def _copy_lists(source: FlameClips, target: Path, renamed: Mapping[str, str]) -> None:
    for split in SPLITS:
        if split_file(source.folder, split).exists():
            keys = [renamed[key] for key in source.keys(split)]
            write_key_list(split_file(target, split), keys)
    statistics = source.folder / STATISTICS_FILE
    if statistics.exists():
        shutil.copyfile(statistics, target / STATISTICS_FILE)
