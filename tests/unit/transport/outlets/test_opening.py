"""The outlets that a configuration asks for."""

from __future__ import annotations

import asyncio
import gc

import pytest

from posecast.config import ServerConfig
from posecast.errors import PosecastError
from posecast.livelink_settings import LiveLinkSettings
from posecast.transport.metrics import ServerMetrics
from posecast.transport.outlets.counts import FATES, OutletCounts
from posecast.transport.outlets.opening import open_outlets, open_server_outlets


@pytest.fixture
def metrics():
    return ServerMetrics(model="tiny 0", device="cpu")


def address_of(receiver):
    return f"127.0.0.1:{receiver.getsockname()[1]}"


def frames_of(metrics, outlet="live_link"):
    return {
        sample.labels["fate"]: sample.value
        for family in metrics.registry.collect()
        if family.name == "posecast_outlet_frames"
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["outlet"] == outlet
    }


async def play(outlet, frames):
    feed = outlet.open()
    feed.speak(0, frames, arrived_s=0.0)
    feed.close(is_complete=True)
    await outlet.wait_silent()
    await outlet.close()


async def test_without_a_receiver_there_is_no_outlet_and_no_counter(metrics):
    assert await open_server_outlets(ServerConfig(), metrics) == ()
    assert frames_of(metrics) == {}


async def test_a_live_link_receiver_gets_what_the_configuration_says(
    metrics, receiver, make_frames, read_packet
):
    config = ServerConfig(
        live_link=address_of(receiver), subject="Anna", head_scale="0.1,0.1,-0.1", audio_delay_ms=20
    )
    (outlet,) = await open_server_outlets(config, metrics)
    assert frames_of(metrics) == dict.fromkeys(FATES, 0.0)

    await play(outlet, make_frames(2, rate_hz=50))

    packets = [read_packet(receiver.recv(2000)) for _ in range(12)]
    assert {packet.subject for packet in packets} == {"Anna"}
    assert [packet.number for packet in packets] == [*range(12)]
    sent = frames_of(metrics)
    assert sent["in_time"] + sent["late"] == 12
    assert frames_of(metrics, "vmc") == {}


async def test_a_vmc_receiver_gets_what_the_configuration_says(
    metrics, receiver, make_frames, vmc_avatar
):
    config = ServerConfig(vmc=address_of(receiver), vmc_names="arkit", audio_delay_ms=20)
    (outlet,) = await open_server_outlets(config, metrics)
    assert outlet.delay_s == 0.02

    await play(outlet, make_frames(2, rate_hz=50))

    for _ in range(2 * 12):
        vmc_avatar.take(receiver.recv(2000))
    assert len(vmc_avatar.shown) == 12
    assert vmc_avatar.shown[0].shapes["jawOpen"] == pytest.approx(0.1)
    sent = frames_of(metrics, "vmc")
    assert sent["in_time"] + sent["late"] == 12


async def test_both_receivers_are_opened_side_by_side(metrics):
    config = ServerConfig(live_link="127.0.0.1:9", vmc="127.0.0.1:9")

    outlets = await open_server_outlets(config, metrics)

    assert len(outlets) == 2
    assert set(frames_of(metrics)) == set(frames_of(metrics, "vmc")) == set(FATES)
    for outlet in outlets:
        await outlet.close()


async def test_if_one_receiver_is_not_found_none_stays_open(receiver, recwarn):
    settings = [
        LiveLinkSettings(address=address_of(receiver)),
        LiveLinkSettings(address="no.such.host.invalid"),
    ]

    with pytest.raises(PosecastError, match="cannot send to no.such.host.invalid"):
        await open_outlets([(one, OutletCounts("test")) for one in settings], most_queued_s=1.0)

    gc.collect()
    assert [str(warning.message) for warning in recwarn] == [], "no unclosed socket"


async def test_a_receiver_that_is_not_to_be_found_is_told(metrics):
    config = ServerConfig(live_link="no.such.host.invalid")

    with pytest.raises(PosecastError, match="cannot send to no.such.host.invalid, port 11111"):
        await open_server_outlets(config, metrics)


async def test_frames_leave_the_event_loop_free(metrics, make_frames):
    config = ServerConfig(live_link="127.0.0.1:9", audio_delay_ms=0)
    (outlet,) = await open_server_outlets(config, metrics)
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
