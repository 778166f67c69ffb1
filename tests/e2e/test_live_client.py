"""Live streams as the preview opens them."""

from __future__ import annotations

import asyncio

import numpy as np

from posecast.audio.pcm import AudioFormat
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest, ModelUnavailable
from posecast.signals import join_frames
from posecast.transport.live_client import LiveClient, StreamEnded, StreamFrames, StreamOpened

FORMAT = AudioFormat("pcm_f32le", 16_000)
SECOND = np.zeros(16_000, "<f4").tobytes()


class Listener:
    """Gathers the parts of a stream."""

    def __init__(self) -> None:
        self.parts: list = []
        self._ended = asyncio.Event()

    def __call__(self, part) -> None:
        self.parts.append(part)
        if isinstance(part, StreamEnded):
            self._ended.set()

    async def end(self) -> StreamEnded:
        await asyncio.wait_for(self._ended.wait(), 20)
        return self.parts[-1]


async def test_a_live_stream_opens_brings_all_frames_and_ends(serve) -> None:
    async with serve() as (server, _):
        client, heard = LiveClient(server.address), Listener()
        stream = client.animate(FORMAT, AnimationOptions(seed=3, mode="realtime"), heard)
        for _ in range(200):  # more messages than may wait
            await stream.send_audio(SECOND[:640])
        stream.finish()
        assert (await heard.end()).error is None
        client.close()
    assert isinstance(heard.parts[0], StreamOpened)
    assert (heard.parts[0].seed, heard.parts[0].mode) == (3, "realtime")
    frames = join_frames([p.frames for p in heard.parts if isinstance(p, StreamFrames)])
    assert len(frames) == 50


async def test_an_update_changes_what_comes_after_it(serve) -> None:
    async with serve() as (server, _):
        client = LiveClient(server.address)
        made = []
        for is_updated in (False, True):
            heard = Listener()
            stream = client.animate(FORMAT, AnimationOptions(seed=3, mode="realtime"), heard)
            await stream.send_audio(SECOND)
            if is_updated:
                stream.update(style="cheerful", style_strength=2.0, seed=9)
            await stream.send_audio(SECOND)
            stream.finish()
            await heard.end()
            parts = [p.frames for p in heard.parts if isinstance(p, StreamFrames)]
            made.append(join_frames(parts).weights)
        client.close()
    np.testing.assert_allclose(made[0][:15], made[1][:15], atol=1e-4)
    assert np.abs(made[0][30:] - made[1][30:]).max() > 1e-3


async def test_a_refusal_is_the_error_of_the_end(serve) -> None:
    async with serve() as (server, _):
        client, heard = LiveClient(server.address), Listener()
        stream = client.animate(FORMAT, AnimationOptions(style="nobody"), heard)
        for _ in range(100):  # who sends on is not left waiting
            await asyncio.wait_for(stream.send_audio(SECOND[:640]), 10)
        error = (await heard.end()).error
        client.close()
    assert isinstance(error, InvalidRequest)
    assert "nobody" in str(error)


async def test_a_cancelled_stream_tells_nothing_more_and_frees_its_place(serve, until) -> None:
    async with serve() as (server, _):
        client, heard = LiveClient(server.address), Listener()
        stream = client.animate(FORMAT, AnimationOptions(), heard)
        await stream.send_audio(SECOND)
        stream.cancel()
        await until(lambda: server._backend.admission.num_taken == 0)
        client.close()
    assert not any(isinstance(part, StreamEnded) for part in heard.parts)


async def test_facts_tell_the_server(serve) -> None:
    async with serve(max_clip_s=7.0) as (server, _):
        client = LiveClient(server.address)
        facts = await client.facts()
        client.close()
    assert (facts.model, facts.device, facts.max_clip_s) == ("tiny 0", "cpu", 7.0)
    assert set(facts.styles) == {"neutral", "cheerful"}


async def test_no_server_is_told_by_its_address() -> None:
    client, heard = LiveClient("127.0.0.1:9"), Listener()
    client.animate(FORMAT, AnimationOptions(), heard)
    error = (await heard.end()).error
    client.close()
    assert isinstance(error, ModelUnavailable)
    assert str(error) == "no server at 127.0.0.1:9"
