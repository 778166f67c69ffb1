"""What a server can carry: which share of the machine a stream takes.

The load of a stream is the time that it costs in a second of its media, as a share of the time that
may be spent in a second:

    load = (row * n(steps * terms) + fixed / 4 * n(steps) + messages) / media / budget

`fixed` is what an evaluation costs however many windows are in it, and `row` what each window adds;
both are measured at the start with the model's own settings. `n(x) = 1 - d + d * x` says how a cost
grows when the denoiser has `x` times its usual work, with `d` the denoiser's share of it: sampling
steps repeat evaluations and rows alike, further terms of guidance only add rows. `media` is the
length of a window in seconds: short windows pay their costs more often.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from posecast.config import (
    FRAME_RATE_HZ,
    FRAMES_PER_WINDOW,
    AnimationOptions,
    LatencyMode,
    ModelConfig,
    ServerConfig,
)
from posecast.denoising.guidance import guidance_terms
from posecast.session.motion import guidance_of

logger = logging.getLogger(__name__)

CostOf = Callable[[AnimationOptions, int], float]
"""Seconds of making one window each for so many streams with these options, together."""

UTILISATION = 0.75
"""Share of each second that may be spent. Windows come due at random against each other, so they
wait for the device: u / (2 (1 - u)) windows in the mean (M/D/1), which is 1.5 at 0.75, not more
than a deadline forgives, and 9.5 at 0.95."""
FULL_BATCH = 4
"""Windows that share the fixed cost when the server is full: then they wait for one another and go
together. Larger batches may form, but this is the largest that was measured."""
BATCHES: Mapping[LatencyMode, Sequence[int]] = {
    "realtime": (1, FULL_BATCH),
    "balanced": (1, FULL_BATCH),
    "offline": (1,),  # not limited by load, and four would take half of the start
}
SMALLEST_ROW = 0.1
"""Least cost of a row over an equal share of the batch: one that measures as free is a mistake."""
SMALLEST_DENOISER_SHARE = 0.3
"""What the denoiser's share counts for at least; if the machine was busy during the first of two
measurements, fifty steps would seem to cost as much as one. On two CPUs 0.6 was measured."""
MESSAGE_S = 0.0002
"""Server time of one gRPC message with its protobuf: 0.12 to 0.21 ms were measured on a CPU."""
MESSAGES_HZ = 50
"""Messages that a live client is taken to send in a second, of 20 ms each."""
ENCODED_FRAME_S = 0.00001
"""Server time of a frame on its way into protobuf: 8 us were measured on a CPU."""


class WindowCost(NamedTuple):
    """What windows of one length cost, with the model's own settings."""

    frames: int
    """Model frames in a window."""
    fixed_s: float
    """Seconds of an evaluation, however many windows are in it."""
    row_s: float
    """Seconds that each window adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What streams cost, and what may be spent on them."""

    model: ModelConfig
    """Its settings are the ones that were measured."""
    costs: tuple[WindowCost, ...]
    """Costs of windows, the shortest first; those between are interpolated."""
    denoiser_share: float
    """Share of the denoiser in the cost of a window, 0..1."""
    budget: float
    """Seconds of work that are taken on in a second."""

    def load_of(self, options: AnimationOptions) -> float:
        """Share of the capacity that one stream takes.

        Args:
            options: What it chose. Offline streams are counted like the others.

        Returns:
            The share, above 0; 1 is all that there is.
        """
        frames = options.window_frames or FRAMES_PER_WINDOW[options.mode]
        media_s = frames / FRAME_RATE_HZ
        messages = MESSAGE_S * (MESSAGES_HZ + 1 / media_s) + ENCODED_FRAME_S * options.frame_rate_hz
        return (self._window_s(options, frames) / media_s + messages) / self.budget

    def streams(self, mode: LatencyMode) -> int:
        """Streams of one mode alone, with the model's own settings, that are carried."""
        return math.floor(1.0 / self.load_of(AnimationOptions(mode=mode)) + 1e-9)

    def _window_s(self, options: AnimationOptions, frames: int) -> float:
        usual = AnimationOptions()
        steps = self._num_steps(options) / self._num_steps(usual)
        terms = self._num_terms(options) / self._num_terms(usual)
        # A window that is shorter than all that were measured counts as the shortest of them.
        lengths = [cost.frames for cost in self.costs]
        fixed_s, row_s = (
            float(np.interp(frames, lengths, seconds))
            for seconds in (
                [cost.fixed_s for cost in self.costs],
                [cost.row_s for cost in self.costs],
            )
        )
        return row_s * self._grown(steps * terms) + fixed_s / FULL_BATCH * self._grown(steps)

    def _grown(self, work: float) -> float:
        return 1.0 - self.denoiser_share + self.denoiser_share * work

    def _num_steps(self, options: AnimationOptions) -> int:
        return options.sampling_steps or self.model.sampling_steps

    def _num_terms(self, options: AnimationOptions) -> int:
        """Predictions that guidance needs for one window, 1..3."""
        return len(guidance_terms(guidance_of(self.model, options)))


def measure_capacity(cost_of: CostOf, model: ModelConfig, config: ServerConfig) -> Capacity:
    """Find out what the machine can carry, before it carries anything.

    Args:
        cost_of: Measures, e.g. a `window_timer.WindowTimer`; asked for each of `BATCHES` in each
            latency mode, and once for other sampling steps.
        model: The model's own settings.
        config: Its `capacity` takes the place of the machine's budget.

    Returns:
        The capacity; the same for the same costs.
    """
    measured = {
        mode: [cost_of(AnimationOptions(mode=mode), batch) for batch in batches]
        for mode, batches in BATCHES.items()
    }
    capacity = Capacity(
        model=model,
        costs=tuple(
            sorted(
                WindowCost(FRAMES_PER_WINDOW[mode], *fit_line(BATCHES[mode], costs))
                for mode, costs in measured.items()
            )
        ),
        denoiser_share=_share_of_denoiser(cost_of, model, usual_s=measured["realtime"][0]),
        budget=UTILISATION if config.capacity is None else config.capacity,
    )
    told = ", ".join(f"{capacity.streams(mode)} {mode}" for mode in BATCHES)
    logger.info("carries by itself: %s streams", told)
    return capacity


def fit_line(batches: Sequence[int], costs: Sequence[float]) -> tuple[float, float]:
    """Take the cost of evaluations apart, by least squares.

    Args:
        batches: Windows in an evaluation, each number once.
        costs: What it took, in seconds.

    Returns:
        The fixed part and the part of each window, in seconds; neither is below 0.
    """
    rows, seconds = np.array(batches, np.float64), np.array(costs, np.float64)
    through_origin = float(rows @ seconds / (rows @ rows))
    if len(rows) == 1:
        return 0.0, through_origin
    row_s = max(float(np.polyfit(rows, seconds, 1)[0]), SMALLEST_ROW * seconds[-1] / rows[-1])
    fixed_s = float(seconds.mean() - row_s * rows.mean())
    return (fixed_s, row_s) if fixed_s >= 0 else (0.0, through_origin)


def _share_of_denoiser(cost_of: CostOf, model: ModelConfig, *, usual_s: float) -> float:
    """How much of a window's cost grows with the steps, from four times or a quarter of them.

    Twice as many would do on a quiet machine; on a busy one the difference drowns.
    """
    usual = model.sampling_steps
    steps = usual * 4 if usual <= 12 else usual // 4
    other_s = cost_of(AnimationOptions(mode="realtime", sampling_steps=steps), 1)
    share = (other_s / usual_s - 1.0) / (steps / usual - 1.0)
    return min(1.0, max(SMALLEST_DENOISER_SHARE, share))
