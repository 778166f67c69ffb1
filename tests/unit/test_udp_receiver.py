"""Addresses and delays as people write them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from posecast.errors import InvalidRequest
from posecast.udp_receiver import UdpReceiver, read_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", ("127.0.0.1", 11_111)),
        ("editor.local:11112", ("editor.local", 11_112)),
        ("::1", ("::1", 11_111)),
        ("[::1]", ("::1", 11_111)),
        ("[fe80::2]:65535", ("fe80::2", 65_535)),
    ],
)
def test_an_address_has_the_usual_port_unless_it_names_one(text, address):
    assert read_address(text, usual_port=11_111) == address


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "address ''; expected HOST or HOST:PORT"),
        (":11111", "address ':11111'; expected HOST or HOST:PORT"),
        ("[]:1", "address '[]:1'; expected HOST or HOST:PORT"),
        ("[::1", "address '[::1'; expected HOST or HOST:PORT"),
        ("host:", "address 'host:': port ''; allowed: 1 to 65535"),
        ("host:0", "address 'host:0': port '0'; allowed: 1 to 65535"),
        ("host:65536", "address 'host:65536': port '65536'; allowed: 1 to 65535"),
        ("host:-1", "address 'host:-1': port '-1'; allowed: 1 to 65535"),
        ("[::1]11111x", "address '[::1]11111x': port '11111x'; allowed: 1 to 65535"),
    ],
)
def test_a_wrong_address_is_refused(text, message):
    with pytest.raises(InvalidRequest) as caught:
        read_address(text, usual_port=11_111)

    assert str(caught.value) == message


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver(UdpReceiver):
    kind = "Radio"
    usual_port = 5


def test_a_receiver_is_known_by_its_kind_and_address():
    receiver = Receiver(address="stage", audio_delay_ms=10_000)

    assert receiver.name == "Radio stage"
    assert receiver.host_and_port == ("stage", 5)


@pytest.mark.parametrize("delay_ms", [-1, 10_001])
def test_a_delay_out_of_range_is_refused(delay_ms):
    with pytest.raises(InvalidRequest) as caught:
        Receiver(address="stage", audio_delay_ms=delay_ms)

    assert str(caught.value) == f"audio_delay_ms {delay_ms}; allowed: 0 to 10000"


def test_a_receiver_without_an_address_that_can_be_read_is_refused():
    with pytest.raises(InvalidRequest, match="address ':5'; expected HOST or HOST:PORT"):
        Receiver(address=":5")
