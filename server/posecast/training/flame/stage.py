"""Runs one of the trainings: batches in, checkpoints of the published format out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

from torch import Tensor, nn

from posecast.training.devices import resolve_device, to_device
from posecast.training.flame.batches import Batches, mean_of, supply
from posecast.training.flame.run_observer import Cadence, RunObserver
from posecast.training.loop import completed_steps, optimise
from posecast.training.plan import TrainingPlan

STATE_FILE = "state.pt"
"""What a run goes on from; `posecast import-official` reads `checkpoints/iter_NNNNNNN.pt`."""
BatchT = TypeVar("BatchT")
NetworkT = TypeVar("NetworkT", bound=nn.Module)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Generic[BatchT, NetworkT]):
    """What is trained on what."""

    network: NetworkT
    """Fresh weights."""
    batches: Batches[BatchT]
    """Of the training split."""
    losses_of: Callable[[nn.Module, BatchT], dict[str, Tensor]]
    """Weighted losses by name."""
    save: Callable[[Path, NetworkT, int], None]
    """Writes a checkpoint of the published format, given its steps."""
    cadence: Cadence
    """How often that is done."""
    validation: Batches[BatchT] | None
    """Of the validation split, if there is one."""
    validation_passes: int
    """How often a validation goes through its split."""
    uses_tensorboard: bool
    """Whether TensorBoard's files are written."""


def run_stage(stage: Stage[BatchT, NetworkT], plan: TrainingPlan, run: Path) -> NetworkT:
    """Train, going on from where the run stands.

    Args:
        stage: What is trained on what.
        plan: How long and how fast; one worker.
        run: Folder of the run.

    Returns:
        The network, or its moving average if the plan keeps one; on the CPU, for evaluation.

    Raises:
        CheckpointMismatch: If the run's state is of another network.
        TrainingPaused: If the plan's minutes are used up; the state is saved.
    """
    device = resolve_device(plan.device)
    first_batch = completed_steps(run / STATE_FILE) * plan.accumulated_batches

    def save(network: nn.Module, step: int) -> None:
        path = run / "checkpoints" / f"iter_{step:07d}.pt"
        stage.save(path, cast(NetworkT, network), step)

    def validate(batches: Batches[BatchT], network: nn.Module) -> dict[str, float]:
        def losses_of(batch: BatchT) -> dict[str, Tensor]:
            with plan.autocast():
                return stage.losses_of(network, to_device(batch, device))

        return mean_of(batches, stage.validation_passes * batches.num_an_epoch, losses_of)

    held_out = stage.validation
    observer = RunObserver(
        run,
        plan,
        stage.cadence,
        save,
        None if held_out is None else lambda network: validate(held_out, network),
        uses_tensorboard=stage.uses_tensorboard,
    )
    with observer:
        trained = optimise(
            stage.network,
            plan,
            lambda _: supply(stage.batches, first_batch),
            stage.losses_of,
            run / STATE_FILE,
            observer=observer,
        )
    return cast(NetworkT, trained)
