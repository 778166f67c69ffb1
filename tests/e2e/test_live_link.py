"""A face on its way into Unreal's stock ARKit source, as a receiver by UDP sees it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import grpc
import numpy as np
import pytest

import posecast
from posecast.audio.clip import read_clip
from posecast.config import AnimationOptions, ServerConfig
from posecast.livelink_values import VALUE_NAMES
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg
from posecast.session.engine import AnimationEngine
from posecast.signals import FaceFrames
from posecast.takes import write_take
from posecast.transport.client import stream_waveform
from posecast.transport.outlets.counts import FATES
from posecast.transport.server import AnimationServer

SAMPLE = Path(posecast.__file__).parent / "samples" / "hello.wav"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(posecast.__file__).parents[1])}
JAW, CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
HEAD = [VALUE_NAMES.index(name) for name in ("HeadYaw", "HeadPitch", "HeadRoll")]
BUSY_S = 0.15
"""What a test machine that does other work may hold a frame back by."""


class Receiver:
    """Listens as Unreal does, and notes when each packet came."""

    def __init__(self, read_packet, listen) -> None:
        self._read = read_packet
        self.packets: list = []
        listener = listen(self._take, most_bytes=1286)  # as much as Unreal has room for
        self.address, self.is_silent = listener.address, listener.is_silent

    def _take(self, data: bytes) -> None:
        packet = self._read(data)
        packet.arrived_s = time.monotonic()
        self.packets.append(packet)

    def of(self, subject: str = "Posecast") -> list:
        return [packet for packet in self.packets if packet.subject == subject]

    def values(self, subject: str = "Posecast") -> np.ndarray:
        return np.array([packet.values for packet in self.of(subject)])


@pytest.fixture
def receiver(read_packet, listen):
    return Receiver(read_packet, listen)


@pytest.fixture
def unreal(serve, receiver):
    """A server that sends to the receiver, and a client of it."""

    def start(**settings):
        return serve(live_link=receiver.address, **settings)

    return start


def check_pace(packets, rate_hz: int) -> None:
    """Scene times follow each other by a frame, and packets come as they say."""
    scene_s = np.array([packet.time_s for packet in packets])
    arrived_s = np.array([packet.arrived_s for packet in packets])
    np.testing.assert_allclose(np.diff(scene_s), 1 / rate_hz, atol=1.01e-4)
    error_s = (arrived_s - arrived_s[0]) - (scene_s - scene_s[0])
    assert np.median(np.abs(error_s - np.median(error_s))) < 0.01
    assert np.abs(error_s).max() < BUSY_S


def check_lips(values: np.ndarray) -> None:
    assert (values[:, CLOSE] <= values[:, JAW]).all()
    open_jaws = values[:, JAW][values[:, JAW] > 0]
    assert (open_jaws >= 0.0199).all(), "noise must not part lips at rest"


def told(frames: FaceFrames) -> np.ndarray:
    """Weights that a receiver is told, by the rule for the lips alone."""
    weights = frames.weights.copy()
    weights[:, JAW] = np.where(weights[:, JAW] < 0.02, 0, weights[:, JAW])
    weights[:, CLOSE] = np.minimum(weights[:, CLOSE], weights[:, JAW])
    return weights


async def test_the_bundled_sample_arrives_frame_by_frame_at_its_pace(receiver, roomy, until):
    engine = AnimationEngine.load("default", device="cpu")
    config = ServerConfig(port=0, grace_s=0.0, live_link=receiver.address, subject="Anna")
    server = AnimationServer(engine, config, capacity=roomy)
    await server.start()
    try:
        waveform = read_clip(SAMPLE, max_duration_s=60)
        began_s = time.monotonic()
        options = AnimationOptions(seed=1, mode="balanced", frame_rate_hz=30)
        answer = await asyncio.to_thread(stream_waveform, server.address, waveform, options)
        assert time.monotonic() - began_s < waveform.duration_s / 2, "the client waits for nothing"
        await until(receiver.is_silent)
        metrics = server._backend.metrics.registry
    finally:
        await server.stop()

    packets, values = receiver.of("Anna"), receiver.values("Anna")
    num_frames = len(answer.frames)
    assert len(packets) == len(receiver.packets) == num_frames + 6, "all, and 200 ms of easing"
    assert [packet.number for packet in packets] == [*range(num_frames + 6)]
    assert {packet.rate for packet in packets} == {(30, 1)}
    check_pace(packets, 30)
    np.testing.assert_allclose(values[:num_frames, :NUM_CURVES], told(answer.frames), atol=1e-6)
    angles_deg = values[:num_frames, HEAD] * 50
    head = quaternion_from_yaw_pitch_roll_deg(angles_deg)
    np.testing.assert_allclose(head, answer.frames.head, atol=1e-5)
    assert np.abs(angles_deg).max() > 1, "the head moves"
    check_lips(values)
    assert not values[-1].any(), "at rest"
    counted = [
        metrics.get_sample_value(
            "posecast_outlet_frames_total", {"outlet": "live_link", "fate": fate}
        )
        for fate in FATES
    ]
    assert counted[0] + counted[1] == num_frames + 6
    assert counted[2:] == [0, 0, 0]


async def test_utterances_follow_each_other_without_a_gap(unreal, receiver, pcm, until):
    async with unreal() as (_, client):
        talk = await client.talk(seed=3)
        for _ in range(3):
            await talk.send(client.audio(pcm(0.6)), client.end())
        await talk.rest()
        await until(receiver.is_silent)

    assert [packet.number for packet in receiver.packets] == [*range(3 * 15 + 5)]
    check_pace(receiver.packets, 25)


async def test_speech_that_runs_ahead_stops_at_once_when_it_is_interrupted(
    unreal, receiver, pcm, until
):
    async with unreal() as (_, client):
        talk = await client.talk(seed=3)
        await talk.send(client.audio(pcm(20.0)), client.end())
        await talk.read_until("end")
        await until(lambda: len(receiver.packets) >= 10)
        await talk.send(client.interrupt())
        asked_s = time.monotonic()
        await until(receiver.is_silent)

    at_rest_s = receiver.packets[-1].arrived_s
    assert 0.1 < at_rest_s - asked_s < 0.25 + BUSY_S
    values = receiver.values()
    assert not values[-1].any()
    assert (np.diff(np.abs(values[-6:, :NUM_CURVES]).sum(axis=1)) < 0).all()
    check_lips(values)


async def test_an_interrupt_at_a_frame_drops_what_is_queued_from_it_on(
    unreal, receiver, pcm, until
):
    async with unreal() as (_, client):
        talk = await client.talk(seed=3)
        await talk.send(client.audio(pcm(5.0)), client.end())
        await talk.read_until("end")
        await talk.send(client.interrupt(frame_index=20))
        easing = (await talk.read()).frames
        await until(receiver.is_silent)

    assert len(receiver.packets) == 25
    check_pace(receiver.packets, 25)
    sent = np.array([frame.weights for frame in easing.frames])
    expected = told(FaceFrames(first_index=20, frame_rate_hz=25, weights=sent, head=sent[:, :4]))
    np.testing.assert_allclose(receiver.values()[20:, :NUM_CURVES], expected, atol=1e-6)


async def test_streams_of_a_server_are_subjects_of_their_own(unreal, receiver, pcm, until):
    async with unreal(subject="Anna") as (_, client):
        talks = [await client.talk(seed=seed) for seed in (1, 2)]
        for talk in talks:
            await talk.send(client.audio(pcm(0.4)), client.end())
            await talk.read_until("end")
        await talks[0].rest()
        await until(receiver.is_silent)
        again = await client.talk(seed=3)
        await again.send(client.audio(pcm(0.4)), client.end())
        await until(lambda: len(receiver.packets) >= 3 * 15)
        await until(receiver.is_silent)

    assert len(receiver.of("Anna")) == 2 * 15
    assert len(receiver.of("Anna-2")) == 15


async def test_a_face_that_idles_goes_on_steadily_into_speech_and_out_of_it(
    unreal, receiver, pcm, until
):
    async with unreal() as (_, client):
        talk = await client.talk(seed=3, idles=True)
        await until(lambda: len(receiver.packets) >= 8)
        await talk.send(client.audio(pcm(0.6)), client.end())
        await talk.read_until("end")
        num_before = len(receiver.packets)
        await until(lambda: len(receiver.packets) >= num_before + 35)
        await talk.rest()
        await until(receiver.is_silent)

    arrived_s = np.array([packet.arrived_s for packet in receiver.packets])
    assert np.diff(arrived_s).max() < 0.04 + BUSY_S
    scene_s = np.array([packet.time_s for packet in receiver.packets])
    steps_s = np.diff(scene_s)
    assert (steps_s > 0).all(), "never back in time"
    assert steps_s.max() < 0.04 + 0.042, "speech begins between two idle frames"
    assert not receiver.values()[-1].any()


async def test_a_client_that_goes_leaves_a_face_at_rest(unreal, receiver, pcm, until):
    async with unreal() as (_, client):
        talk = await client.talk(seed=3)
        await talk.send(client.audio(pcm(20.0)), client.end())
        await talk.read_until("end")
        await until(lambda: len(receiver.packets) >= 10)
        talk.call.cancel()
        gone_s = time.monotonic()
        await until(receiver.is_silent)

    assert receiver.packets[-1].arrived_s - gone_s < 0.25 + BUSY_S
    assert not receiver.values()[-1].any()


async def test_a_clip_is_played_also_after_its_call_has_ended(unreal, receiver, speech, wav, until):
    async with unreal() as (_, client):
        answer = await client.animate_clip(wav(speech(1.0)), seed=3)
        await until(receiver.is_silent)

    assert len(answer.frames()) == 25
    assert len(receiver.packets) == 30
    check_pace(receiver.packets, 25)


async def test_a_server_that_stops_leaves_faces_at_rest(unreal, receiver, pcm, until):
    async with unreal() as (server, client):
        await client.animate([client.config(seed=3), client.audio(pcm(20.0))])
        await until(lambda: len(receiver.packets) >= 10)
        asked_s = time.monotonic()
        await server.stop()
        assert time.monotonic() - asked_s < 2.0

    assert receiver.packets[-1].arrived_s - asked_s < 0.5 + BUSY_S
    assert not receiver.values()[-1].any()


async def test_a_receiver_that_is_not_there_costs_nothing(serve, pcm, caplog, tiny_package):
    requests = lambda client: [client.config(seed=3), client.audio(pcm(10.0))]  # noqa: E731
    times_s = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{gone.getsockname()[1]}"
    for live_link in (None, address):
        async with serve(live_link=live_link) as (server, client):
            began_s = time.monotonic()
            answer = await client.animate(requests(client))
            times_s.append(time.monotonic() - began_s)
            assert len(answer.frames()) == 250
            if live_link is not None:
                await asyncio.sleep(0.5)
                refused = server._backend.metrics.registry.get_sample_value(
                    "posecast_outlet_frames_total", {"outlet": "live_link", "fate": "refused"}
                )

    assert refused >= 2
    assert times_s[1] < times_s[0] + 1.0, "250 frames are not waited for: they are 10 s"
    told = [r.getMessage() for r in caplog.records if "nobody takes" in r.getMessage()]
    assert told == [f"Live Link {address}: nobody takes the frames, going on: Connection refused"]


async def test_without_a_receiver_nothing_is_opened(client, server, pcm):
    await client.animate([client.config(seed=3), client.audio(pcm(0.4))])

    assert server._backend.outlets == ()
    names = {family.name for family in server._backend.metrics.registry.collect() if family.samples}
    assert "posecast_outlet_frames" not in names


async def test_a_refused_stream_sends_no_face(unreal, receiver, pcm):
    async with unreal() as (_, client):
        with pytest.raises(grpc.RpcError):
            await client.animate([client.audio(pcm(0.4))])

    assert receiver.packets == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_play_sends_a_take_again_and_again_and_ctrl_c_leaves_the_face_at_rest(receiver, tmp_path):
    weights = np.full((20, NUM_CURVES), 0.3, np.float32)
    weights[:, JAW] = np.linspace(0.3, 0.6, 20)
    head = np.tile(np.array([0, 0.1, 0, np.sqrt(0.99)], np.float32), (20, 1))
    take = FaceFrames(first_index=0, frame_rate_hz=50, weights=weights, head=head)
    write_take(take, tmp_path / "face.csv")
    process = subprocess.Popen(
        [sys.executable, "-m", "posecast", "play", str(tmp_path / "face.csv"), "--loop",
         "--live-link", receiver.address, "--subject", "Anna"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    try:
        deadline_s = time.monotonic() + 20
        while len(receiver.packets) < 70 and time.monotonic() < deadline_s:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()

    assert (process.returncode, errors) == (0, "")
    while not receiver.is_silent():
        time.sleep(0.05)
    packets, values = receiver.of("Anna"), receiver.values("Anna")
    num_played = len(packets) - 10
    assert num_played >= 70
    assert [packet.number for packet in packets] == [*range(len(packets))]
    check_pace(packets, 50)
    expected = [weights[index % 20, JAW] for index in range(num_played)]
    np.testing.assert_allclose(values[:num_played, JAW], expected, atol=1e-4)
    assert not values[-1].any()
    assert f"posecast: Live Link {receiver.address}: {len(packets)} frames sent, " in out
