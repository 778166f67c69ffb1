"""Text in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]


def format_rows(blocks: Sequence[Sequence[Row]]) -> str:
    """Lay rows out, a rule between blocks.

    Args:
        blocks: Blocks of rows of one length; the first cell of a row goes to the left of its
            column, the others to the right. Empty blocks are left out.

    Returns:
        Lines of text.
    """
    filled = [rows for rows in blocks if rows]
    columns = zip(*(row for rows in filled for row in rows), strict=True)
    widths = [max(map(len, column)) for column in columns]
    texts = [["  ".join(_aligned(row, widths)).rstrip() for row in rows] for rows in filled]
    rule = "-" * max(len(line) for lines in texts for line in lines)
    return f"\n{rule}\n".join("\n".join(lines) for lines in texts) + "\n"


def format_number(value: float | None, code: str) -> str:
    """A number in a format, or a dash for what could not be measured."""
    return "-" if value is None else format(value, code)


def _aligned(row: Row, widths: Sequence[int]) -> list[str]:
    first, *others = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
