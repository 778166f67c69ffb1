"""Who waits for whom: cancelled and vanished clients, slow readers, limits, draining."""

from __future__ import annotations

import asyncio
import time

import grpc
import numpy as np
import pytest

from posecast.v1 import face_animation_service_pb2 as pb


async def num_streams(client) -> int:
    return (await client.stub.GetServerInfo(pb.GetServerInfoRequest())).num_streams


async def wait_for_streams(client, expected: int) -> float:
    started_s = time.perf_counter()
    while await num_streams(client) != expected:
        assert time.perf_counter() - started_s < 10, f"never {expected} streams"
        await asyncio.sleep(0.005)
    return time.perf_counter() - started_s


async def rest_of(call):
    """The remaining responses of a stream that was begun with `read`."""
    while (response := await call.read()) is not grpc.aio.EOF:
        yield response


async def open_stream(client, **settings):
    call = client.stub.Animate()
    await call.write(client.config(**settings))
    assert (await call.read()).WhichOneof("part") == "header"
    return call


async def test_cancelled_stream_frees_its_slot(serve, pcm):
    async with serve(max_streams=1) as (_, client):
        call = await open_stream(client)
        await call.write(client.audio(pcm(1.0)))
        with pytest.raises(grpc.RpcError) as refused:
            await client.animate([client.config()])
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "1 (max_streams)" in refused.value.details()

        call.cancel()

        assert await wait_for_streams(client, 0) < 2.0
        answer = await client.animate([client.config(), client.audio(pcm(0.4))])
        assert len(answer.frames()) == 10


async def test_a_client_that_is_gone_in_mid_stream_costs_nothing(serve, pcm):
    async with serve(max_streams=1) as (gone_from, client):
        async with grpc.aio.insecure_channel(gone_from.address) as other:
            vanishing = type(client)(other, gone_from.address)
            call = await open_stream(vanishing)
            await call.write(client.audio(pcm(2.0)))
            await call.read()

        await wait_for_streams(client, 0)
        answer = await client.animate([client.config(), client.audio(pcm(0.4))])
        assert len(answer.frames()) == 10


async def test_a_deadline_ends_the_stream_and_frees_its_slot(serve):
    async with serve(max_streams=1) as (_, client):
        call = client.stub.Animate(timeout=0.2)
        await call.write(client.config())

        assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await wait_for_streams(client, 0)


async def test_slow_reader_slows_the_sender(serve, pcm):
    # A chunk is 5 s of audio: 40 kB up, 75 kB of frames down. Nobody reads, so the windows of the
    # transport, small on this client, fill with frames and then with audio.
    chunk = bytes([0xD5]) * 40_000
    small = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
    async with (
        serve(max_clip_s=86_400.0) as (server, client),
        grpc.aio.insecure_channel(server.address, options=small) as channel,
    ):
        call = await open_stream(
            type(client)(channel, server.address),
            sample_rate_hz=8_000,
            encoding="AUDIO_ENCODING_ALAW",
            frame_rate_hz=60,
            sampling_steps=1,
        )
        num_sent = 0
        while True:
            write = asyncio.create_task(call.write(client.audio(chunk)))
            _, waiting = await asyncio.wait({write}, timeout=2.0)
            if waiting:
                break
            num_sent += 1
            assert num_sent < 40, "the sender never had to wait"

        beside = await client.animate([client.config(), client.audio(pcm(0.4))])
        assert len(beside.frames()) == 10, "another stream goes on"
        assert not write.done()

        num_frames = 0
        while not write.done():
            num_frames += len((await call.read()).frames.frames)
        assert num_frames > 0, "the sender goes on when the reader does"
        call.cancel()


async def test_a_slow_reader_gets_every_frame_in_order(serve, pcm):
    data = pcm(6.0)
    async with serve() as (_, client):
        call = await open_stream(client, frame_rate_hz=60)
        await call.write(client.audio(data))
        await call.done_writing()
        indices = []
        async for response in rest_of(call):
            indices += [frame.index for frame in response.frames.frames]
            await asyncio.sleep(0.02)

    assert indices == list(range(360))


async def test_a_long_clip_does_not_hold_up_a_live_stream(serve, speech, pcm, wav):
    async with serve() as (_, client):
        clip = asyncio.create_task(client.animate_clip(wav(speech(60.0)), sampling_steps=50))
        await wait_for_streams(client, 1)

        live = await client.animate([client.config(), client.audio(pcm(0.4))])

        assert len(live.frames()) == 10
        assert not clip.done()
        assert len((await clip).frames()) == 1500


async def test_a_live_stream_in_small_chunks_keeps_up_beside_a_long_clip(serve, speech, pcm, wav):
    # More chunks than the clip has jobs: were each a job, the last would wait for the whole clip.
    data = pcm(4.0)
    chunks = [data[start : start + 160] for start in range(0, len(data), 160)]  # 5 ms
    async with serve() as (_, client):
        clip = asyncio.create_task(client.animate_clip(wav(speech(60.0)), sampling_steps=50))
        await wait_for_streams(client, 1)

        live = await client.animate([client.config(), *map(client.audio, chunks)])

        assert len(live.frames()) == 100
        assert not clip.done()
        clip.cancel()


async def test_a_stopping_server_lets_live_streams_finish_and_takes_no_new_ones(serve, pcm):
    async with serve() as (server, client):
        call = await open_stream(client)

        stopping = asyncio.create_task(server.stop(grace_s=10.0))
        await asyncio.sleep(0.1)
        with pytest.raises(grpc.RpcError) as refused:
            await client.animate([client.config()])
        await call.write(client.audio(pcm(0.4)))
        await call.done_writing()
        parts = [response.WhichOneof("part") async for response in rest_of(call)]

        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert parts == ["frames", "frames", "end"]
        await asyncio.wait_for(stopping, 5)


async def test_live_streams_are_ended_when_the_grace_is_over(serve):
    async with serve() as (server, client):
        call = await open_stream(client)

        await asyncio.wait_for(server.stop(grace_s=0.2), 5)

        assert await call.code() is grpc.StatusCode.UNAVAILABLE
        assert await call.details() == "the server is stopping"


async def test_a_second_request_to_stop_ends_the_grace(serve):
    async with serve() as (server, client):
        call = await open_stream(client)
        stop_now = asyncio.Event()
        stopping = asyncio.create_task(server.stop(grace_s=60.0, stop_now=stop_now))
        await asyncio.sleep(0.1)
        assert not stopping.done()

        stop_now.set()

        await asyncio.wait_for(stopping, 5)
        assert await call.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_fault_is_told_without_its_inner_detail(serve, pcm, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("a secret path")

    async with serve() as (_, client):
        with monkeypatch.context() as patch:
            patch.setattr("posecast.session.performance.StreamingSession.take", fail)
            with pytest.raises(grpc.RpcError) as failed:
                await client.animate([client.config(), client.audio(pcm(0.4))])
        assert failed.value.code() is grpc.StatusCode.INTERNAL
        assert "secret" not in failed.value.details()
        stream_id = failed.value.details().rsplit(" ", 1)[-1]
        assert any(getattr(record, "stream_id", "") == stream_id for record in caplog.records)
        assert "a secret path" in caplog.text

        answer = await client.animate([client.config(), client.audio(pcm(0.4))])
        assert np.isfinite(answer.values()).all()
