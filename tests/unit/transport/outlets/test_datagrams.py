"""Datagrams go out, or are counted and gone; nothing waits and nothing fails."""

from __future__ import annotations

import socket

import pytest

from posecast.errors import PosecastError
from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.datagrams import DatagramSocket


@pytest.fixture
def counts():
    return OutletCounts("test")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_datagram_arrives_as_it_was(receiver, counts, host):
    sender = DatagramSocket(host, receiver.getsockname()[1], counts)

    sender.send(b"one")
    sender.send(bytes(1200))

    assert receiver.recv(2000) == b"one"
    assert receiver.recv(2000) == bytes(1200)
    assert counts.num("refused") == 0
    sender.close()


def test_a_port_where_nobody_listens_is_counted_and_each_datagram_still_leaves(receiver, counts):
    port = receiver.getsockname()[1]
    receiver.close()
    sender = DatagramSocket("127.0.0.1", port, counts)
    for _ in range(5):
        sender.send(b"lost")
    num_refused = counts.num("refused")
    assert num_refused >= 4, "the kernel tells of each with the one that follows"

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.bind(("127.0.0.1", port))
        late.settimeout(5)
        sender.send(b"heard")
        assert late.recv(100) == b"heard"
    sender.close()


def test_a_full_buffer_or_a_network_that_is_gone_is_counted(receiver, counts):
    sender = DatagramSocket("127.0.0.1", receiver.getsockname()[1], counts)

    sender.send(bytes(70_000))  # longer than a datagram can be

    assert counts.num("refused") == 1
    sender.send(b"on")
    assert receiver.recv(10) == b"on"
    sender.close()


def test_an_unknown_host_is_refused_at_once(counts):
    with pytest.raises(PosecastError, match="cannot send to no.such.host.invalid, port 11111: "):
        DatagramSocket("no.such.host.invalid", 11_111, counts)
    with pytest.raises(PosecastError, match="cannot send to "):
        DatagramSocket("a" * 70, 11_111, counts)


def test_broadcast_is_allowed(counts):
    DatagramSocket("255.255.255.255", 11_111, counts).close()
