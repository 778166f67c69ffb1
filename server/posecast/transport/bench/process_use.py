"""What processes take of the machine during a run: processor time and memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUse:
    """What processes took together."""

    cpu_s_per_s: float
    """Processor time in a second of the measured time, in seconds; 1 is one core."""
    peak_rss_mib: float
    """Largest resident memory seen during the run, in MiB."""


def find_psutil() -> ModuleType | None:
    """The module psutil if it is installed (`posecast[bench]`)."""
    try:
        import psutil
    except ImportError:
        return None
    return psutil


class ProcessWatch:
    """Looks at processes while a run goes on."""

    def __init__(self, pids: Sequence[int], *, begin_s: float, end_s: float) -> None:
        """Choose what to watch.

        Args:
            pids: The processes; with none, nothing is known of them.
            begin_s: From when processor time counts, in seconds of the run.
            end_s: Up to when.
        """
        self._psutil: Any = find_psutil()
        self._begin_s = begin_s
        self._end_s = end_s
        self._first: tuple[float, float] | None = None
        self._last: tuple[float, float] | None = None
        self._peak_rss = 0
        self._processes: list[Any] = []
        if self._psutil is not None:
            try:
                self._processes = [self._psutil.Process(pid) for pid in pids]
            except self._psutil.Error:
                self._processes = []

    def look(self, now_s: float) -> None:
        """Look once.

        Args:
            now_s: Seconds of the run.
        """
        if not self._processes:
            return
        try:
            self._peak_rss = max(self._peak_rss, sum(p.memory_info().rss for p in self._processes))
            times = [process.cpu_times() for process in self._processes]
        except self._psutil.Error:  # it has ended, or is not ours to look at
            self._processes = []
            return
        seen = (now_s, sum(time.user + time.system for time in times))
        if self._first is None or now_s <= self._begin_s:
            self._first = seen
        elif self._last is None or now_s <= self._end_s:
            self._last = seen

    def use(self) -> ProcessUse | None:
        """What was seen; None if nothing could be."""
        if not self._processes or self._first is None or self._last is None:
            return None
        (first_s, first_cpu_s), (last_s, last_cpu_s) = self._first, self._last
        return ProcessUse(
            cpu_s_per_s=(last_cpu_s - first_cpu_s) / (last_s - first_s),
            peak_rss_mib=self._peak_rss / MIB,
        )
