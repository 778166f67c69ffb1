"""How a stream may change a face that is made: by region, by curve, and in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from posecast.errors import InvalidRequest
from posecast.ranges import check_range


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionStrengths:
    """How far each region moves; 1 is as the model means it, 0 keeps it still."""

    upper_face: float = 1.0
    """Brows, lids, cheeks and nose; not blinks and not the gaze. 0..2"""
    lower_face: float = 1.0
    """Jaw, mouth and tongue. 0..2"""
    head: float = 1.0
    """Head rotation. 0..2"""
    blinks: float = 1.0
    """Depth of blinks. 0..2"""

    def __post_init__(self) -> None:
        """Check every range once."""
        for name in ("upper_face", "lower_face", "head", "blinks"):
            check_range(f"strength of {name}", getattr(self, name), 0.0, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveAdjustment:
    """A curve's weight becomes `weight * multiplier + offset`, held between two bounds."""

    multiplier: float = 1.0
    """0..10"""
    offset: float = 0.0
    """-1..1"""
    minimum: float = 0.0
    """Smallest weight that leaves, 0..1."""
    maximum: float = 1.0
    """Largest weight that leaves, `minimum`..1."""

    def __post_init__(self) -> None:
        """Check every range once."""
        check_range("multiplier", self.multiplier, 0.0, 10.0)
        check_range("offset", self.offset, -1.0, 1.0)
        check_range("minimum", self.minimum, 0.0, 1.0)
        check_range("maximum", self.maximum, 0.0, 1.0)
        if self.minimum > self.maximum:
            raise InvalidRequest(
                f"minimum {self.minimum} with maximum {self.maximum}; "
                "allowed: a minimum that is not above the maximum"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """Time constants of a low-pass over the frames, in seconds; 0 is off."""

    upper_face_s: float = 0.0
    """Brows, lids, cheeks and nose; not blinks and not the gaze. 0..0.5"""
    lower_face_s: float = 0.0
    """Jaw, mouth and tongue; they get late by about as much. 0..0.5"""
    head_s: float = 0.0
    """Head rotation. 0..0.5"""

    def __post_init__(self) -> None:
        """Check every range once."""
        for name in ("upper_face_s", "lower_face_s", "head_s"):
            check_range(f"smoothing {name}", getattr(self, name), 0.0, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceAdjustments:
    """All that a stream changes about the face that the model makes."""

    strengths: RegionStrengths = field(default_factory=RegionStrengths)
    """By region."""
    curves: Mapping[str, CurveAdjustment] = field(default_factory=dict)
    """By the name of an ARKit curve."""
    smoothing: Smoothing = field(default_factory=Smoothing)
    """In time."""
