"""The bank of stored styles of a model package."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from posecast.conditioning.style_blend import (
    blend_styles,
    cosine_similarity,
    parse_blend,
    strengthen_style,
)
from posecast.conditioning.style_distance import NUM_LIFE, StyleDistance
from posecast.conditioning.style_gestures import GestureReadout
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.signals import LIFE_LIMITS, Gestures, Style

NEUTRAL = "neutral"
"""The style that strength 0 means."""
_LIFE = tuple(LIFE_LIMITS)
_DISTANCE, _GESTURES = "distance", "gestures"
_ROUNDING = 1e-6
"""By how much a limit that was stored as float32 may be exceeded, as a share."""


class NearestStyle(NamedTuple):
    """Which style of a bank is most like another one."""

    name: str
    """Its name."""
    cosine: float
    """How nearly their vectors point the same way, -1..1."""
    distance: float | None
    """How far it is, in units of the error of reading a style; None if the bank has no distance."""


@dataclass(frozen=True, slots=True)
class StyleBank:
    """Styles by name.

    Source:
        DiffPoseTalk, arXiv:2310.00434: a style is one vector of the style encoder; here the mean
        over many clips, with what eyes and head do beside it.
    """

    _styles: dict[str, Style]
    _descriptions: dict[str, str]
    distance: StyleDistance | None = None
    """Tells which styles are alike; packages up to 2.1.0 have none."""
    gestures: GestureReadout | None = None
    """Tells how far a style nods and raises its brows; packages up to 2.3.0 have none."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the package's order."""
        return tuple(self._styles)

    def including(self, name: str, style: Style, description: str) -> StyleBank:
        """A bank with one style more, or with another of that name."""
        return dataclasses.replace(
            self,
            _styles={**self._styles, name: style},
            _descriptions={**self._descriptions, name: description},
        )

    def describe(self, style: str) -> str:
        """One line for people.

        Args:
            style: A name or a blend.

        Raises:
            InvalidRequest: If there is no such style.
        """
        self.get(style)
        if style in self._descriptions:
            return self._descriptions[style]
        return ", ".join(f"{part.weight:.0%} {part.name}" for part in parse_blend(style))

    def get(self, style: str) -> Style:
        """A stored style, or a blend of several.

        Args:
            style: A name, or `NAME:WEIGHT,NAME:WEIGHT`; see `style_blend.parse_blend`.

        Raises:
            InvalidRequest: If there is no such style, or the blend cannot be read.
        """
        if style in self._styles:
            return self._styles[style]
        return blend_styles([(self._find(name), weight) for name, weight in parse_blend(style)])

    def at_strength(self, style: Style, strength: float) -> Style:
        """A style made weaker or stronger against the bank's neutral one.

        Args:
            style: Any style of this width.
            strength: 0 is `neutral`, 1 the style itself, 2 twice as far from neutral.

        Raises:
            InvalidRequest: If the strength is out of range, or needs a neutral style and there is
                none.
        """
        if strength == 1.0:
            return style
        if NEUTRAL not in self._styles:
            raise InvalidRequest(
                f"style strength {strength}; this model has no style {NEUTRAL!r} and allows only 1"
            )
        return strengthen_style(style, self._find(NEUTRAL), strength)

    def find_nearest(self, style: Style, *, besides: str | None = None) -> NearestStyle | None:
        """The style that is most like another one.

        Args:
            style: Any style of this width.
            besides: A name that is left out.

        Returns:
            The style at the smallest distance, or, if the bank has no distance, the one whose
            vector points most nearly the same way; None if there is no other.
        """
        likenesses = [
            NearestStyle(
                name,
                cosine_similarity(style, own),
                None if self.distance is None else self.distance.between(style, own),
            )
            for name, own in self._styles.items()
            if name != besides
        ]
        return min(likenesses, key=_unlikeness, default=None)

    def _find(self, name: str) -> Style:
        try:
            return self._styles[name]
        except KeyError:
            known = ", ".join(self._styles)
            raise InvalidRequest(f"unknown style {name!r}; known: {known}") from None


def load_styles(path: Path, style_dim: int) -> StyleBank:
    """Read the styles of a package.

    Args:
        path: An .npz with `names`, `descriptions`, `vectors` [N, style_dim] and a row of N numbers
            for each of the other fields of `signals.Style`; perhaps also `distance`
            [style_dim + 4, R], the directions of `StyleDistance`, and `gestures`
            [style_dim + 1, 2], the weights of `GestureReadout`.
        style_dim: Width that the denoiser expects.

    Raises:
        CheckpointMismatch: If an array is missing or has another size.
    """
    try:
        with path.open("rb") as stream, np.load(stream) as stored:
            arrays = {name: stored[name] for name in stored.files}
        vectors = arrays["vectors"].astype(np.float32)
        names = [str(name) for name in arrays["names"]]
        descriptions = [str(text) for text in arrays["descriptions"]]
        life = [dict(zip(_LIFE, row, strict=True)) for row in _rows(arrays)]
    except (OSError, EOFError, BadZipFile, KeyError, TypeError, ValueError) as error:
        raise CheckpointMismatch(f"{path}: not a table of styles: {error}") from error
    if vectors.shape != (len(names), style_dim):
        raise CheckpointMismatch(
            f"{path}: vectors of shape {vectors.shape}; expected ({len(names)}, {style_dim})"
        )
    if not len(names) == len(descriptions) == len(life):
        raise CheckpointMismatch(
            f"{path}: {len(names)} names, {len(descriptions)} descriptions and {len(life)} rows of "
            f"{', '.join(_LIFE)}; expected as many of each"
        )
    styles = {
        name: Style(vector=vector, **values)
        for name, vector, values in zip(names, vectors, life, strict=True)
    }
    for name, style in styles.items():
        _check_values(style, f"{path}: style {name!r}")
    return StyleBank(
        styles,
        dict(zip(names, descriptions, strict=True)),
        _distance_of(arrays, style_dim, path),
        _gestures_of(arrays, style_dim, path),
    )


def save_styles(
    path: Path,
    styles: dict[str, Style],
    descriptions: dict[str, str],
    distance: StyleDistance | None = None,
    gestures: GestureReadout | None = None,
) -> None:
    """Write what `load_styles` reads.

    Args:
        path: The .npz to write.
        styles: Styles by name, in the order to keep.
        descriptions: One line each.
        distance: Tells which styles are alike, if it is known.
        gestures: Tells how far a style nods and raises its brows, if it is known.
    """
    told = {}
    if distance is not None:
        told[_DISTANCE] = distance.directions.astype(np.float32)
    if gestures is not None:
        told[_GESTURES] = gestures.weights.astype(np.float32)
    life = {
        field: np.array([getattr(style, field) for style in styles.values()], np.float32)
        for field in _LIFE
    }
    np.savez_compressed(
        path,
        allow_pickle=False,
        names=np.array(list(styles)),
        descriptions=np.array([descriptions[name] for name in styles]),
        vectors=np.stack([style.vector for style in styles.values()]).astype(np.float32),
        **life,
        **told,
    )


def _unlikeness(likeness: NearestStyle) -> float:
    return -likeness.cosine if likeness.distance is None else likeness.distance


def _distance_of(arrays: dict[str, np.ndarray], style_dim: int, path: Path) -> StyleDistance | None:
    """The distance of a table, None if it has none."""
    if _DISTANCE not in arrays:
        return None
    directions = arrays[_DISTANCE]
    is_map = directions.ndim == 2 and len(directions) == style_dim + NUM_LIFE
    if not is_map or directions.dtype.kind != "f" or not np.isfinite(directions).all():
        raise CheckpointMismatch(
            f"{path}: distance: {directions.dtype} of shape {directions.shape}; expected finite "
            f"numbers, {style_dim + NUM_LIFE} rows"
        )
    return StyleDistance(directions.astype(np.float32))


def _gestures_of(
    arrays: dict[str, np.ndarray], style_dim: int, path: Path
) -> GestureReadout | None:
    """What a table tells of gestures, None if it tells nothing."""
    if _GESTURES not in arrays:
        return None
    weights, expected = arrays[_GESTURES], (style_dim + 1, len(Gestures._fields))
    if weights.shape != expected or weights.dtype.kind != "f" or not np.isfinite(weights).all():
        raise CheckpointMismatch(
            f"{path}: gestures: {weights.dtype} of shape {weights.shape}; expected finite numbers "
            f"of shape {expected}"
        )
    return GestureReadout(weights.astype(np.float32))


def _check_values(style: Style, where: str) -> None:
    """Refuse what no style encoder and no measurement gives; networks would pass it on."""
    if not np.isfinite(style.vector).all():
        raise CheckpointMismatch(f"{where}: its vector is not finite")
    for field, high in LIFE_LIMITS.items():
        value = getattr(style, field)
        if not 0.0 <= value <= high * (1 + _ROUNDING):  # also true for NaN
            raise CheckpointMismatch(f"{where}: {field} {value:g}; allowed: 0 to {high:g}")


def _rows(arrays: dict[str, np.ndarray]) -> list[tuple[float, ...]]:
    """One row of numbers a style."""
    columns = (arrays[field].astype(float).tolist() for field in _LIFE)
    return list(zip(*columns, strict=True))
