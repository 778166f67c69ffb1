"""The command `posecast`: parses its arguments, calls, prints and sets the exit status."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

from posecast import __version__
from posecast.errors import PosecastError
from posecast.usage import UsageMistake

FAILED, USAGE, INTERRUPTED = 1, 2, 130


class Command(NamedTuple):
    """Where a subcommand lives; only the chosen one is imported, the others cost nothing."""

    module: str
    summary: str
    passes_on: bool = False
    """Whether what follows after `--` is for another command."""


COMMANDS: Mapping[str, Command] = {
    "serve": Command("posecast.commands.serve", "answer gRPC clients"),
    "top": Command("posecast.commands.top", "show what a server and its streams are doing"),
    "animate": Command("posecast.commands.animate", "turn a speech file into a take"),
    "play": Command("posecast.commands.play", "play a take to a receiver in real time"),
    "preview": Command("posecast.commands.preview", "show a talking face in the browser"),
    "render": Command("posecast.commands.render", "draw a take as a film, a GIF or a sheet"),
    "demo": Command("posecast.commands.demo", "stream the bundled sample through a server"),
    "bench": Command("posecast.commands.bench", "measure latency under load", passes_on=True),
    "style": Command("posecast.commands.style", "list and show the speaking styles"),
    "rig": Command("posecast.commands.rig", "fit a FLAME model to ARKit's curves"),
    "evaluate": Command("posecast.evaluation.commands", "measure takes against aligned phones"),
    "import-official": Command(
        "posecast.commands.import_official", "turn published checkpoints into a model package"
    ),
    "train": Command("posecast.commands.train", "make a model package (needs posecast[train])"),
}


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the complaint and leave with the status for wrong usage."""
        self.exit(USAGE, f"posecast: error: {_one_line(message)} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Args:
        argv: Arguments after the program's name; those of the process when left out.

    Returns:
        Exit status: 0, 1 if the work failed, 2 if the arguments are wrong.
    """
    if argv is None:  # a process of our own: Ctrl-C ends it at once, even in the midst of an import
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        args = _parse(arguments)
        importlib.import_module(COMMANDS[args.command].module).run(args)
        sys.stdout.flush()
    except UsageMistake as error:
        return _complain(error, USAGE)
    except BrokenPipeError:
        # The reader of our pipe has gone; the flush at exit would only complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (PosecastError, OSError) as error:
        return _complain(error, FAILED)
    except MemoryError:
        return _complain(PosecastError("not enough memory for an input of this size"), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = OneLineParser(
        prog="posecast",
        description="Turns speech into a moving face: ARKit curves and head pose.",
    )
    parser.add_argument("--version", action="version", version=f"posecast {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    for name, known in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=known.summary, description=known.summary)
        if name == chosen:
            importlib.import_module(known.module).add_arguments(subparser)
    own, passed_on = arguments, []
    command = COMMANDS.get(chosen or "")
    if command and command.passes_on and "--" in arguments:
        cut = arguments.index("--")
        own, passed_on = arguments[:cut], arguments[cut + 1 :]
    return parser.parse_args(own, argparse.Namespace(words=arguments, passed_on=passed_on))


def _complain(error: Exception, status: int) -> int:
    message = str(error)
    if isinstance(error, OSError) and error.strerror:
        message = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    print(f"posecast: error: {_one_line(message)}", file=sys.stderr)
    return status


def _one_line(message: str) -> str:
    return " ".join(message.split())
