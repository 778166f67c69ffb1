"""Decides which face is seen where there is room for one."""

from __future__ import annotations


class Floor:
    """Whoever began to speak last has it, until that face has come to rest.

    Then it is free: the next face that moves has it.
    """

    def __init__(self) -> None:
        """Start with nobody."""
        self._holder: int | None = None

    def admits(self, place: int, *, begins: bool) -> bool:
        """Whether a frame is to be seen.

        Args:
            place: Which face it is of.
            begins: Whether an utterance begins with it.
        """
        if begins or self._holder is None:
            self._holder = place
        return place == self._holder

    def leave(self, place: int) -> None:
        """A face has come to rest."""
        if place == self._holder:
            self._holder = None
