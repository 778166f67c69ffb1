"""The table shows what is known, marks what is late and lets nobody steer the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from posecast.commands.status_table import status_table
from posecast.transport.server_activity import ServerActivity
from posecast.transport.status_client import ServerStatus, StreamStatus

IDLE = ServerActivity(
    batch_size=None, queue_s=None, inference_s=None, real_time_factor=None, miss_share=None,
    num_misses=0, cpu=None, memory_bytes=None,
)  # fmt: skip
BUSY = ServerActivity(
    batch_size=4.0, queue_s=0.025, inference_s=0.05, real_time_factor=0.0625, miss_share=0.025,
    num_misses=6, cpu=1.5, memory_bytes=200 * 2**20,
)  # fmt: skip


def make_server(**changes):
    values = {
        "version": "9.8.7", "model": "tiny 0", "device": "cpu", "num_streams": 2,
        "max_streams": 64, "load": 0.25, "capacity": {"balanced": 40, "realtime": 9},
    }  # fmt: skip
    return ServerStatus(**values | changes)


def make_stream(**changes):
    values = {
        "stream_id": "5f3a09c1", "method": "Animate", "client": "ipv4:127.0.0.1:51514",
        "mode": "realtime", "style_name": "cheerful", "age_s": 62.5, "utterance_index": 3,
        "num_frames": 1500, "buffered_s": 0.25, "lateness_s": -0.125, "frames_per_s": 25.04,
    }  # fmt: skip
    return StreamStatus(**values | changes)


def drawn(server=None, streams=(), activity=None, *, colours=False):
    file = io.StringIO()
    system = "standard" if colours else None
    console = Console(file=file, width=200, force_terminal=colours, color_system=system)
    console.print(status_table(server or make_server(), streams, activity))
    return file.getvalue()


def test_the_header_tells_server_streams_load_and_capacity():
    lines = drawn().splitlines()

    assert lines[0].strip() == "posecast 9.8.7, model tiny 0, device cpu"
    assert lines[1].strip() == "streams 2 of 64, load 25%, capacity balanced 40, realtime 9"


def test_an_unmeasured_capacity_is_left_out():
    server = make_server(load=None, capacity={})

    assert drawn(server).splitlines()[1].strip() == "streams 2 of 64, load -"


@pytest.mark.parametrize(("load", "is_red"), [(0.95, True), (0.9, False)], ids=str)
def test_a_server_that_is_nearly_full_is_red(load, is_red):
    assert ("\x1b[31m95%" in drawn(make_server(load=load), colours=True)) is is_red


@pytest.mark.parametrize(
    ("activity", "line"),
    [
        (BUSY, "batch 4.0, queue 25 ms, inference 50 ms, real-time factor 0.062, late 2.5% "
               "(6 in all), cpu 150%, memory 200 MiB"),
        (IDLE, "batch -, queue -, inference -, real-time factor -, late - (0 in all), cpu -"),
    ],
    ids=["busy", "idle"],
)  # fmt: skip
def test_a_third_line_tells_how_hard_it_works(activity, line):
    assert drawn(activity=activity).splitlines()[2].strip() == line


def test_a_stream_is_a_row():
    row = drawn(streams=[make_stream()]).splitlines()[-1]

    assert row.split() == [
        "5f3a09c1", "Animate", "ipv4:127.0.0.1:51514", "realtime", "cheerful", "1:02", "3",
        "1500", "25.0", "0.25", "s", "-125", "ms",
    ]  # fmt: skip


def test_what_is_not_known_yet_is_a_dash():
    stream = make_stream(mode=None, style_name="", frames_per_s=None, age_s=3661.0)

    row = drawn(streams=[stream]).splitlines()[-1].split()

    assert (row[3], row[4], row[8]) == ("-", "-", "-")
    assert row[5] == "1:01:01"


def test_no_stream_is_said():
    assert drawn().splitlines()[-1].strip() == "no stream is open"


@pytest.mark.parametrize(
    ("late_s", "is_red"), [(0.125, True), (0.0, False), (-0.125, False)], ids=str
)
def test_what_is_late_is_red(late_s, is_red):
    text = drawn(streams=[make_stream(lateness_s=late_s)], colours=True)

    assert ("\x1b[31m" in text) is is_red


def test_names_of_others_are_shown_as_they_are_but_for_control_characters():
    stream = make_stream(style_name="[bold]\x1b[2J:1", client="[red]x\r\n")

    text = drawn(make_server(version="1\x1b[2J"), streams=[stream], colours=True)

    assert "[bold]?[2J:1" in text
    assert "[red]x??" in text
    assert "\x1b[2J" not in text
