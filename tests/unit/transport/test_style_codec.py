"""A recorded face is read from its message, and what it cannot be is told."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.conditioning.style import StyleBank
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.signals import Style
from posecast.transport import style_codec
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_pb2


def request_of(
    *rows: list[float], names: tuple[str, ...] = (), rate_hz: float = 25.0
) -> pb.EncodeStyleRequest:
    return pb.EncodeStyleRequest(
        curve_names=names,
        frame_rate_hz=rate_hz,
        frames=[face_pb2.FaceFrame(weights=row) for row in rows],
    )


def test_without_names_the_weights_are_in_the_rigs_order():
    row = np.linspace(0, 1, NUM_CURVES).astype(np.float32)

    recording = style_codec.recording_from(request_of(row.tolist(), row[::-1].tolist()))

    np.testing.assert_array_equal(recording.weights, [row, row[::-1]])


def test_named_curves_find_their_places_and_missing_ones_are_0():
    names = ("mouthSmileLeft", "jawOpen")

    recording = style_codec.recording_from(request_of([0.25, 0.5], [0.75, 1.0], names=names))

    assert recording.weights[:, CURVE_INDEX["mouthSmileLeft"]].tolist() == [0.25, 0.75]
    assert recording.weights[:, CURVE_INDEX["jawOpen"]].tolist() == [0.5, 1.0]
    assert recording.weights.sum() == 2.5


@pytest.mark.parametrize("rate_hz", [24_000 / 1001, 60.0, 240.0])
def test_frames_lie_at_the_rate_that_was_told(rate_hz):
    request = request_of([0.0], [0.0], [0.0], names=("jawOpen",), rate_hz=rate_hz)

    recording = style_codec.recording_from(request)

    np.testing.assert_allclose(recording.times_s, np.arange(3) / rate_hz, rtol=1e-12)


def test_a_head_that_is_unset_looks_straight_ahead_and_a_set_one_is_made_a_unit():
    request = request_of([0.0], [0.0], names=("jawOpen",))
    request.frames[1].head.CopyFrom(face_pb2.HeadPose(x=0.63, w=0.84))  # of length 1.05

    recording = style_codec.recording_from(request)

    # 1e-6 is the rounding of float32.
    np.testing.assert_allclose(recording.head, [[0, 0, 0, 1], [0.6, 0, 0, 0.8]], atol=1e-6)


def test_a_weight_a_little_out_of_range_is_held_to_it():
    recording = style_codec.recording_from(request_of([-0.02], [1.1], names=("jawOpen",)))

    assert recording.weights[:, CURVE_INDEX["jawOpen"]].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("rate_hz", [0.0, 15.0, 241.0, float("nan"), float("inf"), -60.0])
def test_a_rate_that_no_camera_has_is_refused(rate_hz):
    with pytest.raises(InvalidRequest, match=r"frame_rate_hz .*; allowed: 23\.976 to 240"):
        style_codec.recording_from(request_of([0.0], names=("jawOpen",), rate_hz=rate_hz))


def test_a_recording_without_frames_is_refused():
    with pytest.raises(InvalidRequest, match="without frames"):
        style_codec.recording_from(request_of())


def test_ten_minutes_are_read_and_more_are_refused(monkeypatch):
    monkeypatch.setattr(style_codec, "MAX_RECORDING_S", 0.2)
    rows = [[0.5]] * 6

    assert len(style_codec.recording_from(request_of(*rows[:5], names=("jawOpen",)))) == 5
    with pytest.raises(InvalidRequest, match=r"a recording of 0\.2 s; allowed: at most 0\.2 s"):
        style_codec.recording_from(request_of(*rows, names=("jawOpen",)))


@pytest.mark.parametrize("name", ["JawOpen", "headYaw", ""])
def test_a_curve_that_arkit_does_not_know_is_refused(name):
    with pytest.raises(InvalidRequest, match=f"curve '{name}'; allowed: ARKit curves"):
        style_codec.recording_from(request_of([0.0], names=(name,)))


def test_a_curve_that_is_named_twice_is_refused():
    request = request_of([0.0] * 3, names=("jawOpen", "jawLeft", "jawOpen"))

    with pytest.raises(InvalidRequest, match="jawOpen comes twice"):
        style_codec.recording_from(request)


@pytest.mark.parametrize("names", [(), ("jawOpen", "jawLeft")])
def test_a_frame_with_another_number_of_weights_is_refused(names):
    width = len(names) or NUM_CURVES
    request = request_of([0.0] * width, [0.0] * (width - 1), names=names)

    with pytest.raises(InvalidRequest, match=f"frame 1 has {width - 1} weights; expected {width}"):
        style_codec.recording_from(request)


@pytest.mark.parametrize("weight", [40.0, -0.5, float("nan"), float("-inf")])
def test_a_weight_far_out_of_range_is_refused_naming_its_curve(weight):
    request = request_of([0.0, 0.5], [0.5, weight], names=("jawOpen", "jawLeft"))

    with pytest.raises(InvalidRequest, match=rf"frame 1: jawLeft {weight:g}; allowed: 0 to 1"):
        style_codec.recording_from(request)


@pytest.mark.parametrize("w", [0.0, 0.5, 2.0, float("nan")])
def test_a_head_that_is_no_unit_quaternion_is_refused(w):
    request = request_of([0.0], [0.0], names=("jawOpen",))
    request.frames[1].head.CopyFrom(face_pb2.HeadPose(w=w))

    with pytest.raises(InvalidRequest, match=f"frame 1: head of length {w:g}; allowed"):
        style_codec.recording_from(request)


def test_styles_are_listed_in_alphabetical_order():
    style = Style(vector=np.zeros(2, np.float32))
    bank = StyleBank({"zen": style, "angry": style}, {"zen": "still", "angry": "loud"})

    listed = style_codec.styles_message(bank)

    assert [(info.name, info.description) for info in listed.styles] == [
        ("angry", "loud"),
        ("zen", "still"),
    ]
