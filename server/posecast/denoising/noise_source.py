"""Where the noise of a whole clip comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from posecast.denoising.noise import step_noise, window_noise
from posecast.signals import FloatArray

Shape = tuple[int, int, int]
"""Repetitions, frames, motion width. [N, T, M]"""
_NUM_SEEDS = 2**64


class NoiseSource(Protocol):
    """Gives standard normal noise by its place alone."""

    def start(self, window_index: int, shape: Shape) -> FloatArray:
        """Start noise of a window, x_T. [N, T, M]"""
        ...

    def step(self, window_index: int, step: int, shape: Shape) -> FloatArray:
        """Noise that the reverse step from `step` adds in a window. [N, T, M]"""
        ...


class SeededNoise:
    """The noise that a stream with the same seed has; repetition `n` has that of seed + n."""

    def __init__(self, seed: int) -> None:
        """Choose the seed.

        Args:
            seed: Seed of repetition 0, 0..2**64-1; beyond the last seed comes the first.
        """
        self._seed = seed

    def start(self, window_index: int, shape: Shape) -> FloatArray:
        """Start noise of a window; see `NoiseSource.start`.

        Raises:
            InvalidRequest: If the seed is out of range.
        """
        return self._stack(shape, lambda seed: window_noise(seed, window_index, shape[1:]))

    def step(self, window_index: int, step: int, shape: Shape) -> FloatArray:
        """Noise of a step; see `NoiseSource.step`.

        Raises:
            InvalidRequest: If the seed is out of range.
        """
        return self._stack(shape, lambda seed: step_noise(seed, window_index, step, shape[1:]))

    def _stack(self, shape: Shape, draw: Callable[[int], FloatArray]) -> FloatArray:
        first = draw(
            self._seed
        )  # refuses a seed out of range, which the next ones are brought into
        others = [draw((self._seed + row) % _NUM_SEEDS) for row in range(1, shape[0])]
        return np.stack([first, *others])
