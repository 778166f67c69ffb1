"""Mixes styles: several in shares, or one made weaker or stronger against another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from posecast.errors import InvalidRequest
from posecast.signals import LIFE_LIMITS, Style

MAX_PARTS = 8
MAX_STRENGTH = 2.0
STYLE_FILE_SUFFIXES = (".npz", ".npy")
_GEOMETRIC_FLOORS = {"head_wander_rad": 0.005, "head_tempo_hz": 0.05}
"""Fields that mix by their ratio, and what counts as none of them.

How much livelier one head is than another is a matter of ratios: halfway between 1 and 9 degrees
are 3, not 5, and the encoder was trained on their logarithms. Zero has none, hence the floors."""


class BlendPart(NamedTuple):
    """One style of a blend."""

    name: str
    """Name of a stored style, or path of a style file."""
    weight: float
    """Share of it, above 0; the shares of a blend sum to 1."""


def parse_blend(text: str) -> tuple[BlendPart, ...]:
    """Read a style as users write it: `NAME`, or `NAME:WEIGHT,NAME:WEIGHT`.

    Args:
        text: At most 8 parts with weights above 0 and at most 1; a style that stands alone needs
            none. A part that ends in `.npz` or `.npy` is a file, whose path may hold a colon.

    Returns:
        The parts in their order, the weights divided by their sum.

    Raises:
        InvalidRequest: If there are too many parts, one comes twice or a weight is missing or bad.
    """
    words = [word.strip() for word in text.split(",")]
    if len(words) > MAX_PARTS:
        raise InvalidRequest(f"a blend of {len(words)} styles; allowed: at most {MAX_PARTS}")
    parts = [_parse_part(word, is_alone=len(words) == 1) for word in words]
    names = [part.name for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise InvalidRequest(f"style {name!r} comes twice in the blend {text!r}; allowed: once")
    total = math.fsum(part.weight for part in parts)
    return tuple(BlendPart(part.name, part.weight / total) for part in parts)


def blend_styles(parts: Sequence[tuple[Style, float]]) -> Style:
    """Mix styles in shares.

    Args:
        parts: At least one style with its share; the shares sum to 1.

    Returns:
        The mean of vectors, blinks and gaze, and the geometric mean of the head's wandering.

    Raises:
        InvalidRequest: If the vectors have different widths.

    Source:
        Our own.
    """
    if len(parts) == 1:
        return parts[0][0]
    return _mix([style for style, _ in parts], [share for _, share in parts])


def strengthen_style(style: Style, neutral: Style, strength: float) -> Style:
    """Move a style towards the neutral one, or away from it.

    Args:
        style: What is asked for.
        neutral: Where strength 0 is.
        strength: 0..2; 1 leaves the style as it is, above 1 exaggerates it.

    Returns:
        The style at that strength, within the ranges of `signals.Style`.

    Raises:
        InvalidRequest: If the strength is out of range or the vectors have different widths.

    Source:
        Our own: a blend whose shares, 1 - strength and strength, may lie beyond 0 and 1.
    """
    if not 0.0 <= strength <= MAX_STRENGTH:  # also true for NaN
        raise InvalidRequest(f"style strength {strength}; allowed: 0.0 to {MAX_STRENGTH}")
    if strength == 1.0:
        return style
    return _mix([neutral, style], [1.0 - strength, strength])


def cosine_similarity(first: Style, second: Style) -> float:
    """How nearly two vectors point the same way, -1..1; 0 if one of them is zero.

    Source:
        The measure that the style encoder is trained with: DiffPoseTalk, arXiv:2310.00434.
    """
    a, b = (style.vector.astype(np.float64) for style in (first, second))
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length else 0.0


def _parse_part(word: str, *, is_alone: bool) -> BlendPart:
    is_bare_file = word.lower().endswith(STYLE_FILE_SUFFIXES)
    name, colon, number = ("", "", "") if is_bare_file else word.rpartition(":")
    if colon:
        return BlendPart(name.strip(), _parse_weight(number, word))
    if is_alone:
        return BlendPart(word, 1.0)
    raise InvalidRequest(f"style {word!r} has no weight; a blend is NAME:WEIGHT,NAME:WEIGHT")


def _parse_weight(number: str, word: str) -> float:
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not 0.0 < weight <= 1.0:  # also true for NaN
        raise InvalidRequest(f"weight {number!r} of style {word!r}; allowed: above 0, at most 1")
    return weight


def _mix(styles: Sequence[Style], shares: Sequence[float]) -> Style:
    shapes = {style.vector.shape for style in styles}
    if len(shapes) > 1:
        raise InvalidRequest(f"style vectors of shapes {sorted(shapes)}; expected equal ones")
    vectors = np.stack([style.vector for style in styles]).astype(np.float64)
    life = {
        field: _mix_life(field, [getattr(style, field) for style in styles], shares)
        for field in LIFE_LIMITS
    }
    return Style(vector=(np.array(shares) @ vectors).astype(np.float32), **life)


def _mix_life(field: str, values: Sequence[float], shares: Sequence[float]) -> float:
    floor = _GEOMETRIC_FLOORS.get(field)
    if floor is None or not any(values):
        mixed = math.fsum(share * value for share, value in zip(shares, values, strict=True))
    else:
        logs = [math.log(max(value, floor)) for value in values]
        mixed = math.exp(math.fsum(s * log for s, log in zip(shares, logs, strict=True)))
    return min(max(mixed, 0.0), LIFE_LIMITS[field])
