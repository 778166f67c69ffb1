"""A server's status arrives as it was told, and what goes wrong is one clear line."""

from __future__ import annotations

import socket

import grpc
import pytest

from posecast.errors import ModelUnavailable, PosecastError
from posecast.transport.status_client import ServerStatus, StatusClient, StreamStatus
from posecast.v1 import face_animation_service_pb2 as pb


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def test_a_server_tells_what_it_is_and_carries(status_server):
    with StatusClient(status_server.address) as client:
        assert client.server() == ServerStatus(
            version="9.8.7",
            model="tiny 0",
            device="cpu",
            num_streams=2,
            max_streams=64,
            load=0.25,
            capacity={"balanced": 40, "realtime": 9},
        )


def test_a_mode_that_we_do_not_know_is_left_out(status_server):
    status_server.info.capacity.modes.add(latency_mode=77, num_streams=1)

    with StatusClient(status_server.address) as client:
        assert client.server().capacity == {"balanced": 40, "realtime": 9}


def test_a_server_that_measures_no_capacity_has_no_load(status_server):
    status_server.info.ClearField("capacity")

    with StatusClient(status_server.address) as client:
        server = client.server()

    assert (server.load, server.capacity) == (None, {})


def test_streams_arrive_in_order_with_all_they_tell(status_server):
    with StatusClient(status_server.address) as client:
        first, second = client.streams()

    assert first == StreamStatus(
        stream_id="5f3a09c1",
        method="Animate",
        client="ipv4:127.0.0.1:51514",
        mode="realtime",
        style_name="cheerful:0.6,tired:0.4",
        age_s=62.5,
        utterance_index=3,
        num_frames=1500,
        buffered_s=0.25,
        lateness_s=-0.125,
    )
    assert (second.stream_id, second.mode) == ("0badcafe", None)


def test_frames_a_second_are_counted_from_poll_to_poll(status_server):
    clock = Clock()
    with StatusClient(status_server.address, clock=clock) as client:
        client.streams()
        clock.now_s += 2.0
        status_server.streams[0].num_frames += 50
        status_server.streams.append(pb.StreamInfo(stream_id="new", num_frames=10))

        rates = {stream.stream_id: stream.frames_per_s for stream in client.streams()}

    assert rates == {"5f3a09c1": 25.0, "0badcafe": 0.0, "new": None}


def test_two_polls_at_one_instant_have_no_rate(status_server):
    with StatusClient(status_server.address, clock=Clock()) as client:
        client.streams()

        assert [stream.frames_per_s for stream in client.streams()] == [None, None]


def test_no_server_is_told_with_its_address():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with (
        StatusClient(f"127.0.0.1:{port}") as client,
        pytest.raises(ModelUnavailable, match=rf"no server at 127\.0\.0\.1:{port}$"),
    ):
        client.server()


def test_a_server_that_is_silent_is_given_up():
    # It takes connections, into its backlog, and never says a word.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"

        with (
            StatusClient(address, timeout_s=0.2) as client,
            pytest.raises(PosecastError, match=rf"no answer from {address} in 0\.2 s"),
        ):
            client.streams()


def test_an_older_server_is_told_so(status_server):
    status_server.failure = (grpc.StatusCode.UNIMPLEMENTED, "Method not found!")

    with (
        StatusClient(status_server.address) as client,
        pytest.raises(PosecastError, match="has no ListStreams; is it older"),
    ):
        client.streams()


def test_any_other_status_keeps_its_details(status_server):
    status_server.failure = (grpc.StatusCode.UNAUTHENTICATED, "no token")

    with (
        StatusClient(status_server.address) as client,
        pytest.raises(PosecastError, match="UNAUTHENTICATED: no token"),
    ):
        client.server()
