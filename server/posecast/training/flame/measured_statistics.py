"""Measures the statistics file that motion and identities are normalised with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posecast.errors import InvalidRequest
from posecast.signals import FloatArray
from posecast.training.flame.clips import STATISTICS_FILE, FlameClips
from posecast.training.flame.crops import draw_crop

WINDOW_FRAMES = 100
NUM_PASSES = 1000
_STILL = 1e-6
"""Share of its whole reach below which a coefficient counts as still."""
_KINDS = ("shape", "exp", "pose")


def measure_statistics(
    clips: FlameClips, *, num_passes: int = NUM_PASSES, seed: int = 0
) -> dict[str, FloatArray]:
    """Means, spreads and extremes of the training split.

    A pass takes one window of 100 frames at random from each clip. The spread is the average of
    the standard deviations within the windows, which is less than that of all frames together.
    A coefficient that differs between windows but never moves in one, as identities may, has the
    spread between windows: the published way would divide by nothing.

    Args:
        clips: The set; each clip of its training split has at least 100 frames.
        num_passes: How often each clip is looked at.
        seed: Seed of the windows.

    Returns:
        `{shape,exp,pose}_{mean,std,max,min}`, float32. [100], [50], [6]

    Raises:
        InvalidRequest: If there is no pass, no training split, or a clip is too short.

    Source:
        DiffPoseTalk, arXiv:2310.00434, the making of its statistics file.
    """
    if num_passes < 1:
        raise InvalidRequest(f"{num_passes} passes; allowed: 1 and more")
    rng = np.random.default_rng(seed)
    tallies = {kind: _Tally() for kind in _KINDS}
    for key in tqdm(clips.keys("train"), desc="statistics"):  # all passes over a clip together
        firsts = [draw_crop(clips, key, WINDOW_FRAMES, "random", rng) for _ in range(num_passes)]
        for kind, values in clips.coefficients(key, 0, clips.num_frames(key)).arrays().items():
            for first in firsts:
                tallies[kind].add(values[first : first + WINDOW_FRAMES])
    measured: dict[str, FloatArray] = {}
    for kind, tally in tallies.items():
        measured |= {f"{kind}_{name}": row for name, row in tally.rows().items()}
    return measured


def write_statistics(clips: FlameClips, measured: Mapping[str, FloatArray]) -> Path:
    """Write the file into the set's folder, and say where it is."""
    path = clips.folder / STATISTICS_FILE
    np.savez(path, allow_pickle=False, **measured)
    return path


class _Tally:
    """Sums and extremes of the windows seen so far."""

    def __init__(self) -> None:
        self._num_windows = 0
        self._mean: NDArray[np.float64] | float = 0.0
        self._square: NDArray[np.float64] | float = 0.0
        self._std: NDArray[np.float64] | float = 0.0
        self._max: FloatArray | float = -np.inf
        self._min: FloatArray | float = np.inf

    def add(self, window: FloatArray) -> None:
        exact = window.astype(np.float64)
        self._num_windows += 1
        mean = exact.mean(axis=0)
        self._mean, self._square = self._mean + mean, self._square + mean**2
        self._std = self._std + exact.std(axis=0)
        self._max = np.maximum(self._max, window.max(axis=0))
        self._min = np.minimum(self._min, window.min(axis=0))

    def rows(self) -> dict[str, FloatArray]:
        mean, within = self._mean / self._num_windows, self._std / self._num_windows
        between = np.sqrt(np.maximum(self._square / self._num_windows - mean**2, 0.0))
        reach = np.subtract(self._max, self._min, dtype=np.float64)
        spread = np.where(within > _STILL * reach, within, between)
        rows = {
            "mean": mean,
            "std": np.where(reach > 0, spread, 0.0),
            "max": self._max,
            "min": self._min,
        }
        return {name: np.asarray(row, np.float32) for name, row in rows.items()}
