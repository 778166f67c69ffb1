"""Runs the levels of a benchmark, one after the other, against running servers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.transport.bench.figures import Figures, measure
from posecast.transport.bench.fleet import Fleet
from posecast.transport.bench.load import Load, Speech, StreamPlan
from posecast.transport.bench.own_server import RunningServer
from posecast.transport.bench.planning import PHASE_S, config_message, plan_newcomers, plan_streams
from posecast.transport.bench.process_use import ProcessWatch
from posecast.transport.bench.record import StreamRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFigures:
    """What became of streams when more were opened, all at once."""

    before: Figures
    """The streams that were there, up to that moment."""
    after: Figures
    """The same streams from then on."""
    newcomers: Figures
    """Those that came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """What is asked of the servers, level by level."""

    fleet: Fleet
    """Processes of clients."""
    load: Load
    """What each stream does."""
    options: AnimationOptions
    """What each stream asks for."""
    speech: Speech
    """What each stream says."""

    def run_level(self, server: RunningServer, num_streams: int, *, repeat: int) -> Figures:
        """Run some streams at a time.

        Args:
            server: Whom to ask.
            num_streams: How many streams.
            repeat: Number of the repeat; it decides when within the first second each starts.

        Returns:
            The figures.

        Raises:
            InvalidRequest: If the server calls each stream's settings wrong.
            PosecastError: If the server cannot be reached, or a process of clients has died.
        """
        plans = plan_streams(num_streams, self.load, self._config(), seed=repeat)
        watches = self._watches(server)
        records = self._run(server, plans, watches)
        _check_settings(records)
        figures = measure(records, self.load, self.options.mode)
        return dataclasses.replace(figures, server=watches[0].use(), clients=watches[1].use())

    def run_past(self, server: RunningServer, num_streams: int, num_newcomers: int) -> PastFigures:
        """Run some streams, and in the midst of it open more, all at once.

        Args:
            server: Whom to ask.
            num_streams: Streams that are there from the start.
            num_newcomers: Streams that come.

        Returns:
            The figures.

        Raises:
            PosecastError: If the server cannot be reached, or a process of clients has died.
        """
        comes_s = self.load.warm_up_s + (PHASE_S + self.load.measured_s) / 2
        plans = plan_streams(num_streams, self.load, self._config(), seed=0)
        plans += plan_newcomers(
            num_newcomers, self.load, self._config(), first_number=num_streams, starts_s=comes_s
        )
        records = self._run(server, plans, ())
        present, newcomers = records[:num_streams], records[num_streams:]
        mode = self.options.mode
        return PastFigures(
            before=measure(present, self.load, mode, until_s=comes_s),
            after=measure(present, self.load, mode, from_s=comes_s),
            newcomers=measure(newcomers, self.load, mode, from_s=comes_s),  # they have no warm-up
        )

    def _run(
        self,
        server: RunningServer,
        plans: Sequence[StreamPlan],
        watches: Sequence[ProcessWatch],
    ) -> list[StreamRecord]:
        def look(now_s: float) -> None:
            for watch in watches:
                watch.look(now_s)

        return self.fleet.run(server.address, plans, self.load, self.speech, look)

    def _config(self) -> bytes:
        return config_message(self.options, self.speech.sample_rate_hz)

    def _watches(self, server: RunningServer) -> tuple[ProcessWatch, ProcessWatch]:
        """Of the server and of the clients, while all streams speak and are warm."""
        load = self.load
        begin_s = load.warm_up_s + min(PHASE_S, load.measured_s / 2)
        of_server = [] if server.pid is None else [server.pid]
        return (
            ProcessWatch(of_server, begin_s=begin_s, end_s=load.duration_s),
            ProcessWatch(self.fleet.pids, begin_s=begin_s, end_s=load.duration_s),
        )


def _check_settings(records: Sequence[StreamRecord]) -> None:
    """Tell a wrong setting from a full server: it is wrong for all streams."""
    if all(not r.has_header and r.status == "INVALID_ARGUMENT" for r in records):
        raise InvalidRequest(records[0].message)
