"""The document of a benchmark as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from posecast.transport.bench.report import RATIOS, look_up


class Table(NamedTuple):
    """A table of words."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables_of(document: Mapping[str, Any]) -> list[Table]:
    """The tables of a whole benchmark.

    Args:
        document: What `posecast bench --json` writes.
    """
    levels = document["levels"]
    tables = [_timing_table(levels), _cost_table(levels)]
    if document["load"]["interrupt_every"]:
        tables.append(_interrupt_table(levels))
    if any("ratios_to_echo" in level for level in levels):
        tables.append(_ratio_table(levels))
    if document["past"]:
        tables.append(_past_table(document["past"]))
    return tables


def _each(levels: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Streams, server and medians of each row."""
    rows = []
    for level in levels:
        rows.append((str(level["streams"]), "posecast", level["median"]))
        if "echo" in level:
            rows.append(("", "echo", level["echo"]["median"]))
    return rows


def _timing_table(levels: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        "milliseconds: p50 / p95 / max",
        ("streams", "server", "refused", "first frame", "lateness", "budget", "misses",
         "last frame", "end"),
        [
            (streams, server, _number(m["num_refused"]), _spread(m["first_frame_ms"]),
             _spread(m["lateness_ms"]), _number(m["budget_ms"]), _percent(m["miss_share"]),
             _spread(m["tail_ms"]), _spread(m["end_ms"]))
            for streams, server, m in _each(levels)
        ],
    )  # fmt: skip


def _cost_table(levels: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        "cost; cores are seconds of processor time in a second",
        ("streams", "server", "frames/s", "lost", "failed", "cut off", "real-time factor",
         "server cores", "server MiB", "client cores", "client MiB", "sent late p95 ms"),
        [
            (streams, server, _number(m["frames_per_s"], 1), _number(m["num_lost"]),
             _number(m["num_failed"]), _number(m["num_cut_off"]),
             _number(m["real_time_factor"], 3), *_use(m["server"]), *_use(m["clients"]),
             _number(look_up(m, "send_delay_ms.p95"), 1))
            for streams, server, m in _each(levels)
        ],
    )  # fmt: skip


def _interrupt_table(levels: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        "interrupts, milliseconds: p50 / p95 / max",
        ("streams", "server", "interrupts", "unanswered", "easing begins", "at rest"),
        [
            (streams, server, _number(m["num_interrupts"]), _number(m["num_unanswered"]),
             _spread(m["easing_ms"]), _spread(m["rest_ms"]))
            for streams, server, m in _each(levels)
        ],
    )  # fmt: skip


def _ratio_table(levels: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        "ratio to the echo server",
        ("streams", *RATIOS.values()),
        [
            (str(level["streams"]),
             *(_number(level["ratios_to_echo"][path], 2) for path in RATIOS))
            for level in levels
        ],
    )  # fmt: skip


def _past_table(past: Mapping[str, Any]) -> Table:
    return Table(
        "more streams opened at once, milliseconds: p50 / p95 / max",
        ("", "streams", "refused", "refused after", "first frame", "lateness", "misses"),
        [
            (title, _number(m["num_streams"]), _number(m["num_refused"]),
             _spread(m["refused_after_ms"]), _spread(m["first_frame_ms"]),
             _spread(m["lateness_ms"]), _percent(m["miss_share"]))
            for title, m in (("present, before", past["before"]),
                             ("present, after", past["after"]), ("newcomers", past["newcomers"]))
        ],
    )  # fmt: skip


def _spread(spread: Mapping[str, float] | None) -> str:
    return "-" if spread is None else " / ".join(f"{spread[k]:.0f}" for k in ("p50", "p95", "max"))


def _use(use: Mapping[str, float] | None) -> tuple[str, str]:
    return (
        ("-", "-") if use is None else (f"{use['cpu_s_per_s']:.2f}", f"{use['peak_rss_mib']:.0f}")
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"


def _number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
