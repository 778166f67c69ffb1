"""Frames as datagrams of a VMC sender."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.transport.outlets.vmc import VmcSender


class FakeSocket:
    def __init__(self, take):
        self.send = take
        self.is_closed = False

    def close(self):
        self.is_closed = True


@pytest.fixture
def socket(vmc_avatar):
    return FakeSocket(vmc_avatar.take)


def test_each_frame_is_shown_with_its_media_time(socket, vmc_avatar, make_frames):
    sender = VmcSender(socket, shape_names="perfect-sync")

    for place, row in enumerate(sender.prepare(make_frames(3))):
        sender.send(0, row, media_s=1.25 + place / 8, frame_rate_hz=8)

    jaws = [frame.shapes["JawOpen"] for frame in vmc_avatar.shown]
    np.testing.assert_allclose(jaws, [0.1, 0.101, 0.102], atol=1e-6)
    assert [frame.time_s for frame in vmc_avatar.shown] == [1.25, 1.375, 1.5]


def test_shapes_can_have_the_names_of_arkit(socket, vmc_avatar, make_frames):
    sender = VmcSender(socket, shape_names="arkit")

    (row,) = sender.prepare(make_frames(1))
    sender.send(3, row, media_s=0.0, frame_rate_hz=25)

    assert "jawOpen" in vmc_avatar.shown[0].shapes


def test_closing_closes_the_socket(socket):
    VmcSender(socket, shape_names="arkit").close()

    assert socket.is_closed
