"""Frames of a place as packets of its subject."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.livelink_settings import LONGEST_SUBJECT, read_head_scale
from posecast.transport.outlets.livelink import LiveLinkSender, subject_of


class FakeSocket:
    def __init__(self):
        self.sent = []
        self.is_closed = False

    def send(self, data):
        self.sent.append(data)

    def close(self):
        self.is_closed = True


@pytest.fixture
def socket():
    return FakeSocket()


def send(sender, frames, place=0, media_s=0.0):
    for offset, row in enumerate(sender.prepare(frames)):
        rate_hz = frames.frame_rate_hz
        sender.send(place, row, media_s=media_s + offset / rate_hz, frame_rate_hz=rate_hz)


def test_each_frame_is_one_packet_with_its_scene_time(socket, read_packet, make_frames):
    sender = LiveLinkSender(socket, subject="Anna", head_scale=read_head_scale("metahuman"))

    send(sender, make_frames(3, rate_hz=30), media_s=1.01)

    packets = [read_packet(data) for data in socket.sent]
    assert [(packet.number, round(packet.sub_frame, 4)) for packet in packets] == [
        (30, 0.3), (31, 0.3), (32, 0.3),
    ]  # fmt: skip
    assert {packet.rate for packet in packets} == {(30, 1)}
    jaws = [packet.values[17] for packet in packets]
    np.testing.assert_allclose(jaws, [0.1, 0.101, 0.102], atol=1e-6)


def test_each_place_is_a_subject_of_a_device_of_its_own(socket, read_packet, make_frames):
    sender = LiveLinkSender(socket, subject="Anna", head_scale=read_head_scale("metahuman"))

    for place in (0, 1, 11):
        send(sender, make_frames(1), place=place)

    packets = [read_packet(data) for data in socket.sent]
    assert [packet.subject for packet in packets] == ["Anna", "Anna-2", "Anna-12"]
    assert len({packet.device for packet in packets}) == 3


def test_the_longest_subject_fits_whatever_is_put_around_it(socket, read_packet, make_frames):
    name = "x" * LONGEST_SUBJECT
    sender = LiveLinkSender(socket, subject=name, head_scale=read_head_scale("metahuman"))

    send(sender, make_frames(1), place=9_999)

    assert read_packet(socket.sent[0]).subject == subject_of(name, 9_999)


def test_closing_closes_the_socket(socket):
    LiveLinkSender(socket, subject="a", head_scale=read_head_scale("arkit")).close()

    assert socket.is_closed
