"""Processes of clients, apart from the server and from each other."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self

from posecast.errors import ModelUnavailable, PosecastError
from posecast.transport.bench.client_process import CONNECT_LIMIT_S, GO, READY, Job, serve_jobs
from posecast.transport.bench.load import Load, Speech, StreamPlan
from posecast.transport.bench.record import StreamRecord

TICK_S = 0.1
_LEAVE_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class _Crew:
    """One process and the pipe to it."""

    process: Any
    pipe: Connection[Any, Any]


class Fleet:
    """A fixed number of client processes, for one run after the other."""

    def __init__(self, num_processes: int) -> None:
        """Name the size; the processes start with the `with` block.

        Args:
            num_processes: How many.
        """
        self._num_processes = num_processes
        self._crews: list[_Crew] = []

    def __enter__(self) -> Self:
        """Start the processes."""
        # Forked, they would inherit gRPC's threads in an undefined state.
        context = multiprocessing.get_context("spawn")
        for _ in range(self._num_processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve_jobs, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._crews.append(_Crew(process, ours))
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the processes go."""
        for crew in self._crews:
            crew.pipe.close()
        for crew in self._crews:
            crew.process.join(0.0 if error_type else _LEAVE_LIMIT_S)
            if crew.process.is_alive():
                crew.process.kill()
                crew.process.join()
        self._crews.clear()

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [crew.process.pid for crew in self._crews]

    def run(
        self,
        address: str,
        plans: Sequence[StreamPlan],
        load: Load,
        speech: Speech,
        on_tick: Callable[[float], None],
    ) -> list[StreamRecord]:
        """Run streams, dealt out to the processes, to their end.

        Args:
            address: Host and port of the server.
            plans: The streams.
            load: What each does.
            speech: What they say.
            on_tick: Called some ten times a second with the seconds since the start.

        Returns:
            What was seen of each, in the order of the plans.

        Raises:
            PosecastError: If the server cannot be reached, or a process of clients has died.
        """
        crews = self._crews[: len(plans)]
        for first, crew in enumerate(crews):
            dealt = tuple(plans[first :: len(crews)])
            crew.pipe.send(Job(address=address, load=load, plans=dealt, speech=speech))
        for crew in crews:
            # Twice: a process that has just been started must import everything first.
            self._expect_ready(crew, 2 * CONNECT_LIMIT_S)
        for crew in crews:
            crew.pipe.send(GO)
        records = _gather(crews, on_tick)
        return sorted(records, key=lambda record: record.number)

    def _expect_ready(self, crew: _Crew, limit_s: float) -> None:
        if not crew.pipe.poll(limit_s):
            raise PosecastError(f"a process of clients was not ready within {limit_s:g} s")
        answer = _receive(crew.pipe)
        if answer != READY:
            raise ModelUnavailable(answer)


def _gather(crews: Sequence[_Crew], on_tick: Callable[[float], None]) -> list[StreamRecord]:
    started_s = time.monotonic()
    records: list[StreamRecord] = []
    waiting: list[Connection[Any, Any]] = [crew.pipe for crew in crews]
    while waiting:
        for pipe in wait(waiting, timeout=TICK_S):
            records += _receive(pipe)  # type: ignore[arg-type]  # of what was waited for: pipes
            waiting.remove(pipe)  # type: ignore[arg-type]
        on_tick(time.monotonic() - started_s)
    return records


def _receive(pipe: Connection[Any, Any]) -> Any:
    try:
        return pipe.recv()
    except (EOFError, OSError) as error:
        raise PosecastError("a process of clients has died; its errors are above") from error
