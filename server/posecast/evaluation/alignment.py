"""Phone alignments read from TSV files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from posecast.errors import InvalidRequest
from posecast.evaluation.phones import LABELS

HEADER = ["start", "end", "phone"]
_OVERLAP_TOLERANCE_S = 0.0015


class PhoneSegment(NamedTuple):
    """One phone, pause or unknown stretch."""

    phone: str
    """ARPAbet without stress, `SIL` or `?`."""
    start_s: float
    """Start in seconds."""
    end_s: float
    """End in seconds."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def middle_s(self) -> float:
        """Middle in seconds."""
        return (self.start_s + self.end_s) / 2


Alignment = tuple[PhoneSegment, ...]
"""Segments in order of time; gaps between them are unknown."""


def read_alignment(path: Path) -> Alignment:
    """Read the phones of one clip.

    Args:
        path: Tab-separated values with the header `start end phone`, times in seconds.

    Returns:
        The segments.

    Raises:
        InvalidRequest: If the file cannot be read, or a line is malformed; the message names it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{path}: not text: {error}") from error
    if not lines or lines[0].split("\t") != HEADER:
        raise InvalidRequest(f"{path}: line 1: expected the header {' '.join(HEADER)}, by tabs")
    segments: list[PhoneSegment] = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            earliest_s = segments[-1].end_s if segments else 0.0
            segments.append(_parse(line, earliest_s, where=f"{path}: line {number}"))
    if not segments:
        raise InvalidRequest(f"{path}: no phones")
    return tuple(segments)


def _parse(line: str, earliest_s: float, *, where: str) -> PhoneSegment:
    cells = line.split("\t")
    if len(cells) != len(HEADER):
        raise InvalidRequest(f"{where}: {len(cells)} values; expected {len(HEADER)}, by tabs")
    try:
        start_s, end_s = float(cells[0]), float(cells[1])
    except ValueError as error:
        raise InvalidRequest(f"{where}: {error}") from error
    if not earliest_s - _OVERLAP_TOLERANCE_S <= start_s < end_s < float("inf"):
        raise InvalidRequest(
            f"{where}: from {start_s:g} to {end_s:g} s; allowed: a start of {earliest_s:g} s or "
            "later, and an end after it"
        )
    phone = cells[2].strip().upper().rstrip("012")
    if phone not in LABELS:
        raise InvalidRequest(f"{where}: phone {cells[2]!r}; allowed: {' '.join(sorted(LABELS))}")
    return PhoneSegment(phone, start_s, end_s)
