"""How many of how many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Count(NamedTuple):
    """Cases in which a test was passed, of all cases that were tested."""

    hits: int
    total: int

    @property
    def share(self) -> float | None:
        """Hits over total; nothing where nothing was tested."""
        return self.hits / self.total if self.total else None

    @classmethod
    def of(cls, outcomes: Iterable[bool]) -> Count:
        """Count the outcomes of a test."""
        results = list(outcomes)
        return cls(sum(results), len(results))

    @classmethod
    def pooled(cls, counts: Iterable[Count]) -> Count:
        """Add counts up."""
        parts = list(counts)
        return cls(sum(part.hits for part in parts), sum(part.total for part in parts))
