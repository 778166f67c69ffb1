"""Takes what a server answers on one stream and notes when it came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from posecast.transport.bench.record import BatchSeen, StreamRecord, UtteranceRecord
from posecast.v1 import face_animation_service_pb2 as service_pb2


class Listener:
    """Fills a record; the sender of the same stream awaits what it hears."""

    def __init__(self, record: StreamRecord) -> None:
        self._record = record
        self._heard = asyncio.Event()
        self._next_index = 0
        self._utterance_index = -1

    def take(self, raw: bytes, at_s: float) -> None:
        """Note one answer.

        Args:
            raw: The serialised message.
            at_s: When it came, in seconds of the run.
        """
        response = service_pb2.AnimateResponse.FromString(raw)
        match response.WhichOneof("part"):
            case "header":
                self._record.has_header = True
                self._record.window_frames = response.header.window_frames
                self._record.look_ahead_ms = response.header.look_ahead_ms
            case "frames":
                self._take_frames(response.frames, at_s)
            case "end":
                self._take_end(response.end, at_s)
        self._heard.set()

    async def hear_until(self, is_heard: Callable[[], bool], within_s: float | None = None) -> None:
        """Wait for something to be heard, or for the time to pass.

        Args:
            is_heard: Asked after each answer.
            within_s: How long to wait at most, in seconds; None for no limit.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not is_heard():
                    self._heard.clear()
                    await self._heard.wait()

    def _take_frames(self, batch: service_pb2.FrameBatch, at_s: float) -> None:
        if batch.is_idle:
            return
        utterance = self._find(batch.utterance_index)
        if utterance is None:
            return
        if batch.utterance_index != self._utterance_index:
            self._utterance_index, self._next_index = batch.utterance_index, 0
        first_index, num_frames = batch.frames[0].index, len(batch.frames)
        utterance.num_lost += max(0, first_index - self._next_index)
        self._next_index = first_index + num_frames
        seen = BatchSeen(at_s, first_index, num_frames)
        (utterance.easing if batch.is_easing else utterance.batches).append(seen)

    def _take_end(self, end: service_pb2.UtteranceEnd, at_s: float) -> None:
        utterance = self._find(end.utterance_index)
        if utterance is None:
            return
        utterance.ended_s = at_s
        if not end.was_interrupted:
            known = self._next_index if end.utterance_index == self._utterance_index else 0
            utterance.num_lost += max(0, end.num_frames - known)

    def _find(self, index: int) -> UtteranceRecord | None:
        if index < len(self._record.utterances):
            return self._record.utterances[index]
        self._record.num_strays += 1
        return None
