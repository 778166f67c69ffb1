"""How much noise each diffusion step holds."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest
from posecast.signals import FloatArray

ScheduleMode = Literal["cosine", "linear", "quadratic", "sigmoid"]
_BETA_LOW, _BETA_HIGH = 1e-4, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseSchedule:
    """Noise of the steps 0..T; step 0 is clean motion.

    Source:
        Denoising diffusion probabilistic models, arXiv:2006.11239, eq. 4, 6, 7; the cosine form is
        arXiv:2102.09672, eq. 17. alpha_bar is a running sum of logarithms, as in the published
        weights, not the closed form: clipped betas make a difference at the last step.
    """

    betas: FloatArray
    """Share of noise that a step adds, 0 at step 0. [T + 1]"""
    alphas: FloatArray
    """1 - beta. [T + 1]"""
    alpha_bars: FloatArray
    """Share of the clean motion's power that is left. [T + 1]"""
    sigmas_flex: FloatArray
    """Upper bound of the noise that a reverse step adds: sqrt(beta). [T + 1]"""
    sigmas_inflex: FloatArray
    """Lower bound of the noise that a reverse step adds. [T + 1]"""

    @property
    def num_steps(self) -> int:
        """The last step, T."""
        return len(self.betas) - 1

    def sigma(self, step: int, flexibility: float = 0.0) -> float:
        """Scale of the noise that the reverse step from `step` adds.

        Args:
            step: 1..T.
            flexibility: 0 for the posterior's own scale, 1 for sqrt(beta).

        Returns:
            The scale.
        """
        flex, inflex = float(self.sigmas_flex[step]), float(self.sigmas_inflex[step])
        return flexibility * flex + (1.0 - flexibility) * inflex

    def posterior_weights(self, step: int) -> tuple[float, float]:
        """Weights of noisy and clean motion in the mean of the motion one step earlier.

        Args:
            step: 1..T.

        Returns:
            Weight of x_t, weight of x_0.

        Source:
            arXiv:2006.11239, eq. 7.
        """
        now, earlier = float(self.alpha_bars[step]), float(self.alpha_bars[step - 1])
        alpha = float(self.alphas[step])
        noisy = (1.0 - earlier) * math.sqrt(alpha) / (1.0 - now)
        clean = (1.0 - alpha) * math.sqrt(earlier) / (1.0 - now)
        return noisy, clean


@functools.cache
def build_schedule(mode: ScheduleMode, num_steps: int) -> NoiseSchedule:
    """Compute the schedule of a model; the arrays are shared and read-only.

    Args:
        mode: How beta grows.
        num_steps: T, at least 1.

    Returns:
        The schedule.

    Raises:
        InvalidRequest: If the mode is unknown or there is no step.
    """
    if mode not in _BETAS:
        raise InvalidRequest(f"noise schedule {mode!r}; allowed: {', '.join(_BETAS)}")
    if num_steps < 1:
        raise InvalidRequest(f"{num_steps} diffusion steps; allowed: 1 or more")
    one = np.float32(1.0)
    betas = np.concatenate([[0.0], _BETAS[mode](num_steps)]).astype(np.float32)
    alphas = one - betas
    # Summed in float32 as the published schedule was. NumPy's float32 log and exp differ in the
    # last bit from machine to machine, so these are taken in float64 and rounded.
    log_alpha_bars = np.cumsum(np.log(alphas.astype(np.float64)).astype(np.float32))
    alpha_bars = np.exp(log_alpha_bars.astype(np.float64)).astype(np.float32)
    sigmas_inflex = np.zeros_like(betas)
    sigmas_inflex[1:] = np.sqrt((one - alpha_bars[:-1]) / (one - alpha_bars[1:]) * betas[1:])
    schedule = NoiseSchedule(
        betas=betas,
        alphas=alphas,
        alpha_bars=alpha_bars,
        sigmas_flex=np.sqrt(betas),
        sigmas_inflex=sigmas_inflex,
    )
    for name in NoiseSchedule.__dataclass_fields__:
        getattr(schedule, name).setflags(write=False)
    return schedule


def _cosine(num_steps: int) -> FloatArray:
    single = np.float32
    offset = single(0.008)  # keeps the first betas from vanishing
    progress = (np.arange(num_steps + 1, dtype=single) / single(num_steps) + offset) / (1 + offset)
    # float32 throughout, as published: the first betas are differences of numbers near 1 and keep
    # only three digits, so float64 would give visibly different ones.
    angle = (progress * single(np.pi / 2)).astype(np.float64)
    level = np.cos(angle).astype(single) ** 2
    alpha_bars = level / level[0]
    betas = single(1) - alpha_bars[1:] / alpha_bars[:-1]
    return betas.clip(single(1e-4), single(0.999))


def _linear(num_steps: int) -> NDArray[np.float64]:
    return np.linspace(_BETA_LOW, _BETA_HIGH, num_steps)


def _quadratic(num_steps: int) -> NDArray[np.float64]:
    return np.linspace(math.sqrt(_BETA_LOW), math.sqrt(_BETA_HIGH), num_steps) ** 2


def _sigmoid(num_steps: int) -> NDArray[np.float64]:
    rise = 1.0 / (1.0 + np.exp(-np.linspace(-5.0, 5.0, num_steps)))
    return rise * (_BETA_HIGH - _BETA_LOW) + _BETA_LOW


_BETAS: dict[ScheduleMode, Callable[[int], NDArray[np.floating]]] = {
    "cosine": _cosine,
    "linear": _linear,
    "quadratic": _quadratic,
    "sigmoid": _sigmoid,
}
