"""Whether the lips close on p, b, m, and only there."""

from __future__ import annotations

import itertools
import math
from collections.abc import Container
from typing import NamedTuple

import numpy as np

from posecast.evaluation.alignment import Alignment, PhoneSegment
from posecast.evaluation.articulation import Contrast
from posecast.evaluation.counts import Count
from posecast.evaluation.curves import TimedCurve
from posecast.evaluation.phones import (
    BILABIALS,
    CONSONANTS,
    LABIODENTALS,
    PHONES,
    SILENCE,
    UNKNOWN,
    VOWELS,
)

TOLERANCE_S = 0.04
"""A closure may come this long before the phone begins or after it ends: a frame."""
LOWEST_SHARE = 0.25
"""Closed is the lowest quarter of the clip's range."""
DIP_SHARE = 0.15
"""How far below its surroundings a closure must reach, over the clip's range."""
SURROUNDINGS_S = 0.2
"""How long before and after the phone its surroundings reach."""
SMALLEST_RANGE = 0.02
"""A clip whose lips move less than this has no closures."""
CHANCE_STEP_S = 0.02
TYPICAL_CLOSURE_S = 0.08
"""Length of the places at which chance is tested, if the clip has no p, b, m."""
_OPEN_CONSONANTS = CONSONANTS - BILABIALS - LABIODENTALS - {"W"}
"""Consonants that need no narrow lips."""


class ApertureRange(NamedTuple):
    """Between which apertures the lips of a clip move."""

    low: float
    high: float

    @classmethod
    def of(cls, aperture: TimedCurve) -> ApertureRange:
        """From the 5th to the 95th percentile of the frames of a clip."""
        low, high = np.percentile(aperture.values, [5, 95])
        return cls(float(low), float(high))

    @property
    def width(self) -> float:
        """How far the lips move."""
        return self.high - self.low


def closes(aperture: TimedCurve, extent: ApertureRange, start_s: float, end_s: float) -> bool:
    """Whether the lips close between two times.

    They do if, within `TOLERANCE_S` of these times, the aperture falls into the lowest quarter of
    the clip's range, and lies `DIP_SHARE` of the range below the mean of its two maxima in the
    `SURROUNDINGS_S` before and after.

    Args:
        aperture: Lip aperture of the clip.
        extent: Its range.
        start_s: Start of the phone.
        end_s: End of the phone.

    Returns:
        The verdict; no for lips that do not move, and where there are no frames.
    """
    near = aperture.between(start_s - TOLERANCE_S, end_s + TOLERANCE_S)
    if extent.width < SMALLEST_RANGE or len(near) == 0:
        return False
    lowest = near.min()
    before = aperture.between(start_s - SURROUNDINGS_S, start_s)
    after = aperture.between(end_s, end_s + SURROUNDINGS_S)
    surroundings = float(np.mean([side.max() for side in (before, after) if len(side)] or [lowest]))
    is_low = lowest <= extent.low + LOWEST_SHARE * extent.width
    return bool(is_low and lowest <= surroundings - DIP_SHARE * extent.width)


def closure_recall(aperture: TimedCurve, alignment: Alignment) -> Count:
    """Share of p, b, m on which the lips close.

    Args:
        aperture: Lip aperture of the clip.
        alignment: Its phones.

    Returns:
        Closed ones of all.
    """
    return _count(aperture, [segment for segment in alignment if segment.phone in BILABIALS])


def false_closures_on_vowels(aperture: TimedCurve, alignment: Alignment) -> Count:
    """Share of vowels on which the lips close, by the very test of `closure_recall`.

    Left out, because a closure there may be a true one, are vowels within reach of a p, b, m (their
    tolerances would overlap) or of an unknown stretch, and vowels whose tolerance reaches into a
    pause, into the contact of an f, v, or over the ends of the alignment.

    Args:
        aperture: Lip aperture of the clip.
        alignment: Its phones.

    Returns:
        Closed ones of all that were tested.
    """
    return _count(aperture, _clear_of_closures(alignment, VOWELS))


def false_closures_on_consonants(aperture: TimedCurve, alignment: Alignment) -> Count:
    """Share of the other consonants on which the lips close; f, v, w narrow them and do not count.

    Args:
        aperture: Lip aperture of the clip.
        alignment: Its phones.

    Returns:
        Closed ones of all that were tested; the same neighbours are left out as for vowels.
    """
    return _count(aperture, _clear_of_closures(alignment, _OPEN_CONSONANTS))


def bilabial_contrast(aperture: TimedCurve, alignment: Alignment) -> Contrast:
    """How far the lips close on p, b, m, and on other consonants far from any true closure.

    Args:
        aperture: Lip aperture of the clip.
        alignment: Its phones.

    Returns:
        The two groups: how far below the top of the clip's range the lips come within `TOLERANCE_S`
        of the phone, over the width of the range, so that clips can be put together. The other
        consonants are those of `false_closures_on_consonants`.
    """
    extent = ApertureRange.of(aperture)
    scale = max(extent.width, SMALLEST_RANGE)

    def closings(segments: list[PhoneSegment]) -> tuple[float, ...]:
        near = [
            aperture.between(part.start_s - TOLERANCE_S, part.end_s + TOLERANCE_S)
            for part in segments
        ]
        return tuple(float(extent.high - values.min()) / scale for values in near if len(values))

    labials = [segment for segment in alignment if segment.phone in BILABIALS]
    return Contrast(closings(labials), closings(_clear_of_closures(alignment, _OPEN_CONSONANTS)))


def closures_by_chance(aperture: TimedCurve, alignment: Alignment) -> Count:
    """Share of places, all over the speech of the clip, that pass for a closure.

    Args:
        aperture: Lip aperture of the clip.
        alignment: Its phones.

    Returns:
        Closed ones of all places, one every `CHANCE_STEP_S` of speech, as long as the clip's median
        p, b, m. Recall means little unless it is far above this.
    """
    lengths = [segment.duration_s for segment in alignment if segment.phone in BILABIALS]
    length_s = float(np.median(lengths)) if lengths else TYPICAL_CLOSURE_S
    places = [
        PhoneSegment(segment.phone, middle_s - length_s / 2, middle_s + length_s / 2)
        for segment in alignment
        if segment.phone in PHONES
        for middle_s in np.arange(segment.start_s, segment.end_s, CHANCE_STEP_S)
    ]
    return _count(aperture, places)


def _count(aperture: TimedCurve, segments: list[PhoneSegment]) -> Count:
    extent = ApertureRange.of(aperture)
    return Count.of(closes(aperture, extent, part.start_s, part.end_s) for part in segments)


def _clear_of_closures(alignment: Alignment, phones: Container[str]) -> list[PhoneSegment]:
    """Segments of some phones near which no true closure can be."""
    closed = _where_lips_may_close(alignment)
    return [
        segment
        for segment in alignment
        if segment.phone in phones
        and not any(
            start_s < segment.end_s and segment.start_s < end_s for start_s, end_s in closed
        )
    ]


def _where_lips_may_close(alignment: Alignment) -> list[tuple[float, float]]:
    """Start and end of the stretches from which a phone must keep away to be tested."""
    keep_away_s = {
        **dict.fromkeys((SILENCE, *LABIODENTALS), TOLERANCE_S),
        **dict.fromkeys((UNKNOWN, *BILABIALS), 2 * TOLERANCE_S),
    }
    gaps = [
        PhoneSegment(UNKNOWN, before.end_s, after.start_s)
        for before, after in itertools.pairwise(alignment)
        if after.start_s - before.end_s > TOLERANCE_S
    ]
    first_s, last_s = alignment[0].start_s, alignment[-1].end_s
    outside = [(-math.inf, first_s + TOLERANCE_S), (last_s - TOLERANCE_S, math.inf)]
    return outside + [
        (part.start_s - keep_away_s[part.phone], part.end_s + keep_away_s[part.phone])
        for part in (*alignment, *gaps)
        if part.phone in keep_away_s
    ]
