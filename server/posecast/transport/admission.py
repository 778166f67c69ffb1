"""How many streams may be open at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from posecast.errors import Overloaded


class StreamSlots:
    """A fixed number of places; used from the event loop only, so it needs no lock."""

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self._num_taken = 0

    @property
    def num_taken(self) -> int:
        """Streams open now."""
        return self._num_taken

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a place while the context is open.

        Yields:
            Nothing.

        Raises:
            Overloaded: If all places are taken.
        """
        if self._num_taken >= self._max_streams:
            raise Overloaded(
                f"{self._num_taken} streams are open; this server allows {self._max_streams} "
                "(max_streams); try again later"
            )
        self._num_taken += 1
        try:
            yield
        finally:
            self._num_taken -= 1
