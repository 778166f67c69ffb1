"""How long the model takes for a window on this machine."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np

from posecast.config import (
    FRAMES_PER_WINDOW,
    SAMPLE_RATE_HZ,
    SAMPLES_PER_FRAME,
    AnimationOptions,
)
from posecast.session.batch import make_next_windows
from posecast.session.engine import AnimationEngine
from posecast.session.streaming import StreamingSession
from posecast.signals import FloatArray, Style

Advance = Callable[[list[StreamingSession], FloatArray], object]
"""Gives each session the next audio of a window's length and makes the window that it completes."""

LIMIT_S = 0.04
"""Seconds after which a measurement ends; the six of a start then take half a second in all."""
MAX_WINDOWS = 7
_PITCH_HZ, _NUM_HARMONICS = 120, 12


def push_together(sessions: list[StreamingSession], samples: FloatArray) -> None:
    """Make the next window of all sessions together, as the worker does.

    Args:
        sessions: Sessions that stand at the same place.
        samples: The next audio of each, at 16 kHz. [S]
    """
    for session in sessions:
        session.take(samples)
    while ready := [session for session in sessions if session.has_window]:
        make_next_windows(ready)


class WindowTimer:
    """Measures what windows cost, device and Python together; a `capacity.CostOf`."""

    def __init__(
        self,
        engine: AnimationEngine,
        advance: Advance = push_together,
        *,
        limit_s: float = LIMIT_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Prepare; nothing is measured yet.

        Args:
            engine: The loaded model.
            advance: Makes the next window of all sessions as the server would.
            limit_s: Seconds that one measurement may take, beside its warm-up and a first window.
            clock: Seconds that only grow.
        """
        self._engine = engine
        self._advance = advance
        self._limit_s = limit_s
        self._clock = clock

    def __call__(self, options: AnimationOptions, batch: int) -> float:
        """Measure one kind of window.

        Args:
            options: What each stream chose.
            batch: Streams whose windows are made together.

        Returns:
            Least seconds of making one window for each of them: other work on the machine, which
            may be gone the next second, only adds to what a window costs.
        """
        style_dim = self._engine.config.denoiser.style_dim
        still = Style(vector=np.zeros(style_dim, np.float32))  # not every model has a neutral one
        frames = options.window_frames or FRAMES_PER_WINDOW[options.mode]  # no shorter opening ones
        sessions = [
            StreamingSession(
                self._engine,
                dataclasses.replace(options, seed=seed, window_frames=frames),
                sample_rate_hz=SAMPLE_RATE_HZ,
                style=still,
            )
            for seed in range(batch)
        ]
        look_ahead = _buzz(self._engine.speech_encoder.config.look_ahead_frames)
        for session in sessions:
            session.push(look_ahead)
        samples = _buzz(frames)
        self._advance(sessions, samples)  # the first evaluation of a shape allocates and plans
        return self._least_s(lambda: self._advance(sessions, samples))

    def _least_s(self, make: Callable[[], object]) -> float:
        costs: list[float] = []
        # Stop before the next one would exceed the limit, but not without a single measurement.
        while not costs or (len(costs) < MAX_WINDOWS and sum(costs) + costs[-1] <= self._limit_s):
            start = self._clock()
            make()
            costs.append(self._clock() - start)
        return min(costs)


def _buzz(num_frames: int) -> FloatArray:
    """A voice on one note, so that no stage meets silence. [S]"""
    times_s = np.arange(num_frames * SAMPLES_PER_FRAME) / SAMPLE_RATE_HZ
    waves = [np.sin(2 * np.pi * _PITCH_HZ * k * times_s) / k for k in range(1, _NUM_HARMONICS + 1)]
    return (0.1 * np.sum(waves, axis=0)).astype(np.float32)
