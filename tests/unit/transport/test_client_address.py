"""One address is one client, whatever port and spelling it comes with."""

from __future__ import annotations

import pytest

from posecast.transport.client_address import client_of


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ("ipv4:127.0.0.1:51514", "127.0.0.1"),
        ("ipv6:[::1]:40000", "::1"),
        ("ipv6:%5B::1%5D:40000", "::1"),
        ("ipv6:%5B2001:DB8:0:0::7%5D:1", "2001:db8::7"),
        ("ipv6:%5Bfe80::1%25eth0%5D:50000", "fe80::1%eth0"),
        ("ipv6:%5B::ffff:10.0.0.9%5D:50000", "10.0.0.9"),
        ("unix:", "unix"),
        ("unix:/run/posecast.sock", "unix"),
        ("unix-abstract:posecast%00", "unix"),
    ],
)
def test_the_port_and_the_spelling_are_left_out(peer, client):
    assert client_of(peer) == client


def test_two_connections_of_one_address_are_one_client_and_two_addresses_are_two():
    first, second = "ipv6:%5Bfe80::1%25eth0%5D:1", "ipv6:%5Bfe80::1%25eth1%5D:1"

    assert client_of("ipv4:10.0.0.1:1000") == client_of("ipv4:10.0.0.1:2000")
    assert client_of(first) != client_of(second)


@pytest.mark.parametrize(
    "peer",
    [
        "",
        "unknown",
        "vsock:3:1024",
        "ipv4:10.0.0.1",
        "ipv4:10.0.0.999:80",
        "ipv6:[::1]",
        "ipv6:[]:1",
    ],
)
def test_a_peer_of_another_kind_stays_as_it_is(peer):
    assert client_of(peer) == peer
