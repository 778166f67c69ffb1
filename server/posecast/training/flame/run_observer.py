"""What a training run writes as it goes: published checkpoints, validation, TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import torch
from torch import nn

from posecast.errors import InvalidRequest
from posecast.training.plan import TrainingPlan

_VALIDATION_SEED = 20


class _Board(Protocol):
    """The part of TensorBoard's writer that is used."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often something is written, in steps."""

    save_steps: int
    """Between checkpoints of the published format."""
    validation_steps: int
    """Between validations."""

    def __post_init__(self) -> None:
        """Refuse steps that never come."""
        for name in ("save_steps", "validation_steps"):
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}; allowed: 1 and more")


class RunObserver:
    """Watches one call of `loop.optimise`; a context that closes TensorBoard's file."""

    def __init__(
        self,
        run: Path,
        plan: TrainingPlan,
        cadence: Cadence,
        save: Callable[[nn.Module, int], None],
        validate: Callable[[nn.Module], dict[str, float]] | None,
        *,
        uses_tensorboard: bool = True,
    ) -> None:
        """Begin.

        Args:
            run: Folder of the run; `validation.jsonl` and `tensorboard/` grow there.
            plan: Says where the end is, where everything is written once more.
            cadence: How often.
            save: Writes a checkpoint of the published format, given its steps.
            validate: Losses by name; None where there is no validation split.
            uses_tensorboard: Whether TensorBoard's files are written.
        """
        self._run, self._plan, self._cadence = run, plan, cadence
        self._save, self._validate = save, validate
        self._board = _open_board(run / "tensorboard") if uses_tensorboard else None

    def __enter__(self) -> Self:
        """Go on."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close TensorBoard's file."""
        if self._board is not None:
            self._board.close()

    def on_log(self, step: int, means: Mapping[str, float], learning_rate: float) -> None:
        """Draw the training losses."""
        self._draw("train", {**means, "total": sum(means.values())}, step)
        self._draw("plan", {"learning_rate": learning_rate}, step)

    def on_step(self, step: int, average: nn.Module) -> None:
        """Save and validate when it is time."""
        is_end = step == self._plan.steps
        if step % self._cadence.save_steps == 0 or is_end:
            self._save(average, step)
        if self._validate is not None and (step % self._cadence.validation_steps == 0 or is_end):
            self._write_validation(step, self._validated(average, self._validate))

    def _validated(
        self, network: nn.Module, validate: Callable[[nn.Module], dict[str, float]]
    ) -> dict[str, float]:
        """Losses without dropout, with the same noise each time."""
        with _evaluating(network), torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(_VALIDATION_SEED)
            means = validate(network)
        return {**means, "total": sum(means.values())}

    def _write_validation(self, step: int, means: Mapping[str, float]) -> None:
        self._draw("validation", means, step)
        line = {"step": step, **{name: round(value, 5) for name, value in means.items()}}
        with (self._run / "validation.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def _draw(self, group: str, values: Mapping[str, float], step: int) -> None:
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"{group}/{name}", value, step)


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Switch every part to evaluation, and back to what it was."""
    was_training = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, mode in was_training.items():
            module.training = mode


def _open_board(folder: Path) -> _Board:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder))
