"""Forked processes of one machine that average their gradients, or make what one uses up."""

from __future__ import annotations

import itertools
import mmap
import multiprocessing
import pickle
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from posecast.errors import InvalidRequest

SuppliedT = TypeVar("SuppliedT")


class Exchange(Protocol):
    """Where one process meets the others, once a step."""

    @property
    def worker(self) -> int:
        """Number of this process; 0 is the one that called."""

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Give every parameter the mean of its gradients in all processes, the same in each."""


class Alone:
    """The exchange of a training in one process."""

    worker = 0

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Leave them as they are."""


def check_workers(num_workers: int, *, threads: int) -> None:
    """Refuse a number of workers that cannot run here.

    Args:
        num_workers: Processes, this one among them.
        threads: Compute threads of each.

    Raises:
        InvalidRequest: If they cannot.
    """
    if num_workers == 1:
        return
    if sys.platform != "linux":
        raise InvalidRequest(f"workers {num_workers} on {sys.platform}; allowed: 1 but on Linux")
    if threads != 1:  # a fork loses OpenMP's threads, and its first parallel loop waits for them
        raise InvalidRequest(f"threads {threads} with {num_workers} workers; allowed: 1")


def jump_ahead(rng: np.random.Generator, worker: int) -> None:
    """Let a generator go on, in place, with a stretch of its numbers that no other worker draws.

    Args:
        rng: Equal in all workers; worker 0 leaves it as it is.
        worker: Number of the process.
    """
    bits = rng.bit_generator
    bits.state = bits.jumped(worker).state  # type: ignore[attr-defined]  # all but the base class


@contextmanager
def fork_workers(
    num_workers: int, parameters: Sequence[nn.Parameter], follow: Callable[[Exchange], None]
) -> Iterator[Exchange]:
    """Run the other workers while the body runs in this process; they end with it.

    A fork shares the corpus without a copy and takes closures as they are. Gradients meet in shared
    memory: on one machine that is quicker than sockets, and their sum always has the same order.

    Args:
        num_workers: Processes, this one among them.
        parameters: Float32 parameters that have gradients.
        follow: The work of each other process, step by step as in the body.

    Yields:
        The exchange of this process.
    """
    if num_workers == 1:
        yield Alone()
        return
    shared = _share_floats(num_workers, sum(parameter.numel() for parameter in parameters))

    def work(worker: int, connection: Connection) -> None:
        follow(_Follower(worker, shared, connection))

    with _forked(range(1, num_workers), work) as (connections, processes):
        yield _Leader(shared, connections, processes)


@contextmanager
def supply_from_forks(
    open_supply: Callable[[int], Iterator[SuppliedT]], num_workers: int
) -> Iterator[Iterator[SuppliedT]]:
    """Let forked processes make what this one uses up; they end with the body.

    Args:
        open_supply: Opens the endless supply of a worker, whose number it is given, in the worker's
            process; what it yields can be pickled and lies on the CPU.
        num_workers: Processes; 1 makes everything in this one.

    Yields:
        What the workers make, one from each in turn, so that the order is always the same.
    """
    if num_workers == 1:
        yield open_supply(0)
        return

    def work(worker: int, connection: Connection) -> None:
        torch.set_num_threads(1)
        for made in open_supply(worker):
            connection.send_bytes(pickle.dumps(made, pickle.HIGHEST_PROTOCOL))

    with _forked(range(num_workers), work) as (connections, processes):
        yield _in_turn(connections, processes)


@contextmanager
def _forked(
    workers: Iterable[int], work: Callable[[int, Connection], None]
) -> Iterator[tuple[list[Connection], list[BaseProcess]]]:
    """Processes that work until the body ends, with a pipe to each.

    Args:
        workers: Their numbers.
        work: What each does, given its number and its end of the pipe, to which its error goes.
    """
    context = multiprocessing.get_context("fork")
    processes: list[BaseProcess] = []
    connections: list[Connection] = []
    try:
        for worker in workers:
            here, there = context.Pipe()
            arguments = (work, worker, there, [*connections, here])
            process: BaseProcess = context.Process(target=_run, args=arguments, daemon=True)
            with warnings.catch_warnings():  # other threads hold no lock that a worker takes
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            there.close()
            processes.append(process)
            connections.append(here)
        yield connections, processes
    finally:
        for process in processes:
            process.kill()  # it keeps nothing
            process.join()


def _run(
    work: Callable[[int, Connection], None],
    worker: int,
    connection: Connection,
    inherited: list[Connection],
) -> None:
    for other in inherited:  # so that the end of the first process closes the pipe
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process tells the end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        work(worker, connection)
    except (EOFError, BrokenPipeError):
        return  # the first process is gone
    except Exception as error:
        error.add_note(traceback.format_exc())
        _send_error(connection, error)


def _in_turn(connections: list[Connection], processes: list[BaseProcess]) -> Iterator[SuppliedT]:
    for number in itertools.cycle(range(len(connections))):
        try:
            made = pickle.loads(connections[number].recv_bytes())  # noqa: S301  # our own fork's
        except (EOFError, ConnectionResetError) as broken:
            raise _ended(number, processes[number]) from broken
        if isinstance(made, Exception):
            raise made
        yield made


def _send_error(connection: Connection, error: Exception) -> None:
    try:
        connection.send(error)
    except (TypeError, AttributeError, ValueError):  # it cannot be pickled
        connection.send(RuntimeError(repr(error)))


def _ended(worker: int, process: BaseProcess) -> RuntimeError:
    """What to say of a worker that is gone without a word."""
    process.join()
    return RuntimeError(f"worker {worker} ended with status {process.exitcode}")


def _share_floats(num_rows: int, num_values: int) -> Tensor:
    """Zeros that this process shares with its forks. [num_rows, num_values], float32"""
    memory = mmap.mmap(-1, max(1, 4 * num_rows * num_values))  # not bounded by /dev/shm
    return torch.frombuffer(memory, dtype=torch.float32, count=num_rows * num_values).view(
        num_rows, num_values
    )


class _Follower:
    """The exchange of a forked process: hand in, wait, take the mean."""

    def __init__(self, worker: int, shared: Tensor, connection: Connection) -> None:
        self.worker = worker
        self._shared, self._connection = shared, connection

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        _write_gradients(parameters, self._shared[self.worker])
        self._connection.send(None)
        self._connection.recv()
        _read_gradients(parameters, self._shared[0])


class _Leader:
    """The exchange of the first process: gather, average, release."""

    worker = 0

    def __init__(
        self, shared: Tensor, connections: list[Connection], processes: list[BaseProcess]
    ) -> None:
        self._shared, self._connections, self._processes = shared, connections, processes

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        own = torch.empty_like(self._shared[0])
        _write_gradients(parameters, own)
        for number, connection in enumerate(self._connections):
            self._receive(number, connection)
        for row in self._shared[1:]:
            own += row
        own /= len(self._shared)
        self._shared[0] = own
        for connection in self._connections:
            connection.send(None)
        _read_gradients(parameters, own)

    def _receive(self, number: int, connection: Connection) -> None:
        try:
            error = connection.recv()
        except (EOFError, ConnectionResetError) as broken:
            raise _ended(number + 1, self._processes[number]) from broken
        if error is not None:
            raise error


def _write_gradients(parameters: Sequence[nn.Parameter], row: Tensor) -> None:
    """Put all gradients into one row, zeros for a parameter that has none."""
    gradients = (
        torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for parameter in parameters
    )
    torch.cat([gradient.flatten() for gradient in gradients], out=row)


def _read_gradients(parameters: Sequence[nn.Parameter], row: Tensor) -> None:
    mine = row.clone()  # clipping changes gradients in place
    parts = torch.split(mine, [parameter.numel() for parameter in parameters])
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.grad = part.view_as(parameter)
