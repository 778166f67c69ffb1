"""Everything that is measured on the predictions of one clip, raw, so that clips can be pooled."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from posecast.config import FRAME_RATE_HZ
from posecast.evaluation.beat_alignment import measure_beat_alignment
from posecast.evaluation.flame_clips import FlameClip
from posecast.evaluation.flame_diversity import mean_pairwise_distance
from posecast.evaluation.flame_surface import FaceSurface, SurfaceFigures, SurfaceMeasurement
from posecast.evaluation.rotations import angles_between_rad
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_layout import HEAD, JAW


@dataclass(frozen=True, slots=True, kw_only=True)
class CoefficientFigures:
    """What needs no head model."""

    expression_error_sd: float
    """Mean over frames of the root mean square error of the 50 expression coefficients, in standard
    deviations of FLAME's expression space, which is their unit."""
    jaw_error_rad: float
    """Mean angle between the jaws."""
    head_error_rad: float
    """Mean angle between the heads. High for any head that moves by itself: nothing settles it."""
    beat_alignment: float | None
    """BA over the predicted beats; unset if the true head has no beats."""
    beat_alignment_of_true: float | None
    """The same over the true beats."""
    beat_alignment_by_chance: float | None
    """BA of beats at random times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameDiversity:
    """Mean distance of two repetitions at the same frame."""

    expression_diversity_sd: float
    """Of the 50 expression coefficients."""
    jaw_diversity_rad: float
    """Of the jaw's rotation vector."""
    head_diversity_rad: float
    """Of the head's rotation vector."""
    vertex_diversity_mm: float | None
    """Of the vertices of the whole head without head pose; unset without a head model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameMeasurement:
    """The predictions of one clip."""

    clip: str
    """Name of the clip."""
    num_frames: int
    """Frames that were compared."""
    coefficients: tuple[CoefficientFigures, ...]
    """Of each repetition."""
    surface: tuple[SurfaceFigures, ...]
    """Of each repetition; empty without a head model."""
    diversity: FlameDiversity | None
    """Nothing for a single repetition."""

    def values(self) -> dict[str, tuple[float | None, ...]]:
        """All figures by name, one value a repetition; a single one of the diversity."""
        rows = [asdict(each) for each in self.coefficients]
        for row, surface in zip(rows, self.surface, strict=False):
            row.update(asdict(surface))
        named = {name: tuple(row[name] for row in rows) for name in rows[0]}
        once = asdict(self.diversity) if self.diversity else {}
        return named | {name: (value,) for name, value in once.items()}


def measure_flame_clip(clip: FlameClip, surface: FaceSurface | None) -> FlameMeasurement:
    """Measure the predictions of a clip against the truth.

    Args:
        clip: True and predicted coefficients of equal length.
        surface: The head model, if there is one.

    Returns:
        All measurements.
    """
    vertices = surface.measure(clip.truth, clip.predictions) if surface else None
    return FlameMeasurement(
        clip=clip.name,
        num_frames=len(clip.truth),
        coefficients=tuple(_compare(clip.truth, each) for each in clip.predictions),
        surface=vertices.figures if vertices else (),
        diversity=_measure_diversity(clip, vertices) if len(clip.predictions) > 1 else None,
    )


def _compare(truth: FlameCoefficients, predicted: FlameCoefficients) -> CoefficientFigures:
    off = truth.expression.astype(np.float64) - predicted.expression
    beats = measure_beat_alignment(truth.pose[:, HEAD], predicted.pose[:, HEAD], FRAME_RATE_HZ)
    jaw_errors, head_errors = (
        angles_between_rad(truth.pose[:, part], predicted.pose[:, part]) for part in (JAW, HEAD)
    )
    return CoefficientFigures(
        expression_error_sd=float(np.sqrt(np.square(off).mean(axis=1)).mean()),
        jaw_error_rad=float(jaw_errors.mean()),
        head_error_rad=float(head_errors.mean()),
        beat_alignment=beats.of_predicted,
        beat_alignment_of_true=beats.of_true,
        beat_alignment_by_chance=beats.by_chance,
    )


def _measure_diversity(clip: FlameClip, vertices: SurfaceMeasurement | None) -> FlameDiversity:
    takes = clip.predictions
    return FlameDiversity(
        expression_diversity_sd=mean_pairwise_distance([take.expression for take in takes]),
        jaw_diversity_rad=mean_pairwise_distance([take.pose[:, JAW] for take in takes]),
        head_diversity_rad=mean_pairwise_distance([take.pose[:, HEAD] for take in takes]),
        vertex_diversity_mm=vertices.diversity_mm if vertices else None,
    )
