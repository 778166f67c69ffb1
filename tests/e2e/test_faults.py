"""What clients do wrong, and what becomes of them, of those beside them and of the server."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import numpy as np
import pytest

from posecast.transport.capacity import Capacity, WindowCost
from posecast.v1 import face_animation_service_pb2 as pb

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
STUBBORN_CLIENT = """
import sys, time, grpc
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc

config, audio = pb.AnimateRequest.FromString(bytes.fromhex(sys.argv[2])), pb.AnimateRequest()
audio.audio.data = bytes(3200)
def requests():
    yield config
    while True:
        yield audio
        time.sleep(0.02)
with grpc.insecure_channel(sys.argv[1]) as channel:
    for response in pb_grpc.FaceAnimationServiceStub(channel).Animate(requests()):
        print(response.WhichOneof("part"), flush=True)
"""


def frames_in(parts):
    return [f for p in parts if p.WhichOneof("part") == "frames" for f in p.frames.frames]


def ends_in(parts):
    return [part.end for part in parts if part.WhichOneof("part") == "end"]


async def streams_of(client):
    return (await client.stub.ListStreams(pb.ListStreamsRequest())).streams


async def unread(server, client, **config):
    """A client whose windows are small and that does not read."""
    small = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
    channel = grpc.aio.insecure_channel(server.address, options=small)
    talk = await type(client)(channel, server.address).talk(
        frame_rate_hz=60, sampling_steps=1, **config
    )
    talk.channel = channel
    return talk


async def until_it_is_stuck(client, talk):
    """Wait until the frames of a stream that nobody reads no longer leave the server."""
    before = -1
    while True:
        await asyncio.sleep(0.3)
        (info,) = [s for s in await streams_of(client) if s.stream_id == talk.header.stream_id]
        if info.num_frames and info.num_frames == before:
            return info
        before = info.num_frames


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param(lambda c: [c.config()], "second config", id="config after audio"),
        pytest.param(lambda c: [pb.AnimateRequest()], "without a part", id="no part"),
        pytest.param(lambda c: [c.audio(b"x"), c.end()], "multiple of 2", id="half a sample"),
        pytest.param(lambda c: [c.interrupt(frame_index=99)], "frame 99", id="interrupt"),
        pytest.param(lambda c: [c.update(style_name="grumpy")], "grumpy", id="style"),
        pytest.param(lambda c: [c.update(style_strength=2.5)], "2.5", id="strength"),
        pytest.param(lambda c: [c.update(audio_guidance=5.0)], "5.0", id="guidance"),
        pytest.param(lambda c: [c.update(style_guidance=np.nan)], "nan", id="NaN guidance"),
        pytest.param(lambda c: [c.update(sampling_steps=0)], "1 to 50", id="no step"),
        pytest.param(
            lambda c: [c.update(smoothing=pb.Smoothing(head_s=9.0))], "9.0", id="smoothing"
        ),
        pytest.param(
            lambda c: [c.update(curve_adjustments=[pb.CurveAdjustment(curve_name="nose")])],
            "nose",
            id="curve",
        ),
    ],
)
async def test_a_wrong_message_is_refused_after_the_frames_of_what_came_before_it(
    watched, pcm, wrong, words
):
    async with watched() as (_, client, _):
        talk = await client.talk()
        await talk.send(client.audio(pcm(0.5)))
        first = await talk.read()
        await talk.send(*wrong(client))

        _, code, details = await talk.refusal()

        assert len(first.frames.frames) == 5
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert words in details


async def test_an_end_of_nothing_is_answered_with_no_frames(watched, pcm):
    async with watched() as (_, client, _):
        answer = await client.animate(
            [client.config(), client.audio(pcm(0.4)), client.end(), client.end(), client.end()]
        )

    assert [(end.utterance_index, end.num_frames) for end in answer.ends] == [
        (0, 10), (1, 0), (2, 0),
    ]  # fmt: skip


async def test_half_a_sample_is_dropped_by_an_interrupt(watched, pcm):
    async with watched() as (_, client, _):
        talk = await client.talk(seed=3)
        await talk.send(client.audio(pcm(0.4) + b"x"), client.interrupt())
        await talk.read_until("end")
        await talk.send(client.audio(pcm(0.4)), client.end())

        parts = await talk.rest()

    assert [end.num_frames for end in ends_in(parts)] == [10]


async def test_twenty_thousand_chunks_of_a_byte_give_the_frames_of_one(watched, pcm):
    data = pcm(0.625)  # 20 000 bytes
    async with watched() as (_, client, _):
        whole = await client.animate([client.config(seed=3), client.audio(data)])
        requests = [client.audio(data[at : at + 1]) for at in range(len(data))]

        cut = await client.animate([client.config(seed=3), *requests])

    np.testing.assert_array_equal(cut.values(), whole.values())


async def test_a_minute_in_one_message_is_animated(watched, pcm):
    async with watched() as (_, client, _):
        answer = await client.animate([client.config(sampling_steps=1), client.audio(pcm(60.0))])

    assert [frame.index for frame in answer.frames()] == [*range(1500)]


async def test_a_client_that_sends_nothing_is_ended_naming_the_limit(watched, pcm):
    async with watched(max_idle_s=1.0) as (_, client, _):
        nothing = client.stub.Animate()
        config_alone, in_mid_utterance = await client.talk(), await client.talk()
        await in_mid_utterance.send(client.audio(pcm(0.5)))

        assert await asyncio.wait_for(nothing.code(), 20) is EXHAUSTED
        assert "no config for 1 s; this server allows 1 (max_idle_s)" in await nothing.details()
        for talk in (config_alone, in_mid_utterance):
            _, code, details = await talk.refusal()
            assert code is EXHAUSTED
            assert "sent nothing for 1 s; this server allows 1 (max_idle_s)" in details


@pytest.mark.parametrize("idles", [False, True])
async def test_a_client_that_never_reads_loses_its_place(watched, pcm, until, idles):
    async with watched(max_idle_s=1.0, max_streams=1) as (server, client, _):
        talk = await unread(server, client, idles=idles)
        for _ in range(3):
            await talk.send(client.audio(pcm(15.0)))

        await until(lambda: not server._backend.admission.num_taken)
        assert len((await client.animate([client.config(), client.audio(pcm(0.4))])).frames()) == 10
        parts, code, details = await talk.refusal()
        assert frames_in(parts), "what was sent before is good"
        assert code is EXHAUSTED
        assert "has read nothing for 1 s; this server allows 1 (max_idle_s)" in details
        await talk.channel.close()


@pytest.mark.parametrize("way", ["cancels", "closes its channel", "runs into its deadline"])
async def test_a_client_that_goes_while_its_window_is_made_frees_all_that_it_held(
    watched, pcm, until, way
):
    async with watched(max_streams=1) as (server, client, device):
        device.hold()
        async with grpc.aio.insecure_channel(server.address) as channel:
            call = type(client)(channel, server.address).stub.Animate(
                timeout=1.0 if way == "runs into its deadline" else None
            )
            await call.write(client.config())
            await call.write(client.audio(pcm(1.0)))
            await device.until_held()
            assert server._backend.admission.load > 0
            if way == "cancels":
                call.cancel()
            elif way == "runs into its deadline":
                assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED

        await until(lambda: not server._backend.admission.num_taken)
        assert await streams_of(client) == [], "while the device is still held"
        assert server._backend.admission.load == 0
        next_one = asyncio.create_task(client.animate([client.config(), client.audio(pcm(0.4))]))
        device.release()
        assert len((await next_one).frames()) == 10
        value = server._backend.metrics.registry.get_sample_value
        labels = {"method": "Animate", "status": "CANCELLED"}
        assert value("posecast_streams_total", labels) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_client_that_is_killed_in_mid_stream_frees_its_place(watched, pcm, until):
    async with watched(max_streams=1) as (server, client, _):
        config = client.config().SerializeToString().hex()
        process = await asyncio.to_thread(
            subprocess.Popen,
            [sys.executable, "-c", STUBBORN_CLIENT, server.address, config],
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": str(Path(__file__).parents[2] / "server")},
        )
        with process:
            for _ in range(3):
                line = await asyncio.to_thread(process.stdout.readline)
            process.send_signal(signal.SIGKILL)

        assert line == b"frames\n"
        await until(lambda: not server._backend.admission.num_taken)
        assert len((await client.animate([client.config(), client.audio(pcm(0.4))])).frames()) == 10


async def test_one_stream_more_than_an_address_may_have_is_refused(watched, pcm):
    async with watched(max_streams_per_client=2) as (_, client, _):
        talks = [await client.talk(), await client.talk()]
        with pytest.raises(grpc.RpcError) as refused:
            await client.animate([client.config()])
        for talk in talks:
            talk.call.cancel()

    assert refused.value.code() is EXHAUSTED
    assert "allows 2 from one address (max_streams_per_client)" in refused.value.details()


async def test_more_than_the_machine_carries_is_refused_and_costs_those_inside_nothing(
    watched, engine, pcm, speech, wav
):
    costs = (WindowCost(3, 0.001, 0.01), WindowCost(100, 0.001, 0.01))
    small = Capacity(model=engine.config, costs=costs, denoiser_share=0.5, budget=0.05)
    requests = [pcm(1.0)[at : at + 3_200] for at in range(0, 32_000, 3_200)]
    async with watched(capacity=small) as (server, client, _):
        alone = await client.animate([client.config(seed=3), *map(client.audio, requests)])
        inside, refusals = await client.talk(seed=3), []
        for data in requests:
            await inside.send(client.audio(data))
            for wanted in ({}, {"latency_mode": "LATENCY_MODE_REALTIME"}):
                with pytest.raises(grpc.RpcError) as refused:
                    await client.animate([client.config(sampling_steps=50, **wanted)])
                refusals.append(refused.value)
        clip = await client.animate_clip(wav(speech(1.0)))
        beside = await inside.rest()

        assert {refusal.code() for refusal in refusals} == {EXHAUSTED}
        assert all("(capacity)" in refusal.details() for refusal in refusals)
        assert len(clip.frames()) == 25, "offline work holds no load"
        np.testing.assert_array_equal(
            [frame.weights for frame in frames_in(beside)],
            [frame.weights for frame in alone.frames()],
        )
        value = server._backend.metrics.registry.get_sample_value
        assert value("posecast_streams_refused_total", {"reason": "load"}) == len(refusals)


async def test_an_update_beyond_the_capacity_ends_the_stream_and_frees_its_load(
    watched, engine, pcm
):
    costs = (WindowCost(3, 0.001, 0.01), WindowCost(100, 0.001, 0.01))
    small = Capacity(model=engine.config, costs=costs, denoiser_share=0.5, budget=0.05)
    async with watched(capacity=small) as (_, client, _):
        talk = await client.talk()
        await talk.send(client.update(sampling_steps=50))

        _, code, details = await talk.refusal()

    assert code is EXHAUSTED
    assert "(capacity)" in details


async def test_an_interrupt_is_answered_while_another_client_does_not_read(watched, pcm):
    async with watched() as (server, client, _):
        slow = await unread(server, client, returns_audio=True)
        for _ in range(3):
            await slow.send(client.audio(pcm(15.0)))
        stuck = await until_it_is_stuck(client, slow)

        talk = await client.talk()
        await talk.send(client.audio(pcm(1.0)))
        await talk.read()
        await talk.send(client.interrupt())
        parts = await talk.read_until("end")

        assert ends_in(parts)[0].was_interrupted
        (still, _) = await streams_of(client)
        assert still.num_frames == stuck.num_frames, "the slow one has not moved"
        assert [frame.index for frame in frames_in(await slow.rest())] == [*range(45 * 60)]
        talk.call.cancel()
        await slow.channel.close()


async def test_an_interrupt_ends_a_stream_of_frames_that_nobody_reads(watched, pcm):
    async with watched() as (server, client, _):
        talk = await unread(server, client)
        for _ in range(3):
            await talk.send(client.audio(pcm(15.0)))
        stuck = await until_it_is_stuck(client, talk)
        await talk.send(client.interrupt(), client.audio(pcm(0.4)), client.end())

        parts = await talk.rest()
        await talk.channel.close()

    interrupted, spoken = ends_in(parts)
    assert interrupted.was_interrupted
    # One window of 1 s was being written.
    assert interrupted.num_frames <= stuck.num_frames + 60 + 12
    assert (spoken.was_interrupted, spoken.num_frames) == (False, 24)
