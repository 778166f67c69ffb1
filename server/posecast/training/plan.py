"""How long and how fast a network is trained."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

from posecast.errors import InvalidRequest
from posecast.training.devices import autocast_on, resolve_device
from posecast.training.workers import check_workers

_COUNTS = (
    "steps", "warmup_steps", "checkpoint_steps", "log_steps", "accumulated_batches", "threads",
    "workers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """How long and how fast to train."""

    steps: int
    """Optimiser steps."""
    learning_rate: float
    """Highest learning rate, reached after the warm-up."""
    decay: Literal["cosine", "none"] = "cosine"
    """Whether the learning rate then falls to a hundredth by a cosine, or stays."""
    warmup_steps: int = 200
    """Steps of linear warm-up."""
    weight_decay: float = 0.02
    """Decoupled weight decay of matrices."""
    square_decay: float = 0.98
    """Decay of Adam's average of squared gradients; that of gradients decays by 0.9."""
    largest_gradient: float | None = 1.0
    """Norm to which longer gradients are cut; None cuts none."""
    accumulated_batches: int = 1
    """Batches whose mean gradient is one step."""
    precision: Literal["auto", "full"] = "auto"
    """Bfloat16 where the device is quick at it, or float32 everywhere."""
    average_decay: float = 0.998
    """Decay of the moving average of the weights, which is what gets exported; 0 for none."""
    checkpoint_steps: int = 500
    """Steps between checkpoints."""
    log_steps: int = 100
    """Steps between lines of the log."""
    seed: int = 0
    """Seed of weights, order and augmentation."""
    threads: int = 1
    """Compute threads; two on a busy machine of two cores were slower than one."""
    workers: int = 1
    """Processes that each make batches of their own; Linux only. On the CPU they train, too, and
    average their gradients; on a GPU they feed the one that trains."""
    device: str = "cpu"
    """`cpu`, `cuda`, or `auto` for CUDA where there is a device."""
    minutes: float | None = None
    """Wall-clock time of one call of `optimise`, which then pauses; None for no limit."""

    def __post_init__(self) -> None:
        """Refuse a plan that cannot run."""
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}; allowed: 1 or more")
        if self.minutes is not None and not self.minutes > 0:
            raise InvalidRequest(f"minutes {self.minutes}; allowed: above 0")
        check_workers(self.workers, threads=self.threads)

    def learning_rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        if self.decay == "none":
            return self.learning_rate * warm
        cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / self.steps))
        return self.learning_rate * warm * (0.01 + 0.99 * cosine)

    def autocast(self) -> AbstractContextManager[object]:
        """Bfloat16 for what is computed inside, where the device is quick at it."""
        return (
            nullcontext() if self.precision == "full" else autocast_on(resolve_device(self.device))
        )
