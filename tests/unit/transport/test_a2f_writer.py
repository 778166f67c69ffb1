"""Messages are written in order, in lulls, bounded, paced, and failures reach whoever sends."""

from __future__ import annotations

import asyncio
import time

import pytest

from posecast.errors import SilentTooLong
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.transport.a2f_writer import A2FWriter


class FakeLulls:
    """A device that conditions until it is told otherwise."""

    def __init__(self):
        self.is_now = True
        self.begins = asyncio.Event()
        self.num_waits = 0

    async def wait(self):
        self.num_waits += 1
        await self.begins.wait()


class FakeCall:
    """A call that takes messages when the gate is open."""

    def __init__(self):
        self.written = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error = None

    async def write(self, message):
        await self.gate.wait()
        if self.error:
            raise self.error
        self.written.append(message)


@pytest.fixture
async def call():
    return FakeCall()


@pytest.fixture
async def lulls():
    return FakeLulls()


def frames(*numbers):
    return [
        pb.AnimationDataStream(
            animation_data=pb.AnimationData(audio=pb.AudioWithTimeCode(time_code=number))
        )
        for number in numbers
    ]


async def test_all_is_written_in_order(call, lulls):
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put(frames(0, 1))
        await writer.put_now(frames(2))
        await writer.put(frames(3))
        await writer.drain()

    assert call.written == frames(0, 1, 2, 3)


async def test_two_batches_are_taken_while_nothing_is_read_and_a_third_waits(call, lulls):
    call.gate.clear()
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put(frames(0))
        await asyncio.sleep(0)  # the task takes it
        await writer.put(frames(1))
        third = asyncio.create_task(writer.put(frames(2)))
        await asyncio.sleep(0.02)
        assert not third.done()

        call.gate.set()
        await asyncio.wait_for(third, 5)


async def test_messages_are_made_as_they_leave(call, lulls):
    made = []

    def making():
        for message in frames(0, 1):
            made.append(message)
            yield message

    call.gate.clear()
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put(making())
        await asyncio.sleep(0.02)
        assert len(made) == 1


async def test_writes_wait_for_a_lull_but_the_first_frames_do_not(call, lulls):
    lulls.is_now = False
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put_now(frames(0))
        assert lulls.num_waits == 0
        await writer.put(frames(1))
        await asyncio.sleep(0.02)
        assert call.written == frames(0)

        lulls.begins.set()
        await writer.drain()

    assert call.written == frames(0, 1)


async def test_messages_are_not_made_before_a_lull(call, lulls):
    made = []

    def making():
        made.append(0)
        yield from frames(0)

    lulls.is_now = False
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put(making())
        await asyncio.sleep(0.02)
        assert not made

        lulls.begins.set()
        await writer.drain()

    assert made


async def test_a_stream_that_has_nothing_left_to_make_waits_for_no_lull(call, lulls):
    lulls.is_now = False
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put(frames(0))
        writer.hurry()
        await writer.put(frames(1))
        await asyncio.wait_for(writer.drain(), 5)

    assert lulls.num_waits == 0
    assert call.written == frames(0, 1)


async def test_one_object_may_carry_all_messages(lulls):
    written = []

    async def write(message):
        written.append(message.SerializeToString())
        await asyncio.sleep(0)

    def making():
        message = frames(0)[0]
        for number in range(3):
            message.animation_data.audio.time_code = number
            yield message

    async with A2FWriter(write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put(making())
        await writer.drain()

    assert written == [message.SerializeToString() for message in frames(0, 1, 2)]


async def test_a_failed_write_is_raised_where_more_is_brought_and_nothing_more_is_written(
    call, lulls
):
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        call.error = ConnectionError("gone")
        await writer.put(frames(0))
        with pytest.raises(ConnectionError, match="gone"):
            await writer.drain()
        call.error = None
        with pytest.raises(ConnectionError, match="gone"):
            await writer.put(frames(1))

    assert call.written == []


async def test_frames_leave_no_faster_than_allowed(call, lulls):
    started_s = time.monotonic()
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls, max_frames_per_s=100) as writer:
        await writer.put(frames(*range(11)))
        await writer.drain()

    assert time.monotonic() - started_s >= 0.1


async def test_an_error_comes_behind_all_else(call, lulls):
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put(frames(0))
        await writer.tell_error("bad")

    assert call.written[0] == frames(0)[0]
    assert call.written[1].status == pb.Status(code=pb.Status.ERROR, message="bad")


async def test_an_error_is_not_told_to_a_client_that_reads_nothing(call, lulls, monkeypatch):
    monkeypatch.setattr("posecast.transport.a2f_writer.TELL_S", 0.05)
    call.gate.clear()
    async with A2FWriter(call.write, max_idle_s=0, lulls=lulls) as writer:
        await writer.put(frames(0))

        await asyncio.wait_for(writer.tell_error("bad"), 5)

    assert call.written == []


async def test_a_client_that_reads_nothing_for_too_long_is_refused(call, lulls):
    call.gate.clear()
    async with A2FWriter(call.write, max_idle_s=0.05, lulls=lulls) as writer:
        await writer.put(frames(0))

        with pytest.raises(SilentTooLong, match="read nothing for .* allows 0.05"):
            await asyncio.wait_for(writer.watch(), 5)


async def test_a_client_for_whom_there_is_nothing_to_read_is_not(call, lulls):
    async with A2FWriter(call.write, max_idle_s=0.02, lulls=lulls) as writer:
        await writer.put(frames(0))

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.watch(), 0.1)
