"""Open streams are listed oldest first, as they are now, and closed ones not at all."""

from __future__ import annotations

import pytest

from posecast.transport.stream_table import StreamTable
from posecast.v1 import face_animation_service_pb2 as service_pb2


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def test_streams_are_listed_oldest_first_with_their_age():
    clock = Clock()
    table = StreamTable(clock)
    table.open("a", "Animate", "ipv4:127.0.0.1:1")
    clock.now_s += 2.5
    table.open("b", "AnimateClip", "ipv4:127.0.0.1:2")

    first, second = table.messages()

    assert (first.stream_id, first.method, first.client) == ("a", "Animate", "ipv4:127.0.0.1:1")
    assert (second.stream_id, second.method) == ("b", "AnimateClip")
    assert (first.age_s, second.age_s) == (2.5, 0.0)


def test_a_stream_is_told_as_its_entry_was_last_set():
    table = StreamTable()
    entry = table.open("a", "Animate", "ipv4:127.0.0.1:1")
    entry.mode, entry.style_name, entry.utterance_index = "realtime", "cheerful:0.5,tired:0.5", 3
    entry.num_frames, entry.buffered_s, entry.lateness_s = 75, 0.5, -0.25

    (told,) = table.messages()

    assert told.latency_mode == service_pb2.LATENCY_MODE_REALTIME
    assert told.style_name == "cheerful:0.5,tired:0.5"
    assert (told.utterance_index, told.num_frames) == (3, 75)
    assert (told.buffered_s, told.lateness_s) == (0.5, -0.25)


def test_the_mode_is_unspecified_before_the_configuration_has_come():
    table = StreamTable()
    table.open("a", "Animate", "ipv4:127.0.0.1:1")

    assert table.messages()[0].latency_mode == service_pb2.LATENCY_MODE_UNSPECIFIED


def test_a_stream_that_fails_leaves_the_table():
    table = StreamTable()

    def fail():
        with table.open("a", "Animate", "client"):
            assert len(table) == 1
            _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        fail()

    assert table.messages() == []


def test_closing_twice_removes_nothing_of_others():
    table = StreamTable()
    one, other = table.open("same", "Animate", "x"), table.open("same", "Animate", "y")

    one.close()
    one.close()

    assert [told.client for told in table.messages()] == ["y"]
    other.close()
    assert len(table) == 0
