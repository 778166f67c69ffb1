"""Clips, phones and takes of an evaluation, found by their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from posecast.errors import InvalidRequest
from posecast.evaluation.alignment import Alignment, read_alignment
from posecast.signals import FaceFrames
from posecast.takes import read_take

CLIP_SUFFIXES = (".wav", ".flac", ".ogg")


def find_clips(folder: Path) -> Mapping[str, Path]:
    """Audio files of a folder by their names without suffix, sorted.

    Args:
        folder: The folder; its sub-folders are not searched.

    Returns:
        At least one clip.

    Raises:
        InvalidRequest: If the folder is missing, has no clip, or two clips of one name.
    """
    if not folder.is_dir():
        raise InvalidRequest(f"{folder}: no such folder")
    clips: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in CLIP_SUFFIXES:
            continue
        if path.stem in clips:
            raise InvalidRequest(f"{path}: a second clip of this name beside {clips[path.stem]}")
        clips[path.stem] = path
    if not clips:
        raise InvalidRequest(f"{folder}: no clips; expected files {' '.join(CLIP_SUFFIXES)}")
    return clips


def find_phones(folder: Path, names: list[str]) -> Path | None:
    """Where the phones of a folder of clips are, if nobody says.

    Args:
        folder: Folder of the clips.
        names: Names of the clips.

    Returns:
        The first of `folder/phones`, `folder` and `folder/../phones/NAME` that has any of them.
    """
    whole = folder.resolve()
    for place in (folder / "phones", folder, whole.parent / "phones" / whole.name):
        if any((place / f"{name}.tsv").is_file() for name in names):
            return place
    return None


def read_alignments(folder: Path, names: list[str]) -> Mapping[str, Alignment]:
    """Phones of every clip.

    Args:
        folder: Folder of the TSV files.
        names: Names of the clips.

    Returns:
        The phones by name.

    Raises:
        InvalidRequest: If a file is missing or malformed.
    """
    return {name: read_alignment(folder / f"{name}.tsv") for name in names}


def read_takes(folder: Path, names: list[str]) -> Mapping[str, FaceFrames]:
    """Produced curves of every clip.

    Args:
        folder: Folder of the CSV files.
        names: Names of the clips.

    Returns:
        The takes by name.

    Raises:
        InvalidRequest: If a file is missing or malformed.
    """
    return {name: read_take(folder / f"{name}.csv") for name in names}
