"""`posecast bench`: how late faces are under load, against any Posecast server.

Clients in processes of their own open streams and speak, either at the pace of a microphone or, as
from a synthetic voice, a whole utterance at once. Without an address a server is started on this
machine for the run; its flags follow after `--`:

    posecast bench --streams 1,8 --seconds 10 -- --model FOLDER

Each level of streams is run several times and medians are told. Streams start at moments of their
own within the first second, and what falls into their warm-up does not count. All moments are taken
where messages are handed to gRPC and taken from it, by the clients' monotonic clocks:

* first frame: from the first audio of an utterance to its first frame;
* lateness: how far behind its media time a frame comes, where media time runs from the first audio,
  or, for audio sent at once, from the first frame, when playback begins;
* misses: frames that are later than window, look-ahead and 0.1 s allow (for audio sent at once:
  later than the moment they are to be shown), and frames that never came;
* last frame, end: after the end of the utterance was sent;
* easing, rest: first and last easing frame after an interrupt was sent.

A refused stream is a result and is told with its status. With `--echo` the same clients also run
against a server without a model, which shows what the wire and the clients cost. With `--past N`
the highest level is run once more and N streams are opened in its midst, to show whether the
surplus is refused and the others are unharmed. The clients' own processor time is told beside the
server's: near one core a process, they and not the server are what is measured.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posecast.config import FRAMES_PER_WINDOW, OUTPUT_RATES_HZ, AnimationOptions
from posecast.ranges import check_range
from posecast.transport.bench.load import ARRIVALS
from posecast.usage import UsageMistake, checking_arguments

if TYPE_CHECKING:
    from posecast.transport.bench.figures import Figures
    from posecast.transport.bench.ladder import Ladder
    from posecast.transport.bench.load import Load
    from posecast.transport.bench.own_server import RunningServer
    from posecast.transport.bench.report_tables import Table

PIPE = "-"
SAMPLE = "hello.wav"
LONGEST_SPEECH_S = 900.0
OWN_SERVER_STREAMS = 200
"""Streams that a server of our own may be asked for; what it can carry decides before that."""
MOST_STREAMS = 2000
SHORTEST_PAST_S = 4.0
"""With `--past`, so that there is something to see on either side of the newcomers."""
_PLAIN_WIDTH = 240  # for a file or a pipe: no row is broken


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the server, the load and the output."""
    # fmt: off
    parser.add_argument("address", nargs="?", metavar="ADDRESS",
                        help="HOST:PORT; left out, a server is started here, with the flags of "
                        "`posecast serve` that follow after --")
    parser.add_argument("--streams", type=_levels, default=(1, 4, 8, 12, 16, 20), metavar="N,...",
                        help="streams at a time (1,4,8,12,16,20)")
    parser.add_argument("--mode", choices=tuple(FRAMES_PER_WINDOW), default="realtime",
                        help="how many frames are made at a time (%(default)s)")
    parser.add_argument("--window-frames", type=int, metavar="N", help="1..100; default: mode's")
    parser.add_argument("--look-ahead-ms", type=int, metavar="N", help="default: model's")
    parser.add_argument("--rate", type=int, choices=OUTPUT_RATES_HZ, default=30,
                        help="frames in a second (%(default)s)")
    parser.add_argument("--style", default="neutral", metavar="NAME",
                        help="one of the server's, or a blend (%(default)s)")
    parser.add_argument("--arrival", choices=ARRIVALS, default="microphone",
                        help="at the pace of speech, or as from a synthetic voice (%(default)s)")
    parser.add_argument("--speech", type=Path, metavar="FILE", help="what is said; default: sample")
    for flag, default, what in (
        ("--utterance-seconds", 5.0, "audio in an utterance"),
        ("--seconds", 20.0, "what is measured of each stream"),
        ("--warm-up-seconds", 3.0, "beginning of each stream that does not count"),
    ):
        parser.add_argument(flag, type=float, default=default, metavar="S",
                            help=f"{what} (%(default)g)")
    parser.add_argument("--interrupt-every", type=int, default=0, metavar="N",
                        help="interrupt each Nth utterance half-way; 0: none (%(default)s)")
    parser.add_argument("--repeats", type=int, default=3, metavar="N",
                        help="runs of each level, of which medians are told (%(default)s)")
    parser.add_argument("--processes", type=int, default=1, metavar="N",
                        help="processes of clients (%(default)s)")
    parser.add_argument("--echo", action="store_true",
                        help="the same against a server without a model")
    parser.add_argument("--past", type=int, default=0, metavar="N",
                        help="open N more streams at once at the highest level (%(default)s)")
    parser.add_argument("--pid", type=int, metavar="PID",
                        help="process of the server at ADDRESS, to measure what it takes")
    parser.add_argument("--json", metavar="FILE", help="also write a document; - for stdout")
    # fmt: on


def run(args: argparse.Namespace) -> None:
    """Measure, then write the document and the tables."""
    from posecast.transport.bench.report_tables import tables_of

    load, options = _choices(args)
    if args.json not in (None, PIPE):
        _check_writable(Path(args.json))
    with _stoppable():
        document = _measure(args, load, options)
    if args.json == PIPE:
        print(json.dumps(document))
    elif args.json:
        Path(args.json).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    # The document has stdout for itself.
    _print(tables_of(document), document, sys.stderr if args.json == PIPE else sys.stdout)


def _choices(args: argparse.Namespace) -> tuple[Load, AnimationOptions]:
    from posecast.transport.bench.load import Load
    from posecast.transport.bench.speaking import SHORTEST_UTTERANCE_S

    if args.address and args.passed_on:
        raise UsageMistake("flags after -- are for a server that is started here, not for ADDRESS")
    if args.pid is not None and not args.address:
        raise UsageMistake("--pid goes with ADDRESS; the process of our own server is known")
    shortest_s = SHORTEST_PAST_S if args.past else 1.0
    with checking_arguments():
        for flag, value, low, high in (
            ("--utterance-seconds", args.utterance_seconds, SHORTEST_UTTERANCE_S, LONGEST_SPEECH_S),
            ("--seconds", args.seconds, shortest_s, 86_400.0),
            ("--warm-up-seconds", args.warm_up_seconds, 0.0, 3600.0),
            ("--interrupt-every", args.interrupt_every, 0, 1_000_000),
            ("--repeats", args.repeats, 1, 1000),
            ("--processes", args.processes, 1, 64),
            ("--past", args.past, 0, MOST_STREAMS),
        ):
            check_range(flag, value, low, high)
        # One seed for all: the same work in each stream, and in each repeat.
        options = AnimationOptions(
            style=args.style, seed=1, frame_rate_hz=args.rate, mode=args.mode,
            look_ahead_ms=args.look_ahead_ms, window_frames=args.window_frames,
        )  # fmt: skip
    return Load(
        arrival=args.arrival,
        frame_rate_hz=args.rate,
        utterance_s=args.utterance_seconds,
        warm_up_s=args.warm_up_seconds,
        measured_s=args.seconds,
        interrupt_every=args.interrupt_every,
    ), options


def _measure(args: argparse.Namespace, load: Load, options: AnimationOptions) -> dict[str, Any]:
    from posecast.transport.bench import report
    from posecast.transport.bench.echo_server import running_echo_server
    from posecast.transport.bench.fleet import Fleet
    from posecast.transport.bench.ladder import Ladder
    from posecast.transport.bench.machine import describe_machine
    from posecast.transport.bench.planning import cut_speech
    from posecast.transport.bench.server_facts import ask_server, await_rest

    speech = cut_speech(_read_speech(args.speech), args.arrival)
    with ExitStack() as stack:
        server = stack.enter_context(_server(args))
        facts = ask_server(server.address)
        echo = stack.enter_context(running_echo_server()) if args.echo else None
        fleet = stack.enter_context(Fleet(args.processes))
        ladder = Ladder(fleet=fleet, load=load, options=options, speech=speech)
        levels = _climb(args, ladder, server, echo, facts["streams_before"])
        past = None
        if args.past:
            await_rest(server.address, facts["streams_before"])
            past = report.past_document(ladder.run_past(server, max(args.streams), args.past))
    return {
        "bench": "posecast bench",
        "command": args.words,
        "machine": describe_machine(),
        "server": facts | {"is_own": args.address is None},
        "load": report.load_document(load, options, num_processes=args.processes),
        "levels": levels,
        "past": past,
        "notes": _notes(args, levels, past),
    }


def _climb(
    args: argparse.Namespace,
    ladder: Ladder,
    server: RunningServer,
    echo: RunningServer | None,
    num_others: int,
) -> list[dict[str, Any]]:
    """Run level after level; the echo server in turns, so that both meet the same machine."""
    from tqdm import tqdm

    from posecast.transport.bench.report import level_document
    from posecast.transport.bench.server_facts import await_rest

    levels = []
    total = len(args.streams) * args.repeats * (2 if echo else 1)
    with tqdm(total=total, unit="run", disable=None, leave=False) as bar:
        for num_streams in args.streams:
            runs: list[Figures] = []
            echo_runs: list[Figures] = []
            for repeat in range(args.repeats):
                await_rest(server.address, num_others)
                runs.append(ladder.run_level(server, num_streams, repeat=repeat))
                bar.update()
                if echo is not None:
                    echo_runs.append(ladder.run_level(echo, num_streams, repeat=repeat))
                    bar.update()
            levels.append(level_document(num_streams, runs, echo_runs))
    return levels


@contextmanager
def _server(args: argparse.Namespace) -> Iterator[RunningServer]:
    from posecast.transport.bench.own_server import RunningServer, running_own_server

    if args.address:
        yield RunningServer(address=args.address, pid=args.pid)
        return
    max_streams = max(OWN_SERVER_STREAMS, *args.streams)
    with running_own_server(["--max-streams", str(max_streams), *args.passed_on]) as server:
        yield server


def _read_speech(path: Path | None) -> Any:
    from posecast.audio.clip import read_clip

    if path is not None:
        return read_clip(path, max_duration_s=LONGEST_SPEECH_S)
    with resources.as_file(resources.files("posecast") / "samples" / SAMPLE) as sample:
        return read_clip(sample, max_duration_s=LONGEST_SPEECH_S)


def _notes(
    args: argparse.Namespace, levels: Sequence[dict[str, Any]], past: dict[str, Any] | None
) -> list[str]:
    from posecast.transport.bench import report
    from posecast.transport.bench.process_use import find_psutil

    notes = report.notes_on(levels, past, num_processes=args.processes)
    if find_psutil() is None:
        notes.append(report.MISSING_PSUTIL)
    elif args.address and args.pid is None:
        notes.append(report.MISSING_PID)
    return notes


def _print(tables: Sequence[Table], document: dict[str, Any], file: Any) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable

    console = Console(file=file, width=None if file.isatty() else _PLAIN_WIDTH)
    server, machine = document["server"], document["machine"]
    print(f"server  posecast {server['version']}, model {server['model']}, {server['device']}\n"
          f"machine {machine['cores']} cores, {machine['cpu']}", file=file)  # fmt: skip
    for table in tables:
        shown = RichTable(title=table.title, title_justify="left")
        for head in table.heads:
            shown.add_column(head, justify="left" if head == "server" else "right")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
    for note in document["notes"]:
        print(f"note    {note}", file=file)


def _levels(text: str) -> tuple[int, ...]:
    try:
        levels = tuple(int(word) for word in text.split(","))
    except ValueError:
        levels = ()
    if not levels or not all(1 <= level <= MOST_STREAMS for level in levels):
        raise argparse.ArgumentTypeError(
            f"{text!r}; allowed: numbers from 1 to {MOST_STREAMS} with commas between, e.g. 1,4,8"
        )
    return levels


def _check_writable(path: Path) -> None:
    """Refuse before the work what would fail after it."""
    if path.is_dir() or not path.parent.is_dir():
        raise UsageMistake(f"--json {path}: is a folder, or its folder does not exist")


@contextmanager
def _stoppable() -> Iterator[None]:
    """Whoever stops us stops our processes too: both signals unwind instead of ending at once."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
