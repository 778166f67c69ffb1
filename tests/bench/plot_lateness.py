"""Lateness against streams, drawn from `posecast bench --json`: plot_lateness.py PNG JSON[,JSON]...

Files with a comma between them are one ladder, of the same load.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def main() -> None:
    """Draw one panel a ladder: p50, p95 and the largest lateness, the budget, and the misses."""
    target, *sources = sys.argv[1:]
    figure, panels = pyplot.subplots(
        1, len(sources), figsize=(5.2 * len(sources), 4.2), squeeze=False, layout="constrained"
    )
    for panel, source in zip(panels[0], sources, strict=True):
        draw(panel, read(source.split(",")))
    figure.savefig(target, dpi=110)


def read(paths: list[str]) -> dict[str, Any]:
    """The first document, with the levels of all."""
    documents = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
    return {**documents[0], "levels": [level for one in documents for level in one["levels"]]}


def draw(panel: Any, document: dict[str, Any]) -> None:
    """One ladder of streams."""
    levels = [(level["streams"], level["median"]) for level in document["levels"]]
    streams = [number for number, _ in levels]
    for name, style in (("p50", "o-"), ("p95", "s-"), ("max", "^:")):
        lateness = [figures["lateness_ms"][name] for _, figures in levels]
        panel.plot(streams, lateness, style, label=f"lateness {name}")
    budget = levels[0][1]["budget_ms"]
    if budget:
        panel.axhline(budget, color="grey", linestyle="--", label=f"budget {budget:.0f} ms")
    for number, figures in levels:
        if figures["num_misses"]:
            share = 100 * figures["miss_share"]
            panel.annotate(
                f"{share:.2g} % late", (number, figures["lateness_ms"]["max"]),
                ha="right", va="bottom", fontsize=8,
            )  # fmt: skip
    load = document["load"]
    panel.set_title(f"{load['mode']}, {load['arrival']}, {load['frame_rate_hz']} fps")
    panel.set_xlabel("streams")
    panel.set_ylabel("ms behind the media time")
    panel.set_ylim(bottom=min(0, panel.get_ylim()[0]))
    panel.legend(fontsize=8)


if __name__ == "__main__":
    main()
