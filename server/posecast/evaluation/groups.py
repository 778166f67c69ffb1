"""Which group and which speaker each clip belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from posecast.errors import InvalidRequest

COLUMNS = ("clip", "group")
SPEAKER_COLUMN = "speaker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Groups and speakers by the name of the clip."""

    group_of: Mapping[str, str]
    """Empty if nobody said."""
    speaker_of: Mapping[str, str]
    """Every clip is a speaker of its own if nobody said."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups in the order of their first clip in the file."""
        return tuple(dict.fromkeys(self.group_of.values()))


def ungrouped(names: Sequence[str]) -> Grouping:
    """No groups, and a speaker a clip."""
    return Grouping(group_of={}, speaker_of={name: name for name in names})


def read_groups(path: Path, names: Sequence[str]) -> Grouping:
    """Read the group, and the speaker if told, of every clip.

    Args:
        path: Tab-separated values with the header `clip group`, or `clip group speaker`.
        names: Names of the clips.

    Returns:
        The grouping.

    Raises:
        InvalidRequest: If the file cannot be read, a line is malformed, names a clip that is not
            evaluated or names one twice, or a clip is left out; the message says which.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{path}: not text: {error}") from error
    header = tuple(lines[0].split("\t")) if lines else ()
    if header not in (COLUMNS, (*COLUMNS, SPEAKER_COLUMN)):
        raise InvalidRequest(
            f"{path}: line 1: expected the header {' '.join(COLUMNS)}, or "
            f"{' '.join(COLUMNS)} {SPEAKER_COLUMN}, by tabs"
        )
    rows: dict[str, list[str]] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            cells = _cells_of(line, len(header), where=f"{path}: line {number}")
            _check_clip(cells[0], rows, names, where=f"{path}: line {number}")
            rows[cells[0]] = cells
    missing = [name for name in names if name not in rows]
    if missing:
        raise InvalidRequest(f"{path}: no group for the clip {missing[0]!r}")
    return Grouping(
        group_of={clip: cells[1] for clip, cells in rows.items()},
        speaker_of={clip: cells[2] if len(cells) > 2 else clip for clip, cells in rows.items()},
    )


def _cells_of(line: str, num_cells: int, *, where: str) -> list[str]:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) != num_cells or not all(cells):
        raise InvalidRequest(f"{where}: {line!r}; expected {num_cells} values, by tabs")
    return cells


def _check_clip(
    clip: str, earlier: Mapping[str, list[str]], names: Sequence[str], *, where: str
) -> None:
    if clip in earlier:
        raise InvalidRequest(f"{where}: a second line of the clip {clip!r}")
    if clip not in names:
        raise InvalidRequest(f"{where}: no clip {clip!r}; allowed: {', '.join(names)}")
