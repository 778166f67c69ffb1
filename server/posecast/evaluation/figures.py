"""The figures of a system: of each clip, of each group and of all, over its seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from posecast.evaluation.diversity import Diversity, pool_diversity
from posecast.evaluation.groups import Grouping
from posecast.evaluation.intervals import Interval, bootstrap_intervals
from posecast.evaluation.runs import Runs
from posecast.evaluation.summary import Summary, median_summary, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of some clips."""

    num_clips: int
    """How many clips they are."""
    summary: Summary
    """Median over the seeds."""
    intervals: Mapping[str, Interval]
    """95 % intervals over the clips by the names of the summary; empty for a single one."""
    diversity: Diversity | None
    """How far takes differ from seed to seed; nothing if there is one seed only."""
    by_seed: Mapping[int | None, Summary]
    """The figures of each seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFigures:
    """All figures of one system."""

    clips: Mapping[str, Figures]
    """Of each clip by its name."""
    groups: Mapping[str, Figures]
    """Of each group by its name."""
    all_clips: Figures
    """Of all clips together."""


def pool_system(runs: Runs, grouping: Grouping) -> SystemFigures:
    """Pool what was measured.

    Args:
        runs: All measurements of a system.
        grouping: Groups and speakers of its clips.

    Returns:
        The figures, with intervals for groups and for all.
    """
    names = [clip.clip for clip in next(iter(runs.by_seed.values()))]
    everything = list(range(len(names)))

    def pool(indices: Sequence[int]) -> Figures:
        chosen = {seed: [run[i] for i in indices] for seed, run in runs.by_seed.items()}
        by_seed = {seed: summarise(clips) for seed, clips in chosen.items()}
        speakers = [grouping.speaker_of[names[i]] for i in indices]
        diversity = [runs.diversity[i] for i in indices] if runs.diversity else []
        return Figures(
            num_clips=len(indices),
            summary=median_summary(list(by_seed.values())),
            intervals=bootstrap_intervals(list(chosen.values()), speakers),
            diversity=pool_diversity(diversity) if diversity else None,
            by_seed=by_seed,
        )

    return SystemFigures(
        clips={name: pool([i]) for i, name in enumerate(names)},
        groups={
            group: pool([i for i in everything if grouping.group_of[names[i]] == group])
            for group in grouping.groups
        },
        all_clips=pool(everything),
    )
