"""What waits is joined, in order and bounded."""

from __future__ import annotations

import asyncio

import pytest

from posecast.transport.read_ahead import reading_ahead
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb

END = pb.AnimateRequest(end_of_utterance=pb.EndOfUtterance())


def audio(data: bytes) -> pb.AnimateRequest:
    return pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=data))


class Sender:
    """Sends without a pause and counts what has been taken."""

    def __init__(self, requests, error=None):
        self._requests = requests
        self._error = error
        self.num_taken = 0

    async def send(self):
        for request in self._requests:
            self.num_taken += 1
            yield request
            await asyncio.sleep(0)
        if self._error:
            raise self._error


async def settle():
    for _ in range(200):
        await asyncio.sleep(0)


async def test_audio_that_came_in_meanwhile_is_one_piece():
    sender = Sender([audio(b"ab"), audio(b"c"), END, audio(b"d"), audio(b"e"), END, END])
    async with reading_ahead(sender.send(), max_bytes=10_000) as requests:
        await settle()

        received = [request async for request in requests]

    assert received == [audio(b"abc"), END, audio(b"de"), END, END]


async def test_nothing_is_held_back_for_more_to_come():
    more = asyncio.Event()

    async def send():
        yield audio(b"a")
        await more.wait()
        yield audio(b"b")

    async with reading_ahead(send(), max_bytes=10_000) as requests:
        first = await asyncio.wait_for(anext(requests), timeout=5)
        more.set()
        rest = [request async for request in requests]

    assert (first, rest) == (audio(b"a"), [audio(b"b")])


@pytest.mark.parametrize("request_sent", [audio(bytes(100)), audio(b""), END], ids=str)
async def test_a_sender_waits_when_enough_is_waiting(request_sent):
    sender = Sender([request_sent] * 1_000)

    async with reading_ahead(sender.send(), max_bytes=1_000) as requests:
        await settle()
        num_taken_unread = sender.num_taken
        received = [request async for request in requests]

    assert num_taken_unread <= 20
    assert sum(len(r.audio.data) for r in received) == 1_000 * len(request_sent.audio.data)


async def test_what_reading_raises_comes_out_after_what_was_read():
    received = []

    with pytest.raises(ConnectionResetError):
        async with reading_ahead(
            Sender([audio(b"a")], ConnectionResetError()).send(), max_bytes=1_000
        ) as requests:
            received += [request async for request in requests]

    assert received == [audio(b"a")]


async def test_leaving_early_stops_the_reading():
    sender = Sender([END] * 1_000)

    async with reading_ahead(sender.send(), max_bytes=100_000) as requests:
        await anext(requests)
    num_taken = sender.num_taken
    await settle()

    assert sender.num_taken == num_taken < 1_000
