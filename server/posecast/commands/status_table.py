"""Draws what a server and its streams are doing, as tables of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from posecast.transport.server_activity import ServerActivity
from posecast.transport.status_client import ServerStatus, StreamStatus

_COLUMNS = (
    ("stream", "left"),
    ("method", "left"),
    ("client", "left"),
    ("mode", "left"),
    ("style", "left"),
    ("age", "right"),
    ("utterance", "right"),
    ("frames", "right"),
    ("fps", "right"),
    ("buffered", "right"),
    ("late", "right"),
)
_UNKNOWN = "-"


def status_table(
    server: ServerStatus, streams: Sequence[StreamStatus], activity: ServerActivity | None
) -> RenderableType:
    """Lay out a server and its streams.

    Args:
        server: What the server is and carries.
        streams: One row each.
        activity: How hard it works, if its metrics are known.

    Returns:
        What a rich console prints.
    """
    header = [_server_line(server), _capacity_line(server)]
    if activity is not None:
        header.append(_activity_line(activity))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, side in _COLUMNS:
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    for stream in streams:
        table.add_row(*_row(stream))
    return Group(*header, Text(), table if streams else Text("no stream is open", style="dim"))


def _server_line(server: ServerStatus) -> Text:
    return Text(f"posecast {_plain(server.version)}, model {_plain(server.model)}, "
                f"device {_plain(server.device)}", style="bold")  # fmt: skip


def _capacity_line(server: ServerStatus) -> Text:
    line = Text(f"streams {server.num_streams} of {server.max_streams}, load ")
    is_full = server.load is not None and server.load > 0.9
    line.append(_number(server.load, ".0%"), style="red" if is_full else "")
    if server.capacity:
        told = ", ".join(f"{mode} {num}" for mode, num in server.capacity.items())
        line.append(f", capacity {told}")
    return line


def _activity_line(activity: ServerActivity) -> Text:
    line = Text(f"batch {_number(activity.batch_size, '.1f')}, "
                f"queue {_milliseconds(activity.queue_s)}, "
                f"inference {_milliseconds(activity.inference_s)}, "
                f"real-time factor {_number(activity.real_time_factor, '.3f')}, late ")  # fmt: skip
    line.append(_number(activity.miss_share, ".1%"), style="red" if activity.miss_share else "")
    line.append(f" ({activity.num_misses} in all), cpu {_number(activity.cpu, '.0%')}")
    if activity.memory_bytes is not None:
        line.append(f", memory {activity.memory_bytes / 2**20:.0f} MiB")
    return line


def _row(stream: StreamStatus) -> tuple[str | Text, ...]:
    late = Text(_milliseconds(stream.lateness_s), style="red" if stream.lateness_s > 0 else "")
    return (
        # As `Text`: in a plain string, rich would read brackets as its own markup.
        Text(_plain(stream.stream_id)),
        Text(_plain(stream.method)),
        Text(_plain(stream.client)),
        stream.mode or _UNKNOWN,
        Text(_plain(stream.style_name) or _UNKNOWN),
        _duration(stream.age_s),
        str(stream.utterance_index),
        str(stream.num_frames),
        _number(stream.frames_per_s, ".1f"),
        f"{stream.buffered_s:.2f} s",
        late,
    )


def _number(value: float | None, form: str) -> str:
    return _UNKNOWN if value is None else format(value, form)


def _milliseconds(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else f"{seconds * 1000:.0f} ms"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _plain(text: str) -> str:
    """Text of another machine without what would steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
