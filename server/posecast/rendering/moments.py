"""Which moments of a take tell most: where lips shut, round, touch the teeth or open widest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from posecast.evaluation.alignment import PhoneSegment
from posecast.rig.arkit import CURVE_INDEX
from posecast.signals import FaceFrames

Array = NDArray[np.float64]
TELLING_PHONES: dict[str, tuple[str, ...]] = {
    "lips shut": ("P", "B", "M"),
    "lip at the teeth": ("F", "V"),
    "rounded": ("OW", "UW", "UH", "W", "AO"),
    "open": ("AA", "AE", "AY", "AW", "AH"),
}
"""ARPAbet by what should be seen."""
_APART_S = 0.25
_MOST_OF_A_KIND = 3


class Moment(NamedTuple):
    """A picture worth drawing."""

    time_s: float
    """When, in seconds."""
    label: str
    """What is said or seen."""


def key_moments(frames: FaceFrames, phones: Sequence[PhoneSegment] = ()) -> list[Moment]:
    """Choose moments in order of time.

    Args:
        frames: The take.
        phones: What is spoken; without phones the curves decide.

    Returns:
        At least one moment, at most three of a kind and without phones.
    """
    if phones:
        end_s = float(frames.times_s[-1])
        kinds = {phone: kind for kind, names in TELLING_PHONES.items() for phone in names}
        return [
            Moment(min(phone.middle_s, end_s), f"{phone.phone.lower()}: {kinds[phone.phone]}")
            for phone in phones
            if phone.phone in kinds and phone.start_s < end_s
        ] or [Moment(float(frames.times_s[0]), "start")]
    found = [
        Moment(float(frames.times_s[index]), kind)
        for kind, measure in _MEASURES.items()
        for index in _peaks(measure(frames), frames.frame_rate_hz)
    ]
    return sorted(found) or [Moment(float(frames.times_s[0]), "start")]


def _curve(frames: FaceFrames, name: str) -> Array:
    return frames.weights[:, CURVE_INDEX[name]].astype(np.float64)


_MEASURES: dict[str, Callable[[FaceFrames], Array]] = {
    "lips shut": lambda frames: np.minimum(_curve(frames, "mouthClose"), 0.2),
    "rounded": lambda frames: _curve(frames, "mouthPucker") + _curve(frames, "mouthFunnel"),
    "open": lambda frames: _curve(frames, "jawOpen") - _curve(frames, "mouthClose"),
    "smile": lambda frames: _curve(frames, "mouthSmileLeft") + _curve(frames, "mouthSmileRight"),
    "blink": lambda frames: _curve(frames, "eyeBlinkLeft") * _curve(frames, "eyeBlinkRight"),
}


def _peaks(values: Array, rate_hz: int) -> list[int]:
    """Frames of the largest values that are apart; none where nothing happens."""
    chosen: list[int] = []
    for index in np.argsort(-values, kind="stable"):
        if values[index] < 0.05 or len(chosen) == _MOST_OF_A_KIND:
            break
        if all(abs(int(index) - other) >= _APART_S * rate_hz for other in chosen):
            chosen.append(int(index))
    return chosen
