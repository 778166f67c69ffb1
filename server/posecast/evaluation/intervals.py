"""How far the figures would spread if other clips had been drawn: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from posecast.evaluation.articulation import Contrast
from posecast.evaluation.curves import DoubleArray
from posecast.evaluation.measurement import ClipMeasurement
from posecast.evaluation.pooling import CONTRASTS, COUNTS, RATIOS

NUM_RESAMPLES = 1000
PERCENTILES = (2.5, 97.5)
"""Ends of a 95 % interval."""
_SEED = 0
_EMPTY = Contrast((), ())
_RANGES = ("head_yaw_range_deg", "head_pitch_range_deg", "head_roll_range_deg")
_SMALLEST_SPREAD = 1e-9


class Interval(NamedTuple):
    """Between which values a figure lies in 95 of 100 draws of the clips."""

    low: float | tuple[float, ...]
    high: float | tuple[float, ...]


def bootstrap_intervals(
    runs: Sequence[Sequence[ClipMeasurement]], speakers: Sequence[Hashable]
) -> dict[str, Interval]:
    """Draw the clips again and again, and see how the pooled figures spread.

    Speakers are drawn rather than clips where they are known, because two clips of a voice are
    alike; the seeds of the model are not drawn, each draw takes the median over them. The draws are
    the same for every system.

    Args:
        runs: The same clips, made once with each seed.
        speakers: Who speaks each of them; a value of its own for each clip where that is not known.

    Returns:
        Intervals by the field of `summary.Summary`, of every share, effect size, correlation and
        mean that a draw could measure at least every other time; none for a single speaker.
    """
    weights = _draw_clips(speakers)
    if weights is None:
        return {}
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = [_draw(run, weights) for run in runs]
    found = {name: _interval([figures[name] for figures in drawn]) for name in drawn[0]}
    axes = [found.pop(name) for name in _RANGES]
    intervals = {name: Interval(*ends) for name, ends in found.items() if ends}
    lows, highs = zip(*(ends for ends in axes if ends), strict=True)
    return {**intervals, "head_range_deg": Interval(lows, highs)}


def bootstrap_mean(values: DoubleArray, speakers: Sequence[Hashable]) -> Interval | None:
    """The interval of a plain mean over clips, with the draws of `bootstrap_intervals`.

    Args:
        values: One value a clip, NaN where it could not be measured. [N]
        speakers: Who speaks each of them; a value of its own for each clip where that is not known.

    Returns:
        The interval; none for a single speaker, or if most draws have nothing to measure.
    """
    weights = _draw_clips(speakers)
    if weights is None:
        return None
    is_known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        means = weights[:, is_known] @ values[is_known] / weights[:, is_known].sum(axis=1)
    ends = _interval([means])
    return Interval(*ends) if ends else None


def _draw_clips(speakers: Sequence[Hashable]) -> DoubleArray | None:
    """How often each draw has each clip; nothing if there is but one speaker. [R, N]"""
    units = list(dict.fromkeys(speakers))
    if len(units) < 2:
        return None
    chances = np.full(len(units), 1 / len(units))
    draws = np.random.default_rng(_SEED).multinomial(len(units), chances, size=NUM_RESAMPLES)
    return draws[:, [units.index(speaker) for speaker in speakers]].astype(np.float64)


def _interval(figures: Sequence[DoubleArray]) -> tuple[float, float] | None:
    """Ends of the interval of a figure, given its draws with each seed. [R] each"""
    together = np.stack(figures)
    known = together[:, ~np.isnan(together).any(axis=0)]
    if known.shape[1] < NUM_RESAMPLES / 2:
        return None
    low, high = np.percentile(np.median(known, axis=0), PERCENTILES)
    return float(low), float(high)


def _draw(run: Sequence[ClipMeasurement], weights: DoubleArray) -> dict[str, DoubleArray]:
    """Figures of each draw.

    Args:
        run: The clips. [N]
        weights: How often each draw has each clip. [R, N]

    Returns:
        Values by name, NaN where a draw has nothing to measure. [R]
    """
    figures = {}
    for name, parts_of in {**COUNTS, **RATIOS}.items():
        hits, totals = (weights @ np.array([parts_of(clip) for clip in run], np.float64)).T
        figures[name] = hits / totals
    for name, contrast_of in CONTRASTS.items():
        contrasts = [contrast_of(clip.lips) if clip.lips else _EMPTY for clip in run]
        figures[f"{name}_effect"] = _effect_sizes(contrasts, weights)
        figures[f"{name}_auc"] = _areas_under_curve(contrasts, weights)
    return {**figures, "height_correlation": _height_correlations(run, weights)}


def _effect_sizes(contrasts: Sequence[Contrast], weights: DoubleArray) -> DoubleArray:
    """Cohen's d of each draw, from the moments of each clip. [R]"""
    values = np.concatenate([np.concatenate(contrast) for contrast in contrasts])
    middle = float(values.mean()) if len(values) else 0.0  # keeps the squares small
    high = weights @ _moments([contrast.positives for contrast in contrasts], middle)
    low = weights @ _moments([contrast.negatives for contrast in contrasts], middle)
    squares = sum(part[:, 2] - part[:, 1] ** 2 / part[:, 0] for part in (high, low))
    spread = np.sqrt(np.maximum(squares, 0) / (high[:, 0] + low[:, 0] - 2))
    difference = high[:, 1] / high[:, 0] - low[:, 1] / low[:, 0]
    return np.where(spread > _SMALLEST_SPREAD, difference / spread, np.nan)


def _moments(groups: Sequence[Sequence[float]], middle: float) -> DoubleArray:
    """Number, sum and sum of squares around a middle of each clip's values. [N, 3]"""
    arrays = [np.asarray(group, np.float64) - middle for group in groups]
    return np.array([(len(part), part.sum(), np.square(part).sum()) for part in arrays])


def _areas_under_curve(contrasts: Sequence[Contrast], weights: DoubleArray) -> DoubleArray:
    """AUC of each draw, from the pairs that each two clips win. [R]"""
    sizes = np.array([[len(group) for group in contrast] for contrast in contrasts], np.float64)
    positives = np.concatenate([contrast.positives for contrast in contrasts])
    owner = np.repeat(np.arange(len(contrasts)), sizes[:, 0].astype(int))
    wins = np.zeros((len(contrasts), len(contrasts)))
    for other, contrast in enumerate(contrasts):
        beaten = np.sort(np.asarray(contrast.negatives, np.float64))
        below = np.searchsorted(beaten, positives, side="left")
        not_above = np.searchsorted(beaten, positives, side="right")
        wins[:, other] = np.bincount(owner, (below + not_above) / 2, minlength=len(contrasts))
    num_positives, num_negatives = (weights @ sizes).T
    return ((weights @ wins) * weights).sum(axis=1) / (num_positives * num_negatives)


def _height_correlations(run: Sequence[ClipMeasurement], weights: DoubleArray) -> DoubleArray:
    """Rank correlation of aperture and vowel height in each draw. [R]"""
    heights = [clip.lips.vowel_heights if clip.lips else ((), ()) for clip in run]
    owner = np.repeat(np.arange(len(run)), [len(openness) for openness, _ in heights])
    levels = [
        np.unique(np.concatenate(values), return_inverse=True)[1]
        for values in zip(*heights, strict=True)
    ]
    return np.array([_weighted_rank_correlation(levels, draw[owner]) for draw in weights])


def _weighted_rank_correlation(levels: Sequence[np.ndarray], weights: DoubleArray) -> float:
    """Spearman's correlation of things that are there several times; NaN if it has none."""
    total = weights.sum()
    if total < 3:
        return float("nan")
    ranks = []
    for level in levels:
        shares = np.bincount(level, weights)
        rank = (np.cumsum(shares) - shares / 2)[level]  # ties share the mean of their ranks
        ranks.append(rank - weights @ rank / total)
    first, second = ranks
    products = [weights @ (a * b) for a, b in ((first, second), (first, first), (second, second))]
    return float(products[0] / np.sqrt(products[1] * products[2]))
