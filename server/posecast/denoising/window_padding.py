"""The named inputs of a denoiser network, its window padded where the weights demand it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray, IntArray


def fit_window(
    config: DenoiserConfig, noisy_motion: FloatArray, step: IntArray, conditions: Conditions
) -> dict[str, NDArray[Any]]:
    """Name the network's inputs, in order.

    A model that was trained on full windows alone (`pads_windows`) gets zeros with indicator 0
    after the last frame, as it did in training.

    Args:
        config: Sizes and conventions of the network.
        noisy_motion: Normalised motion. [B, T, M]
        step: Diffusion step of each row. [B]
        conditions: What the windows are conditioned on.

    Returns:
        Inputs of the network by name; their windows have `window_frames` or T frames.

    Raises:
        InvalidRequest: If the window is empty or longer than `window_frames`.

    Source:
        DiffPoseTalk, arXiv:2310.00434: truncated windows in training.
    """
    num_frames = noisy_motion.shape[1]
    if not 1 <= num_frames <= config.window_frames:
        raise InvalidRequest(
            f"a window of {num_frames} frames; this model takes 1 to {config.window_frames}"
        )
    missing = config.window_frames - num_frames if config.pads_windows else 0
    return {
        "noisy_motion": _pad_frames(noisy_motion, missing),
        "step": np.ascontiguousarray(step, dtype=np.int64),
        "speech": _pad_frames(conditions.speech, missing),
        "style": np.ascontiguousarray(conditions.style, dtype=np.float32),
        "shape": np.ascontiguousarray(conditions.shape, dtype=np.float32),
        "previous_motion": np.ascontiguousarray(conditions.previous_motion, dtype=np.float32),
        "previous_speech": np.ascontiguousarray(conditions.previous_speech, dtype=np.float32),
        "indicator": _pad_frames(conditions.indicator, missing),
        "has_speech": conditions.has_speech.astype(np.float32),
        "has_style": conditions.has_style.astype(np.float32),
        "has_previous": conditions.has_previous.astype(np.float32),
    }


def _pad_frames(values: FloatArray, missing: int) -> FloatArray:
    """Append zero frames. [B, T, ...] -> [B, T + missing, ...]"""
    if not missing:
        return np.ascontiguousarray(values, dtype=np.float32)
    tail = np.zeros((len(values), missing, *values.shape[2:]), dtype=np.float32)
    return np.concatenate([values, tail], axis=1, dtype=np.float32)
