"""A server process that is told to stop, or is killed, while streams are open."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from posecast.v1 import face_animation_service_pb2 as pb

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no SIGTERM that a process can catch"
)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "server")}
SETTINGS = "port = 0\nmodel = '{model}'\ncapacity = 10.0\ngrace_s = {grace_s}\n"


@pytest.fixture
def process_of(tiny_package, tmp_path, client_to):
    """Start a server process; yields it and a client."""

    @asynccontextmanager
    async def start(grace_s):
        (tmp_path / "server.toml").write_text(SETTINGS.format(model=tiny_package, grace_s=grace_s))
        process = await asyncio.to_thread(
            subprocess.Popen,
            [sys.executable, "-m", "posecast", "serve", "--config", tmp_path / "server.toml"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
        )  # fmt: skip
        try:
            line = await asyncio.to_thread(process.stdout.readline)
            async with client_to(line.split()[3].rstrip(",")) as client:
                yield process, client
        finally:
            process.kill()
            await asyncio.to_thread(process.communicate)

    return start


def exit_status_of(process):
    return asyncio.to_thread(process.wait, 30)


async def until_refused(client):
    """Why a new stream is refused, once it is: a signal takes its time."""
    for _ in range(1000):
        try:
            await client.animate([client.config()])
        except grpc.RpcError as error:
            return error
    raise AssertionError("new streams are still let in")


async def open_streams(client, pcm):
    """Three live streams in mid-utterance."""
    talks = [await client.talk(idles=idles) for idles in (False, False, True)]
    for talk in talks:
        await talk.send(client.audio(pcm(0.5)))
        await talk.read_until("frames")
    return talks


async def test_a_server_that_is_told_to_stop_under_load_finishes_what_it_has(
    process_of, pcm, speech, wav
):
    async with process_of(grace_s=60) as (process, client):
        talks = await open_streams(client, pcm)
        request = pb.AnimateClipRequest(
            file=wav(speech(60.0)), settings=pb.AnimationSettings(sampling_steps=20)
        )
        clip = client.stub.AnimateClip(request)
        await clip.read()

        process.send_signal(signal.SIGTERM)
        refused = await until_refused(client)
        for talk in talks:
            await talk.send(client.audio(pcm(0.5)), client.end())
        parts = [await talk.rest() for talk in talks]
        num_clip_frames = 0
        while (response := await clip.read()) is not grpc.aio.EOF:
            num_clip_frames += len(response.frames.frames)

        assert refused.code() is grpc.StatusCode.UNAVAILABLE
        assert refused.details() == "the server is stopping"
        ends = [p.end.num_frames for rest in parts for p in rest if p.WhichOneof("part") == "end"]
        assert ends == [25, 25, 25]
        assert [await talk.call.code() for talk in talks] == [grpc.StatusCode.OK] * 3
        assert num_clip_frames == 1500
        assert await exit_status_of(process) == 0, process.stderr.read()


async def test_a_server_that_is_told_twice_to_stop_ends_its_streams_at_once(process_of, pcm):
    async with process_of(grace_s=600) as (process, client):
        talks = await open_streams(client, pcm)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)  # two signals at once may arrive as one
        assert process.poll() is None

        process.send_signal(signal.SIGTERM)

        endings = [await talk.refusal() for talk in talks]
        assert {code for _, code, _ in endings} == {grpc.StatusCode.UNAVAILABLE}
        assert {details for _, _, details in endings} == {"the server is stopping"}
        assert await exit_status_of(process) == 0, process.stderr.read()


async def test_the_clients_of_a_server_that_is_killed_are_told_at_once(process_of, pcm):
    async with process_of(grace_s=600) as (process, client):
        talks = await open_streams(client, pcm)

        process.send_signal(signal.SIGKILL)

        # The system closes the connection, so that no keepalive is waited for (20 s).
        endings = await asyncio.wait_for(
            asyncio.gather(*(talk.refusal() for talk in talks)), timeout=5
        )
        assert {code for _, code, _ in endings} == {grpc.StatusCode.UNAVAILABLE}
