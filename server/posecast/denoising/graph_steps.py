"""Steps of sampling as inputs of the sampler's graph; see `sampler_graph.build_sampler`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posecast.denoising.guidance import Threshold
from posecast.denoising.reverse_process import StepShares
from posecast.signals import FloatArray

GraphInputs = dict[str, NDArray[Any]]
STEP_INPUTS: dict[str, tuple[int, ...]] = {
    "steps": (),
    "from_prediction": (1,),
    "from_motion": (1,),
    "term_weights": (),
}
"""What every sampler's graph takes beside motion and conditions, with the sizes each ends in."""
CLIP_INPUTS: dict[str, tuple[int, ...]] = {
    "step_noise": (),
    "quantile_weights": (1,),
    "bound_limits": (2,),
    "real_frames": (1,),
}
"""What one that was made for clips takes too."""
_NO_BOUND = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSteps:
    """Steps that one evaluation of the graph takes."""

    shares: StepShares
    """The steps, and what each makes of prediction, motion and noise. [K]"""
    weights: Sequence[float]
    """Weights of the terms of guidance. [E]"""
    threshold: Threshold | None = None
    """Bound of each prediction."""
    noise: FloatArray | None = None
    """Standard normal noise of each step; None where no step adds any. [K, B, T, M]"""

    def inputs(self, num_rows: int, motion: FloatArray, num_frames: int) -> GraphInputs:
        """All inputs but motion and conditions.

        Args:
            num_rows: Rows R of the conditions.
            motion: Where the steps start, padded. [B, T, M]
            num_frames: Frames of it that are no padding.

        Returns:
            Inputs by name, those that only clips need included.
        """
        # Padding is 0 before every step, as in training: no share of anything is.
        is_real = (np.arange(motion.shape[1]) < num_frames)[:, None].astype(np.float32)
        shares = self.shares
        levels = shares.steps if shares.steps.ndim > 1 else shares.steps[:, None]
        return {
            "steps": np.ascontiguousarray(np.broadcast_to(levels, (len(levels), num_rows))),
            "from_prediction": shares.of_prediction[:, None, None] * is_real,
            "from_motion": shares.of_motion[:, None, None] * is_real,
            "term_weights": np.array([self.weights], np.float32),
            "step_noise": self._scaled_noise(motion.shape[1]),
            "real_frames": is_real,
            **_bound(self.threshold, num_frames * motion.shape[2]),
        }

    def _scaled_noise(self, num_frames: int) -> FloatArray:
        scales = self.shares.of_noise[:, None, None, None]
        if self.noise is None:
            return np.zeros_like(scales)
        missing = num_frames - self.noise.shape[2]
        return scales * np.pad(self.noise, ((0, 0), (0, 0), (0, missing), (0, 0)))


def _bound(threshold: Threshold | None, num_values: int) -> GraphInputs:
    """A quantile of so many values as a sum of the largest ones, with the limits of the bound."""
    if threshold is None:
        return {
            "quantile_weights": np.zeros((1, 1), np.float32),
            "bound_limits": np.full(2, _NO_BOUND, np.float32),
        }
    position = threshold.ratio * (num_values - 1)  # among the values in rising order, from 0
    below = math.floor(position)
    weights = np.zeros((num_values - below, 1), np.float32)
    weights[-1] = 1.0 - (position - below)
    if position > below:
        weights[-2] = position - below
    return {
        "quantile_weights": weights,
        "bound_limits": np.array([threshold.low, threshold.high], np.float32),
    }
