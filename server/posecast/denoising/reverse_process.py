"""Which reverse diffusion makes a window: its steps, and what each makes of a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from posecast.config import DenoiserConfig
from posecast.denoising.sampler import ddim_shares, ddim_steps, posterior_shares, schedule_of
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray, IntArray

SamplerName = Literal["ddpm", "ddim"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseProcess:
    """How motion is made of noise; unset, the published way."""

    sampler: SamplerName = "ddpm"
    """`ddpm` takes every step and adds fresh noise in each; `ddim` may take few and adds none."""
    num_steps: int | None = None
    """Evaluations of the network, 1..T; unset means all T, and `ddpm` takes no fewer."""
    flexibility: float = 0.0
    """How much noise `ddpm` adds, 0..1: 0 is the posterior's own scale, 1 is sqrt(beta)."""

    def __post_init__(self) -> None:
        """Check what does not depend on the model."""
        if self.sampler not in ("ddpm", "ddim"):
            raise InvalidRequest(f"sampler {self.sampler!r}; allowed: ddpm, ddim")
        if not 0.0 <= self.flexibility <= 1.0:
            raise InvalidRequest(f"flexibility {self.flexibility}; allowed: 0 to 1")
        if self.sampler == "ddim" and self.flexibility:
            raise InvalidRequest(
                f"flexibility {self.flexibility} with ddim; allowed: 0, as ddim adds no noise"
            )

    def steps(self, config: DenoiserConfig) -> list[int]:
        """Steps that the network is evaluated at, from the noisiest one down.

        Args:
            config: Schedule of the network.

        Raises:
            InvalidRequest: If there are more than the schedule has, or fewer with `ddpm`.
        """
        asked = config.num_steps if self.num_steps is None else self.num_steps
        steps = ddim_steps(config.num_steps, asked)
        if self.sampler == "ddpm" and len(steps) < config.num_steps:
            raise InvalidRequest(
                f"{len(steps)} steps with ddpm; allowed: all {config.num_steps}, or fewer with ddim"
            )
        return steps


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShares:
    """Each step as a sum: shares of the prediction, of the motion before it and of fresh noise."""

    steps: IntArray
    """Steps that the network is evaluated at, from the noisiest one down; a second axis gives each
    row its own. [K] or [K, R]"""
    of_prediction: FloatArray
    """[K]"""
    of_motion: FloatArray
    """[K]"""
    of_noise: FloatArray
    """0 where no noise is added. [K]"""

    @classmethod
    def of(cls, process: ReverseProcess, config: DenoiserConfig) -> Self:
        """Work the shares out.

        Args:
            process: Which steps.
            config: Schedule and target of the network.

        Raises:
            InvalidRequest: If the process does not fit the schedule.

        Source:
            arXiv:2006.11239, eq. 7 and 11; arXiv:2010.02502, eq. 12 with sigma = 0.
        """
        steps = process.steps(config)
        noise = np.zeros(len(steps), np.float32)
        if process.sampler == "ddim":
            shares = ddim_shares(config, steps)
        else:
            shares = np.array([posterior_shares(config, step) for step in steps], np.float32)
            scales = [schedule_of(config).sigma(step, process.flexibility) for step in steps]
            noise[:-1] = scales[:-1]  # what the last step leads to is the result
        return cls(
            steps=np.array(steps, np.int64),
            of_prediction=shares[:, 0],
            of_motion=shares[:, 1],
            of_noise=noise,
        )

    def part(self, start: int, stop: int) -> StepShares:
        """Some steps in a row, counted from the first."""
        return StepShares(
            steps=self.steps[start:stop],
            of_prediction=self.of_prediction[start:stop],
            of_motion=self.of_motion[start:stop],
            of_noise=self.of_noise[start:stop],
        )

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.steps)
