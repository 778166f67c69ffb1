"""A process of clients: it takes jobs from a pipe and sends back what their streams saw."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import grpc

from posecast.transport.bench.load import Load, Speech, StreamPlan
from posecast.transport.bench.record import StreamRecord
from posecast.transport.bench.run_clock import RunClock
from posecast.transport.bench.stream_client import CHANNEL_OPTIONS, StreamClient

CONNECT_LIMIT_S = 20.0
READY, GO = "ready", "go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The streams that one process runs."""

    address: str
    """Host and port of the server."""
    load: Load
    """What each does."""
    plans: tuple[StreamPlan, ...]
    """The streams."""
    speech: Speech
    """What they say."""


def serve_jobs(pipe: Connection[Any, Any]) -> None:
    """Run jobs until the pipe is closed. The main function of a process of clients.

    Each job is answered by `READY` when all connections stand, then, after `GO`, by the list of
    records; or by one string that says why it cannot be run.

    Args:
        pipe: To the process that asks.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it closes the pipe
    while True:
        try:
            job = pipe.recv()
            answer = asyncio.run(_run(job, pipe))
            pipe.send(answer)
        except (EOFError, OSError):  # the parent has gone
            return


async def _run(job: Job, pipe: Connection[Any, Any]) -> list[StreamRecord] | str:
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(
                grpc.aio.insecure_channel(job.address, options=CHANNEL_OPTIONS)
            )
            for _ in job.plans
        ]
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                await asyncio.gather(*(channel.channel_ready() for channel in channels))
        except TimeoutError:
            return f"no server at {job.address} within {CONNECT_LIMIT_S:g} s"
        pipe.send(READY)
        await asyncio.to_thread(pipe.recv)
        clock = RunClock()
        clients = [
            StreamClient(channel, plan, job.load, clock)
            for channel, plan in zip(channels, job.plans, strict=True)
        ]
        return await asyncio.gather(*(client.run(job.speech) for client in clients))
