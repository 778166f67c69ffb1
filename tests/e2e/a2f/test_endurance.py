"""Streams that are many, odd, cut off, or beside others."""

from __future__ import annotations

import asyncio
import time

import grpc
import numpy as np
import pytest

from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.nvidia_ace import a2f_controller_pb2_grpc as pb_grpc
from posecast.v1 import face_animation_service_pb2 as v1


def stub_of(channel):
    return pb_grpc.A2FControllerServiceStub(channel)


async def until_free(client):
    started_s = time.monotonic()
    while (await client.stub.GetServerInfo(v1.GetServerInfoRequest())).num_streams:
        assert time.monotonic() - started_s < 10, "the place is never given back"
        await asyncio.sleep(0.005)
    return time.monotonic() - started_s


async def test_buffers_of_one_sample(a2f, pcm, end):
    data = pcm(0.5)
    samples = [data[start : start + 2] for start in range(0, len(data), 2)]

    single = await a2f.send([a2f.header(seed=1), *map(a2f.audio, samples), end])

    assert len(samples) == 8_000
    assert single.audio == data
    assert np.array_equal(single.weights, (await a2f.speak(data)).weights)


async def test_two_hundred_streams_in_a_row_leave_nothing(watched, a2f_to, pcm, end):
    async with watched() as (server, _, _), grpc.aio.insecure_channel(server.address) as channel:
        client = a2f_to(server.address)
        first = None
        for _ in range(200):
            requests = [client.header(seed=1), client.audio(pcm(0.2)), end]
            call = stub_of(channel).ProcessAudioStream(iter(requests))
            frames = [part async for part in call if part.HasField("animation_data")]
            first = first or frames
            assert frames == first
            assert len(frames) == 6


async def test_interleaved_sessions_do_not_mix(a2f, client, pcm):
    alone = [await a2f.speak(pcm(1.5, pitch), seed=seed) for pitch, seed in ((100, 1), (220, 2))]

    both = await asyncio.gather(
        a2f.speak(pcm(1.5, 100), seed=1),
        client.animate([client.config(seed=9), client.audio(pcm(1.5))]),
        a2f.speak(pcm(1.5, 220), seed=2),
    )

    for beside, single in zip((both[0], both[2]), alone, strict=True):
        assert np.abs(beside.weights - single.weights).max() < 1e-4  # sums are ordered otherwise


async def test_cancelled_stream_frees_its_slot(watched, a2f_to, pcm):
    async with watched(max_streams=1) as (server, client, _):
        async with grpc.aio.insecure_channel(server.address) as channel:
            call = stub_of(channel).ProcessAudioStream()
            await call.write(a2f_to(server.address).header())
            await call.write(a2f_to(server.address).audio(pcm(5.0)))
            await call.read()
            await call.read()

            call.cancel()

            assert await until_free(client) < 2.0
        answer = await a2f_to(server.address).speak(pcm(0.2))
        assert answer.statuses == [("SUCCESS", "")]


async def test_a_client_that_vanishes_costs_nothing(watched, a2f_to, pcm):
    async with watched(max_streams=1) as (server, client, _):
        async with grpc.aio.insecure_channel(server.address) as channel:
            call = stub_of(channel).ProcessAudioStream()
            await call.write(a2f_to(server.address).header())
            await call.write(a2f_to(server.address).audio(pcm(20.0)))
            await call.read()

        await until_free(client)
        answer = await a2f_to(server.address).speak(pcm(0.2))
        assert answer.statuses == [("SUCCESS", "")]


async def test_a_failing_device_is_an_error_in_the_stream_and_internal(watched, a2f_to, pcm):
    async with watched() as (server, _, device):
        device.error = RuntimeError("a secret of the device")
        answer = await a2f_to(server.address).speak(pcm(1.0))
        device.error = None
        again = await a2f_to(server.address).speak(pcm(1.0))

    assert answer.statuses == [("ERROR", "the device failed; try again")]
    assert answer.code is grpc.StatusCode.INTERNAL
    assert again.statuses == [("SUCCESS", "")]


async def test_a_fault_is_told_without_its_inner_detail(watched, a2f_to, pcm, monkeypatch):
    def fail(*_):
        raise RuntimeError("a secret path")

    async with watched() as (server, _, _):
        with monkeypatch.context() as patch:
            patch.setattr("posecast.session.performance.StreamingSession.take", fail)
            answer = await a2f_to(server.address).speak(pcm(0.4))

    ((code, text),) = answer.statuses
    assert (code, answer.code) == ("ERROR", grpc.StatusCode.INTERNAL)
    assert text == answer.details
    assert "secret" not in text


async def test_a_client_that_never_reads_is_ended(serve, a2f_to, pcm):
    small = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
    async with (
        serve(max_idle_s=1.0) as (server, client),
        grpc.aio.insecure_channel(server.address, options=small) as channel,
    ):
        call = stub_of(channel).ProcessAudioStream()
        await call.write(a2f_to(server.address).header())
        await call.write(a2f_to(server.address).audio(pcm(10.0) * 12))

        assert await until_free(client) > 0.5


async def test_a_stopping_server_lets_open_streams_finish_and_refuses_new_ones(
    serve, a2f_to, pcm, end
):
    async with serve() as (server, _), grpc.aio.insecure_channel(server.address) as channel:
        call = stub_of(channel).ProcessAudioStream()
        await call.write(a2f_to(server.address).header())
        await call.read()

        stopping = asyncio.create_task(server.stop(grace_s=20.0))
        await asyncio.sleep(0.1)
        refused = await a2f_to(server.address).speak(pcm(0.2))
        await call.write(a2f_to(server.address).audio(pcm(0.4)))
        await call.write(end)
        parts = []
        while (part := await call.read()) is not grpc.aio.EOF:
            parts.append(part)
        await asyncio.wait_for(stopping, 10)

    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert parts[-1].status == pb.Status(code=pb.Status.SUCCESS)
    assert sum(part.HasField("animation_data") for part in parts) == 12


@pytest.mark.parametrize("num_streams", [4])
async def test_metrics_and_the_table_know_the_stream(serve, a2f_to, pcm, num_streams):
    async with serve() as (server, _):
        for _ in range(num_streams):
            await a2f_to(server.address).speak(pcm(0.2))
        value = server._backend.metrics.registry.get_sample_value

        labels = {"method": "ProcessAudioStream", "status": "OK"}
        assert value("posecast_streams_total", labels) == num_streams
        assert value("posecast_frames_total") == 6 * num_streams
