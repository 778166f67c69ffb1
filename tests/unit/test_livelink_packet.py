"""Packets, byte for byte, and through a reader that shares no code with the writer."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.livelink_packet import SceneTime, encode_names, encode_packet, encode_values


def encode(values, *, device="sd-face", subject="Face", **time):
    ends = encode_values(np.array([values], np.float32))
    return encode_packet(encode_names(device, subject), SceneTime(**time), ends[0])


def test_the_reference_packet_is_written_byte_for_byte():
    data = encode(
        np.arange(61) / 64, frame_number=1234, sub_frame=0.5, rate_numerator=30, rate_denominator=1
    )

    assert len(data) == 281
    assert data[:40] == bytes.fromhex(
        "06 00000007 73642d66616365 00000004 46616365 000004d2 3f000000 0000001e 00000001 3d 000000"
    )


def test_the_golden_packets_are_written_byte_for_byte(bridge_cases):
    for case in bridge_cases("packets.csv"):
        data = encode(
            [float(case[f"value_{place}"]) for place in range(61)],
            device=case["device"],
            subject=case["subject"],
            frame_number=int(case["frame_number"]),
            sub_frame=float(case["sub_frame"]),
            rate_numerator=int(case["rate_numerator"]),
            rate_denominator=int(case["rate_denominator"]),
        )

        assert data.hex() == case["hex"], case["case"]
        assert len(data) == int(case["length"])
        assert len(data) == 270 + len(case["device"]) + len(case["subject"])


def test_another_reader_reads_what_was_written(read_packet):
    values = np.random.default_rng(1).normal(0, 20, 61).astype(np.float32)

    packet = read_packet(encode(values, subject="Anna Maria", frame_number=2**31 - 1))

    assert (packet.device, packet.subject) == ("sd-face", "Anna Maria")
    assert (packet.number, packet.sub_frame, packet.rate) == (2**31 - 1, 0.0, (60, 1))
    np.testing.assert_array_equal(packet.values, values)


@pytest.mark.parametrize("rate_hz", [25, 30, 50, 60])
def test_scene_time_of_a_frame_is_its_index_however_far(rate_hz):
    for index in (0, 1, 2, 29, 12_345_678):
        time = SceneTime.at(index / rate_hz, rate_hz)

        assert (time.frame_number, time.sub_frame) == (index, 0.0)
        assert (time.rate_numerator, time.rate_denominator) == (rate_hz, 1)


def test_scene_time_between_frames_has_a_part_and_begins_anew_behind_the_last_number():
    time = SceneTime.at(2.51, 25)

    assert (time.frame_number, time.sub_frame) == (62, 0.75)
    assert SceneTime.at((2**31 - 1) / 25, 25).frame_number == 0
    assert SceneTime.at(0.99999999 / 25, 25).frame_number == 1, "float32 would make it 1.0"


@pytest.mark.parametrize("name", ["", "s" * 256, "Änne"], ids=["empty", "long", "umlaut"])
@pytest.mark.parametrize("what", ["device id", "subject"])
def test_a_name_that_does_not_fit_is_refused(what, name):
    names = (name, "s") if what == "device id" else ("d", name)

    with pytest.raises(InvalidRequest) as caught:
        encode_names(*names)

    assert str(caught.value) == f"{what} {name!r}; allowed: 1 to 255 bytes of ASCII"


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ({"frame_number": -1}, "frame number -1; allowed: 0 to 2147483647"),
        ({"frame_number": 2**31}, "frame number 2147483648; allowed: 0 to 2147483647"),
        ({"frame_number": 0, "sub_frame": 1.0}, "sub-frame 1.0; allowed: 0 to below 1"),
        ({"frame_number": 0, "sub_frame": float("nan")}, "sub-frame nan; allowed: 0 to below 1"),
        ({"frame_number": 0, "rate_numerator": 0}, "rate numerator 0; allowed: 1 to 2147483647"),
        (
            {"frame_number": 0, "rate_denominator": 0},
            "rate denominator 0; allowed: 1 to 2147483647",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_time_that_does_not_fit_is_refused(time, message):
    with pytest.raises(InvalidRequest) as caught:
        SceneTime(**time)

    assert str(caught.value) == message


def test_other_than_61_finite_values_are_refused():
    with pytest.raises(InvalidRequest, match=r"values of shape \[2, 60\]; expected \[frames, 61\]"):
        encode_values(np.zeros((2, 60), np.float32))
    with pytest.raises(InvalidRequest, match="a value is not finite"):
        encode_values(np.full((1, 61), np.nan, np.float32))
