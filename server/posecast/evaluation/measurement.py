"""Everything that is measured on one clip, raw, so that clips can be pooled."""

from __future__ import annotations

from dataclasses import dataclass

from posecast.evaluation.alignment import Alignment
from posecast.evaluation.articulation import (
    Contrast,
    VowelHeights,
    labiodental_contrast,
    rounding_contrast,
    shut_in_pauses,
    vowel_heights,
)
from posecast.evaluation.closures import (
    ApertureRange,
    bilabial_contrast,
    closure_recall,
    closures_by_chance,
    false_closures_on_consonants,
    false_closures_on_vowels,
)
from posecast.evaluation.counts import Count, Ratio
from posecast.evaluation.curves import (
    eye_closing,
    jaw_opening,
    labiodental_contact,
    lip_aperture,
    lip_rounding,
)
from posecast.evaluation.motion import (
    blink_depths,
    head_angles_deg,
    head_range_deg,
    head_speed_deg_s,
    head_turn_in_pauses,
    head_turn_in_speech,
    jitter,
    lip_energy_above_10_hz,
    lip_speed_energy_above_10_hz,
)
from posecast.evaluation.timing import Lag, loudness_reference, measure_lag, openness_reference
from posecast.signals import FaceFrames, Waveform


@dataclass(frozen=True, slots=True, kw_only=True)
class LipMeasurement:
    """What the lips did on the phones of a clip."""

    closure_recall: Count
    closures_by_chance: Count
    false_closures_on_vowels: Count
    false_closures_on_consonants: Count
    bilabial: Contrast
    labiodental: Contrast
    rounding: Contrast
    vowel_heights: VowelHeights
    shut_in_pauses: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionMeasurement:
    """How the head, the eyes and the lips of a clip moved."""

    duration_s: float
    """Length of the face in seconds."""
    head_range_deg: tuple[float, float, float]
    """Yaw, pitch, roll."""
    head_speed_deg_s: float
    head_turn_in_speech: Ratio
    """Degrees over seconds of speech; no seconds if the phones are not known."""
    head_turn_in_pauses: Ratio
    """Degrees over seconds of pauses."""
    aperture_range: float
    """How far the lips part, from the 5th to the 95th percentile."""
    fast_lip_energy: Ratio
    """Energy of the lips' movement above 10 Hz over all of it."""
    fast_lip_speed_energy: Ratio
    """The same of their speed."""
    blink_depths: tuple[float, ...]
    jaw_jitter: float
    """Mean second difference of jawOpen."""
    head_jitter_deg: float
    """Mean second difference of yaw, pitch and roll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipMeasurement:
    """One face on one clip."""

    clip: str
    """Name of the clip."""
    lips: LipMeasurement | None
    """Nothing if the phones are not known."""
    lag: Lag | None
    """Against the phones, or against the loudness if they are not known."""
    motion: MotionMeasurement


def measure_clip(
    clip: str, frames: FaceFrames, waveform: Waveform, alignment: Alignment | None
) -> ClipMeasurement:
    """Measure a face against the clip that it was made for.

    Args:
        clip: Name of the clip.
        frames: The whole face.
        waveform: The clip.
        alignment: Its phones, if known.

    Returns:
        All measurements.
    """
    reference = openness_reference(alignment) if alignment else loudness_reference(waveform)
    return ClipMeasurement(
        clip=clip,
        lips=_measure_lips(frames, alignment) if alignment else None,
        lag=measure_lag(lip_aperture(frames), reference),
        motion=_measure_motion(frames, alignment or ()),
    )


def _measure_lips(frames: FaceFrames, alignment: Alignment) -> LipMeasurement:
    aperture = lip_aperture(frames)
    return LipMeasurement(
        closure_recall=closure_recall(aperture, alignment),
        closures_by_chance=closures_by_chance(aperture, alignment),
        false_closures_on_vowels=false_closures_on_vowels(aperture, alignment),
        false_closures_on_consonants=false_closures_on_consonants(aperture, alignment),
        bilabial=bilabial_contrast(aperture, alignment),
        labiodental=labiodental_contrast(labiodental_contact(frames), alignment),
        rounding=rounding_contrast(lip_rounding(frames), alignment),
        vowel_heights=vowel_heights(aperture, alignment),
        shut_in_pauses=shut_in_pauses(aperture, alignment),
    )


def _measure_motion(frames: FaceFrames, alignment: Alignment) -> MotionMeasurement:
    angles_deg = head_angles_deg(frames)
    yaw, pitch, roll = (float(angle) for angle in head_range_deg(angles_deg))
    return MotionMeasurement(
        duration_s=len(frames) / frames.frame_rate_hz,
        head_range_deg=(yaw, pitch, roll),
        head_speed_deg_s=head_speed_deg_s(frames),
        head_turn_in_speech=head_turn_in_speech(frames, alignment),
        head_turn_in_pauses=head_turn_in_pauses(frames, alignment),
        aperture_range=ApertureRange.of(lip_aperture(frames)).width,
        fast_lip_energy=lip_energy_above_10_hz(frames),
        fast_lip_speed_energy=lip_speed_energy_above_10_hz(frames),
        blink_depths=blink_depths(eye_closing(frames)),
        jaw_jitter=jitter(jaw_opening(frames).values),
        head_jitter_deg=jitter(angles_deg),
    )
