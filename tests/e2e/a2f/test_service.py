"""The service around the stream: its port, readiness, reflection, other methods."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.error
import urllib.request

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from posecast.config import A2FConfig, ServerConfig
from posecast.errors import PosecastError
from posecast.nvidia_ace import a2x_export_config_pb2 as config_pb
from posecast.nvidia_ace import a2x_export_config_pb2_grpc as config_grpc
from posecast.transport.server import AnimationServer


async def test_its_port_is_an_alias_of_the_servers(serve, a2f_to, client_to, pcm):
    async with serve(a2f=A2FConfig(port=0)) as (server, _):
        assert server.a2f_address not in (None, server.address)

        theirs = await a2f_to(server.a2f_address).speak(pcm(0.2))
        async with client_to(server.a2f_address) as client:
            ours = await client.animate([client.config(), client.audio(pcm(0.2))])

    assert theirs.statuses == [("SUCCESS", "")]
    assert len(ours.frames()) == 5


async def test_a_taken_port_is_told_with_its_flag(engine, roomy):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = ServerConfig(port=0, a2f=A2FConfig(port=port))
        with pytest.raises(PosecastError, match=rf"{port}: the port is taken; .* --a2f PORT"):
            await AnimationServer(engine, config, capacity=roomy).start()


async def test_readiness_over_http_ends_when_the_server_drains(serve):
    def get(url):
        try:
            with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310 - ours
                return page.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    async with serve(a2f=A2FConfig(http_port=0)) as (server, client):
        assert await asyncio.to_thread(get, server.ready_url) == 200

        talk = await client.talk()
        stopping = asyncio.create_task(server.stop(grace_s=10.0))
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(get, server.ready_url) == 503
        await talk.rest()
        await stopping


async def test_reflection_describes_the_service(client):
    name = "nvidia_ace.services.a2f_controller.v1.A2FControllerService"
    stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=name),
    ]

    listed, described = [answer async for answer in stub.ServerReflectionInfo(iter(requests))]

    names = {service.name for service in listed.list_services_response.service}
    assert {name, "nvidia_ace.services.a2x_export_config.v1.A2XExportConfigService"} <= names
    assert described.file_descriptor_response.file_descriptor_proto


@pytest.mark.parametrize(("kind", "ending"), [("YAML", "yaml"), ("JSON", "json")])
async def test_get_configs_is_one_file_of_what_streams_start_from(client, kind, ending):
    stub = config_grpc.A2XExportConfigServiceStub(client.channel)

    files = [file async for file in stub.GetConfigs(config_pb.ConfigsTypeRequest(config_type=kind))]

    (file,) = files
    assert file.name == f"posecast_inference.{ending}"
    settings = json.loads(file.content)
    assert len(settings["blendshapes"]) == 52
    assert settings["blendshape_streaming_fps"] == 30
    assert settings["emotion_styles"]["joy"] == "cheerful"
    assert settings["emotion_styles"]["anger"] is None, "this model has no such style"
    assert settings["face_params"]["lowerFaceStrength"]["max"] == 2


@pytest.mark.parametrize(
    "path",
    [
        "a2f.v1.A2FService/PushAudioStream",
        "animation_data.v1.AnimationDataService/PullAnimationDataStream",
        "animation_controller.v1.AnimationControllerService/RequestAnimationIds",
        "a2f_authoring.v1.A2FAuthoringService/UploadAudioClip",
    ],
)
async def test_other_methods_say_what_to_call_instead(server, path):
    def call():
        with grpc.insecure_channel(server.address) as channel:
            unary = channel.unary_unary(f"/nvidia_ace.services.{path}")
            with pytest.raises(grpc.RpcError) as refused:
                unary(b"\x0a\x00", timeout=10)
        return refused.value.code(), refused.value.details()

    code, details = await asyncio.to_thread(call)

    assert code is grpc.StatusCode.UNIMPLEMENTED
    assert path.partition("/")[2] in details
    assert details.endswith("A2FControllerService/ProcessAudioStream")


async def test_an_unknown_service_stays_unknown(client):
    with pytest.raises(grpc.RpcError) as refused:
        await client.channel.unary_unary("/nvidia_ace.services.other.v1.Other/Act")(b"")

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "Audio2Face" not in refused.value.details()
