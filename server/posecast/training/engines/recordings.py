"""Real recordings with aligned phones: a table of clips and one table of phones beside each."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import soundfile

from posecast.errors import InvalidRequest
from posecast.training.phones import ARPABET, UNKNOWN, Segment, split_evenly
from posecast.training.utterance import Spoken


def read_phones(path: Path) -> list[Segment]:
    """Segments of a table with the columns start, end and phone (ARPAbet; `?` is unknown)."""
    segments: list[Segment] = []
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            start_s, end_s = float(row["start"]), float(row["end"])
            classes = ARPABET.get(row["phone"].lower())
            if classes is None:
                segments.append((UNKNOWN, start_s, end_s))
            else:
                segments += split_evenly(classes, start_s, end_s)
    return segments


def utterances(folder: Path) -> Iterator[Spoken]:
    """Every labelled clip of a folder's `train.tsv`.

    Args:
        folder: Holds `train.tsv` (columns path, speaker, source, labels) and `phones/`.

    Raises:
        InvalidRequest: If there is no such table.
    """
    for row in read_table(folder):
        samples, sample_rate_hz = soundfile.read(folder / row["path"], dtype="float32")
        yield Spoken(
            samples=samples,
            sample_rate_hz=sample_rate_hz,
            segments=read_phones(phones_path(folder, row["path"])),
            engine=Path(row["path"]).parts[1],  # train/<collection>/...
            speaker=row["speaker"],
        )


def read_table(folder: Path) -> list[dict[str, str]]:
    """Rows of the labelled clips of a folder's `train.tsv`.

    Raises:
        InvalidRequest: If there is no such table.
    """
    table = folder / "train.tsv"
    if not table.exists():
        raise InvalidRequest(f"{table} is missing: the folder of recordings must hold it")
    with table.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream, delimiter="\t") if row["labels"] != "none"]


def phones_path(folder: Path, clip: str) -> Path:
    """Table of the phones of a clip, which is named as in `train.tsv`."""
    return (folder / "phones" / clip).with_suffix(".tsv")
