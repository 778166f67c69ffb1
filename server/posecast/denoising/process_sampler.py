"""What a whole clip asks of a sampler of windows, with the one that runs over any denoiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions, Denoiser
from posecast.denoising.guidance import Guidance
from posecast.denoising.reverse_process import ReverseProcess
from posecast.denoising.sampler import Observer, ddim, ddpm
from posecast.signals import FloatArray

StepNoise = Callable[[int], FloatArray]
"""Gives the noise that the reverse step from `t` adds, standard normal. [B, T, M]"""
OnProgress = Callable[[int], None]
"""Is told how many steps are done, not necessarily after each; what it raises ends the window."""


def ignore_progress(_num_done: int) -> None:
    """An `OnProgress` that does nothing."""


class ProcessSampler(Protocol):
    """Generates batches of windows by any reverse process."""

    @property
    def config(self) -> DenoiserConfig:
        """Sizes and conventions of the network."""
        ...

    def run(
        self,
        process: ReverseProcess,
        conditions: Conditions,
        start_noise: FloatArray,
        *,
        step_noise: StepNoise,
        guidance: Guidance,
        on_progress: OnProgress = ignore_progress,
    ) -> FloatArray:
        """Generate windows of equal length.

        Args:
            process: Sampler and steps.
            conditions: What the windows are conditioned on, one row a window.
            start_noise: x_T, standard normal. [B, T, M]
            step_noise: Noise of the steps of DDPM; asked for t = T..2 in this order.
            guidance: Scales, mode and threshold, the same for all rows.
            on_progress: Told of steps that are done, the last one included.

        Returns:
            Clean motion. [B, T, M], normalised

        Raises:
            InvalidRequest: If the process does not fit the schedule, or the noise the windows.
        """
        ...


class LoopSampler:
    """A `ProcessSampler` that calls a denoiser once a step; the arithmetic between is NumPy's.

    Source:
        arXiv:2006.11239, algorithm 2; arXiv:2010.02502, eq. 12; see `sampler`.
    """

    def __init__(self, denoiser: Denoiser) -> None:
        """Take any denoiser; the sampler keeps no state of its own.

        Args:
            denoiser: Network, with its schedule and target.
        """
        self._denoiser = denoiser

    @property
    def config(self) -> DenoiserConfig:
        """Sizes and conventions of the network."""
        return self._denoiser.config

    def run(
        self,
        process: ReverseProcess,
        conditions: Conditions,
        start_noise: FloatArray,
        *,
        step_noise: StepNoise,
        guidance: Guidance,
        on_progress: OnProgress = ignore_progress,
    ) -> FloatArray:
        """Generate windows of equal length; see `ProcessSampler.run`."""
        steps = process.steps(self.config)
        count = _counting(on_progress)
        if process.sampler == "ddim":
            return ddim(
                self._denoiser,
                conditions,
                start_noise,
                num_steps=len(steps),
                guidance=guidance,
                on_step=count,
            )
        return ddpm(
            self._denoiser,
            conditions,
            start_noise,
            step_noise=step_noise,
            guidance=guidance,
            flexibility=process.flexibility,
            on_step=count,
        )


def _counting(on_progress: OnProgress) -> Observer:
    """Tells how many states it was told."""
    num_done = 0

    def count(_step: int, _motion: FloatArray) -> None:
        nonlocal num_done
        num_done += 1
        on_progress(num_done)

    return count
