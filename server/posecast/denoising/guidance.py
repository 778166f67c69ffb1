"""Classifier-free guidance: which predictions are asked for, what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posecast.config import GuidanceMode
from posecast.denoising.denoiser import Conditions
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Bounds a prediction by its own spread."""

    ratio: float = 0.99
    """Quantile of the absolute values that sets the bound, 0..1."""
    low: float = 1.0
    """Smallest bound, in normalised units."""
    high: float = 4.0
    """Largest bound, in normalised units."""

    def __post_init__(self) -> None:
        """Check every range once."""
        if not 0.0 <= self.ratio <= 1.0:
            raise InvalidRequest(f"threshold ratio {self.ratio}; allowed: 0 to 1")
        if not 0.0 < self.low <= self.high:
            raise InvalidRequest(
                f"threshold bounds {self.low}..{self.high}; allowed: 0 < low <= high"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """How strongly predictions are pushed towards speech and style."""

    audio_scale: float = 1.15
    """Scale of speech; 0 ignores it, 1 is plain conditioning."""
    style_scale: float = 3.0
    """Scale of style; same meaning."""
    mode: GuidanceMode = "incremental"
    """What a push is measured from; `original` is the published code's idea of independent."""
    guides_audio: bool = True
    """Whether speech is pushed; if not, every prediction hears it and its scale has no meaning."""
    guides_style: bool = True
    """Whether style is pushed; if not, every prediction is given it."""
    threshold: Threshold | None = None
    """Bound of each prediction before they are combined; None for no bound."""

    def __post_init__(self) -> None:
        """Check every range once."""
        if self.mode not in _WEIGHTS:
            raise InvalidRequest(f"guidance mode {self.mode!r}; allowed: {', '.join(_WEIGHTS)}")
        for name in ("audio_scale", "style_scale"):
            if not np.isfinite(getattr(self, name)):
                raise InvalidRequest(f"{name} {getattr(self, name)}; a finite number is needed")


@dataclass(frozen=True, slots=True)
class GuidanceTerm:
    """One prediction that guidance needs."""

    weight: float
    """Its share of the result; all shares add up to 1."""
    keeps_audio: bool
    """Whether it hears the speech."""
    keeps_style: bool
    """Whether it is given the style."""


def guidance_terms(
    guidance: Guidance, *, has_audio: bool = True, has_style: bool = True
) -> list[GuidanceTerm]:
    """Choose the fewest predictions that give the guided result.

    Every mode is a weighted sum of predictions, so those of weight 0 need not be computed: with
    both scales 1 the fully conditioned one is left. Predictions that would be the same are one.

    Args:
        guidance: Scales and mode.
        has_audio: Whether any window has speech to withhold.
        has_style: Whether any window has a style to withhold.

    Returns:
        At least one term, in the order null, audio, style.

    Source:
        DiffPoseTalk, arXiv:2310.00434, incremental and independent guidance.
    """
    shares: dict[tuple[bool, bool], float] = {}
    for weight, audio, style in _shares(guidance):
        key = (audio and has_audio, style and has_style)
        shares[key] = shares.get(key, 0.0) + weight
    return [GuidanceTerm(weight, *key) for key, weight in shares.items() if abs(weight) > 1e-9]


def terms_for(guidance: Guidance, conditions: Conditions) -> list[GuidanceTerm]:
    """The terms that a batch of windows needs; see `guidance_terms`."""
    return guidance_terms(
        guidance,
        has_audio=bool(conditions.has_speech.any()),
        has_style=bool(conditions.has_style.any()),
    )


def _shares(guidance: Guidance) -> list[tuple[float, bool, bool]]:
    """Weight, keeps audio, keeps style."""
    audio, style = guidance.audio_scale, guidance.style_scale
    if guidance.guides_audio and guidance.guides_style:
        null, alone, styled = _WEIGHTS[guidance.mode](audio, style)
        hears = guidance.mode == "incremental"
        return [(null, False, False), (alone, True, False), (styled, hears, True)]
    if guidance.guides_audio:
        return [(1.0 - audio, False, True), (audio, True, True)]
    if guidance.guides_style:
        return [(1.0 - style, True, False), (style, True, True)]
    return [(1.0, True, True)]


def _weigh_incremental(audio: float, style: float) -> tuple[float, float, float]:
    """Shares in n0 + a (n1 - n0) + s (n2 - n1)."""
    return 1.0 - audio, audio - style, style


def _weigh_independent(audio: float, style: float) -> tuple[float, float, float]:
    """Shares in n0 + a (n1 - n0) + s (n2 - n0)."""
    return 1.0 - audio - style, audio, style


def _weigh_original(audio: float, style: float) -> tuple[float, float, float]:
    """Shares in m + s (n2 - m) with m = n0 + a (n1 - n0).

    The published code means `independent`, but its accumulator shares memory with n0, so that the
    second push is measured from the first one's result. Its golden files need this.
    """
    return (1.0 - style) * (1.0 - audio), (1.0 - style) * audio, style


_WEIGHTS = {
    "incremental": _weigh_incremental,
    "independent": _weigh_independent,
    "original": _weigh_original,
}


def withhold(conditions: Conditions, terms: Sequence[GuidanceTerm]) -> list[Conditions]:
    """The conditions of each term's prediction.

    Args:
        conditions: What the windows are conditioned on.
        terms: What `guidance_terms` chose.

    Returns:
        One set of conditions for each term. Previous speech is kept in all, the null one included.
    """
    return [conditions.keeping(speech=term.keeps_audio, style=term.keeps_style) for term in terms]


def blend(terms: Sequence[GuidanceTerm], predictions: FloatArray) -> FloatArray:
    """Combine the terms' predictions.

    Args:
        terms: What `guidance_terms` chose.
        predictions: The prediction of each term. [E, B, T, M], normalised

    Returns:
        The guided prediction. [B, T, M], normalised

    Raises:
        InvalidRequest: If there is not one prediction for each term.
    """
    if len(terms) != len(predictions):
        raise InvalidRequest(f"{len(predictions)} predictions for {len(terms)} guidance terms")
    weights = np.array([term.weight for term in terms], dtype=np.float32)
    blended: FloatArray = np.einsum("e,ebtm->btm", weights, predictions)
    return blended


def bound_predictions(predictions: FloatArray, threshold: Threshold | None) -> FloatArray:
    """Clip each prediction of each sample to a quantile of its own absolute values.

    Args:
        predictions: Predictions before they are combined. [E, B, T, M], normalised
        threshold: The quantile and its limits; None changes nothing.

    Returns:
        The bounded predictions. [E, B, T, M], normalised

    Source:
        Imagen, arXiv:2205.11487, dynamic thresholding; DiffPoseTalk clips without rescaling.
    """
    if threshold is None:
        return predictions
    size = np.abs(predictions).reshape(*predictions.shape[:2], -1)
    bound = np.clip(np.quantile(size, threshold.ratio, axis=-1), threshold.low, threshold.high)
    bound = bound.astype(np.float32)[..., None, None]
    return np.clip(predictions, -bound, bound)
