"""A face on its way into a program for VRM avatars, as a receiver by UDP sees it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import posecast
from posecast.audio.clip import read_clip
from posecast.config import AnimationOptions, ServerConfig
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES, NUM_CURVES
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg
from posecast.session.engine import AnimationEngine
from posecast.signals import FaceFrames
from posecast.takes import write_take
from posecast.transport.client import stream_waveform
from posecast.transport.outlets.counts import FATES
from posecast.transport.server import AnimationServer

SAMPLE = Path(posecast.__file__).parent / "samples" / "hello.wav"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(posecast.__file__).parents[1])}
PASCAL = [name[0].upper() + name[1:] for name in CURVE_NAMES]
REST = np.array([0, 0, 0, 1])
BUSY_S = 0.15
"""What a test machine that does other work may hold a frame back by."""


class Stage:
    """An avatar that listens on a port; notes when it showed each face."""

    def __init__(self, avatar, listen) -> None:
        self._avatar = avatar
        self.frames = avatar.shown
        listener = listen(self._take)
        self.address, self.is_silent = listener.address, listener.is_silent

    def _take(self, data: bytes) -> None:
        num_before = len(self.frames)
        self._avatar.take(data)
        for frame in self.frames[num_before:]:
            frame.arrived_s = time.monotonic()

    @property
    def longest_bytes(self) -> int:
        return self._avatar.longest_bytes

    def weights(self, names=PASCAL) -> np.ndarray:
        return np.array([[frame.shapes[name] for name in names] for frame in self.frames])

    def bone(self, name: str) -> np.ndarray:
        return np.array([frame.bones[name][1] for frame in self.frames])


@pytest.fixture
def stage(vmc_avatar, listen):
    return Stage(vmc_avatar, listen)


@pytest.fixture
def vrm(serve, stage):
    """A server that sends to the avatar, and a client of it."""

    def start(**settings):
        return serve(vmc=stage.address, **settings)

    return start


def check_pace(frames, rate_hz: int) -> None:
    """The sender's times follow each other by a frame, and faces are shown as they say."""
    told_s = np.array([frame.time_s for frame in frames])
    shown_s = np.array([frame.arrived_s for frame in frames])
    np.testing.assert_allclose(np.diff(told_s), 1 / rate_hz, atol=1e-4)
    error_s = (shown_s - shown_s[0]) - (told_s - told_s[0])
    assert np.median(np.abs(error_s - np.median(error_s))) < 0.01
    assert np.abs(error_s).max() < BUSY_S


def check_rest(frame) -> None:
    assert set(frame.shapes.values()) == {0}
    for _, rotation in frame.bones.values():
        np.testing.assert_array_equal(rotation, REST)


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamilton's product of quaternions (x, y, z, w): the same rule in left-handed axes."""
    vector_a, w_a, vector_b, w_b = a[:, :3], a[:, 3:], b[:, :3], b[:, 3:]
    vector = w_a * vector_b + w_b * vector_a + np.cross(vector_a, vector_b)
    return np.hstack([vector, w_a * w_b - (vector_a * vector_b).sum(axis=1, keepdims=True)])


async def test_the_bundled_sample_arrives_frame_by_frame_at_its_pace(stage, roomy, until):
    engine = AnimationEngine.load("default", device="cpu")
    config = ServerConfig(port=0, grace_s=0.0, vmc=stage.address)
    server = AnimationServer(engine, config, capacity=roomy)
    await server.start()
    try:
        waveform = read_clip(SAMPLE, max_duration_s=60)
        options = AnimationOptions(seed=1, mode="balanced", frame_rate_hz=30)
        answer = await asyncio.to_thread(stream_waveform, server.address, waveform, options)
        await until(stage.is_silent)
        metrics = server._backend.metrics.registry
    finally:
        await server.stop()

    num_frames = len(answer.frames)
    assert len(stage.frames) == num_frames + 6, "all, and 200 ms of easing"
    check_pace(stage.frames, 30)
    assert stage.longest_bytes < 1500
    assert all(list(frame.shapes) == PASCAL for frame in stage.frames)
    np.testing.assert_allclose(stage.weights()[:num_frames], answer.frames.weights, atol=1e-6)
    assert all(frame.bones["Neck"][0] == (0, 0, 0) for frame in stage.frames)
    together = product(stage.bone("Neck"), stage.bone("Head"))[:num_frames]
    x, y, z, w = answer.frames.head.T
    np.testing.assert_allclose(together, np.stack([x, -y, -z, w], axis=1), atol=1e-5)
    assert np.abs(together[:, :3]).max() > 0.01, "the head moves"
    check_rest(stage.frames[-1])
    counted = [
        metrics.get_sample_value("posecast_outlet_frames_total", {"outlet": "vmc", "fate": fate})
        for fate in FATES
    ]
    assert counted[0] + counted[1] == num_frames + 6
    assert counted[2:] == [0, 0, 0]


async def test_the_stream_that_begins_to_speak_last_has_the_face(vrm, stage, pcm, until):
    async with vrm() as (server, client):
        talks = [await client.talk(seed=seed) for seed in (1, 2)]
        await talks[0].send(client.audio(pcm(6.0)), client.end())
        first = await talks[0].read_until("end")
        await until(lambda: len(stage.frames) >= 10)
        num_before = len(stage.frames)
        await talks[1].send(client.audio(pcm(1.0)), client.end())
        second = await talks[1].read_until("end")
        await until(lambda: len(stage.frames) >= num_before + 60)
        hidden = server._backend.metrics.registry.get_sample_value(
            "posecast_outlet_frames_total", {"outlet": "vmc", "fate": "hidden"}
        )

    weights = stage.weights()
    ours, theirs = (
        np.array([frame.weights for batch in batches for frame in batch.frames.frames])
        for batches in (frames_of(first), frames_of(second))
    )
    owner = [
        0 if any(np.allclose(row, one, atol=1e-6) for one in ours) else
        1 if any(np.allclose(row, one, atol=1e-6) for one in theirs) else None
        for row in weights[: num_before + 55]
    ]  # fmt: skip
    begin, end = owner.index(1), len(owner) - owner[::-1].index(1)
    assert owner[begin:end] == [1] * 25
    assert set(owner[:begin]) == {0}
    assert owner[end : end + 5] == [None] * 5, "200 ms of easing"
    assert set(owner[end + 5 :]) == {0}, "the first has it again"
    assert 25 <= hidden <= 35


def frames_of(responses):
    return [response for response in responses if response.WhichOneof("part") == "frames"]


async def test_both_kinds_of_receivers_are_sent_the_same_face_at_the_same_time(
    serve, stage, listen, read_packet, pcm, until
):
    packets = []
    unreal = listen(lambda data: packets.append((time.monotonic(), read_packet(data))))
    async with serve(vmc=stage.address, vmc_names="arkit", live_link=unreal.address) as (_, client):
        talk = await client.talk(seed=3)
        await talk.send(client.audio(pcm(1.0)), client.end())
        await talk.rest()
        await until(lambda: stage.is_silent() and unreal.is_silent())

    assert len(stage.frames) == len(packets) == 30
    jaw = CURVE_INDEX["jawOpen"]
    jaws = np.array([packet.values[jaw] for _, packet in packets])
    shown = stage.weights(CURVE_NAMES)[:, jaw]
    np.testing.assert_allclose(jaws, np.where(shown < 0.02, 0, shown), atol=1e-6)
    apart_s = [
        frame.arrived_s - arrived_s
        for frame, (arrived_s, _) in zip(stage.frames, packets, strict=True)
    ]
    assert np.abs(apart_s).max() < BUSY_S


async def test_a_client_that_goes_and_a_server_that_stops_leave_the_face_at_rest(
    vrm, stage, pcm, until
):
    async with vrm() as (server, client):
        talk = await client.talk(seed=3)
        await talk.send(client.audio(pcm(20.0)), client.end())
        await talk.read_until("end")
        await until(lambda: len(stage.frames) >= 10)
        talk.call.cancel()
        await until(lambda: not any(stage.frames[-1].shapes.values()))
        await until(stage.is_silent)
        check_rest(stage.frames[-1])
        assert len(stage.frames) < 500, "not the whole utterance"
        num_before = len(stage.frames)
        await client.animate([client.config(seed=3), client.audio(pcm(20.0))])
        await until(lambda: len(stage.frames) >= num_before + 10)
        await server.stop()

    await until(stage.is_silent)
    assert len(stage.frames) - num_before < 500
    check_rest(stage.frames[-1])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_play_sends_a_take_again_and_again_and_ctrl_c_leaves_the_face_at_rest(stage, tmp_path):
    weights = np.full((20, NUM_CURVES), 0.3, np.float32)
    weights[:, CURVE_INDEX["jawOpen"]] = np.linspace(0.3, 0.6, 20)
    head = quaternion_from_yaw_pitch_roll_deg(np.tile(np.array([20, 0, 0], np.float32), (20, 1)))
    take = FaceFrames(first_index=0, frame_rate_hz=50, weights=weights, head=head)
    write_take(take, tmp_path / "face.csv")
    process = subprocess.Popen(
        [sys.executable, "-m", "posecast", "play", str(tmp_path / "face.csv"), "--loop",
         "--vmc", stage.address],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    try:
        deadline_s = time.monotonic() + 20
        while len(stage.frames) < 70 and time.monotonic() < deadline_s:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()

    assert (process.returncode, errors) == (0, "")
    while not stage.is_silent():
        time.sleep(0.05)
    num_played = len(stage.frames) - 10
    assert num_played >= 70
    check_pace(stage.frames, 50)
    expected = [weights[index % 20, CURVE_INDEX["jawOpen"]] for index in range(num_played)]
    np.testing.assert_allclose(stage.weights(["JawOpen"])[:num_played, 0], expected, atol=1e-4)
    for bone, degrees in (("Neck", 6), ("Head", 14)):
        half = np.radians(degrees) / 2
        turned = np.tile([0, -np.sin(half), 0, np.cos(half)], (num_played, 1))
        np.testing.assert_allclose(stage.bone(bone)[:num_played], turned, atol=1e-4)
    check_rest(stage.frames[-1])
    assert f"posecast: VMC {stage.address}: {len(stage.frames)} frames sent, " in out
