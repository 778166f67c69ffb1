"""The life of one client of a measured run: it opens a stream, speaks, listens and closes.

It writes and reads bytes: what is sent was serialised before the run, and what arrives is stamped
before it is parsed.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import grpc

from posecast.transport.bench.listening import Listener
from posecast.transport.bench.load import Load, Speech, StreamPlan
from posecast.transport.bench.record import StreamRecord
from posecast.transport.bench.run_clock import RunClock
from posecast.transport.bench.speaking import Speaker

ANIMATE = "/posecast.v1.FaceAnimationService/Animate"
CHANNEL_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),  # a connection for each client, as clients have
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
)

# What grpc.aio puts in the place of the server's status when a write fails; the server's own
# follows shortly after.
_WRITE_FAILED = "Internal error from Core"
_STATUS_POLLS, _STATUS_POLL_S = 25, 0.02


class StreamClient:
    """One stream; `run` lives its whole life."""

    def __init__(
        self, channel: grpc.aio.Channel, plan: StreamPlan, load: Load, clock: RunClock
    ) -> None:
        """Prepare.

        Args:
            channel: A connection to the server.
            plan: When it begins and how long it lasts.
            load: What it does.
            clock: Clock of the run.
        """
        self._open: Any = channel.stream_stream(ANIMATE, None, None)  # no serialisers: bytes
        self._plan = plan
        self._load = load
        self._clock = clock
        self._record = StreamRecord(number=plan.number, opened_s=plan.starts_s)
        self._listener = Listener(self._record)
        self._call: Any = None

    async def run(self, speech: Speech) -> StreamRecord:
        """Open, speak, listen, close.

        Args:
            speech: What to say.

        Returns:
            What was seen; a refusal or a failure of the server is part of it.
        """
        await self._clock.sleep_until(self._plan.starts_s)
        self._record.opened_s = self._clock.now_s()
        self._call = self._open()
        try:
            async with asyncio.timeout(self._load.answer_limit_s):
                is_taken = await self._begin()
            if is_taken:
                await self._converse(speech)
        except grpc.aio.AioRpcError:
            self._record.closed_s = self._clock.now_s()
            await self._note_status()
        except TimeoutError:
            self._record.is_cut_off = True
        finally:
            self._call.cancel()
            if self._record.closed_s is None:
                self._record.closed_s = self._clock.now_s()
        return self._record

    async def _begin(self) -> bool:
        """Send the configuration and read the first answer.

        Nothing is said before: a refusal is then read, and not found out by a write that fails.
        """
        with suppress(asyncio.InvalidStateError):  # refused already: reading tells why
            await self._call.write(self._plan.config)
        return await self._read_one()

    async def _converse(self, speech: Speech) -> None:
        """Speak and listen until the server closes or the time for its answers has passed."""
        listening = asyncio.create_task(self._listen())
        speaking = asyncio.create_task(self._speak(speech))
        longest_s = self._plan.lasts_s + self._load.utterance_s + self._load.answer_limit_s
        try:
            await asyncio.wait({listening, speaking}, timeout=longest_s,
                               return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            # All is said, and answers may still come; or the server has closed; or neither has
            # happened in all that time, and nothing is waited for any more.
            async with asyncio.timeout(self._load.answer_limit_s if speaking.done() else 0.0):
                await listening
        finally:
            speaking.cancel()
            listening.cancel()
            await asyncio.gather(listening, speaking, return_exceptions=True)

    async def _listen(self) -> None:
        while await self._read_one():
            pass

    async def _read_one(self) -> bool:
        raw = await self._call.read()
        at_s = self._clock.now_s()
        if raw is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in the stubs
            self._record.closed_s = at_s
            return False
        self._listener.take(raw, at_s)
        return True

    async def _speak(self, speech: Speech) -> None:
        speaker = Speaker(self._call, self._record, self._listener, self._clock, self._load)
        # A write that fails, or comes after the server's end, is no news: reading tells the status.
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await speaker.speak(speech, self._plan.lasts_s)
            await self._call.done_writing()

    async def _note_status(self) -> None:
        for _ in range(_STATUS_POLLS):
            if await self._call.details() != _WRITE_FAILED:
                break
            await asyncio.sleep(_STATUS_POLL_S)
        self._record.status = (await self._call.code()).name
        self._record.message = await self._call.details() or ""
