"""What a client has sent: in order, joined, bounded, and overtaken by an interrupt."""

from __future__ import annotations

import asyncio

import pytest

from posecast.errors import InvalidRequest
from posecast.transport.inbox import Audio, End, Inbox, Interruption, Update
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb

END = pb.AnimateRequest(end_of_utterance=pb.EndOfUtterance())
INTERRUPT = pb.AnimateRequest(interrupt=pb.Interrupt(frame_index=7))
UPDATE = pb.AnimateRequest(update=pb.SettingsUpdate(settings=pb.AnimationSettings(seed=3)))


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


async def filled(*requests, max_bytes=1_000_000, **kwargs) -> Inbox:
    inbox = Inbox(max_bytes, **kwargs)
    await inbox.fill(Sender(requests).send())
    return inbox


async def everything(inbox, num_bytes=1_000_000):
    items = []
    while (item := await inbox.take(num_bytes)) is not None:
        items.append(item.data if isinstance(item, Audio) else type(item))
    return items


async def test_audio_of_neighbours_is_joined_and_all_else_keeps_its_place():
    inbox = await filled(audio(b"ab"), audio(b"c"), END, audio(b"d"), UPDATE, audio(b"e"))

    assert await everything(inbox) == [b"abc", End, b"d", Update, b"e"]
    assert inbox.audio_bytes == 0


async def test_no_more_audio_is_taken_than_wanted():
    inbox = await filled(audio(b"abcdefg"), audio(b"hi"), END)

    assert await everything(inbox, num_bytes=3) == [b"abc", b"def", b"ghi", End]


async def test_audio_waits_until_as_much_as_wanted_is_there():
    inbox = Inbox(1_000)
    taking = asyncio.create_task(inbox.take(4))
    await inbox._put(audio(b"abc"))
    await asyncio.sleep(0.01)
    assert not taking.done()
    assert inbox.is_waited_for

    await inbox._put(audio(b"de"))

    assert (await taking).data == b"abcd"
    assert inbox.audio_bytes == 1
    assert not inbox.is_waited_for


async def test_less_audio_is_enough_when_something_follows_it():
    inbox = await filled(audio(b"ab"), END)

    assert (await inbox.take(100)).data == b"ab"


async def test_the_time_of_audio_is_that_of_its_first_byte():
    inbox = Inbox(1_000)
    await inbox._put(audio(b"abc"))
    await asyncio.sleep(0.02)
    await inbox._put(audio(b"de"))

    first, rest = await inbox.take(2), await inbox.take(3)
    assert first.arrived_s == rest.arrived_s
    assert rest.data == b"cde"


async def test_an_empty_chunk_is_nothing():
    assert await everything(await filled(audio(b""), END)) == [End]


async def test_the_reader_waits_while_too_much_is_waiting():
    sender = Sender([audio(bytes(100))] * 10)
    inbox = Inbox(300)
    filling = asyncio.create_task(inbox.fill(sender.send()))
    await asyncio.sleep(0.05)
    assert sender.num_taken == 3
    assert not filling.done()

    while not filling.done():
        await inbox.take(100)
    assert sender.num_taken == 10


async def test_tiny_messages_are_bounded_too():
    sender = Sender([audio(b"x")] * 100)
    inbox = Inbox(650)
    filling = asyncio.create_task(inbox.fill(sender.send()))
    await asyncio.sleep(0.05)
    assert sender.num_taken == 11
    filling.cancel()


@pytest.mark.parametrize(
    ("waiting", "num_ends", "has_audio"),
    [
        ([], 0, False),
        ([audio(b"ab")], 0, True),
        ([audio(b"ab"), END], 1, False),
        ([audio(b"ab"), END, audio(b"cd"), END, audio(b"e")], 2, True),
    ],
)
async def test_an_interrupt_overtakes_what_waits_and_tells_what_it_dropped(
    waiting, num_ends, has_audio
):
    told = []
    inbox = await filled(*waiting, INTERRUPT, audio(b"new"), on_interrupt=lambda: told.append(1))

    item = await inbox.take(1)
    assert isinstance(item, Interruption)
    assert (item.num_ends, item.has_audio) == (num_ends, has_audio)
    assert item.request.frame_index == 7
    assert told == [1]
    assert await everything(inbox) == [b"new"]


async def test_audio_that_was_taken_in_part_is_dropped_with_the_rest():
    inbox = Inbox(1_000)
    await inbox._put(audio(b"abcdef"))
    await inbox.take(2)

    await inbox._put(INTERRUPT)

    assert (await inbox.take(1)).has_audio
    assert inbox.audio_bytes == 0


async def test_updates_outlive_an_interrupt():
    inbox = await filled(audio(b"ab"), UPDATE, INTERRUPT)

    assert await everything(inbox) == [Interruption, Update], "none touches what it ends"


async def test_interrupts_are_bounded_too_and_their_sender_waits():
    sender = Sender([INTERRUPT] * 100)
    told = []
    inbox = Inbox(640)
    filling = asyncio.create_task(
        inbox.fill(sender.send(), on_request=lambda: told.append(inbox.audio_bytes))
    )
    await asyncio.sleep(0.05)
    assert sender.num_taken == 11

    assert await everything(inbox) == [Interruption] * 100
    await filling


async def test_an_update_counts_with_what_it_holds():
    values = pb.StyleVector(values=[0.5] * 1_000)
    update = pb.AnimateRequest(
        update=pb.SettingsUpdate(settings=pb.AnimationSettings(style_vector=values))
    )
    sender = Sender([update] * 10)
    inbox = Inbox(8_000)
    filling = asyncio.create_task(inbox.fill(sender.send()))
    await asyncio.sleep(0.05)
    assert sender.num_taken == 3, "two of 4 kB and one that waits"

    assert await everything(inbox) == [Update] * 10
    await filling


async def test_what_two_interrupts_drop_is_told_by_the_one_that_drops_it():
    inbox = await filled(
        audio(b"ab"), END, INTERRUPT, audio(b"cd"), UPDATE, END, audio(b"e"), INTERRUPT
    )

    first, second = await inbox.take(1), await inbox.take(1)

    assert (first.num_ends, first.has_audio) == (1, False)
    assert (second.num_ends, second.has_audio) == (1, True)
    assert await everything(inbox) == [Update]


async def test_an_interrupt_comes_in_although_too_much_is_waiting():
    inbox = Inbox(200)
    filling = asyncio.create_task(inbox.fill(Sender([audio(bytes(300)), INTERRUPT]).send()))

    await asyncio.wait_for(filling, 5)

    assert await everything(inbox) == [Interruption]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (pb.AnimateRequest(config=pb.AnimateConfig()), "a second config"),
        (pb.AnimateRequest(), "without a part; allowed: audio, end_of_utterance, interrupt"),
    ],
)
async def test_a_wrong_message_is_told_after_what_came_before_it(request_, message):
    inbox = await filled(audio(b"ab"), END, request_, audio(b"never"))

    assert (await inbox.take(2)).data == b"ab"
    assert isinstance(await inbox.take(2), End)
    with pytest.raises(InvalidRequest, match=message):
        await inbox.take(2)


async def test_an_error_of_the_sender_is_told_after_what_came_before_it():
    inbox = Inbox(1_000)
    await inbox.fill(Sender([audio(b"ab")], ConnectionError("gone")).send())

    assert (await inbox.take(5)).data == b"ab"
    with pytest.raises(ConnectionError, match="gone"):
        await inbox.take(5)


async def test_a_take_that_is_cancelled_loses_nothing():
    inbox = Inbox(1_000)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await inbox.take(4)
    await inbox._put(audio(b"abcd"))

    assert (await inbox.take(4)).data == b"abcd"
    assert not inbox.is_waited_for
