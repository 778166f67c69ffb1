"""The outlets that a configuration asks for."""

from __future__ import annotations

import asyncio
import socket

import pytest

from posecast.config import ServerConfig
from posecast.errors import PosecastError
from posecast.transport.metrics import ServerMetrics
from posecast.transport.outlets.opening import open_outlets


@pytest.fixture
def metrics():
    return ServerMetrics(model="tiny 0", device="cpu")


def frames_of(metrics):
    return {
        sample.labels["fate"]: sample.value
        for family in metrics.registry.collect()
        if family.name == "posecast_outlet_frames"
        for sample in family.samples
        if sample.name.endswith("_total")
    }


async def test_without_a_receiver_there_is_no_outlet_and_no_counter(metrics):
    assert await open_outlets(ServerConfig(), metrics) == ()
    assert frames_of(metrics) == {}


async def test_a_live_link_receiver_gets_what_the_configuration_says(
    metrics, make_frames, read_packet
):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        address = f"127.0.0.1:{receiver.getsockname()[1]}"
        config = ServerConfig(
            live_link=address, subject="Anna", head_scale="0.1,0.1,-0.1", audio_delay_ms=20
        )
        (outlet,) = await open_outlets(config, metrics)
        assert frames_of(metrics) == dict.fromkeys(("in_time", "late", "dropped", "refused"), 0.0)

        feed = outlet.open()
        feed.speak(0, make_frames(2, rate_hz=50), arrived_s=0.0)
        feed.close(is_complete=True)
        await outlet.wait_silent()
        await outlet.close()

        packets = [read_packet(receiver.recv(2000)) for _ in range(12)]
    assert {packet.subject for packet in packets} == {"Anna"}
    assert [packet.number for packet in packets] == [*range(12)]
    sent = frames_of(metrics)
    assert sent["in_time"] + sent["late"] == 12


async def test_a_receiver_that_is_not_to_be_found_is_told(metrics):
    config = ServerConfig(live_link="no.such.host.invalid")

    with pytest.raises(PosecastError, match="cannot send to no.such.host.invalid, port 11111"):
        await open_outlets(config, metrics)


async def test_frames_leave_the_event_loop_free(metrics, make_frames):
    config = ServerConfig(live_link="127.0.0.1:9", audio_delay_ms=0)
    (outlet,) = await open_outlets(config, metrics)
    feed = outlet.open()
    feed.speak(0, make_frames(60, rate_hz=60), arrived_s=0.0)
    turns = 0
    waiting = asyncio.create_task(outlet.wait_silent())

    while not waiting.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert turns > 100
    feed.close(is_complete=False)
    await outlet.close()
