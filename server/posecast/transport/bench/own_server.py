"""Starts `posecast serve` for a run that was given no address, and stops it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from posecast.errors import PosecastError

START_LIMIT_S = 120.0
STOP_LIMIT_S = 20.0
_READY = re.compile(r"posecast: serving on (\S+:\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that answers."""

    address: str
    """Host and port."""
    pid: int | None
    """Its process, if that is known and of this machine."""


@contextmanager
def running_own_server(flags: Sequence[str]) -> Iterator[RunningServer]:
    """A server on a free port of this machine, while the context is open.

    Args:
        flags: Further arguments of `posecast serve`; they win over the port chosen here.

    Yields:
        Its address and process.

    Raises:
        PosecastError: If it does not start; the message has the server's last line.
    """
    command = [sys.executable, "-m", "posecast", "serve", "--port", "0", *flags]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=subprocess.PIPE, stderr=complaints, text=True, stdin=subprocess.DEVNULL
        )
        try:
            yield RunningServer(address=_await_ready(process, complaints), pid=process.pid)
        finally:
            _stop(process)


def _await_ready(process: subprocess.Popen[str], complaints: IO[str]) -> str:
    lines: list[str] = []
    reader = threading.Thread(target=_read_until_ready, args=(process, lines), daemon=True)
    reader.start()
    reader.join(START_LIMIT_S)
    ready = _READY.match(lines[-1]) if lines else None
    if ready is not None:
        return ready[1]
    if reader.is_alive():
        raise PosecastError(f"the server was not ready within {START_LIMIT_S:g} s")
    process.wait(STOP_LIMIT_S)
    complaints.seek(0)
    last = (complaints.read().strip() or "it said nothing").splitlines()[-1]
    raise PosecastError(
        f"the server did not start, status {process.returncode}: "
        f"{last.removeprefix('posecast: error: ')}"
    )


def _read_until_ready(process: subprocess.Popen[str], lines: list[str]) -> None:
    for line in process.stdout or ():
        lines.append(line)
        if _READY.match(line):
            return


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
