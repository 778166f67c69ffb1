"""Writes the messages of one Audio2Face-3D stream while its next window is made."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Self

from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.transport import a2f_codec
from posecast.transport.idle_limit import IdleLimit
from posecast.transport.lulls import Lulls

TELL_S = 1.0
"""How long an error may wait for what is written before it; then only the call's status tells."""


class A2FWriter:
    """A task that writes batch after batch; open while the context is.

    Clients of that protocol want a message for every frame, and each costs a write. One batch may
    wait; then whoever brings the next waits too, so that a client which reads slowly slows its own
    stream and nothing piles up.
    """

    def __init__(
        self,
        write: Callable[[Any], Awaitable[None]],
        *,
        max_idle_s: float,
        lulls: Lulls,
        max_frames_per_s: float = 0.0,
    ) -> None:
        """Prepare.

        Args:
            write: Serialises and writes a message, and returns when there is room for the next.
            max_idle_s: Seconds that the client may read nothing; 0 for no limit.
            lulls: When to write what nobody waits for most.
            max_frames_per_s: Frames that leave in a second at most; 0 for no limit.
        """
        self._write = write
        self._lulls = lulls
        self._limit = IdleLimit(max_idle_s, omission="the client has read nothing")
        self._is_writing = self._is_urgent = False
        self._gap_s = 1.0 / max_frames_per_s if max_frames_per_s else 0.0
        self._due_s = 0.0
        self._waiting: asyncio.Queue[Iterable[pb.AnimationDataStream]] = asyncio.Queue(maxsize=1)
        self._failure: Exception | None = None

    async def __aenter__(self) -> Self:
        """Begin to write."""
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; what still waits is dropped."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def put(self, messages: Iterable[pb.AnimationDataStream]) -> None:
        """Write messages in the next lull; returns when another batch may wait.

        Args:
            messages: Best made as they are asked for: the first leaves before the second is made,
                and may be the same object.

        Raises:
            Exception: Whatever a write before has raised.
        """
        await self._waiting.put(messages)
        self._raise_failure()

    async def put_now(self, messages: Iterable[pb.AnimationDataStream]) -> None:
        """Write messages before anything else is done.

        Raises:
            Exception: Whatever a write has raised.
        """
        await self.drain()
        self._is_urgent = True
        await self._write_all(messages)
        self._is_urgent = False

    def hurry(self) -> None:
        """Wait for no more lulls: the stream has no window left that could be late."""
        self._is_urgent = True

    async def watch(self) -> None:
        """End a stream whose client does not read, for as long as it lasts.

        One watcher for all writes: a timeout of its own would make each a tenth more costly.

        Raises:
            SilentTooLong: If the client has read nothing for too long.
        """
        await self._limit.watch(lambda: self._is_writing)

    async def drain(self) -> None:
        """Wait until all is written.

        Raises:
            Exception: Whatever a write has raised.
        """
        await self._waiting.join()
        self._raise_failure()

    async def tell_error(self, text: str) -> None:
        """Write a status ERROR behind all else, if the client reads at all.

        Args:
            text: What went wrong.
        """
        self._gap_s = 0.0
        self.hurry()
        # Where this fails the client has gone or reads nothing, and the call's status is left.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(TELL_S):
                await self.put([a2f_codec.status_message(pb.Status.ERROR, text)])
                await self.drain()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _run(self) -> None:
        while True:
            messages = await self._waiting.get()
            try:
                if self._failure is None:
                    await self._write_all(messages)
            except Exception as error:  # raised where the next batch is brought
                self._failure = error
            finally:
                self._waiting.task_done()

    async def _write_all(self, messages: Iterable[pb.AnimationDataStream]) -> None:
        await self._wait_for_lull()  # making them is Python, too
        for message in messages:
            if self._gap_s and message.HasField("animation_data"):
                await self._wait_for_turn()
            await self._wait_for_lull()
            self._limit.touch()
            self._is_writing = True
            await self._write(message)
            self._is_writing = False

    async def _wait_for_lull(self) -> None:
        if not (self._is_urgent or self._lulls.is_now):
            await self._lulls.wait()

    async def _wait_for_turn(self) -> None:
        """Frames that were late are not made up for by hurrying."""
        now_s = time.monotonic()
        await asyncio.sleep(max(0.0, self._due_s - now_s))
        self._due_s = max(self._due_s, now_s) + self._gap_s
