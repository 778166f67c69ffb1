"""One optimisation loop for all networks: cosine rate, moving average, checkpoints, resume, log."""

from __future__ import annotations

import copy
import json
import math
import pickle
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.training.workers import Exchange, check_workers, fork_workers

BatchT = TypeVar("BatchT")
NetworkT = TypeVar("NetworkT", bound=nn.Module)
Losses = dict[str, Tensor]
_LOG_STEPS = 100
_READ_ERRORS = (  # the unpickler stumbles over a damaged file in many ways
    OSError, EOFError, LookupError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """How long and how fast to train."""

    steps: int
    """Optimiser steps."""
    learning_rate: float
    """Highest learning rate, reached after the warm-up; falls to a hundredth by a cosine."""
    warmup_steps: int = 200
    """Steps of linear warm-up."""
    weight_decay: float = 0.02
    """Decoupled weight decay of matrices."""
    average_decay: float = 0.998
    """Decay of the moving average of the weights, which is what gets exported."""
    checkpoint_steps: int = 500
    """Steps between checkpoints."""
    seed: int = 0
    """Seed of weights, order and augmentation."""
    threads: int = 1
    """Compute threads; two on a busy machine of two cores were slower than one."""
    workers: int = 1
    """Processes that each make batches of their own and average their gradients; Linux only."""

    def __post_init__(self) -> None:
        """Refuse a plan that cannot run."""
        for name in ("steps", "warmup_steps", "checkpoint_steps", "threads", "workers"):
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}; allowed: 1 or more")
        check_workers(self.workers, threads=self.threads)

    def learning_rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / self.steps))
        return self.learning_rate * warm * (0.01 + 0.99 * cosine)


def optimise(
    network: nn.Module,
    plan: TrainingPlan,
    batches: Iterator[BatchT] | Callable[[int], Iterator[BatchT]],
    losses_of: Callable[[nn.Module, BatchT], Losses],
    checkpoint: Path,
) -> nn.Module:
    """Train a network, going on from its checkpoint if there is one.

    Each step starts with a torch seed of its own, so that a resumed run draws what it would have
    drawn anyway. Of several workers each has seeds of its own too.

    Args:
        network: The network; its parameters are changed in place.
        plan: How long and how fast.
        batches: Endless supply, or a function that opens the supply of one worker and is called in
            its process. Several workers need the function, and different batches for each number.
        losses_of: Weighted losses of a batch by name; their sum is minimised.
        checkpoint: File that is read, and rewritten every so often; a log with the suffix `.jsonl`
            grows beside it. Both are worker 0's.

    Returns:
        The moving average of the network.

    Raises:
        CheckpointMismatch: If the checkpoint cannot be read or is of another network.
        InvalidRequest: If several workers would have to share one supply.
    """
    torch.set_num_threads(plan.threads)
    optimiser = _optimiser(network, plan)
    average = copy.deepcopy(network).requires_grad_(requires_grad=False)
    start = _resume(checkpoint, network, average, optimiser)
    descent = _Descent(
        network, optimiser, plan, start, _per_worker(batches, plan.workers), losses_of
    )
    log = _Log(checkpoint.with_suffix(".jsonl"))
    progress = tqdm(initial=start, total=plan.steps, desc=checkpoint.stem)
    with progress, fork_workers(plan.workers, descent.parameters, descent.follow) as exchange:
        for step, losses in descent.take_steps(exchange):
            _update_average(average, network, min(plan.average_decay, (step + 1) / (step + 20)))
            log.add(losses)
            is_last = step + 1 == plan.steps
            if (step + 1) % _LOG_STEPS == 0 or is_last:
                progress.set_postfix(log.write(step + 1))
            if (step + 1) % plan.checkpoint_steps == 0 or is_last:
                _save(checkpoint, step + 1, network, average, optimiser, plan)
            progress.update()
    return average.eval()


@dataclass(frozen=True, slots=True)
class _Descent(Generic[BatchT]):
    """The steps of one process; the processes take them together."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    plan: TrainingPlan
    start: int
    open_batches: Callable[[int], Iterator[BatchT]]
    losses_of: Callable[[nn.Module, BatchT], Losses]

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    def take_steps(self, exchange: Exchange) -> Iterator[tuple[int, Losses]]:
        """Index and losses of each step once it is taken."""
        batches = self.open_batches(exchange.worker)
        parameters = self.parameters
        for step in range(self.start, self.plan.steps):
            torch.manual_seed(_seed_of(self.plan.seed, step, exchange.worker))
            for group in self.optimiser.param_groups:
                group["lr"] = self.plan.learning_rate_at(step)
            losses = self.losses_of(self.network, next(batches))
            self.optimiser.zero_grad()
            _descend(torch.stack(list(losses.values())).sum())
            exchange.average_gradients(parameters)
            nn.utils.clip_grad_norm_(parameters, 1.0)
            self.optimiser.step()
            yield step, losses

    def follow(self, exchange: Exchange) -> None:
        """Take the steps for the sake of the others."""
        for _ in self.take_steps(exchange):
            pass


def _per_worker(
    batches: Iterator[BatchT] | Callable[[int], Iterator[BatchT]], num_workers: int
) -> Callable[[int], Iterator[BatchT]]:
    if callable(batches):
        return batches
    if num_workers > 1:
        raise InvalidRequest(
            f"one supply of batches for {num_workers} workers; allowed: a function that opens one "
            f"for each"
        )
    return lambda _: batches


def _seed_of(seed: int, step: int, worker: int) -> int:
    return int(np.random.SeedSequence((seed, step, worker)).generate_state(1, np.uint64)[0])


def _descend(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


class _Log:
    """Means of the losses since the last line, appended to a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sums: dict[str, float] = {}
        self._num_steps = 0

    def add(self, losses: Losses) -> None:
        for name, loss in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(loss.detach())
        self._num_steps += 1

    def write(self, step: int) -> dict[str, float]:
        means = {name: round(total / self._num_steps, 5) for name, total in self._sums.items()}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": step, **means}) + "\n")
        self._sums, self._num_steps = {}, 0
        return means


def _optimiser(network: nn.Module, plan: TrainingPlan) -> torch.optim.Optimizer:
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": plan.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, plan.learning_rate, betas=(0.9, 0.98))


@torch.no_grad()
def _update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)


def _save(
    path: Path,
    step: int,
    network: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    plan: TrainingPlan,
) -> None:
    state = {
        "step": step,
        "plan": asdict(plan),
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def _resume(
    path: Path, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer
) -> int:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        return 0
    state = read_checkpoint(path)
    try:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
    except (RuntimeError, ValueError) as error:
        raise CheckpointMismatch(f"{path} is of another network: {_one_line(error)}") from error
    return int(state["step"])


def completed_steps(path: Path) -> int:
    """Steps that a checkpoint has behind it; 0 if there is none.

    Args:
        path: Where `optimise` keeps its state.

    Raises:
        CheckpointMismatch: If the file is no such checkpoint.
    """
    return int(read_checkpoint(path)["step"]) if path.exists() else 0


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `optimise` stored: step, plan, network, average, optimiser.

    Args:
        path: A checkpoint written by `optimise`.

    Raises:
        CheckpointMismatch: If there is no such file, or it is no such checkpoint.
    """
    if not path.exists():
        raise CheckpointMismatch(f"{path} is missing: train that stage first")
    try:
        state = torch.load(path, weights_only=True)
    except _READ_ERRORS as error:
        raise CheckpointMismatch(f"{path} cannot be read: {_one_line(error)}") from error
    missing = {"step", "network", "average", "optimiser"} - set(state)
    if missing:
        raise CheckpointMismatch(f"{path} is no checkpoint: it lacks {', '.join(sorted(missing))}")
    return dict(state)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def load_average(path: Path, network: NetworkT) -> NetworkT:
    """Put the moving average of a checkpoint into a network.

    Args:
        path: A checkpoint written by `optimise`.
        network: A network of the same sizes.

    Returns:
        The network in evaluation mode.

    Raises:
        CheckpointMismatch: If there is no such file, or it is of another network.
    """
    state = read_checkpoint(path)
    try:
        network.load_state_dict(state["average"])
    except RuntimeError as error:
        raise CheckpointMismatch(f"{path} is of another network: {_one_line(error)}") from error
    return network.eval()


def prefetch(make_batch: Callable[[], BatchT], depth: int = 4) -> Iterator[BatchT]:
    """Make batches on a thread of their own, a few ahead, until the iterator is closed."""
    ready: queue.Queue[BatchT | BaseException] = queue.Queue(depth)
    is_closed = threading.Event()

    def produce() -> None:
        try:
            while not is_closed.is_set():
                ready.put(make_batch())
        except BaseException as error:  # handed to the consumer below
            ready.put(error)

    threading.Thread(target=produce, daemon=True, name="batches").start()
    try:
        while True:
            batch = ready.get()
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        is_closed.set()
        while not ready.empty():  # lets a thread go on that waits to put its batch
            ready.get()
