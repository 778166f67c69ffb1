"""Noise that depends on a seed and a place alone, never on what was drawn before."""

from __future__ import annotations

import numpy as np

from posecast.errors import InvalidRequest
from posecast.signals import FloatArray

_START, _STEP = 0, 1  # highest counter word: start noise and step noise never meet
_MAX_WORD = 2**64 - 1


def window_noise(seed: int, window_index: int, shape: tuple[int, ...]) -> FloatArray:
    """Start noise of one window of one stream.

    Args:
        seed: Seed of the stream, 0..2**64-1.
        window_index: Index of the window in the stream, from 0.
        shape: Shape without a batch axis, e.g. [T, M].

    Returns:
        Standard normal noise of that shape.

    Raises:
        InvalidRequest: If the seed or the index is out of range.

    Source:
        Philox: Parallel random numbers, as easy as 1, 2, 3; Salmon et al. 2011.
    """
    return _draw(seed, window_index, _START, 0, shape)


def step_noise(seed: int, window_index: int, step: int, shape: tuple[int, ...]) -> FloatArray:
    """Noise that the reverse step from `step` adds; DDPM alone needs it.

    Args:
        seed: Seed of the stream, 0..2**64-1.
        window_index: Index of the window in the stream, from 0.
        step: Diffusion step, 1..T.
        shape: Shape without a batch axis, e.g. [T, M].

    Returns:
        Standard normal noise of that shape, independent of any `window_noise`.

    Raises:
        InvalidRequest: If the seed, the index or the step is out of range.
    """
    return _draw(seed, window_index, _STEP, step, shape)


def _draw(
    seed: int, window_index: int, purpose: int, step: int, shape: tuple[int, ...]
) -> FloatArray:
    for name, value in (("seed", seed), ("window index", window_index), ("step", step)):
        if not 0 <= value <= _MAX_WORD:
            raise InvalidRequest(f"{name} {value}; allowed: 0 to {_MAX_WORD}")
    key = np.array([seed, window_index], dtype=np.uint64)
    counter = np.array([0, 0, step, purpose], dtype=np.uint64)  # the low word counts the draws
    generator = np.random.Generator(np.random.Philox(key=key, counter=counter))
    return generator.standard_normal(shape, dtype=np.float32)
