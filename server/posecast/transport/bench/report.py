"""The figures of a benchmark as one document of plain values."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from posecast.config import AnimationOptions
from posecast.transport.bench.figures import Figures
from posecast.transport.bench.ladder import PastFigures
from posecast.transport.bench.load import Load

_WORST = ("num_failed", "num_cut_off", "num_lost", "num_strays", "num_unanswered")
"""What ought to be 0: of several repeats the worst is told, because a median would hide it."""
RATIOS: Mapping[str, str] = {
    "first_frame_ms.p50": "first frame p50",
    "first_frame_ms.p95": "first frame p95",
    "lateness_ms.p50": "lateness p50",
    "lateness_ms.p95": "lateness p95",
    "end_ms.p50": "end p50",
    "frames_per_s": "frames/s",
    "server.cpu_s_per_s": "server cores",
    "server.peak_rss_mib": "server MiB",
}
"""Figures that are divided by those of the echo server, and how tables call them."""
_BUSY_CLIENT = 0.8  # of a core: beyond, what is late may be late in the client
_LATE_SENDER_MS = 10.0

MISSING_PSUTIL = "processor time and memory were not measured: pip install 'posecast[bench]'"
MISSING_PID = "processor time and memory of the server were not measured: give --pid if it is here"


def figures_document(figures: Figures) -> dict[str, Any]:
    """One run as plain values, numbers rounded."""
    return _rounded(dataclasses.asdict(figures) | {"miss_share": figures.miss_share})


def load_document(load: Load, options: AnimationOptions, *, num_processes: int) -> dict[str, Any]:
    """What was asked of the server, as plain values.

    Args:
        load: What each stream did.
        options: What it asked for.
        num_processes: Processes of clients.
    """
    asked = {
        "mode": options.mode,
        "style": options.style,
        "window_frames": options.window_frames,
        "look_ahead_ms": options.look_ahead_ms,
    }
    return dataclasses.asdict(load) | asked | {"processes": num_processes}


def past_document(past: PastFigures) -> dict[str, Any]:
    """What became of streams when more came, as plain values."""
    return {
        "before": figures_document(past.before),
        "after": figures_document(past.after),
        "newcomers": figures_document(past.newcomers),
    }


def level_document(
    num_streams: int, runs: Sequence[Figures], echo_runs: Sequence[Figures]
) -> dict[str, Any]:
    """All repeats of a level.

    Args:
        num_streams: Streams at a time.
        runs: Figures of each repeat, at least one.
        echo_runs: The same against the echo server; none if that was not asked for.

    Returns:
        Medians over the repeats, the repeats, and the same of the echo server with the ratios.
    """
    documents = [figures_document(run) for run in runs]
    median = median_of(documents)
    level = {"streams": num_streams, "median": median, "repeats": documents}
    if echo_runs:
        echoes = [figures_document(run) for run in echo_runs]
        echo = median_of(echoes)
        level["echo"] = {"median": echo, "repeats": echoes}
        level["ratios_to_echo"] = _ratios(median, echo)
    return level


def median_of(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Medians over repeats; of what ought to be 0 the largest, and failures all together.

    Args:
        documents: Figures of the repeats as plain values, at least one.
    """
    return {name: _merge(name, [document[name] for document in documents]) for name in documents[0]}


def notes_on(
    levels: Sequence[Mapping[str, Any]], past: Mapping[str, Any] | None, *, num_processes: int
) -> list[str]:
    """What a reader must know before believing the figures.

    Args:
        levels: Documents of the levels.
        past: What became of streams when more came; None if that was not asked for.
        num_processes: Processes of clients.
    """
    notes = []
    for level in levels:
        median, streams = level["median"], level["streams"]
        clients, delay = median["clients"], median["send_delay_ms"]
        if clients and clients["cpu_s_per_s"] > _BUSY_CLIENT * num_processes:
            notes.append(
                f"{streams} streams: the clients took {clients['cpu_s_per_s']:.2f} cores of "
                f"{num_processes}; they may be the limit, try more --processes"
            )
        if delay and delay["p95"] > _LATE_SENDER_MS:
            notes.append(
                f"{streams} streams: 1 in 20 chunks was sent {delay['p95']:.0f} ms late or later; "
                "the clients' machine is busy or the server takes no more"
            )
        if median["num_lost"] or median["num_strays"]:
            notes.append(
                f"{streams} streams: {median['num_lost']:g} frames lost, "
                f"{median['num_strays']:g} answers to nothing; both must be 0"
            )
        notes += _failure_notes(f"{streams} streams", median)
    for name, figures in (past or {}).items():
        # Both halves of those that were present tell the same failures.
        notes += [] if name == "before" else _failure_notes(f"opening more, {name}", figures)
    return notes


def _merge(name: str, values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    if not known:
        return None
    if isinstance(known[0], Mapping):
        return median_of(known)
    if isinstance(known[0], list):
        return _add_failures([failure for failures in known for failure in failures])
    if name in _WORST:
        return max(known)
    median = statistics.median(known)
    is_whole = all(isinstance(value, int) for value in known) and median == int(median)
    return int(median) if is_whole else round(median, 3)


def _add_failures(failures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    added: dict[str, dict[str, Any]] = {}
    for failure in failures:
        same = added.setdefault(failure["status"], {**failure, "count": 0})
        same["count"] += failure["count"]
    return list(added.values())


def _ratios(median: Mapping[str, Any], echo: Mapping[str, Any]) -> dict[str, float | None]:
    ratios: dict[str, float | None] = {}
    for path in RATIOS:
        above, below = look_up(median, path), look_up(echo, path)
        # Lateness may be below 0, and a ratio to that would tell nothing.
        is_ratio = above is not None and below is not None and above >= 0 and below > 0
        ratios[path] = round(above / below, 3) if is_ratio else None
    return ratios


def look_up(document: Mapping[str, Any], path: str) -> Any:
    """The value under names with dots between; None if a part of the path has none."""
    value: Any = document
    for name in path.split("."):
        value = None if value is None else value[name]
    return value


def _failure_notes(where: str, median: Mapping[str, Any]) -> list[str]:
    notes = [
        f"{where}: {failure['count']} {what}, {failure['status']}: {failure['message']}"
        for what, name in (("refused", "refusals"), ("failed", "failures"))
        for failure in median[name]
    ]
    if median["num_cut_off"]:
        notes.append(
            f"{where}: {median['num_cut_off']:g} were cut off with answers missing; times are of "
            "those that came"
        )
    return notes


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value
