"""The emotions of an Audio2Face-3D stream, and the style that they come to."""

from __future__ import annotations

import bisect
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from posecast.conditioning.style import StyleBank
from posecast.conditioning.style_blend import blend_styles
from posecast.signals import Style

EMOTIONS: tuple[str, ...] = (
    "amazement", "anger", "cheekiness", "disgust", "fear", "grief", "joy", "outofbreath", "pain",
    "sadness",
)  # fmt: skip
"""The names that clients send, in the order of all rows here."""
STYLE_OF: Mapping[str, str] = {
    "amazement": "surprised",
    "anger": "angry",
    "cheekiness": "cheerful",
    "disgust": "stern",
    "fear": "nervous",
    "grief": "sad",
    "joy": "cheerful",
    "outofbreath": "tired",
    "sadness": "sad",
}
"""The style that comes nearest; pain has none."""
_INDEX = {name: index for index, name in enumerate(EMOTIONS)}

Emotion = NDArray[np.float64]
"""How much of each emotion, 0..1. [10]"""


def emotion_from(values: Mapping[str, float]) -> tuple[Emotion, frozenset[str]]:
    """Read an emotion.

    Args:
        values: By name, with or without underscores, as one client writes them.

    Returns:
        The emotion, each held to 0..1, and the names that mean nothing here.
    """
    emotion = np.zeros(len(EMOTIONS))
    unknown = set()
    for name, value in values.items():
        index = _INDEX.get(name.replace("_", ""))
        if index is None:
            unknown.add(name)
        else:
            emotion[index] = min(max(0.0, value), 1.0)  # in this order, NaN is 0
    return emotion, frozenset(unknown)


class EmotionTrack:
    """Emotion over time: from one key to the next in a straight line of a given duration."""

    def __init__(self, beginning: Mapping[str, float], transition_s: float) -> None:
        """Start a stream.

        Args:
            beginning: The emotion before the first key.
            transition_s: Seconds that a change takes, above 0.
        """
        self._transition_s = transition_s
        self._before, unknown = emotion_from(beginning)
        self._target = self._before
        self._key_s = 0.0
        """Time of the key that is in effect."""
        self._now_s = 0.0
        self._waiting: list[tuple[float, Emotion]] = []
        self.unknown = set(unknown)
        """Names that meant nothing so far."""

    def add(self, time_s: float, values: Mapping[str, float]) -> None:
        """Take a key.

        Args:
            time_s: When it takes effect; one whose time has passed does so at once.
            values: The emotion that is to be reached.
        """
        emotion, unknown = emotion_from(values)
        self.unknown |= unknown
        time_s = time_s if time_s > self._now_s else self._now_s  # in this order, NaN is now
        bisect.insort_right(self._waiting, (time_s, emotion), key=lambda key: key[0])

    def at(self, time_s: float) -> Emotion:
        """The emotion of an instant, which must not be earlier than the one before.

        Args:
            time_s: Seconds from the start of the stream.

        Returns:
            The emotion, not to be changed.
        """
        while self._waiting and self._waiting[0][0] <= time_s:
            key_s, target = self._waiting.pop(0)
            self._before, self._target, self._key_s = self._reached(key_s), target, key_s
        self._now_s = time_s
        return self._reached(time_s)

    def _reached(self, time_s: float) -> Emotion:
        share = min(1.0, (time_s - self._key_s) / self._transition_s)
        return (
            self._target if share == 1.0 else self._before + share * (self._target - self._before)
        )


def style_of(emotion: Emotion, base: Style, styles: StyleBank) -> Style:
    """The style of an emotion: each emotion takes its share from the base.

    Args:
        emotion: How much of each; where they sum to more than 1, they are divided by the sum.
        base: Style of a face without emotion.
        styles: What the model offers; an emotion whose style is missing is left out.

    Returns:
        The style, the very base where there is nothing to mix in.
    """
    shares: dict[str, float] = {}
    for name, value in zip(EMOTIONS, emotion, strict=True):
        style = STYLE_OF.get(name)
        if value > 0.0 and style in styles.names:
            shares[style] = shares.get(style, 0.0) + float(value)
    total = sum(shares.values())
    if not total:
        return base
    scale = max(1.0, total)
    parts = [(styles.get(name), share / scale) for name, share in shares.items()]
    if total < 1.0:
        parts.append((base, 1.0 - total))
    return blend_styles(parts)


def without_style(emotion: Emotion, styles: StyleBank) -> set[str]:
    """Names of emotions that are asked for and cannot be shown by this model."""
    return {
        name
        for name, value in zip(EMOTIONS, emotion, strict=True)
        if value > 0.0 and STYLE_OF.get(name) not in styles.names
    }
