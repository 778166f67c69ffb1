"""Whether the lips take the shape of the phone: f and v, rounding, vowel height, pauses."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

import numpy as np

from posecast.evaluation.alignment import Alignment
from posecast.evaluation.counts import Count
from posecast.evaluation.curves import TimedCurve
from posecast.evaluation.phones import (
    LABIODENTALS,
    PHONES,
    ROUNDED,
    SILENCE,
    SPREAD,
    VOWEL_OPENNESS,
)

SHORTEST_PAUSE_S = 0.25
PAUSE_MARGIN_S = 0.08
"""What a pause leaves at either end for the lips to close and to open again."""
SHUT_SHARE = 0.15
"""Shut is at most this share of the clip's wide-open aperture, its 95th percentile."""


class Contrast(NamedTuple):
    """A measure of the lips on phones that should have it, and on phones that should not."""

    positives: tuple[float, ...]
    negatives: tuple[float, ...]


class VowelHeights(NamedTuple):
    """How open each vowel is by the book, and how open it was."""

    openness: tuple[float, ...]
    """Rank of the vowel, 1 (i, u) to 5 (a)."""
    apertures: tuple[float, ...]
    """Mean aperture over the vowel, over the clip's 95th percentile."""


def labiodental_contrast(contact: TimedCurve, alignment: Alignment) -> Contrast:
    """Peak labiodental contact on f and v, and on every other phone that does not touch one.

    Args:
        contact: Labiodental contact of the clip.
        alignment: Its phones.

    Returns:
        The two groups; the peak because the contact may be shorter than the phone.
    """
    neighbours = [alignment[0], *alignment[:-1]], [*alignment[1:], alignment[-1]]
    touching = {
        segment
        for segment, before, after in zip(alignment, *neighbours, strict=True)
        if {before.phone, segment.phone, after.phone} & LABIODENTALS
    }
    positives = tuple(contact.peak_in(part) for part in alignment if part.phone in LABIODENTALS)
    negatives = tuple(
        contact.peak_in(part) for part in alignment if part.phone in PHONES and part not in touching
    )
    return Contrast(positives, negatives)


def rounding_contrast(rounding: TimedCurve, alignment: Alignment) -> Contrast:
    """Mean rounding on u w o oy, and on i ih e eh s z.

    Args:
        rounding: Lip rounding of the clip.
        alignment: Its phones.

    Returns:
        The two groups.
    """
    return Contrast(_means(rounding, alignment, ROUNDED), _means(rounding, alignment, SPREAD))


def vowel_heights(aperture: TimedCurve, alignment: Alignment) -> VowelHeights:
    """How open each vowel is, beside how open it should be.

    Args:
        aperture: Lip aperture of the clip.
        alignment: Its phones.

    Returns:
        The two values of each vowel that has a height.
    """
    scale = max(float(np.percentile(aperture.values, 95)), 1e-9)
    vowels = [segment for segment in alignment if segment.phone in VOWEL_OPENNESS]
    return VowelHeights(
        openness=tuple(float(VOWEL_OPENNESS[vowel.phone]) for vowel in vowels),
        apertures=tuple(aperture.mean_in(vowel) / scale for vowel in vowels),
    )


def shut_in_pauses(aperture: TimedCurve, alignment: Alignment) -> Count:
    """Share of the frames within pauses that show a shut mouth.

    Args:
        aperture: Lip aperture of the clip.
        alignment: Its phones.

    Returns:
        Frames at or below `SHUT_SHARE` of the clip's 95th percentile, of all frames in pauses over
        `SHORTEST_PAUSE_S`, `PAUSE_MARGIN_S` from their ends.
    """
    threshold = SHUT_SHARE * float(np.percentile(aperture.values, 95))
    inside = [
        aperture.between(pause.start_s + PAUSE_MARGIN_S, pause.end_s - PAUSE_MARGIN_S)
        for pause in alignment
        if pause.phone == SILENCE and pause.duration_s > SHORTEST_PAUSE_S
    ]
    return Count.of(bool(value <= threshold) for part in inside for value in part)


def _means(curve: TimedCurve, alignment: Alignment, phones: Container[str]) -> tuple[float, ...]:
    return tuple(curve.mean_in(segment) for segment in alignment if segment.phone in phones)
