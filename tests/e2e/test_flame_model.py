"""A server whose model moves a FLAME face."""

from __future__ import annotations

import grpc
import numpy as np
import pytest

from posecast.config import AnimationOptions, ServerConfig
from posecast.session.pipeline import animate
from posecast.signals import Waveform
from posecast.transport.server import AnimationServer
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc


@pytest.fixture
async def stub(tiny_flame_engine, tiny_flame_package, roomy):
    config = ServerConfig(port=0, grace_s=0.0, model=str(tiny_flame_package))
    server = AnimationServer(tiny_flame_engine, config, capacity=roomy)
    await server.start()
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield pb_grpc.FaceAnimationServiceStub(channel)
    await server.stop()


async def test_a_stream_has_the_frames_of_a_baked_clip(stub, tiny_flame_engine, speech_like):
    clip = (speech_like[:40_000] * 32767).astype("<i2")

    async def requests():
        config = pb.AnimateConfig(settings=pb.AnimationSettings(seed=4, style_name="smile"))
        config.audio_format.encoding = 1
        config.audio_format.sample_rate_hz = 16_000
        yield pb.AnimateRequest(config=config)
        for start in range(0, len(clip), 1600):
            yield pb.AnimateRequest(audio={"data": clip[start : start + 1600].tobytes()})

    parts = [part async for part in stub.Animate(requests())]

    baked = animate(
        tiny_flame_engine,
        Waveform(samples=clip.astype(np.float32) / 32768, sample_rate_hz=16_000),
        AnimationOptions(seed=4, style="smile", mode="balanced"),
    )
    weights = [list(frame.weights) for part in parts for frame in part.frames.frames]
    np.testing.assert_allclose(weights, baked.weights, atol=1e-4)


async def test_the_server_tells_its_look_aheads(stub):
    info = await stub.GetServerInfo(pb.GetServerInfoRequest())

    assert list(info.look_aheads_ms) == list(range(40, 401, 40))
    assert info.style_dim == 128


async def test_a_style_is_not_seen_in_arkit_curves(stub):
    recording = pb.EncodeStyleRequest(frame_rate_hz=30)
    for _ in range(90):
        frame = recording.frames.add(weights=[0.1] * 52)
        frame.head.w = 1

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.EncodeStyle(recording)

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "sees styles in FLAME coefficients" in refused.value.details()
