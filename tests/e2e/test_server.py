"""The server around the service: health, reflection, ports, signals, the demo's client."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

import posecast
from posecast.config import AnimationOptions, ServerConfig
from posecast.errors import InvalidRequest, ModelUnavailable, PosecastError
from posecast.rig.arkit import CURVE_NAMES
from posecast.signals import Waveform
from posecast.transport.client import StreamedAnimation, stream_waveform
from posecast.transport.server import SERVICE_NAME, AnimationServer
from posecast.transport.server import serve as serve_until_signal
from posecast.v1 import face_animation_service_pb2 as pb


@pytest.mark.parametrize("service", ["", SERVICE_NAME])
async def test_health_is_serving(client, service):
    health = health_pb2_grpc.HealthStub(client.channel)

    answer = await health.Check(health_pb2.HealthCheckRequest(service=service))

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_lists_the_service(client):
    stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")

    answers = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]

    names = {service.name for service in answers[0].list_services_response.service}
    assert names >= {"posecast.v1.FaceAnimationService", "grpc.health.v1.Health"}


async def test_info_tells_model_rig_and_limits(serve, engine):
    async with serve(max_streams=3, max_clip_s=12.5, max_message_bytes=100_000) as (_, client):
        info = await client.stub.GetServerInfo(pb.GetServerInfoRequest())

    assert info.server_version == posecast.__version__
    assert (info.model.name, info.model.version) == (engine.config.name, engine.config.version)
    assert list(info.rig.curve_names) == list(CURVE_NAMES)
    assert list(info.frame_rates_hz) == [25, 30, 50, 60]
    assert info.style_dim == engine.config.denoiser.style_dim
    assert list(info.look_aheads_ms) == [40, 80, 120, 160]
    assert info.device == "cpu"
    assert info.limits == pb.ServerLimits(
        max_streams=3,
        max_clip_s=12.5,
        max_message_bytes=100_000,
        max_buffered_s=60.0,
        max_idle_s=900.0,
    )
    assert info.num_streams == 0
    assert info.capacity.load == 0.0
    assert {mode.latency_mode for mode in info.capacity.modes} == {*pb.LatencyMode.values()} - {0}
    assert all(mode.num_streams > 0 for mode in info.capacity.modes)


async def test_every_listed_style_can_be_asked_for(client, engine, pcm):
    styles = (await client.stub.ListStyles(pb.ListStylesRequest())).styles

    assert [style.name for style in styles] == sorted(engine.styles.names)
    for style in styles:
        assert style.description
        requests = [client.config(style_name=style.name), client.audio(pcm(0.2))]
        assert len((await client.animate(requests)).frames()) == 5


async def test_a_taken_port_is_told(engine, server, client, pcm):
    second = AnimationServer(engine, ServerConfig(port=server.port))

    with pytest.raises(PosecastError, match=rf"127\.0\.0\.1:{server.port}: the port is taken"):
        await second.start()

    assert len((await client.animate([client.config(), client.audio(pcm(0.4))])).frames()) == 10


async def test_a_port_taken_by_another_program_is_told(engine):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(PosecastError, match=f"{port}: the port is taken"):
            await AnimationServer(engine, ServerConfig(port=port)).start()


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot signal itself there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
async def test_a_signal_stops_the_server(engine, number):
    ready: asyncio.Future[AnimationServer] = asyncio.get_running_loop().create_future()
    config = ServerConfig(port=0, grace_s=0.0)
    serving = asyncio.create_task(serve_until_signal(engine, config, ready.set_result))
    address = (await ready).address

    signal.raise_signal(number)
    await asyncio.wait_for(serving, 5)

    with pytest.raises(ModelUnavailable, match=address):
        await stream(address, second_of_silence(), AnimationOptions(), connect_timeout_s=0.2)


async def stream(*arguments, **settings) -> StreamedAnimation:
    """The blocking client, beside the server's event loop."""
    return await asyncio.to_thread(stream_waveform, *arguments, **settings)


def second_of_silence() -> Waveform:
    return Waveform(samples=np.zeros(16_000, np.float32), sample_rate_hz=16_000)


async def test_the_client_gets_frames_and_times(server, speech):
    waveform = Waveform(samples=speech(1.0), sample_rate_hz=16_000)
    options = AnimationOptions(seed=9, frame_rate_hz=30, mode="realtime")

    fast = await stream(server.address, waveform, options)
    paced = await stream(server.address, waveform, options, is_paced=True)

    assert len(fast.frames) == 30
    assert np.array_equal(fast.frames.weights, paced.frames.weights)
    assert np.array_equal(fast.frames.head, paced.frames.head)
    assert (fast.seed, fast.server_version) == (9, posecast.__version__)
    assert 0 < fast.first_frame_s <= fast.total_s
    assert paced.total_s >= 0.98  # 50 chunks of 20 ms: the last leaves after 0.98 s


async def test_the_client_raises_the_error_that_the_server_told(server):
    with pytest.raises(InvalidRequest, match="grumpy"):
        await stream(server.address, second_of_silence(), AnimationOptions(style="grumpy"))


async def test_the_client_tells_a_missing_server():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ModelUnavailable, match="no server at"):
            await stream(
                address,
                second_of_silence(),
                AnimationOptions(),
                connect_timeout_s=0.2,
            )


async def test_two_servers_share_nothing(serve):
    async with serve(max_streams=1) as (_, first), serve(max_streams=1) as (_, second):
        call = first.stub.Animate()
        await call.write(first.config())
        await call.read()

        assert (await second.animate([second.config()])).header.frame_rate_hz == 25
        with pytest.raises(grpc.RpcError, match="max_streams"):
            await first.animate([first.config()])
        call.cancel()
