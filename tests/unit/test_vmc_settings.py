"""A VMC receiver as people describe it."""

from __future__ import annotations

import pytest

from posecast.errors import InvalidRequest
from posecast.vmc_settings import VmcSettings


def test_a_receiver_has_the_port_of_programs_that_show_avatars_unless_it_names_one():
    assert VmcSettings(address="stage").host_and_port == ("stage", 39_539)
    assert VmcSettings(address="[::1]:39540").host_and_port == ("::1", 39_540)


def test_a_receiver_is_told_with_the_names_that_it_wants():
    settings = VmcSettings(address="stage", shape_names="arkit")

    assert settings.name == "VMC stage"
    assert settings.description == "VMC stage with arkit names"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"address": ""}, "address ''; expected HOST or HOST:PORT"),
        ({"address": "h:0"}, "address 'h:0': port '0'; allowed: 1 to 65535"),
        ({"shape_names": "vrm"}, "VMC names 'vrm'; allowed: perfect-sync, arkit"),
        ({"audio_delay_ms": -1}, "audio_delay_ms -1; allowed: 0 to 10000"),
    ],
    ids=["no host", "port", "names", "delay"],
)
def test_a_receiver_that_cannot_be_is_refused(values, message):
    with pytest.raises(InvalidRequest) as caught:
        VmcSettings(**{"address": "stage", **values})

    assert str(caught.value) == message
