"""Takes in what a client sends while its earlier audio is still being animated."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as service_pb2

MESSAGE_OVERHEAD_BYTES = 64
"""What a waiting message costs beside its content, so that tiny ones are bounded too."""


class ReadAhead:
    """Requests that wait, with the audio of neighbours joined.

    A live stream in chunks of 20 ms brings one job to the device for all that has come in since its
    last job. Beside a busy device it is then late by a few jobs of others, and never falls behind.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._waiting: deque[service_pb2.AnimateRequest] = deque()
        self._num_bytes = 0
        self._is_complete = False
        self._changed = asyncio.Condition()

    async def fill(self, requests: AsyncIterator[service_pb2.AnimateRequest]) -> None:
        """Take requests in until there are no more; waits while too much is waiting.

        Args:
            requests: What the client sends.
        """
        try:
            async for request in requests:
                async with self._changed:
                    await self._changed.wait_for(lambda: self._num_bytes < self._max_bytes)
                    self._waiting.append(request)
                    self._num_bytes += _cost_of(request)
                    self._changed.notify_all()
        finally:
            async with self._changed:
                self._is_complete = True
                self._changed.notify_all()

    async def requests(self) -> AsyncIterator[service_pb2.AnimateRequest]:
        """Hand the requests over in their order.

        Yields:
            All audio that has come in since the last one, or a request of another kind.
        """
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._waiting or self._is_complete)
                if not self._waiting:
                    return
                request = self._take()
                self._changed.notify_all()
            yield request

    def _take(self) -> service_pb2.AnimateRequest:
        first = self._pop()
        if not _is_audio(first):
            return first
        chunks = [first.audio.data]
        while self._waiting and _is_audio(self._waiting[0]):
            chunks.append(self._pop().audio.data)
        return service_pb2.AnimateRequest(audio=audio_pb2.AudioChunk(data=b"".join(chunks)))

    def _pop(self) -> service_pb2.AnimateRequest:
        request = self._waiting.popleft()
        self._num_bytes -= _cost_of(request)
        return request


@asynccontextmanager
async def reading_ahead(
    requests: AsyncIterator[service_pb2.AnimateRequest], *, max_bytes: int
) -> AsyncIterator[AsyncIterator[service_pb2.AnimateRequest]]:
    """Read a stream ahead while the context is open.

    Args:
        requests: What the client sends.
        max_bytes: How much may wait; one message more is taken in.

    Yields:
        The same requests, the audio of neighbours joined.
    """
    ahead = ReadAhead(max_bytes)
    filling = asyncio.create_task(ahead.fill(requests))
    try:
        yield ahead.requests()
        if filling.done():
            filling.result()  # raises what reading raised
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)


def _is_audio(request: service_pb2.AnimateRequest) -> bool:
    return request.WhichOneof("part") == "audio"


def _cost_of(request: service_pb2.AnimateRequest) -> int:
    return request.ByteSize() + MESSAGE_OVERHEAD_BYTES
