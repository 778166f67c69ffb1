"""Reads the logs of a run, and draws how its losses fell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from posecast.errors import MissingDependency
from posecast.training.flame.stage import STATE_FILE

_NO_LOSS = {"step", "seconds", "device"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One loss over a run."""

    steps: list[int]
    """Steps at the end of which it was written."""
    training: list[float]
    """Means of the steps since the line before."""
    validation_steps: list[int]
    """Steps after which it was validated."""
    validation: list[float]
    """Means over the validation split."""


def read_curves(run: Path) -> dict[str, Curve]:
    """Losses by name.

    Args:
        run: Folder of a run. Steps that an interrupted call took in vain count once.
    """
    training = _by_step(run / STATE_FILE)
    validation = _by_step(run / "validation")
    names = [name for name in next(iter(training.values()), {}) if name not in _NO_LOSS]
    return {
        name: Curve(
            steps=list(training),
            training=[line[name] for line in training.values()],
            validation_steps=[step for step, line in validation.items() if name in line],
            validation=[line[name] for line in validation.values() if name in line],
        )
        for name in names
    }


def read_seconds(run: Path) -> float:
    """How long a run trained, in all of its calls."""
    total = last = 0.0
    for line in _lines(run / STATE_FILE):
        if "start" in line:
            total, last = total + last, 0.0
        else:
            last = line["seconds"]
    return round(total + last, 1)


def _by_step(stem: Path) -> dict[int, dict[str, float]]:
    found = {int(line["step"]): line for line in _lines(stem) if "step" in line}
    return dict(sorted(found.items()))


def _lines(stem: Path) -> list[dict[str, float]]:
    path = stem.with_suffix(".jsonl")
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def draw_curves(runs: Mapping[str, Mapping[str, Curve]], path: Path) -> None:
    """Draw a panel for each loss of each run.

    Args:
        runs: Curves by run and name.
        path: Picture to write.

    Raises:
        MissingDependency: If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency(
            "matplotlib is needed for pictures: pip install 'posecast[plot]'"
        ) from error
    panels = [(run, name, curve) for run, own in runs.items() for name, curve in own.items()]
    figure = Figure(figsize=(12, 7), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    num_columns = 3
    grid = figure.subplots(-(-len(panels) // num_columns), num_columns, squeeze=False)
    for axes, (run, name, curve) in zip(grid.flat, panels, strict=False):
        axes.plot(curve.steps, curve.training, color="#3b6fb5", label="training")
        axes.plot(
            curve.validation_steps, curve.validation, "o-", color="#e08a1e", label="validation"
        )
        axes.set_title(f"{run}: {name}", fontsize=9)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=8)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    grid.flat[0].legend(fontsize=8, frameon=False)
    figure.savefig(path, dpi=80)
