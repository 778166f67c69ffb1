"""Every clip, made and measured once with each seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from posecast.evaluation.alignment import Alignment
from posecast.evaluation.diversity import Diversity, measure_diversity
from posecast.evaluation.measurement import ClipMeasurement, measure_clip
from posecast.signals import FaceFrames, Waveform

Animator = Callable[[str, Waveform], FaceFrames]
"""Gives the face of a clip, by its name and sound."""
System = Mapping[int | None, Animator]
"""An animator a seed; a single one without a seed where nothing is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """What one system did."""

    by_seed: Mapping[int | None, tuple[ClipMeasurement, ...]]
    """The clips in order, once for each seed."""
    diversity: tuple[Diversity, ...]
    """How far the takes of each clip differ; empty if there is one seed only."""


def measure_runs(
    system: System,
    clips: Iterable[tuple[str, Waveform]],
    alignments: Mapping[str, Alignment],
) -> Runs:
    """Make every clip with every seed and measure it.

    Args:
        system: What makes the faces.
        clips: Names and sounds, at least one; read one at a time.
        alignments: Phones by name, as far as they are known.

    Returns:
        All measurements; the faces themselves are not kept.
    """
    by_seed: dict[int | None, list[ClipMeasurement]] = {seed: [] for seed in system}
    diversity = []
    for name, waveform in clips:
        takes = {seed: animate(name, waveform) for seed, animate in system.items()}
        for seed, take in takes.items():
            by_seed[seed].append(measure_clip(name, take, waveform, alignments.get(name)))
        if len(takes) > 1:
            diversity.append(measure_diversity(list(takes.values())))
    return Runs(
        by_seed={seed: tuple(measured) for seed, measured in by_seed.items()},
        diversity=tuple(diversity),
    )
