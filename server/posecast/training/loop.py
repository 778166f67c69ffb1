"""One optimisation loop for all networks: cosine rate, moving average, checkpoints, resume, log."""

from __future__ import annotations

import copy
import json
import math
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from posecast.errors import CheckpointMismatch, InvalidRequest

BatchT = TypeVar("BatchT")
Losses = dict[str, Tensor]


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

    def __post_init__(self) -> None:
        """Refuse a plan that cannot run."""
        if self.steps < 1 or self.threads < 1:
            raise InvalidRequest(f"{self.steps} steps on {self.threads} threads; allowed: 1 or more")

    def learning_rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / self.steps))
        return self.learning_rate * warm * (0.01 + 0.99 * cosine)


def optimise(
    network: nn.Module,
    plan: TrainingPlan,
    batches: Iterator[BatchT],
    losses_of: Callable[[nn.Module, BatchT], Losses],
    checkpoint: Path,
) -> nn.Module:
    """Train a network, going on from its checkpoint if there is one.

    Args:
        network: The network; its parameters are changed in place.
        plan: How long and how fast.
        batches: Endless supply.
        losses_of: Weighted losses of a batch by name; their sum is minimised.
        checkpoint: File that is read, and rewritten every so often; a log with the suffix `.jsonl`
            grows beside it.

    Returns:
        The moving average of the network.
    """
    torch.set_num_threads(plan.threads)
    optimiser = _optimiser(network, plan)
    average = copy.deepcopy(network).requires_grad_(requires_grad=False)
    start = _resume(checkpoint, network, average, optimiser)
    log = checkpoint.with_suffix(".jsonl").open("a", encoding="utf-8")
    sums: dict[str, float] = {}
    progress = tqdm(range(start, plan.steps), initial=start, total=plan.steps, desc=checkpoint.stem)
    for step in progress:
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate_at(step)
        losses = losses_of(network, next(batches))
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        _update_average(average, network, min(plan.average_decay, (step + 1) / (step + 20)))
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + float(loss.detach())
        if (step + 1) % 100 == 0:
            means = {name: round(total / 100, 5) for name, total in sums.items()}
            log.write(json.dumps({"step": step + 1, **means}) + "\n")
            log.flush()
            progress.set_postfix(means)
            sums.clear()
        if (step + 1) % plan.checkpoint_steps == 0 or step + 1 == plan.steps:
            _save(checkpoint, step + 1, network, average, optimiser, plan)
    log.close()
    return average.eval()


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


def _save(  # noqa: PLR0913 - the parts of a checkpoint
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
    state = torch.load(path, weights_only=True)
    try:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
    except (RuntimeError, ValueError) as error:
        raise CheckpointMismatch(f"{path} is of another network: {error}") from error
    return int(state["step"])


def load_average(path: Path, network: nn.Module) -> nn.Module:
    """Put the moving average of a checkpoint into a network.

    Args:
        path: A checkpoint written by `optimise`.
        network: A network of the same sizes.

    Returns:
        The network in evaluation mode.

    Raises:
        CheckpointMismatch: If there is no such file, or it is of another network.
    """
    if not path.exists():
        raise CheckpointMismatch(f"{path} is missing: train that stage first")
    try:
        network.load_state_dict(torch.load(path, weights_only=True)["average"])
    except (RuntimeError, KeyError) as error:
        raise CheckpointMismatch(f"{path} is of another network: {error}") from error
    return network.eval()


def prefetch(make_batch: Callable[[], BatchT], depth: int = 4) -> Iterator[BatchT]:
    """Make batches on a thread of their own, a few ahead."""
    ready: queue.Queue[BatchT | BaseException] = queue.Queue(depth)

    def produce() -> None:
        try:
            while True:
                ready.put(make_batch())
        except BaseException as error:  # noqa: BLE001 - handed to the consumer below
            ready.put(error)

    threading.Thread(target=produce, daemon=True, name="batches").start()
    while True:
        batch = ready.get()
        if isinstance(batch, BaseException):
            raise batch
        yield batch
