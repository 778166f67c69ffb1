"""What a client has sent and the stream has not come to yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from posecast.errors import InvalidRequest
from posecast.v1 import face_animation_service_pb2 as service_pb2

MESSAGE_OVERHEAD_BYTES = 64
"""What a waiting message costs beside its content, so that tiny ones are bounded too."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Raw audio; never empty."""

    data: bytes
    arrived_s: float
    """When its first byte came, on the event loop's clock."""


@dataclass(frozen=True, slots=True)
class End:
    """The client has ended the utterance."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """The client wants silence."""

    request: service_pb2.Interrupt
    received_s: float
    """When it came, on the event loop's clock."""
    num_ends: int = 0
    """Utterances whose end waited behind the audio that was dropped."""
    has_audio: bool = False
    """Whether audio of an utterance that had not ended was dropped."""


@dataclass(frozen=True, slots=True)
class Update:
    """The client changes settings."""

    settings: Any
    """The message that says to what."""


Item = Audio | End | Interruption | Update


class Inbox:
    """Items in their order, the audio of neighbours joined; an interrupt overtakes all that waits.

    It is bounded: the reader of the stream waits while more than `max_bytes` are in it, and with
    it, through HTTP/2's flow control, the client.
    """

    def __init__(
        self,
        max_bytes: int,
        *,
        items_of: Callable[[Any], Iterable[Item]] | None = None,
        on_interrupt: Callable[[], None] = lambda: None,
    ) -> None:
        """Start empty.

        Args:
            max_bytes: How much may wait; one message more is taken in.
            items_of: What a request holds; unset means the requests of `Animate`. May raise.
            on_interrupt: Told of an interrupt at once, before its turn comes.
        """
        self._max_bytes = max_bytes
        self._items_of = items_of or _items_of
        self._on_interrupt = on_interrupt
        self._interruptions: deque[Interruption] = deque()
        self._updates: deque[Update] = deque()
        """Those that an interrupt has overtaken. It goes first: the session that it ends may be on
        the device still, and no update may touch it there."""
        self._items: deque[Item] = deque()
        """What came after the last interrupt."""
        self._front = memoryview(b"")
        """What is left of a piece of audio that was taken in part."""
        self._front_arrived_s = 0.0
        self._num_bytes = 0
        self._audio_bytes = 0
        self._num_others = 0
        """Items that wait and are not audio."""
        self._is_complete = False
        self._failure: Exception | None = None
        self._num_takers = 0
        self._changed = asyncio.Condition()

    @property
    def audio_bytes(self) -> int:
        """Bytes of audio that wait."""
        return self._audio_bytes

    @property
    def is_waited_for(self) -> bool:
        """Whether somebody waits for the next item, all else being done."""
        return self._num_takers > 0

    async def fill(
        self, requests: AsyncIterator[Any], *, on_request: Callable[[], None] = lambda: None
    ) -> None:
        """Take requests in until there are no more.

        Args:
            requests: What the client sends after its configuration.
            on_request: Told of each.
        """
        try:
            async for request in requests:
                on_request()
                await self._put(request)
        except Exception as error:  # its turn comes after what was sent before it: see `take`
            self._failure = error
        async with self._changed:
            self._is_complete = True
            self._changed.notify_all()

    async def take(self, num_bytes: int) -> Item | None:
        """The next item.

        Args:
            num_bytes: Audio that is worth taking, at least 1: less is left to wait for more, unless
                something else follows it.

        Returns:
            Audio of at most so many bytes, or something else; None once there is nothing left.

        Raises:
            InvalidRequest: If all is taken that came before a message that may not come.
        """
        self._num_takers += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: self._is_ready(num_bytes))
                item = self._pop(num_bytes)
                self._changed.notify_all()
                return item
        finally:
            self._num_takers -= 1

    async def _put(self, request: Any) -> None:
        for item in self._items_of(request):
            await self._put_item(item)

    async def _put_item(self, item: Item) -> None:
        async with self._changed:
            if isinstance(item, Interruption):
                item = self._drop_audio(item)
                self._on_interrupt()
            await self._changed.wait_for(lambda: self._num_bytes < self._max_bytes)
            if isinstance(item, Audio) and not item.data:
                return  # opens no utterance
            self._add(item)
            self._changed.notify_all()

    def _drop_audio(self, interruption: Interruption) -> Interruption:
        """Drop what came since the last interrupt, but for updates, which hold from then on."""
        num_ends, has_audio = 0, bool(self._front)
        self._num_bytes -= len(self._front)
        self._front = memoryview(b"")
        for item in self._items:
            match item:
                case End():
                    num_ends, has_audio = num_ends + 1, False
                case Audio():
                    has_audio = True
                case Update():
                    self._updates.append(item)
                    continue
            self._num_bytes -= _cost_of(item)
            self._num_others -= not isinstance(item, Audio)
        self._items.clear()
        self._audio_bytes = 0
        return replace(interruption, num_ends=num_ends, has_audio=has_audio)

    def _is_ready(self, num_bytes: int) -> bool:
        # With nothing but audio in it, all of it is one piece.
        return self._is_complete or self._num_others > 0 or self._audio_bytes >= num_bytes

    def _add(self, item: Item) -> None:
        if isinstance(item, Interruption):
            self._interruptions.append(item)
        else:
            self._items.append(item)
        self._num_bytes += _cost_of(item)
        self._audio_bytes += _length_of(item)
        self._num_others += not isinstance(item, Audio)

    def _pop(self, num_bytes: int) -> Item | None:
        if self._interruptions or self._updates:
            return self._pop_from(self._interruptions or self._updates)
        audio = self._pop_audio(num_bytes)
        if audio is not None:
            return audio
        if self._items:
            return self._pop_from(self._items)
        if self._failure is not None:
            raise self._failure
        return None

    def _pop_from(self, items: deque[Any]) -> Item:
        item: Item = items.popleft()
        self._num_others -= 1
        self._num_bytes -= _cost_of(item)
        return item

    def _pop_audio(self, num_bytes: int) -> Audio | None:
        parts: list[memoryview] = []
        missing, arrived_s = num_bytes, self._front_arrived_s
        while missing > 0 and self._fill_front():
            if not parts:
                arrived_s = self._front_arrived_s
            parts.append(self._front[:missing])
            self._front = self._front[missing:]
            missing -= len(parts[-1])
        if not parts:
            return None
        data = b"".join(parts)
        self._num_bytes -= len(data)
        self._audio_bytes -= len(data)
        return Audio(data, arrived_s)

    def _fill_front(self) -> bool:
        """Whether audio comes next; it is in `_front` then."""
        if not self._front and self._items and isinstance(self._items[0], Audio):
            audio = self._items[0]
            self._items.popleft()
            self._num_bytes -= MESSAGE_OVERHEAD_BYTES
            self._front, self._front_arrived_s = memoryview(audio.data), audio.arrived_s
        return bool(self._front)


def _items_of(request: service_pb2.AnimateRequest) -> tuple[Item]:
    return (_item_of(request),)


def _item_of(request: service_pb2.AnimateRequest) -> Item:
    now_s = asyncio.get_running_loop().time()
    match request.WhichOneof("part"):
        case "audio":
            return Audio(request.audio.data, now_s)
        case "end_of_utterance":
            return End()
        case "interrupt":
            return Interruption(request.interrupt, received_s=now_s)
        case "update":
            return Update(request.update.settings)
        case "config":
            raise InvalidRequest("a second config; a stream takes one, as its first message")
        case _:
            raise InvalidRequest(
                "a message without a part; allowed: audio, end_of_utterance, interrupt, update"
            )


def _length_of(item: Item) -> int:
    return len(item.data) if isinstance(item, Audio) else 0


def _cost_of(item: Item) -> int:
    # An update may hold a long vector.
    content = item.settings.ByteSize() if isinstance(item, Update) else _length_of(item)
    return content + MESSAGE_OVERHEAD_BYTES
