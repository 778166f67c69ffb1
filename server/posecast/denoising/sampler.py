"""Reverse diffusion as functions over any denoiser."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions, Denoiser, stack_conditions
from posecast.denoising.guidance import (
    Guidance,
    blend,
    bound_predictions,
    terms_for,
    withhold,
)
from posecast.denoising.noise_schedule import NoiseSchedule, build_schedule
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray

Observer = Callable[[int, FloatArray], None]
"""Is called with each step that was reached, T-1..0, and the motion there. [B, T, M]"""


def ddpm(
    denoiser: Denoiser,
    conditions: Conditions,
    start_noise: FloatArray,
    *,
    step_noise: Callable[[int], FloatArray],
    guidance: Guidance,
    flexibility: float = 0.0,
    on_step: Observer | None = None,
) -> FloatArray:
    """Generate windows by the published loop, one network evaluation for each of the T steps.

    Args:
        denoiser: Network, with its schedule and target.
        conditions: What the windows are conditioned on.
        start_noise: x_T, standard normal. [B, T, M]
        step_noise: Gives the noise of the reverse step from `t`, for t = T..2; [B, T, M].
        guidance: Scales and mode.
        flexibility: 0 for the posterior's noise scale, 1 for sqrt(beta).
        on_step: Told every state.

    Returns:
        Clean motion. [B, T, M], normalised

    Raises:
        InvalidRequest: If flexibility is not in 0..1 or arrays do not fit the windows.

    Source:
        arXiv:2006.11239, algorithm 2; DiffPoseTalk, arXiv:2310.00434.
    """
    if not 0.0 <= flexibility <= 1.0:
        raise InvalidRequest(f"flexibility {flexibility}; allowed: 0 to 1")
    schedule = schedule_of(denoiser.config)
    predict = GuidedPrediction(denoiser, conditions, start_noise, guidance)
    motion = start_noise
    for step in range(schedule.num_steps, 0, -1):
        prediction = predict(motion, step)
        motion = posterior_mean(denoiser.config, motion, prediction, step)
        if step > 1:
            sigma = np.float32(schedule.sigma(step, flexibility))
            motion = motion + sigma * step_noise(step)
        if on_step is not None:
            on_step(step - 1, motion)
    return motion


def ddim(
    denoiser: Denoiser,
    conditions: Conditions,
    start_noise: FloatArray,
    *,
    num_steps: int,
    guidance: Guidance,
    on_step: Observer | None = None,
    on_clean: Observer | None = None,
) -> FloatArray:
    """Generate windows in a few deterministic steps (eta = 0).

    Args:
        denoiser: Network, with its schedule and target.
        conditions: What the windows are conditioned on.
        start_noise: x_T, standard normal. [B, T, M]
        num_steps: Network evaluations K; see `ddim_steps` for the steps they are made at.
        guidance: Scales and mode.
        on_step: Told every state.
        on_clean: Told the clean motion that each evaluation predicts, with its step.

    Returns:
        Clean motion. [B, T, M], normalised

    Raises:
        InvalidRequest: If K is not in 1..T or arrays do not fit the windows.

    Source:
        arXiv:2010.02502, eq. 12 with sigma = 0.
    """
    schedule = schedule_of(denoiser.config)
    steps = ddim_steps(schedule.num_steps, num_steps)
    predict = GuidedPrediction(denoiser, conditions, start_noise, guidance)
    motion = start_noise
    for step, earlier in zip(steps, [*steps[1:], 0], strict=True):
        prediction = predict(motion, step)
        clean, noise = split_motion(schedule, denoiser.config, motion, prediction, step)
        if on_clean is not None:
            on_clean(step, clean)
        level = schedule.alpha_bars[earlier]
        motion = np.sqrt(level) * clean + np.sqrt(np.float32(1.0) - level) * noise
        if on_step is not None:
            on_step(earlier, motion)
    return motion


def ddim_steps(num_steps: int, num_evaluations: int) -> list[int]:
    """Steps that DDIM evaluates: K evenly spaced ones from T down, T/K apart, the last jump to 0.

    Starting at T matters because start noise is what the network saw there; see arXiv:2305.08891.

    Args:
        num_steps: Steps T of the schedule.
        num_evaluations: Evaluations K, 1..T.

    Returns:
        T = t_1 > t_2 > ... > t_K >= 1.

    Raises:
        InvalidRequest: If K is not in 1..T.
    """
    if not 1 <= num_evaluations <= num_steps:
        raise InvalidRequest(f"{num_evaluations} sampling steps; allowed: 1 to {num_steps}")
    return [num_steps - index * num_steps // num_evaluations for index in range(num_evaluations)]


def schedule_of(config: DenoiserConfig) -> NoiseSchedule:
    """The noise schedule that a denoiser was trained with."""
    return build_schedule(config.schedule, config.num_steps)


class GuidedPrediction:
    """Evaluates all terms of guidance in one batch and combines them."""

    def __init__(
        self,
        denoiser: Denoiser,
        conditions: Conditions,
        start_noise: FloatArray,
        guidance: Guidance,
    ) -> None:
        """Choose the terms once for all steps of a window.

        Args:
            denoiser: Network.
            conditions: What the windows are conditioned on.
            start_noise: x_T. [B, T, M]
            guidance: Scales and mode.

        Raises:
            InvalidRequest: If the noise does not fit the windows.
        """
        check_start_noise(denoiser.config, conditions, start_noise)
        self._denoiser = denoiser
        self._threshold = guidance.threshold
        self._terms = terms_for(guidance, conditions)
        self._conditions = stack_conditions(withhold(conditions, self._terms))

    def __call__(self, motion: FloatArray, step: int) -> FloatArray:
        """Predict from motion at one step. [B, T, M] -> [B, T, M]"""
        num_terms = len(self._terms)
        batch = np.concatenate([motion] * num_terms)
        steps = np.full(len(batch), step, dtype=np.int64)
        predictions = self._denoiser.predict(batch, steps, self._conditions)
        predictions = predictions.reshape(num_terms, *motion.shape)
        return blend(self._terms, bound_predictions(predictions, self._threshold))


def check_start_noise(
    config: DenoiserConfig, conditions: Conditions, start_noise: FloatArray
) -> None:
    """Hold start noise to the shape of the windows.

    Raises:
        InvalidRequest: If it has another.
    """
    expected = (*conditions.speech.shape[:2], config.motion_dim)
    if start_noise.shape != expected:
        raise InvalidRequest(f"start noise of shape {start_noise.shape}; expected {expected}")


def posterior_mean(
    config: DenoiserConfig, motion: FloatArray, prediction: FloatArray, step: int
) -> FloatArray:
    """Mean of the motion one step earlier, given a prediction.

    Args:
        config: Schedule and target of the network.
        motion: x_t. [B, T, M]
        prediction: Clean motion or noise, as the target says. [B, T, M]
        step: The step t, 1..T.

    Returns:
        Mean of x_{t-1}. [B, T, M]

    Source:
        arXiv:2006.11239, eq. 7 for clean motion, eq. 11 for noise.
    """
    of_prediction, of_motion = posterior_shares(config, step)
    return of_motion * motion + of_prediction * prediction


def posterior_shares(config: DenoiserConfig, step: int) -> tuple[np.float32, np.float32]:
    """Shares of prediction and noisy motion in the mean of the motion one step earlier.

    Args:
        config: Schedule and target of the network.
        step: The step t, 1..T.

    Returns:
        Share of the prediction, share of x_t.

    Source:
        arXiv:2006.11239, eq. 7 for clean motion, eq. 11 for noise.
    """
    schedule = schedule_of(config)
    if config.target == "sample":
        noisy, clean = schedule.posterior_weights(step)
        return np.float32(clean), np.float32(noisy)
    alpha, alpha_bar = float(schedule.alphas[step]), float(schedule.alpha_bars[step])
    of_motion = 1.0 / math.sqrt(alpha)
    of_prediction = -(1.0 - alpha) / math.sqrt(1.0 - alpha_bar) * of_motion
    return np.float32(of_prediction), np.float32(of_motion)


def split_motion(
    schedule: NoiseSchedule,
    config: DenoiserConfig,
    motion: FloatArray,
    prediction: FloatArray,
    step: int,
) -> tuple[FloatArray, FloatArray]:
    """Take noisy motion apart into clean motion and noise. [B, T, M] each"""
    level = schedule.alpha_bars[step]
    keep, spread = np.sqrt(level), np.sqrt(np.float32(1.0) - level)
    if config.target == "sample":
        return prediction, (motion - keep * prediction) / spread
    return (motion - spread * prediction) / keep, prediction


def ddim_shares(config: DenoiserConfig, steps: Sequence[int]) -> FloatArray:
    """Shares of prediction and noisy motion in the motion that each step of `ddim` leads to.

    The same update as in `ddim`, with clean motion and noise eliminated.

    Args:
        config: Schedule and target of the network.
        steps: From `ddim_steps`.

    Returns:
        Share of the prediction, share of the motion. [K, 2]

    Source:
        arXiv:2010.02502, eq. 12 with sigma = 0.
    """
    levels = schedule_of(config).alpha_bars.astype(np.float64)
    now, earlier = levels[list(steps)], levels[[*steps[1:], 0]]
    keep, spread = np.sqrt(now), np.sqrt(1.0 - now)
    kept, spread_on = np.sqrt(earlier), np.sqrt(1.0 - earlier)
    if config.target == "sample":
        shares = (kept - spread_on * keep / spread, spread_on / spread)
    else:
        shares = (spread_on - kept * spread / keep, kept / keep)
    return np.stack(shares, axis=1).astype(np.float32)
