"""One optimisation loop for all networks: cosine rate, moving average, checkpoints, resume, log."""

from __future__ import annotations

import copy
import pickle
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from posecast.errors import CheckpointMismatch, InvalidRequest, TrainingPaused
from posecast.training.devices import resolve_device, to_device
from posecast.training.log import TrainingLog
from posecast.training.plan import TrainingPlan as TrainingPlan
from posecast.training.workers import Alone, Exchange, fork_workers, supply_from_forks

BatchT = TypeVar("BatchT")
NetworkT = TypeVar("NetworkT", bound=nn.Module)
Losses = dict[str, Tensor]
_CLOSING_S = 0.05
_READ_ERRORS = (  # the unpickler stumbles over a damaged file in many ways
    OSError, EOFError, LookupError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError,
)  # fmt: skip


class Observer(Protocol):
    """Is told how a training goes."""

    def on_log(self, step: int, means: Mapping[str, float], learning_rate: float) -> None:
        """A line of the log was written: means of the losses since the last one."""

    def on_step(self, step: int, average: nn.Module) -> None:
        """A step was taken; may use the averaged network, which is then in training mode."""


def optimise(
    network: nn.Module,
    plan: TrainingPlan,
    batches: Iterator[BatchT] | Callable[[int], Iterator[BatchT]],
    losses_of: Callable[[nn.Module, BatchT], Losses],
    checkpoint: Path,
    *,
    observer: Observer | None = None,
) -> nn.Module:
    """Train a network, going on from its checkpoint if there is one.

    Each step starts with a torch seed of its own, so that a resumed run draws what it would have
    drawn anyway. Of several workers each has seeds of its own too.

    Args:
        network: The network; its parameters are changed in place, on the plan's device.
        plan: How long and how fast.
        batches: Endless supply, or a function that opens the supply of one worker and is called in
            its process. Several workers need the function, and different batches for each number.
            Tensors of a batch may be anywhere; see `devices.to_device` for what a batch may be.
        losses_of: Weighted losses by name of a batch on the plan's device; their sum is minimised.
        checkpoint: File that is read, and rewritten every so often; a log with the suffix `.jsonl`
            grows beside it. Both are worker 0's.
        observer: Told of every step, in worker 0.

    Returns:
        The moving average of the network, on the CPU.

    Raises:
        CheckpointMismatch: If the checkpoint cannot be read or is of another network.
        InvalidRequest: If several workers would have to share one supply, or there is no such
            device.
        TrainingPaused: If the plan's minutes are used up before its steps are; the state is saved.
    """
    began_s = time.monotonic()
    torch.set_num_threads(plan.threads)
    device = resolve_device(plan.device)
    network.to(device)
    optimiser = _optimiser(network, plan)
    average = _begin_average(network, plan)
    start = _resume(checkpoint, network, average, optimiser)
    log = TrainingLog(checkpoint.with_suffix(".jsonl"), began_s, device)
    log.write_header(start, asdict(plan))
    progress = tqdm(initial=start, total=plan.steps, desc=checkpoint.stem)
    descent = _Descent(
        network, optimiser, plan, device, start, _per_worker(batches, plan.workers), losses_of
    )
    with progress, _started(descent) as (first, exchange):
        for step, losses in first.take_steps(exchange):
            if average is not network:
                _update_average(average, network, min(plan.average_decay, step / (step + 19)))
            log.add(losses)
            is_late = plan.minutes is not None and time.monotonic() - began_s > 60 * plan.minutes
            is_end = is_late or step == plan.steps
            if step % plan.log_steps == 0 or is_end:
                means = log.write(step)
                progress.set_postfix(means)
                if observer is not None:
                    observer.on_log(step, means, plan.learning_rate_at(step - 1))
            if observer is not None:
                observer.on_step(step, average)
            if step % plan.checkpoint_steps == 0 or is_end:
                _save(checkpoint, step, network, average, optimiser, plan)
            progress.update()
            if is_late and step < plan.steps:
                raise TrainingPaused(
                    step,
                    f"paused at step {step} of {plan.steps} after {plan.minutes:g} minutes; "
                    f"run it again to go on",
                )
    return average.eval().cpu()


@dataclass(frozen=True, slots=True)
class _Descent(Generic[BatchT]):
    """The steps of one process; the processes take them together."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    plan: TrainingPlan
    device: torch.device
    start: int
    open_batches: Callable[[int], Iterator[BatchT]]
    losses_of: Callable[[nn.Module, BatchT], Losses]

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    def take_steps(self, exchange: Exchange) -> Iterator[tuple[int, Losses]]:
        """Each step's number, counted from 1, and losses once it is taken."""
        batches = self.open_batches(exchange.worker)
        parameters = self.parameters
        for step in range(self.start, self.plan.steps):
            torch.manual_seed(_seed_of(self.plan.seed, step, exchange.worker))
            for group in self.optimiser.param_groups:
                group["lr"] = self.plan.learning_rate_at(step)
            self.optimiser.zero_grad()
            losses = self._accumulate(batches)
            exchange.average_gradients(parameters)
            if self.plan.largest_gradient is not None:
                nn.utils.clip_grad_norm_(parameters, self.plan.largest_gradient)
            self.optimiser.step()
            yield step + 1, losses

    def _accumulate(self, batches: Iterator[BatchT]) -> Losses:
        """Add the gradient of the mean loss of a step's batches; the mean losses by name.

        The released DiffPoseTalk code adds up whole losses, so that k batches make a gradient k
        times as long, and steps after its first batch and then after each k-th further one.
        """
        means: Losses = {}
        for _ in range(self.plan.accumulated_batches):
            batch = to_device(next(batches), self.device)
            with self.plan.autocast():
                losses = self.losses_of(self.network, batch)
            shares = {name: loss / self.plan.accumulated_batches for name, loss in losses.items()}
            _descend(torch.stack(list(shares.values())).sum())
            means = {name: means.get(name, 0.0) + share.detach() for name, share in shares.items()}
        return means

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


@contextmanager
def _started(
    descent: _Descent[BatchT],
) -> Iterator[tuple[_Descent[BatchT], Exchange]]:
    """The descent of this process and where it meets the others, which run until the body ends.

    On the CPU the other workers train, too; on a GPU they make the batches of the one that trains.
    """
    plan = descent.plan
    with ExitStack() as stack:
        if descent.device.type != "cpu" and plan.workers > 1:
            fed = stack.enter_context(_fed_by_forks(descent.open_batches, plan.workers))
            yield replace(descent, open_batches=fed), Alone()
        else:
            workers = fork_workers(plan.workers, descent.parameters, descent.follow)
            yield descent, stack.enter_context(workers)


@contextmanager
def _fed_by_forks(
    open_batches: Callable[[int], Iterator[BatchT]], num_workers: int
) -> Iterator[Callable[[int], Iterator[BatchT]]]:
    """A supply for one process, made by several others."""
    with ExitStack() as afterwards, supply_from_forks(open_batches, num_workers) as supply:
        # Closed when the others are gone, for its thread may be waiting for one of them.
        ahead = afterwards.enter_context(closing(prefetch(lambda: next(supply))))
        yield lambda _: ahead


def _seed_of(seed: int, step: int, worker: int) -> int:
    return int(np.random.SeedSequence((seed, step, worker)).generate_state(1, np.uint64)[0])


def _descend(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


def _optimiser(network: nn.Module, plan: TrainingPlan) -> torch.optim.Optimizer:
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": plan.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, plan.learning_rate, betas=(0.9, plan.square_decay))


def _begin_average(network: nn.Module, plan: TrainingPlan) -> nn.Module:
    """A copy that will follow the network; without an average, the network itself."""
    if not plan.average_decay:
        return network
    return copy.deepcopy(network).requires_grad_(requires_grad=False)


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
        state = torch.load(path, map_location="cpu", weights_only=True)
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


def prefetch(make_batch: Callable[[], BatchT], depth: int = 4) -> Generator[BatchT]:
    """Make batches on a thread of their own, a few ahead, until the iterator is closed."""
    ready: queue.Queue[BatchT | BaseException] = queue.Queue(depth)
    is_closed = threading.Event()

    def produce() -> None:
        try:
            while not is_closed.is_set():
                ready.put(make_batch())
        except BaseException as error:  # handed to the consumer below
            ready.put(error)

    maker = threading.Thread(target=produce, daemon=True, name="batches")
    maker.start()
    try:
        while True:
            batch = ready.get()
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        is_closed.set()
        while maker.is_alive():  # the end of Python would abort a thread that is inside torch
            while not ready.empty():  # lets it go on if it waits to put its batch
                ready.get()
            maker.join(_CLOSING_S)
