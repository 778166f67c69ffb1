"""Real recordings with aligned phones: a table of clips and one table of phones beside each."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import soundfile

from posecast.errors import InvalidRequest
from posecast.training.phones import ARPABET, UNKNOWN, Segment, split_evenly
from posecast.training.utterance import Utterance, make_utterance


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


def utterances(folder: Path, speeds: tuple[float, ...]) -> Iterator[Utterance]:
    """Every labelled clip of a folder's `train.tsv`, at each speed.

    Args:
        folder: Holds `train.tsv` (columns path, speaker, source, labels) and `phones/`.
        speeds: Factors of tempo, pitch and formants.

    Raises:
        InvalidRequest: If there is no such table.
    """
    table = folder / "train.tsv"
    if not table.exists():
        raise InvalidRequest(f"{table} is missing: the folder of recordings must hold it")
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["labels"] != "none"]
    for row in rows:
        samples, sample_rate_hz = soundfile.read(folder / row["path"], dtype="float32")
        segments = read_phones((folder / "phones" / row["path"]).with_suffix(".tsv"))
        for speed in speeds:
            yield make_utterance(
                samples,
                sample_rate_hz,
                segments,
                engine=Path(row["path"]).parts[1],  # train/<collection>/...
                speaker=row["speaker"],
                speed=speed,
            )
