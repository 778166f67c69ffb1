"""Messages become values and come back the same."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.adjustments import CurveAdjustment, FaceAdjustments, RegionStrengths, Smoothing
from posecast.audio.pcm import AudioFormat
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.signals import FaceFrames, Style
from posecast.transport import codec, enums, settings_codec
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb


@pytest.mark.parametrize("encoding", ["pcm_s16le", "pcm_f32le", "alaw", "mulaw"])
def test_a_format_comes_back(encoding):
    audio_format = AudioFormat(encoding, 44_100, 2)

    assert codec.audio_format_from(codec.audio_format_message(audio_format)) == audio_format


def test_every_enum_value_but_the_unspecified_has_a_meaning():
    assert set(enums.ENCODINGS) == set(audio_pb2.AudioEncoding.values()) - {0}
    assert set(enums.LATENCY_MODES) == set(pb.LatencyMode.values()) - {0}


def test_unset_settings_are_the_defaults():
    options = settings_codec.options_from(pb.AnimationSettings(), default_mode="realtime")

    assert options == AnimationOptions(mode="realtime")


def test_options_come_back():
    options = AnimationOptions(
        style="cheerful:0.6,tired:0.4",
        style_strength=1.5,
        seed=2**64 - 1,
        frame_rate_hz=60,
        mode="offline",
        audio_guidance=0.0,
        style_guidance=2.5,
        sampling_steps=9,
        look_ahead_ms=80,
        window_frames=3,
        adjustments=FaceAdjustments(
            strengths=RegionStrengths(head=0.5),
            curves={"jawOpen": CurveAdjustment(multiplier=1.5, maximum=0.75)},
            smoothing=Smoothing(head_s=0.25),
        ),
    )

    assert (
        settings_codec.options_from(
            settings_codec.options_message(options), default_mode="realtime"
        )
        == options
    )


def test_a_style_vector_keeps_its_values():
    vector = pb.StyleVector(values=[0.5, -1.0], blink_rate_hz=0.0, gaze_range=1.0)

    style = settings_codec.style_from(pb.AnimationSettings(style_vector=vector), style_dim=2)

    assert style.vector.tolist() == [0.5, -1.0]
    assert (style.blink_rate_hz, style.gaze_range) == (0.0, 1.0)


def test_settings_that_name_a_style_have_no_vector():
    assert (
        settings_codec.style_from(pb.AnimationSettings(style_name="neutral"), style_dim=2) is None
    )


def test_frames_come_back_exactly():
    rng = np.random.default_rng(0)
    frames = FaceFrames(
        first_index=2**40,
        frame_rate_hz=30,
        weights=rng.random((3, 52), dtype=np.float32),
        head=rng.random((3, 4), dtype=np.float32),
    )

    message = codec.batch_message(frames, utterance_index=4)
    back = codec.frames_from(message, frame_rate_hz=30)

    assert message.utterance_index == 4
    assert [frame.index for frame in message.frames] == [2**40, 2**40 + 1, 2**40 + 2]
    assert back.first_index == frames.first_index
    assert np.array_equal(back.weights, frames.weights)
    assert np.array_equal(back.head, frames.head)


def test_a_style_of_the_clients_own_comes_back():
    style = Style(
        vector=np.float32([0.5, -2.0]),
        blink_rate_hz=0.25,
        gaze_range=0.125,
        head_wander_rad=0.0625,
        head_tempo_hz=0.5,
    )

    message = settings_codec.options_message(AnimationOptions(style="actor.npz"), style=style)
    back = settings_codec.style_from(message, style_dim=2)

    assert not message.HasField("style_name")
    assert back.vector.tolist() == style.vector.tolist()
    assert (back.blink_rate_hz, back.gaze_range) == (0.25, 0.125)
    assert (back.head_wander_rad, back.head_tempo_hz) == (0.0625, 0.5)


def test_an_update_changes_what_it_sets_and_nothing_else():
    current = pb.AnimationSettings(
        style_vector=pb.StyleVector(values=[1.0, 2.0]),
        seed=7,
        frame_rate_hz=30,
        curve_adjustments=[
            pb.CurveAdjustment(curve_name="jawOpen", multiplier=2.0),
            pb.CurveAdjustment(curve_name="browInnerUp", offset=0.1),
        ],
        strengths=pb.RegionStrengths(head=0.5),
    )

    updated = settings_codec.updated_settings(
        current,
        pb.AnimationSettings(
            style_vector=pb.StyleVector(values=[3.0, 4.0]),
            curve_adjustments=[pb.CurveAdjustment(curve_name="jawOpen", multiplier=3.0)],
            strengths=pb.RegionStrengths(blinks=0.0),
        ),
    )

    options = settings_codec.options_from(updated, default_mode="balanced")
    assert list(updated.style_vector.values) == [3.0, 4.0]
    assert (options.seed, options.frame_rate_hz) == (7, 30)
    assert options.adjustments.curves["jawOpen"].multiplier == 3.0
    assert options.adjustments.curves["browInnerUp"].offset == pytest.approx(0.1)
    assert options.adjustments.strengths == RegionStrengths(head=0.5, blinks=0.0)
    assert list(current.style_vector.values) == [1.0, 2.0], "the old ones are untouched"


@pytest.mark.parametrize(
    "name", ["frame_rate_hz", "latency_mode", "look_ahead_ms", "window_frames"]
)
def test_an_update_of_what_holds_for_the_stream_is_refused(name):
    update = pb.AnimationSettings(**{name: 2})

    with pytest.raises(InvalidRequest, match=f"update of {name}; it holds for the whole stream"):
        settings_codec.updated_settings(pb.AnimationSettings(), update)


@pytest.mark.parametrize(
    ("adjustments", "message"),
    [
        ([{"curve_name": "jaw"}], "the curve 'jaw'; allowed: ARKit curves"),
        ([{"curve_name": "jawOpen"}, {"curve_name": "jawOpen"}], "two adjustments of the curve"),
        ([{"curve_name": "jawOpen", "multiplier": 11.0}], "jawOpen: multiplier 11.0; allowed: 0"),
        (
            [{"curve_name": "jawOpen", "minimum": 0.5, "maximum": 0.25}],
            "jawOpen: minimum 0.5 with maximum 0.25",
        ),
    ],
)
def test_an_adjustment_that_cannot_be_is_refused(adjustments, message):
    settings = pb.AnimationSettings(
        curve_adjustments=[pb.CurveAdjustment(**adjustment) for adjustment in adjustments]
    )

    with pytest.raises(InvalidRequest, match=message):
        settings_codec.options_from(settings, default_mode="balanced")
