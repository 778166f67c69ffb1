"""The endpoint shows its server's metrics, and says why it cannot."""

from __future__ import annotations

import socket
from contextlib import closing
from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry, Counter

from posecast.errors import PosecastError
from posecast.transport.metrics_endpoint import MetricsEndpoint


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    Counter("posecast_frames", "Frames.", registry=registry).inc(25)
    return registry


def open_endpoint(registry, *, host="127.0.0.1", port=0):
    return MetricsEndpoint(registry, host=host, port=port)


def read(address):
    with closing(HTTPConnection(address, timeout=10)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_the_metrics_are_shown_at_the_address_until_it_closes(registry):
    endpoint = open_endpoint(registry)
    try:
        text = read(endpoint.address)
    finally:
        endpoint.close()

    assert "posecast_frames_total 25.0" in text
    assert not endpoint.address.endswith(":0")
    assert endpoint.url == f"http://{endpoint.address}/metrics"
    with pytest.raises(ConnectionRefusedError):
        read(endpoint.address)


def test_a_closed_endpoint_gives_its_port_back(registry):
    first = open_endpoint(registry)
    port = int(first.address.rpartition(":")[2])
    first.close()

    second = open_endpoint(registry, port=port)

    assert second.address == f"127.0.0.1:{port}"
    second.close()


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
def test_an_ipv6_host_is_written_in_brackets(registry):
    endpoint = open_endpoint(registry, host="[::1]")
    try:
        text = read(endpoint.address)
    finally:
        endpoint.close()

    assert "posecast_frames_total" in text
    assert endpoint.address.startswith("[::1]:")


def test_a_taken_port_is_named(registry):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PosecastError, match=rf"127\.0\.0\.1:{port}: the port is taken"):
            open_endpoint(registry, port=port)


def test_an_address_of_another_machine_is_named_with_the_reason(registry):
    # 192.0.2.0/24 is reserved for documentation: it is nobody's address.
    with pytest.raises(PosecastError, match=r"192\.0\.2\.1:9000: Cannot assign|requested address"):
        open_endpoint(registry, host="192.0.2.1", port=9000)
