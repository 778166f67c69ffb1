"""Interrupts, updates, idle life and audio that comes back: what makes a stream a conversation."""

from __future__ import annotations

import asyncio

import grpc
import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX
from posecast.v1 import face_animation_service_pb2 as pb

EASING = {25: 5, 30: 6, 50: 10, 60: 12}
"""Frames of 200 ms."""


class Stream:
    """An Animate call that is read part by part."""

    def __init__(self, client, call):
        self.client, self.call = client, call

    @classmethod
    async def open(cls, client, **config):
        stream = cls(client, client.stub.Animate())
        await stream.send(client.config(**config))
        stream.header = (await stream.read()).header
        return stream

    async def send(self, *requests):
        for request in requests:
            await self.call.write(request)

    async def read(self):
        return await asyncio.wait_for(self.call.read(), 30)

    async def read_until(self, part):
        """All parts up to the first one of a kind, which comes last."""
        parts = []
        while not parts or parts[-1].WhichOneof("part") != part:
            parts.append(await self.read())
            assert parts[-1] is not grpc.aio.EOF, f"the stream ended before {part}"
        return parts

    async def rest(self):
        await self.call.done_writing()
        parts = []
        while (response := await self.read()) is not grpc.aio.EOF:
            parts.append(response)
        return parts


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


def weights_of(frames):
    return np.array([frame.weights for frame in frames])


def heads_of(frames):
    return np.array([[f.head.x, f.head.y, f.head.z, f.head.w] for f in frames])


@pytest.mark.parametrize("frame_rate_hz", EASING)
async def test_an_interrupt_eases_to_rest_in_200_ms_and_ends_the_utterance(
    client, pcm, frame_rate_hz
):
    stream = await Stream.open(client, frame_rate_hz=frame_rate_hz, seed=3)
    await stream.send(client.audio(pcm(1.0)))
    before = frames_in([await stream.read()])

    await stream.send(client.interrupt())
    parts = await stream.read_until("end")

    spoken = before + frames_in(parts, is_easing=False)
    easing = frames_in(parts, is_easing=True)
    assert [frame.index for frame in spoken + easing] == [*range(len(spoken) + len(easing))]
    assert len(easing) == EASING[frame_rate_hz]
    size = np.abs(weights_of([spoken[-1], *easing])).sum(axis=1)
    assert (np.diff(size) < 0).all(), "the first frame already moves, and none goes back"
    assert not weights_of(easing[-1:]).any()
    np.testing.assert_allclose(heads_of(easing[-1:]), [[0, 0, 0, 1]], atol=1e-6)
    (end,) = ends_in(parts)
    assert end.was_interrupted
    assert (end.utterance_index, end.num_frames) == (0, len(spoken) + len(easing))


async def test_speech_after_an_interrupt_is_that_of_a_new_utterance(client, pcm):
    stream = await Stream.open(client, seed=3)
    await stream.send(client.audio(pcm(1.0)), client.interrupt())
    await stream.read_until("end")
    await stream.send(client.audio(pcm(0.8, 180.0)), client.end())

    parts = await stream.read_until("end")

    alone = await client.animate([client.config(seed=4), client.audio(pcm(0.8, 180.0))])
    np.testing.assert_array_equal(
        weights_of(frames_in(parts, utterance_index=1)), alone.values()[:, 1:53]
    )
    assert not ends_in(parts)[0].was_interrupted


async def test_an_interrupt_at_a_frame_replaces_what_was_sent_ahead(client, pcm):
    stream = await Stream.open(client, frame_rate_hz=30, seed=3)
    await stream.send(client.audio(pcm(2.0)), client.end())
    spoken = frames_in(await stream.read_until("end"))

    await stream.send(client.interrupt(frame_index=20))
    easing = await stream.read()

    assert easing.frames.is_easing
    assert [frame.index for frame in easing.frames.frames] == [*range(20, 26)]
    shown = weights_of(spoken)[19]
    step = np.abs(weights_of(easing.frames.frames)[0] - shown).max()
    assert 0 < step <= 0.12 * np.abs(shown).max(), "it begins where the client was"
    assert [part.WhichOneof("part") for part in await stream.rest()] == []


async def test_an_interrupt_reaches_back_to_an_utterance_that_has_ended(client, pcm):
    stream = await Stream.open(client, seed=3)
    for pitch in (140.0, 180.0):
        await stream.send(client.audio(pcm(0.6, pitch)), client.end())
        await stream.read_until("end")

    await stream.send(client.interrupt(utterance_index=0, frame_index=10))
    easing = (await stream.read()).frames

    assert (easing.utterance_index, easing.frames[0].index) == (0, 10)


async def test_each_end_of_utterance_is_answered_also_by_an_interrupt(client, pcm):
    stream = await Stream.open(client, seed=3)
    await stream.send(
        client.audio(pcm(30.0)), client.end(), client.audio(pcm(30.0)), client.end(),
        client.audio(pcm(0.1)), client.interrupt(), client.audio(pcm(0.4)), client.end(),
    )  # fmt: skip
    parts = await stream.rest()

    ends = ends_in(parts)
    assert [end.utterance_index for end in ends] == [0, 1, 2, 3]
    assert [end.was_interrupted for end in ends] == [True, True, True, False]
    assert ends[3].num_frames == 10
    assert len(frames_in(parts)) < 10 * 25, "what waited was not made"


async def test_an_interrupt_overtakes_a_minute_of_audio(client, pcm):
    stream = await Stream.open(client, seed=3, frame_rate_hz=60, sampling_steps=20)
    await stream.send(client.audio(pcm(50.0)))
    await stream.read()
    await stream.send(client.interrupt())

    parts = await stream.read_until("end")

    assert len(frames_in(parts)) < 20 * 60
    assert frames_in(parts, is_easing=True)


async def test_an_interrupt_of_an_idle_stream_is_nothing(client, pcm):
    stream = await Stream.open(client)
    await stream.send(client.interrupt(), client.interrupt())
    await stream.send(client.audio(pcm(0.4)), client.end())
    parts = await stream.read_until("end")
    await stream.send(client.interrupt())

    assert len(frames_in(parts, is_easing=False)) == 10
    assert await stream.rest() == []


@pytest.mark.parametrize("place", [{"frame_index": 3}, {"frame_index": 99, "utterance_index": 0}])
async def test_an_interrupt_at_a_frame_that_was_never_sent_is_refused(client, place):
    with pytest.raises(grpc.RpcError) as refused:
        await client.animate([client.config(), client.interrupt(**place)])

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert str(place["frame_index"]) in refused.value.details()


async def test_an_update_holds_from_the_next_window_on(client, pcm):
    audio = pcm(3.0)
    cut = 48_000  # 1.5 s
    plain, updated = [
        await client.animate(
            [client.config(seed=3), client.audio(audio[:cut]), *updates, client.audio(audio[cut:])]
        )
        for updates in ([], [client.update(style_name="cheerful")])
    ]

    before, after = plain.values(), updated.values()
    differs = np.abs(before - after).max(axis=1) > 1e-4
    first = int(np.argmax(differs))
    assert 15 <= first <= 40, "the first windows of balanced mode end at frames 5, 15 and 40"
    assert differs[first + 5 :].all()


async def test_an_update_does_not_jump(client, pcm):
    audio = pcm(4.0)
    usual, updated = [
        await client.animate(
            [
                client.config(seed=3, latency_mode="LATENCY_MODE_REALTIME", frame_rate_hz=60),
                client.audio(audio[:64_000]),
                *updates,
                client.audio(audio[64_000:]),
            ]
        )
        for updates in (
            [],
            [client.update(style_name="cheerful", seed=77, strengths={"upper_face": 0.5})],
        )
    ]

    def largest_step(answer):
        return np.abs(np.diff(answer.values()[:, 1:], axis=0)).max()

    # The tiny model's face trembles; an update must not add to that.
    assert largest_step(updated) <= 1.5 * largest_step(usual)


async def test_strengths_and_curve_adjustments_hold_for_every_frame(client, pcm):
    audio = pcm(1.0)
    plain = await client.animate([client.config(seed=3), client.audio(audio)])
    changed = await client.animate(
        [
            client.config(
                seed=3,
                strengths=pb.RegionStrengths(head=0.0, blinks=0.0),
                curve_adjustments=[
                    pb.CurveAdjustment(curve_name="browInnerUp", multiplier=0.0, offset=0.25)
                ],
            ),
            client.audio(audio),
        ]
    )

    np.testing.assert_allclose(heads_of(changed.frames()), [[0, 0, 0, 1]] * 25, atol=1e-6)
    weights, usual = weights_of(changed.frames()), weights_of(plain.frames())
    assert not weights[:, CURVE_INDEX["eyeBlinkLeft"]].any()
    np.testing.assert_allclose(weights[:, CURVE_INDEX["browInnerUp"]], 0.25, atol=1e-6)
    jaw = CURVE_INDEX["jawOpen"]
    np.testing.assert_array_equal(weights[:, jaw], usual[:, jaw])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"style_name": "grumpy"}, "'grumpy'; known: neutral, cheerful"),
        ({"frame_rate_hz": 60}, "update of frame_rate_hz; it holds for the whole stream"),
        ({"style_strength": 3.0}, "style strength 3.0; allowed: 0.0 to 2.0"),
    ],
)
async def test_a_wrong_update_is_refused_after_what_came_before_it(client, pcm, settings, message):
    stream = await Stream.open(client)
    await stream.send(client.audio(pcm(0.5)), client.update(**settings))

    assert len(frames_in([await stream.read()])) == 5
    with pytest.raises(grpc.RpcError):
        await stream.read()
    assert await stream.call.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert message in await stream.call.details()


async def test_an_update_before_any_audio_is_as_good_as_the_configuration(client, pcm):
    updated = await client.animate(
        [client.config(), client.update(seed=9, style_name="cheerful"), client.audio(pcm(1.0))]
    )
    told = await client.animate(
        [client.config(seed=9, style_name="cheerful"), client.audio(pcm(1.0))]
    )

    np.testing.assert_array_equal(updated.values(), told.values())


@pytest.mark.parametrize("frame_rate_hz", [25, 60])
async def test_an_idle_face_lives_in_step_with_the_clock(client, pcm, frame_rate_hz):
    stream = await Stream.open(client, idles=True, seed=3, frame_rate_hz=frame_rate_hz)
    loop = asyncio.get_running_loop()
    started_s, idle = loop.time(), []
    while len(idle) < 1.5 * frame_rate_hz:
        batch = (await stream.read()).frames
        assert batch.is_idle
        idle += batch.frames
    elapsed_s = loop.time() - started_s

    assert [frame.index for frame in idle] == [*range(len(idle))]
    # Batches of 0.1 s, sent 0.1 s ahead at most; a busy machine may only be late.
    assert elapsed_s > len(idle) / frame_rate_hz - 0.35
    assert np.abs(np.diff(heads_of(idle), axis=0)).max() > 0, "the head is alive"
    assert weights_of(idle)[:, CURVE_INDEX["jawOpen"]].max() < 0.05, "and its mouth is shut"


async def test_idle_life_gives_way_to_speech_and_comes_back(client, pcm):
    stream = await Stream.open(client, idles=True, seed=3)
    idle = frames_in([await stream.read() for _ in range(3)], is_idle=True)

    await stream.send(client.audio(pcm(0.5)), client.end())
    parts = await stream.read_until("end")
    spoken = frames_in(parts, is_idle=False)
    idle += frames_in(parts, is_idle=True)
    after = [await stream.read() for _ in range(3)]

    assert [frame.index for frame in spoken] == [*range(13)]
    usual = np.abs(np.diff(heads_of(spoken), axis=0)).max()
    assert np.abs(heads_of([idle[-1]]) - heads_of([spoken[0]])).max() <= usual + 1e-3
    assert [part.frames.is_idle for part in after] == [True] * 3
    assert [part.frames.utterance_index for part in after] == [1] * 3
    assert after[0].frames.frames[0].index == 0
    last, first = weights_of([spoken[-1], after[0].frames.frames[0]])
    assert np.abs(first - last).max() < 0.2, "it eases out of the last frame"


async def test_without_idles_nothing_comes_between_utterances(client, pcm):
    stream = await Stream.open(client)
    reading = asyncio.create_task(stream.call.read())

    done, _ = await asyncio.wait({reading}, timeout=0.5)

    assert not done
    reading.cancel()


async def test_explicit_windows_and_look_ahead_are_told_and_kept(client, pcm):
    stream = await Stream.open(client, window_frames=2, look_ahead_ms=40)
    assert (stream.header.window_frames, stream.header.look_ahead_ms) == (2, 40)
    assert len(stream.header.stream_id) == 8

    await stream.send(client.audio(pcm(0.12)))
    batch = (await stream.read()).frames

    assert [frame.index for frame in batch.frames] == [0, 1]


async def test_operators_see_every_stream(client, pcm):
    stream = await Stream.open(client, latency_mode="LATENCY_MODE_REALTIME", style_name="cheerful")
    await stream.send(client.audio(pcm(0.5)), client.end())
    await stream.read_until("end")

    (info,) = (await client.stub.ListStreams(pb.ListStreamsRequest())).streams

    assert info.stream_id == stream.header.stream_id
    assert info.method == "Animate"
    assert info.latency_mode == pb.LATENCY_MODE_REALTIME
    assert info.style_name == "cheerful"
    assert (info.utterance_index, info.num_frames) == (1, 13)
    stream.call.cancel()


async def test_a_style_that_was_encoded_is_known_by_its_name(client, pcm):
    recorded = await client.animate([client.config(seed=3), client.audio(pcm(3.0))])
    answer = await client.stub.EncodeStyle(
        pb.EncodeStyleRequest(frame_rate_hz=25, frames=recorded.frames(), name="anna")
    )

    assert len(answer.style.values) == 16
    assert answer.nearest_style_name in ("neutral", "cheerful")
    styles = (await client.stub.ListStyles(pb.ListStylesRequest())).styles
    assert [style.name for style in styles] == ["anna", "cheerful", "neutral"]
    by_name, by_vector = [
        await client.animate([client.config(seed=5, **chosen), client.audio(pcm(1.0))])
        for chosen in ({"style_name": "anna"}, {"style_vector": answer.style})
    ]
    np.testing.assert_allclose(by_name.values(), by_vector.values(), atol=1e-5)
