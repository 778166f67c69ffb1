"""The bank of stored styles of a model package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.signals import Style


@dataclass(frozen=True, slots=True)
class StyleBank:
    """Styles by name.

    Source:
        DiffPoseTalk, arXiv:2310.00434: a style is one vector of the style encoder; here the mean over
        many clips, with what the eyes do beside it.
    """

    _styles: dict[str, Style]
    _descriptions: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the package's order."""
        return tuple(self._styles)

    def describe(self, name: str) -> str:
        """One line for people.

        Raises:
            InvalidRequest: If there is no such style.
        """
        self.get(name)
        return self._descriptions[name]

    def get(self, name: str) -> Style:
        """The style of that name.

        Raises:
            InvalidRequest: If there is no such style.
        """
        try:
            return self._styles[name]
        except KeyError:
            known = ", ".join(self._styles)
            raise InvalidRequest(f"unknown style {name!r}; known: {known}") from None


def load_styles(path: Path, style_dim: int) -> StyleBank:
    """Read the styles of a package.

    Args:
        path: An .npz with `names`, `descriptions`, `vectors` [N, style_dim], `blink_rate_hz` [N] and
            `gaze_range` [N].
        style_dim: Width that the denoiser expects.

    Raises:
        CheckpointMismatch: If an array is missing or has another width.
    """
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        vectors = arrays["vectors"].astype(np.float32)
        names = [str(name) for name in arrays["names"]]
        descriptions = [str(text) for text in arrays["descriptions"]]
        eyes = zip(arrays["blink_rate_hz"], arrays["gaze_range"], strict=True)
    except (OSError, KeyError, ValueError) as error:
        raise CheckpointMismatch(f"{path}: not a table of styles: {error}") from error
    if vectors.shape != (len(names), style_dim):
        raise CheckpointMismatch(
            f"{path}: vectors of shape {vectors.shape}; expected ({len(names)}, {style_dim})"
        )
    styles = {
        name: Style(vector=vector, blink_rate_hz=float(blinks), gaze_range=float(gaze))
        for name, vector, (blinks, gaze) in zip(names, vectors, eyes, strict=True)
    }
    return StyleBank(styles, dict(zip(names, descriptions, strict=True)))


def save_styles(path: Path, styles: dict[str, Style], descriptions: dict[str, str]) -> None:
    """Write what `load_styles` reads.

    Args:
        path: The .npz to write.
        styles: Styles by name, in the order to keep.
        descriptions: One line each.
    """
    np.savez_compressed(
        path,
        names=np.array(list(styles)),
        descriptions=np.array([descriptions[name] for name in styles]),
        vectors=np.stack([style.vector for style in styles.values()]).astype(np.float32),
        blink_rate_hz=np.array([style.blink_rate_hz for style in styles.values()], np.float32),
        gaze_range=np.array([style.gaze_range for style in styles.values()], np.float32),
    )
