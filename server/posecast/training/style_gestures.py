"""Finds how far a style nods and raises its brows in the vector that the style encoder gives it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posecast.conditioning.style_gestures import GestureReadout
from posecast.errors import InvalidRequest
from posecast.signals import Gestures
from posecast.training.face_rules import BROW_RAISE
from posecast.training.style_check import Judge
from posecast.training.styles import StyleParameters, draw_style

NUM_STYLES = 600
_FEWEST_STYLES = 16
_RIDGES = np.geomspace(1e-4, 10.0, 26)
"""Penalties that are tried, over the mean square of the vector's numbers."""


class FittedReadout(NamedTuple):
    """A readout and how well it tells styles that it was not fitted to."""

    readout: GestureReadout
    """The linear map."""
    correlation: tuple[float, float]
    """Of nods and raised brows, told and asked, each style left out in turn."""


def fit_gestures(judge: Judge, count: int = NUM_STYLES) -> FittedReadout:
    """Draw styles, encode them and regress their gestures.

    Args:
        judge: The style encoder, with speech for the clips that show a style to it.
        count: Styles.

    Raises:
        InvalidRequest: If there are too few styles.

    Source:
        Ridge regression (Hoerl and Kennard, 1970), its penalty by leaving one out (Allen, 1974).
    """
    if count < _FEWEST_STYLES:
        raise InvalidRequest(f"{count} styles; allowed: {_FEWEST_STYLES} or more")
    drawn = [draw_style(judge.sampler.rng) for _ in range(count)]
    vectors = [judge.encode(style).vector for style in tqdm(drawn, desc="gestures")]
    return fit_readout(np.array(vectors, np.float64), np.array([gestures_of(s) for s in drawn]))


def gestures_of(style: StyleParameters) -> Gestures:
    """What the rules do at an accent in a style."""
    return Gestures(nod_rad=style.nod_rad, brow_raise=BROW_RAISE * style.brow_gain)


def fit_readout(vectors: NDArray[np.float64], wanted: NDArray[np.float64]) -> FittedReadout:
    """The linear map from vectors to gestures that errs least on styles it does not know.

    Args:
        vectors: Of the styles. [N, style_dim]
        wanted: Their gestures. [N, 2]
    """
    middle, usual = vectors.mean(axis=0), wanted.mean(axis=0)
    left, sizes, right = np.linalg.svd(vectors - middle, full_matrices=False)
    weights, correlation = [], []
    for column in (wanted - usual).T:
        fits = [_fit(left, sizes, column, ridge) for ridge in _RIDGES * np.square(sizes).mean()]
        errors = [float(np.square(column - told).mean()) for _, told in fits]
        shrunk, told = fits[int(np.argmin(errors))]
        weights.append(right.T @ shrunk)
        correlation.append(float(np.corrcoef(told, column)[0, 1]))
    slopes = np.stack(weights, axis=1)
    table = np.vstack([slopes, usual - middle @ slopes]).astype(np.float32)
    return FittedReadout(GestureReadout(table), (correlation[0], correlation[1]))


def _fit(
    left: NDArray[np.float64], sizes: NDArray[np.float64], wanted: NDArray[np.float64], ridge: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of the singular directions, and what each row is told by the fit to all others."""
    kept = np.square(sizes) / (np.square(sizes) + ridge)
    along = left.T @ wanted
    told = left @ (kept * along)
    leverage = (np.square(left) * kept).sum(axis=1) + 1 / len(wanted)
    return kept / sizes * along, wanted - (wanted - told) / (1 - leverage)
