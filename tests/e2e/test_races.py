"""Interrupts, ends, updates and cancellations that come at awkward moments."""

from __future__ import annotations

import asyncio

import grpc
import numpy as np
import pytest

from posecast.v1 import face_animation_service_pb2 as pb

EVERY_SETTING = {
    "style_name": "neutral",
    "style_vector": pb.StyleVector(values=[0.5] * 16),
    "seed": 99,
    "audio_guidance": 3.0,
    "style_guidance": 3.0,
    "sampling_steps": 7,
    "style_strength": 0.2,
    "curve_adjustments": [pb.CurveAdjustment(curve_name="jawOpen", offset=0.3)],
    "strengths": pb.RegionStrengths(upper_face=0.2),
    "smoothing": pb.Smoothing(upper_face_s=0.3),
}


def frames_in(parts, **kind):
    return [
        frame
        for part in parts
        if part.WhichOneof("part") == "frames"
        and all(getattr(part.frames, name) == value for name, value in kind.items())
        for frame in part.frames.frames
    ]


def ends_in(parts):
    return [part.end for part in parts if part.WhichOneof("part") == "end"]


async def test_an_interrupt_is_answered_while_its_window_is_on_the_device(watched, pcm):
    async with watched() as (_, client, device):
        talk = await client.talk()
        await talk.send(client.audio(pcm(0.5)))
        spoken = frames_in([await talk.read()])
        device.hold()
        await talk.send(client.audio(pcm(2.0)))
        await device.until_held()

        await talk.send(client.interrupt())
        parts = await talk.read_until("end")
        device.release()
        rest = await talk.rest()

    assert [len(frames_in(parts, is_easing=easing)) for easing in (False, True)] == [0, 5]
    assert ends_in(parts)[0].num_frames == len(spoken) + 5
    assert rest == [], "the window that was dropped is not sent"


async def test_what_is_said_after_an_interrupt_waits_for_the_device_and_is_whole(watched, pcm):
    async with watched() as (_, client, device):
        device.hold()
        talk = await client.talk(seed=3)
        await talk.send(client.audio(pcm(2.0)))
        await device.until_held()
        await talk.send(
            client.update(style_name="cheerful"), client.interrupt(),
            client.audio(pcm(0.8, 180.0)), client.end(),
        )  # fmt: skip
        await talk.read_until("end")
        device.release()
        parts = await talk.rest()
        alone = await client.animate(
            [client.config(seed=4, style_name="cheerful"), client.audio(pcm(0.8, 180.0))]
        )

    np.testing.assert_array_equal(
        [frame.weights for frame in frames_in(parts)],
        [frame.weights for frame in alone.frames()],
    )


async def test_two_interrupts_at_once_stop_one_utterance(watched, pcm):
    async with watched() as (_, client, device):
        talk = await client.talk()
        await talk.send(client.audio(pcm(0.5)))
        await talk.read()
        device.hold()
        await talk.send(client.audio(pcm(2.0)))
        await device.until_held()

        await talk.send(client.interrupt(), client.interrupt(), client.interrupt())
        device.release()
        parts = await talk.rest()

    assert len(ends_in(parts)) == 1
    assert len(frames_in(parts, is_easing=True)) == 5


async def test_an_interrupt_at_a_frame_that_another_has_cut_is_no_error(watched, pcm):
    async with watched() as (_, client, _):
        talk = await client.talk()
        await talk.send(client.audio(pcm(2.0)), client.end())
        await talk.read_until("end")

        # The second is sent before the first one's answer has come: the client still plays on.
        await talk.send(client.interrupt(frame_index=10), client.interrupt(frame_index=30))
        first, second = await talk.rest()

    assert [frame.index for frame in first.frames.frames] == [*range(10, 15)]
    assert [frame.index for frame in second.frames.frames] == [*range(15, 20)]
    assert not np.any([frame.weights for frame in second.frames.frames]), "it is at rest already"


@pytest.mark.parametrize("is_made", [True, False], ids=["when it is made", "while it waits"])
async def test_an_end_with_an_interrupt_behind_it_is_answered_once(watched, pcm, is_made):
    async with watched() as (_, client, device):
        talk = await client.talk()
        if not is_made:
            device.hold()
        await talk.send(client.audio(pcm(0.5)), client.end())
        parts = await talk.read_until("end") if is_made else []
        await talk.send(client.interrupt())
        parts += [] if is_made else await talk.read_until("end")
        device.release()
        await talk.send(client.audio(pcm(0.4)), client.end())
        parts += await talk.rest()

    assert [(end.utterance_index, end.was_interrupted) for end in ends_in(parts)] == [
        (0, not is_made), (1, False),
    ]  # fmt: skip


async def test_an_interrupt_stops_the_audio_too(watched, pcm):
    data = pcm(0.8, 180.0)
    async with watched() as (_, client, _):
        talk = await client.talk(returns_audio=True)
        await talk.send(client.audio(pcm(2.0)))
        await talk.read()
        await talk.send(client.interrupt())
        easing = (await talk.read_until("end"))[-2].frames
        await talk.send(client.audio(data), client.end())
        parts = await talk.rest()

    assert easing.is_easing
    assert easing.audio == b""
    assert b"".join(part.frames.audio for part in parts[:-1]) == data


async def test_an_utterance_that_is_stopped_before_its_first_frame_does_not_move_an_idle_face(
    watched, pcm
):
    async with watched() as (_, client, device):
        talk = await client.talk(idles=True, seed=3)
        await talk.send(client.audio(pcm(0.4)), client.end())
        await talk.read_until("end")
        idle = [await talk.read() for _ in range(10)]
        device.hold()
        await talk.send(client.audio(pcm(0.5)))
        await device.until_held()

        await talk.send(client.interrupt())
        parts = idle + await talk.read_until("end")
        device.release()
        parts += [await talk.read() for _ in range(3)]
        talk.call.cancel()

    assert frames_in(parts, is_easing=True) == []
    (end,) = ends_in(parts)
    assert (end.was_interrupted, end.num_frames) == (True, 0)
    frames = frames_in(parts, is_idle=True)
    assert [frame.index for frame in frames] == [*range(len(frames))], "idle life goes on"
    heads = np.array([[f.head.x, f.head.y, f.head.z] for f in frames])
    assert np.abs(np.diff(heads, axis=0)).max() < 0.02, "without a jump"


async def test_interrupts_and_ends_of_nothing_do_not_hurry_an_idle_face(watched):
    async with watched() as (_, client, _):
        talk = await client.talk(idles=True)
        loop = asyncio.get_running_loop()
        started_s, num_frames = loop.time(), 0

        async def disturb():
            for _ in range(25):
                await talk.send(client.interrupt(), client.end())
                await asyncio.sleep(0.02)

        disturbing = asyncio.create_task(disturb())
        while loop.time() - started_s < 1.0:
            num_frames += len(frames_in([await talk.read()]))
        elapsed_s = loop.time() - started_s
        await disturbing
        talk.call.cancel()

    # Sent in batches of 0.1 s, 0.1 s ahead; hurried on, there would be two seconds more.
    assert num_frames / 25 < elapsed_s + 0.5


@pytest.mark.parametrize("idles", [True, False])
async def test_a_stream_that_is_half_closed_between_utterances_is_complete(watched, pcm, idles):
    async with watched() as (_, client, _):
        talk = await client.talk(idles=idles)
        await talk.send(client.audio(pcm(0.4)), client.end())
        await talk.read_until("end")

        parts = await talk.rest()

        assert frames_in(parts, is_idle=False) == []
        assert ends_in(parts) == []
        assert await talk.call.code() is grpc.StatusCode.OK


async def test_a_client_that_cancels_as_it_interrupts_leaves_nothing(watched, pcm):
    async with watched() as (_, client, device):
        for delay_s in (0.0, 0.001, 0.003, 0.01, 0.03):
            device.hold()
            talk = await client.talk()
            await talk.send(client.audio(pcm(1.0)))
            await device.until_held()
            await talk.send(client.interrupt())
            await asyncio.sleep(delay_s)
            talk.call.cancel()
            device.release()


@pytest.mark.parametrize("name", EVERY_SETTING)
async def test_every_setting_can_change_in_mid_utterance(client, pcm, name):
    config = client.config(seed=3, style_name="cheerful", style_strength=0.8)
    first, second = client.audio(pcm(1.0)), client.audio(pcm(1.0, 200.0))
    plain = await client.animate([config, first, second])

    update = client.update(**{name: EVERY_SETTING[name]})
    changed = await client.animate([config, first, update, second])

    differs = np.abs(changed.values() - plain.values()).max(axis=1) > 1e-4
    assert len(differs) == 50
    assert 5 <= int(np.argmax(differs)) <= 40, "with the window after the first or second"
    assert differs.any()
