"""`posecast top`: what a server and its streams are doing, live."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from posecast.config import ServerConfig
from posecast.ranges import check_range
from posecast.usage import checking_arguments

if TYPE_CHECKING:
    from posecast.transport.metrics_reader import Reading
    from posecast.transport.server_activity import ServerActivity
    from posecast.transport.status_client import ServerStatus, StatusClient, StreamStatus


_PIPE_WIDTH = 200
"""Columns where no terminal tells how many it has."""


class Poll(NamedTuple):
    """What one question brought."""

    server: ServerStatus
    streams: list[StreamStatus]
    activity: ServerActivity | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the server and how it is shown."""
    usual = ServerConfig()
    address = f"{usual.host}:{usual.port}"
    parser.add_argument(
        "address", nargs="?", default=address, metavar="ADDRESS", help="of a server (%(default)s)"
    )
    parser.add_argument(
        "--metrics", metavar="URL",
        help="where it shows its metrics, e.g. localhost:9464 (`posecast serve --metrics-port`); "
        "adds how hard it works",
    )  # fmt: skip
    parser.add_argument(
        "--interval", type=float, default=1.0, metavar="S", help="between two polls (%(default)s)"
    )
    parser.add_argument("--once", action="store_true", help="ask once and end")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each poll")


def run(args: argparse.Namespace) -> None:
    """Show the server until Ctrl-C, or once."""
    with checking_arguments():
        check_range("interval", args.interval, 0.1, 3600.0)
        url = _metrics_url(args.metrics)
    from posecast.transport.status_client import StatusClient

    with StatusClient(args.address) as client, _ending_on_interrupt():
        polls = _polls(client, url, None if args.once else args.interval)
        if args.json:
            _print_lines(polls)
        else:
            _show_tables(polls, is_live=not args.once)


def _metrics_url(text: str | None) -> str | None:
    if text is None:
        return None
    from posecast.transport.metrics_reader import metrics_url

    return metrics_url(text)


@contextmanager
def _ending_on_interrupt() -> Iterator[None]:
    """Let Ctrl-C end the block, quietly, after the terminal was put in order."""
    # The command line lets Ctrl-C kill at once, which would leave the cursor hidden.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGINT, handler)


def _polls(client: StatusClient, url: str | None, interval_s: float | None) -> Iterator[Poll]:
    """Ask again and again, or once where there is no interval."""
    before: Reading | None = None
    while True:
        started_s = time.monotonic()
        activity = None
        if url is not None:
            from posecast.transport.metrics_reader import read_metrics
            from posecast.transport.server_activity import activity_between

            reading = read_metrics(url)
            before, activity = reading, activity_between(before, reading)
        yield Poll(client.server(), client.streams(), activity)
        if interval_s is None:
            return
        time.sleep(max(0.0, started_s + interval_s - time.monotonic()))


def _print_lines(polls: Iterator[Poll]) -> None:
    for poll in polls:
        line = {
            "unix_time_s": time.time(),
            "server": dataclasses.asdict(poll.server),
            "streams": [dataclasses.asdict(stream) for stream in poll.streams],
        }
        if poll.activity is not None:
            line["activity"] = dataclasses.asdict(poll.activity)
        print(json.dumps(line), flush=True)


def _show_tables(polls: Iterator[Poll], *, is_live: bool) -> None:
    from rich.console import Console
    from rich.live import Live

    from posecast.commands.status_table import status_table

    # A file or a pipe has no width that a row would have to fit.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    tables = (status_table(poll.server, poll.streams, poll.activity) for poll in polls)
    if not (is_live and console.is_terminal):
        for table in tables:
            console.print(table)
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        for table in tables:
            live.update(table, refresh=True)
