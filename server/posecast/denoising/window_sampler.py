"""What a session asks of a sampler of windows, with the one that runs over any denoiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions, Denoiser
from posecast.denoising.guidance import Guidance
from posecast.denoising.sampler import ddim
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledWindows:
    """A batch of windows that was sampled; the arrays are the caller's to change."""

    motion: FloatArray
    """Clean motion at the end of the last step. [B, T, M], normalised"""
    first_clean: FloatArray
    """Clean motion that the first evaluation predicts, from noise alone: the mean of all that the
    speech may look like. [B, T, M], normalised"""


class WindowSampler(Protocol):
    """Generates batches of windows in a few deterministic steps."""

    @property
    def config(self) -> DenoiserConfig:
        """Sizes and conventions of the network."""
        ...

    def sample(
        self,
        conditions: Conditions,
        start_noise: FloatArray,
        *,
        num_steps: int,
        guidance: Guidance,
    ) -> SampledWindows:
        """Generate windows of equal length.

        Args:
            conditions: What the windows are conditioned on, one row a window.
            start_noise: x_T, standard normal. [B, T, M]
            num_steps: Network evaluations K, 1..the schedule's steps.
            guidance: Scales and mode, the same for all rows.

        Returns:
            The windows, in the order of the rows.

        Raises:
            InvalidRequest: If K is out of range or the noise does not fit the windows.
        """
        ...


class DdimSampler:
    """A `WindowSampler` that calls a denoiser once a step; the arithmetic between is NumPy's.

    Source:
        arXiv:2010.02502, eq. 12 with sigma = 0; see `sampler.ddim`.
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

    def sample(
        self,
        conditions: Conditions,
        start_noise: FloatArray,
        *,
        num_steps: int,
        guidance: Guidance,
    ) -> SampledWindows:
        """Generate windows of equal length; see `WindowSampler.sample`."""
        predicted: list[FloatArray] = []
        motion = ddim(
            self._denoiser,
            conditions,
            start_noise,
            num_steps=num_steps,
            guidance=guidance,
            on_clean=lambda _, clean: predicted.append(clean),
        )
        return SampledWindows(motion=motion, first_clean=predicted[0])
