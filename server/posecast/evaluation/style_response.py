"""What each named style does to the face, beside the neutral one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posecast.evaluation.alignment import Alignment
from posecast.evaluation.curves import (
    DoubleArray,
    TimedCurve,
    brow_level,
    eye_closing,
    frowning,
    lip_aperture,
    lip_rounding,
    smiling,
)
from posecast.evaluation.motion import blink_depths, head_angles_deg
from posecast.evaluation.phones import ROUNDED
from posecast.evaluation.spectrum import power_spectrum
from posecast.evaluation.tables import format_number, format_rows
from posecast.signals import FaceFrames

NEUTRAL = "neutral"
"""Style that the others are compared with."""
NOD_BAND_HZ = (0.8, 3.0)
"""Frequencies at which a head nods rather than wanders."""
_TEMPO_BAND_HZ = (0.1, 3.0)
_SPECTRUM_S = 40.0
"""Length to which curves are padded, so that frequencies are told to 0.025 Hz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """Faces of one style, and the phones of their clips as far as they are known."""

    faces: Sequence[FaceFrames]
    """At least one."""
    alignments: Sequence[Alignment | None]
    """A face each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleFigures:
    """What a face of some style does; unset figures could not be measured."""

    wide_aperture: float
    """90th percentile of the lip aperture."""
    rounding: float | None
    """Mean of pucker and funnel together on u w o oy; nothing without phones."""
    smile: float
    """Mean of mouthSmile."""
    frown: float
    """Mean of mouthFrown."""
    brow_level: float
    """Mean level of the brows, raised less lowered."""
    head_std_deg: float
    """Standard deviation of the head: root mean square over clips, yaw, pitch and roll added."""
    head_tempo_hz: float | None
    """Frequency at which the head moves most; nothing for a still head."""
    nod_std_deg: float
    """Standard deviation of pitch at 0.8 to 3 Hz."""
    blinks_per_minute: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleResponse:
    """A style, absolute and beside neutral."""

    figures: StyleFigures
    """Its own figures."""
    mouth_gain: float | None
    """`wide_aperture` over neutral's."""
    rounding_gain: float | None
    """`rounding` over neutral's."""
    head_gain: float | None
    """`head_std_deg` over neutral's."""
    tempo_gain: float | None
    """`head_tempo_hz` over neutral's."""


def measure_style(takes: Takes) -> StyleFigures:
    """Measure the faces of a style, all frames together.

    Args:
        takes: The faces.

    Returns:
        The figures.
    """
    faces = takes.faces
    seconds = sum(len(face) / face.frame_rate_hz for face in faces)
    blinks = sum(len(blink_depths(eye_closing(face))) for face in faces)
    return StyleFigures(
        wide_aperture=float(np.percentile(_together(map(lip_aperture, faces)), 90)),
        rounding=_rounding(takes),
        smile=float(_together(map(smiling, faces)).mean()),
        frown=float(_together(map(frowning, faces)).mean()),
        brow_level=float(_together(map(brow_level, faces)).mean()),
        head_std_deg=_head_std_deg(faces),
        head_tempo_hz=_head_tempo_hz(faces),
        nod_std_deg=_nod_std_deg(faces),
        blinks_per_minute=blinks / seconds * 60,
    )


def compare_styles(styles: Mapping[str, StyleFigures]) -> dict[str, StyleResponse]:
    """Put every style beside neutral.

    Args:
        styles: Figures by name, neutral among them.

    Returns:
        Figures and their ratios to neutral's by name; no ratio to nothing.
    """
    neutral = styles[NEUTRAL]
    return {
        name: StyleResponse(
            figures=figures,
            mouth_gain=_over(figures.wide_aperture, neutral.wide_aperture),
            rounding_gain=_over(figures.rounding, neutral.rounding),
            head_gain=_over(figures.head_std_deg, neutral.head_std_deg),
            tempo_gain=_over(figures.head_tempo_hz, neutral.head_tempo_hz),
        )
        for name, figures in styles.items()
    }


def format_styles(styles: Mapping[str, StyleResponse]) -> str:
    """A row a style.

    Args:
        styles: The responses by name.

    Returns:
        Lines of text with aligned columns.
    """
    header = ["style", "mouth x", "round x", "smile", "frown", "brows", "head deg", "head x",
              "tempo Hz", "tempo x", "nods deg", "blinks"]  # fmt: skip
    rows = [
        [
            name,
            format_number(style.mouth_gain, ".2f"),
            format_number(style.rounding_gain, ".2f"),
            f"{style.figures.smile:.2f}",
            f"{style.figures.frown:.2f}",
            f"{style.figures.brow_level:+.2f}",
            f"{style.figures.head_std_deg:.2f}",
            format_number(style.head_gain, ".2f"),
            format_number(style.figures.head_tempo_hz, ".2f"),
            format_number(style.tempo_gain, ".2f"),
            f"{style.figures.nod_std_deg:.2f}",
            f"{style.figures.blinks_per_minute:.0f}",
        ]
        for name, style in styles.items()
    ]
    return format_rows([[header], rows])


LEGEND = """\
mouth x  90th percentile of the lip aperture over neutral's
round x  mean pucker + funnel on u w o oy over neutral's
smile, frown, brows: means; brows: raised less lowered
head deg standard deviation of the head; head x: over neutral's
tempo    frequency at which the head moves most; over neutral's
nods     standard deviation of pitch at 0.8 to 3 Hz
blinks   a minute
"""


def _together(curves: Iterable[TimedCurve]) -> DoubleArray:
    return np.concatenate([curve.values for curve in curves])


def _rounding(takes: Takes) -> float | None:
    means = [
        lip_rounding(face).mean_in(segment)
        for face, alignment in zip(takes.faces, takes.alignments, strict=True)
        for segment in alignment or ()
        if segment.phone in ROUNDED
    ]
    return float(np.mean(means)) if means else None


def _head_std_deg(faces: Sequence[FaceFrames]) -> float:
    """Over the clips' own means: where a style holds the head is not how far it moves it."""
    moved = np.concatenate([angles - angles.mean(axis=0) for angles in map(head_angles_deg, faces)])
    return float(np.sqrt(np.square(moved).sum(axis=1).mean()))


def _head_tempo_hz(faces: Sequence[FaceFrames]) -> float | None:
    """Peak of the mean spectrum of yaw, pitch and roll."""
    longest_s = max(len(face) / face.frame_rate_hz for face in faces)
    rate_hz = faces[0].frame_rate_hz
    num_points = round(max(longest_s, _SPECTRUM_S) * rate_hz)
    spectra = [
        power_spectrum(angles_deg, rate_hz, num_points=num_points)
        for face in faces
        for angles_deg in head_angles_deg(face).T
    ]
    frequencies_hz = spectra[0].frequencies_hz
    low_hz, high_hz = _TEMPO_BAND_HZ
    power = np.sum([spectrum.power for spectrum in spectra], axis=0)
    power[(frequencies_hz < low_hz) | (frequencies_hz > high_hz)] = 0
    return float(frequencies_hz[power.argmax()]) if power.max() > 1e-9 else None


def _nod_std_deg(faces: Sequence[FaceFrames]) -> float:
    powers = [
        power_spectrum(head_angles_deg(face)[:, 1], face.frame_rate_hz).between(*NOD_BAND_HZ)
        for face in faces
    ]
    return float(np.sqrt(np.average(powers, weights=[len(face) for face in faces])))


def _over(value: float | None, neutral: float | None) -> float | None:
    return value / neutral if value is not None and neutral else None
