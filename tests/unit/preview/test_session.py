"""The session of a page, with a server that is made up."""

from __future__ import annotations

import asyncio
import json
import struct

import numpy as np
import pytest

from posecast.errors import ModelUnavailable
from posecast.preview.session import PageSession
from posecast.preview.wire import unpack
from posecast.signals import FaceFrames
from posecast.transport.live_client import ServerFacts, StreamEnded, StreamFrames

FACE = {"style": "neutral", "seed": 1, "mode": "realtime", "style_strength": 1.0}


class Stream:
    def __init__(self, options, on_part) -> None:
        self.options, self.on_part = options, on_part
        self.did: list = []

    async def send_audio(self, data: bytes) -> None:
        self.did.append(data)

    def update(self, **settings) -> None:
        self.did.append(settings)

    def finish(self) -> None:
        self.did.append("finish")

    def cancel(self) -> None:
        self.did.append("cancel")


class Client:
    def __init__(self, *, is_there: bool = True) -> None:
        self.streams: list[Stream] = []
        self.is_there = is_there

    async def facts(self) -> ServerFacts:
        if not self.is_there:
            raise ModelUnavailable("no server at nowhere:1")
        return ServerFacts(
            server_version="1", model="tiny 0", device="cpu", max_clip_s=9.0, styles={"neutral": ""}
        )

    def animate(self, audio_format, options, on_part) -> Stream:
        self.streams.append(Stream(options, on_part))
        return self.streams[-1]


class Socket:
    def __init__(self, messages) -> None:
        self._messages = messages
        self.sent: list = []

    async def messages(self):
        for message in self._messages:
            if callable(message):
                message()
            else:
                yield json.dumps(message) if isinstance(message, dict | list) else message
            await asyncio.sleep(0)

    async def send(self, message) -> None:
        self.sent.append(message)


async def talk(*messages, client: Client | None = None) -> tuple[Socket, list[Stream]]:
    client = client or Client()
    socket = Socket(messages)
    await PageSession(socket, client).serve()
    await asyncio.sleep(0)
    return socket, client.streams


def audio(run: int, *samples: float) -> bytes:
    return struct.pack("<I", run) + np.float32(samples).tobytes()


def speak(run: int = 1, *, faces=(FACE,), rate: int = 16_000) -> dict:
    return {"type": "speak", "run": run, "sampleRateHz": rate, "faces": list(faces)}


async def test_the_page_is_greeted_with_the_server() -> None:
    socket, _ = await talk({"type": "nothing"})
    assert socket.sent[0]["model"] == "tiny 0"
    assert socket.sent[0]["styles"] == {"neutral": ""}


async def test_a_server_that_is_not_there_is_told() -> None:
    socket, _ = await talk({"type": "stop"}, client=Client(is_there=False))
    assert socket.sent[0] == {"type": "hello", "error": "no server at nowhere:1"}


async def test_audio_goes_to_every_face_of_its_run() -> None:
    _, streams = await talk(
        speak(4, faces=[FACE, {**FACE, "style": "sad"}]), audio(4, 0.5), audio(3, 0.1),
        {"type": "finish"},
    )  # fmt: skip
    assert [stream.options.style for stream in streams] == ["neutral", "sad"]
    for stream in streams:
        assert stream.did == [np.float32([0.5]).tobytes(), "finish", "cancel"]


async def test_an_update_reaches_its_face_alone() -> None:
    _, (first, second) = await talk(
        speak(faces=[FACE, FACE]), {"type": "update", "face": 1, "settings": {"style": "sad"}}
    )
    assert first.did == ["cancel"]
    assert second.did == [{"style": "sad"}, "cancel"]


async def test_a_new_run_takes_the_place_of_the_old() -> None:
    _, (first, second) = await talk(speak(1), speak(2), audio(1, 0.1), audio(2, 0.2))
    assert first.did == ["cancel"]
    assert second.did[0] == np.float32([0.2]).tobytes()


async def test_frames_and_the_end_come_back_with_run_and_face() -> None:
    client = Client()
    frames = FaceFrames(
        first_index=5, frame_rate_hz=25, weights=np.zeros((2, 52), np.float32),
        head=np.zeros((2, 4), np.float32),
    )  # fmt: skip

    def answer() -> None:
        client.streams[0].on_part(StreamFrames(frames=frames))
        client.streams[0].on_part(StreamEnded())

    socket, _ = await talk(speak(7), answer, {"type": "stop"}, client=client)
    head, values = unpack(next(m for m in socket.sent if isinstance(m, bytes)))
    assert head == {"run": 7, "face": 0, "first": 5}
    assert len(values) == 2 * 56
    assert {"type": "ended", "run": 7, "face": 0} in socket.sent


async def test_a_failure_of_the_server_is_told() -> None:
    client = Client()

    def fail() -> None:
        client.streams[0].on_part(StreamEnded(error=ModelUnavailable("the server is stopping")))

    socket, _ = await talk(speak(2), fail, {"type": "stop"}, client=client)
    assert {"type": "failed", "run": 2, "message": "the server is stopping"} in socket.sent


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("not json", "not JSON"),
        ([1], "not an object"),
        ({"type": "dance"}, "'dance'"),
        (speak(faces=[]), "allowed: 1 to 2"),
        (speak(faces=[FACE] * 3), "allowed: 1 to 2"),
        (speak(faces=[{**FACE, "style_strength": 9.0}]), "style strength"),
        (speak(faces=[{**FACE, "colour": "red"}]), "unknown key 'colour'"),
        (speak(rate=100), "sample rate"),
        (speak(run=-1), "run -1"),
        (b"\1\2", "2 bytes of audio"),
    ],
    ids=str,
)
async def test_what_the_page_may_not_ask_is_refused_and_the_session_goes_on(message, told) -> None:
    socket, streams = await talk(message, speak(9))
    assert told in next(m["message"] for m in socket.sent if m["type"] == "failed")
    assert len(streams) == 1


@pytest.mark.parametrize(
    "settings", [{"mode": "offline"}, {"style_strength": 3.0}, {"seed": -1}, "loud", None]
)
async def test_updates_that_a_stream_would_end_for_are_refused(settings) -> None:
    socket, (stream,) = await talk(speak(), {"type": "update", "face": 0, "settings": settings})
    assert any(m["type"] == "failed" for m in socket.sent)
    assert stream.did == ["cancel"]
