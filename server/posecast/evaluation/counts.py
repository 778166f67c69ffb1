"""How many of how many, and how much of how much."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np


class Count(NamedTuple):
    """Cases in which a test was passed, of all cases that were tested."""

    hits: float
    """A whole number but for a median, which may lie between two."""
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

    @classmethod
    def median(cls, counts: Iterable[Count]) -> Count:
        """Median share of several tries at the same cases, told as hits of the first's total."""
        parts = list(counts)
        shares = [part.share for part in parts if part.share is not None]
        hits = float(np.median(shares)) * parts[0].total if shares else 0.0
        return cls(int(hits) if hits.is_integer() else round(hits, 6), parts[0].total)


class Ratio(NamedTuple):
    """An amount over what it is counted by: energy over energy, degrees over seconds."""

    amount: float
    base: float

    @property
    def value(self) -> float | None:
        """Amount over base; nothing where there is no base."""
        return self.amount / self.base if self.base > 0 else None

    @classmethod
    def pooled(cls, ratios: Iterable[Ratio]) -> Ratio:
        """Add ratios up, amounts and bases apart."""
        parts = list(ratios)
        return cls(sum(part.amount for part in parts), sum(part.base for part in parts))
