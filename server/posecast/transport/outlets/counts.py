"""Counts what becomes of the frames of an outlet: nothing is lost unseen."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

logger = logging.getLogger(__name__)

Fate = Literal["in_time", "late", "hidden", "dropped", "refused"]
"""Sent in time; sent late; not sent, as another face was to be seen; not queued; and, besides,
datagrams that nobody took."""
FATES: tuple[Fate, ...] = get_args(Fate)
LATE_S = 0.01
"""How far a frame may be behind its media time before it counts as late."""
_MOST_REMEMBERED = 10_000


class OutletCounts:
    """Numbers by fate, and the lateness of the latest frames; the first trouble is logged."""

    def __init__(
        self, name: str, tell: Callable[[Fate, int], None] = lambda _fate, _num: None
    ) -> None:
        """Start at 0.

        Args:
            name: Of the outlet, for the log.
            tell: Is told each number, too.
        """
        self.name = name
        """Of the outlet."""
        self._tell = tell
        self._num: dict[Fate, int] = dict.fromkeys(FATES, 0)
        self._lateness_s: deque[float] = deque(maxlen=_MOST_REMEMBERED)

    @property
    def num_sent(self) -> int:
        """Frames that were sent."""
        return self._num["in_time"] + self._num["late"]

    @property
    def lateness_p95_ms(self) -> float:
        """95th percentile of how far frames were behind their times, in ms; 0 without frames."""
        return float(np.percentile(self._lateness_s, 95)) * 1000 if self._lateness_s else 0.0

    def num(self, fate: Fate) -> int:
        """How many had this fate."""
        return self._num[fate]

    def sent(self, lateness_s: float) -> None:
        """Count a frame that was sent, so long behind its media time."""
        self._lateness_s.append(lateness_s)
        self._count("late" if lateness_s > LATE_S else "in_time", 1)

    def hidden(self) -> None:
        """Count a frame in whose place another face was to be seen."""
        self._count("hidden", 1)

    def dropped(self, num_frames: int, reason: str) -> None:
        """Count frames that were not queued."""
        self._log_first("dropped", f"frames are dropped: {reason}")
        self._count("dropped", num_frames)

    def refused(self, reason: str) -> None:
        """Count a datagram that nobody took."""
        self._log_first("refused", f"nobody takes the frames, going on: {reason}")
        self._count("refused", 1)

    def _log_first(self, fate: Fate, told: str) -> None:
        if not self._num[fate]:
            logger.warning("%s: %s", self.name, told)

    def _count(self, fate: Fate, num: int) -> None:
        self._num[fate] += num
        self._tell(fate, num)
