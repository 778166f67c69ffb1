"""The parameters of a speaking style, how they are drawn, and the styles that have names."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleParameters:
    """How someone speaks, in the terms of the rules that make the training motion."""

    mouth_gain: float = 1.0
    """Opening of the jaw over the neutral one."""
    lip_balance: float = 1.0
    """Share of the lips in the opening; above 1 more lip and less jaw."""
    rounding: float = 1.0
    """Gain of pucker and funnel."""
    spreading: float = 1.0
    """Gain of stretch."""
    upper_lip: float = 1.0
    """Gain of the raised upper lip."""
    smile: float = 0.0
    """Constant smile."""
    frown: float = 0.0
    """Constant frown."""
    brow_gain: float = 0.3
    """Brow raise at an accent."""
    brow_bias: float = 0.0
    """Resting brow; below 0 it is lowered."""
    asymmetry: float = 0.0
    """Left over right in mouth curves, -0.35..0.35."""
    eye_bias: float = 0.0
    """Resting lids: above 0 wide, below 0 squinting."""
    sneer: float = 0.0
    """Constant wrinkle of the nose."""
    head_amplitude_rad: float = 0.039
    """Standard deviation of the wandering of the head."""
    head_tempo_hz: float = 0.27
    """Middle frequency of that wandering."""
    nod_rad: float = 0.045
    """Nod at an accent of strength 1."""
    rest_pitch_rad: float = 0.0
    """Resting head pitch, down positive."""
    rest_yaw_rad: float = 0.0
    """Resting head yaw, to the own left positive."""
    rest_roll_rad: float = 0.0
    """Resting head roll, to the own right shoulder positive."""
    blink_rate_hz: float = 0.28
    """Mean blinks a second."""
    gaze_range: float = 0.15
    """Standard deviation of the look curves."""


PARAMETER_NAMES = tuple(f.name for f in dataclasses.fields(StyleParameters))
_LOGARITHMIC = frozenset({
    "mouth_gain", "lip_balance", "rounding", "spreading", "upper_lip", "head_amplitude_rad",
    "head_tempo_hz", "blink_rate_hz", "gaze_range",
})  # fmt: skip
STATIC_PARAMETERS = (
    "smile", "frown", "brow_bias", "asymmetry", "eye_bias", "sneer", "rest_pitch_rad",
    "rest_yaw_rad", "rest_roll_rad",
)  # fmt: skip
"""Parameters that a single frame shows; pairs that share them force the encoder to see dynamics."""


def draw_style(rng: np.random.Generator) -> StyleParameters:
    """A random style; independent of the voice, so that only the style vector can explain it."""

    def spread_around(middle: float, sigma: float, low: float, high: float) -> float:
        return float(np.clip(middle * np.exp(sigma * rng.standard_normal()), low, high))

    def normal(sigma: float, low: float, high: float) -> float:
        return float(np.clip(sigma * rng.standard_normal(), low, high))

    wide_head = rng.random() < 0.5
    return StyleParameters(
        mouth_gain=spread_around(1.0, 0.35, 0.4, 1.9),
        lip_balance=spread_around(1.0, 0.25, 0.5, 1.8),
        rounding=spread_around(1.0, 0.3, 0.4, 1.8),
        spreading=spread_around(1.0, 0.3, 0.4, 1.8),
        upper_lip=spread_around(1.0, 0.3, 0.4, 2.0),
        smile=max(0.0, normal(0.25, -1, 0.8)),
        frown=max(0.0, normal(0.2, -1, 0.7) - 0.05),
        brow_gain=float(rng.uniform(0.0, 0.6)),
        brow_bias=normal(0.15, -0.5, 0.5),
        asymmetry=normal(0.1, -0.35, 0.35),
        eye_bias=normal(0.15, -0.4, 0.4),
        sneer=max(0.0, normal(0.12, -1, 0.5) - 0.05),
        head_amplitude_rad=(
            float(np.exp(rng.uniform(np.log(0.006), np.log(0.12))))
            if wide_head
            else spread_around(0.035, 0.5, 0.006, 0.12)
        ),
        head_tempo_hz=spread_around(0.25, 0.3, 0.1, 0.6),
        nod_rad=float(rng.uniform(0.0, 0.1)),
        rest_pitch_rad=normal(0.05, -0.2, 0.2),
        rest_yaw_rad=normal(0.05, -0.2, 0.2),
        rest_roll_rad=normal(0.03, -0.1, 0.1),
        blink_rate_hz=float(np.exp(rng.uniform(np.log(0.08), np.log(0.9)))),
        gaze_range=float(np.exp(rng.uniform(np.log(0.05), np.log(0.35)))),
    )


def sharing_statics(style: StyleParameters, base: StyleParameters) -> StyleParameters:
    """`style` with what a single frame shows taken from `base`: a hard negative of it."""
    return dataclasses.replace(style, **{name: getattr(base, name) for name in STATIC_PARAMETERS})


def draw_hard_styles(count: int, rng: np.random.Generator) -> list[StyleParameters]:
    """Random styles of which every other one shares its statics: only dynamics tell those apart."""
    base = draw_style(rng)
    styles = [draw_style(rng) for _ in range(count)]
    styles[::2] = [sharing_statics(style, base) for style in styles[::2]]
    return styles


def parameter_vector(style: StyleParameters) -> FloatArray:
    """Parameters as numbers of comparable size, gains and tempi by their logarithm. [20]"""
    values = [
        np.log(getattr(style, name)) if name in _LOGARITHMIC else getattr(style, name)
        for name in PARAMETER_NAMES
    ]
    return np.array(values, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedStyle:
    """A style that the package offers by name."""

    parameters: StyleParameters
    """What the encoder is shown."""
    description: str
    """One line for `posecast style list`."""


def _named(  # the table below reads better with positional text
    description: str, blink_rate_hz: float = 0.28, gaze_range: float = 0.15, **parameters: float
) -> NamedStyle:
    return NamedStyle(
        parameters=StyleParameters(
            blink_rate_hz=blink_rate_hz, gaze_range=gaze_range, **parameters
        ),
        description=description,
    )


NAMED_STYLES: Mapping[str, NamedStyle] = {
    "neutral": _named("plain speech, head and brows at ease"),
    "calm": _named(
        "slow, small movements", 0.22, 0.1, mouth_gain=0.85, head_amplitude_rad=0.022,
        head_tempo_hz=0.16, nod_rad=0.02, brow_gain=0.15, smile=0.08,
    ),
    "animated": _named(
        "wide mouth, lively head and brows", 0.35, 0.22, mouth_gain=1.35, upper_lip=1.3,
        head_amplitude_rad=0.07, head_tempo_hz=0.33, nod_rad=0.085, brow_gain=0.55, brow_bias=0.08,
    ),
    "cheerful": _named(
        "smiling, bright eyes", 0.35, 0.18, mouth_gain=1.15, smile=0.5, spreading=1.3,
        brow_bias=0.12, brow_gain=0.45, head_amplitude_rad=0.05, nod_rad=0.06, rest_roll_rad=0.03,
    ),
    "sad": _named(
        "drooping mouth and head", 0.25, 0.08, mouth_gain=0.7, frown=0.42, brow_bias=0.22,
        brow_gain=0.1, head_amplitude_rad=0.018, head_tempo_hz=0.14, nod_rad=0.015,
        rest_pitch_rad=0.13, eye_bias=-0.1,
    ),
    "angry": _named(
        "lowered brows, hard lips, thrusting head", 0.15, 0.08, mouth_gain=1.25, lip_balance=1.3,
        upper_lip=1.6, frown=0.25, sneer=0.35, brow_bias=-0.42, brow_gain=0.1, eye_bias=-0.2,
        head_amplitude_rad=0.045, head_tempo_hz=0.35, nod_rad=0.09, rest_pitch_rad=0.06,
    ),
    "surprised": _named(
        "raised brows, wide eyes", 0.2, 0.15, mouth_gain=1.3, brow_bias=0.42, brow_gain=0.5,
        eye_bias=0.35, head_amplitude_rad=0.04, rest_pitch_rad=-0.06,
    ),
    "tired": _named(
        "heavy lids, slack mouth", 0.45, 0.08, mouth_gain=0.7, lip_balance=0.75, rounding=0.75,
        eye_bias=-0.35, brow_gain=0.05, head_amplitude_rad=0.03, head_tempo_hz=0.12, nod_rad=0.015,
        rest_pitch_rad=0.09, rest_roll_rad=0.04,
    ),
    "stern": _named(
        "still head, lowered brows, tight lips", 0.15, 0.06, mouth_gain=0.85, smile=0.0, frown=0.18,
        brow_bias=-0.28, brow_gain=0.1, head_amplitude_rad=0.012, head_tempo_hz=0.2, nod_rad=0.03,
    ),
    "nervous": _named(
        "quick small head, frequent blinks", 0.75, 0.3, mouth_gain=0.85, spreading=1.4,
        brow_bias=0.2, brow_gain=0.35, eye_bias=0.15, head_amplitude_rad=0.035, head_tempo_hz=0.55,
        nod_rad=0.03,
    ),
    "theatrical": _named(
        "everything large", 0.3, 0.25, mouth_gain=1.6, rounding=1.5, spreading=1.4, upper_lip=1.5,
        brow_gain=0.6, brow_bias=0.1, head_amplitude_rad=0.1, head_tempo_hz=0.25, nod_rad=0.1,
        smile=0.12,
    ),
    "mumbling": _named(
        "barely moving lips", 0.3, 0.1, mouth_gain=0.45, lip_balance=0.7, rounding=0.6,
        spreading=0.6, upper_lip=0.6, brow_gain=0.05, head_amplitude_rad=0.02, nod_rad=0.01,
        rest_pitch_rad=0.06,
    ),
}  # fmt: skip
