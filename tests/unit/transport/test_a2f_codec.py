"""Messages of Audio2Face-3D and the values of the session."""

from __future__ import annotations

import re

import numpy as np
import pytest

from posecast.audio.pcm import AudioFormat
from posecast.errors import InvalidRequest
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.rig.arkit import NUM_CURVES
from posecast.signals import FaceFrames
from posecast.transport import a2f_codec
from posecast.transport.a2f_emotions import EMOTIONS
from posecast.transport.a2f_weights import WeightMap
from posecast.transport.audio_tail import AudioTail

FORMAT = AudioFormat("pcm_s16le", 16_000)
HEADER = {"channel_count": 1, "samples_per_second": 16_000, "bits_per_sample": 16}


def frames_of(num_frames, first_index=0, frame_rate_hz=30):
    rng = np.random.default_rng(1)
    return FaceFrames(
        first_index=first_index,
        frame_rate_hz=frame_rate_hz,
        weights=rng.random((num_frames, NUM_CURVES), dtype=np.float32),
        head=rng.random((num_frames, 4), dtype=np.float32),
    )


def messages_of(frames, tail, *, has_head):
    messages = a2f_codec.frame_messages(frames, WeightMap.of(), tail, has_head=has_head)
    return [pb.AnimationDataStream.FromString(message.SerializeToString()) for message in messages]


@pytest.mark.parametrize("sample_rate_hz", [16_000, 44_100, 144_000])
def test_the_format_is_16_bit_pcm_of_one_channel(sample_rate_hz):
    header = pb.AudioHeader(**{**HEADER, "samples_per_second": sample_rate_hz})

    assert a2f_codec.audio_format_from(header) == AudioFormat("pcm_s16le", sample_rate_hz)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"audio_format": 7}, "audio_format 7; allowed: AUDIO_FORMAT_PCM (0)"),
        ({"channel_count": 2}, "channel_count 2; allowed: 1"),
        ({"channel_count": 0}, "channel_count 0; allowed: 1"),
        ({"bits_per_sample": 32}, "bits_per_sample 32; allowed: 16"),
        ({"samples_per_second": 8_000}, "samples_per_second 8000; allowed: 16000 to 144000"),
        ({"samples_per_second": 144_001}, "samples_per_second 144001; allowed: 16000 to 144000"),
    ],
)
def test_another_format_is_refused(change, message):
    with pytest.raises(InvalidRequest, match=re.escape(message)):
        a2f_codec.audio_format_from(pb.AudioHeader(**{**HEADER, **change}))


@pytest.mark.parametrize(("has_head", "joints"), [(True, ["head"]), (False, [])])
def test_the_header_names_what_frames_hold(has_head, joints):
    message = a2f_codec.header_message(FORMAT, WeightMap.of(), has_head=has_head, start_s=1.5)

    header = message.animation_data_stream_header
    assert header.audio_header == pb.AudioHeader(**HEADER)
    assert list(header.skel_animation_header.blend_shapes) == list(WeightMap.of().names)
    assert list(header.skel_animation_header.joints) == joints
    assert header.start_time_code_since_epoch == 1.5


def test_a_message_holds_one_frame_with_its_audio_at_its_time():
    frames = frames_of(4, first_index=0)
    tail = AudioTail(FORMAT, 30, is_rounded=True)
    audio = np.arange(2_133, dtype="<i2").tobytes()
    tail.add(audio)

    messages = messages_of(frames, tail, has_head=True)

    assert len(messages) == 4
    for index, message in enumerate(messages):
        data = message.animation_data
        (weights,), (rotation,) = (
            data.skel_animation.blend_shape_weights,
            (data.skel_animation.rotations),
        )
        (quaternion,) = rotation.values
        assert weights.time_code == rotation.time_code == data.audio.time_code == index / 30
        assert np.array_equal(np.float32(weights.values), frames.weights[index])
        x, y, z, w = frames.head[index].tolist()
        assert (quaternion.real, quaternion.i, quaternion.j, quaternion.k) == (w, x, y, z)
        assert not data.skel_animation.translations
        assert not data.HasField("camera")
    sizes = [len(message.animation_data.audio.audio_buffer) // 2 for message in messages]
    assert sizes == [533, 534, 533, 533]
    assert b"".join(m.animation_data.audio.audio_buffer for m in messages) == audio


def test_without_a_head_there_are_no_rotations():
    tail = AudioTail(FORMAT, 30, is_rounded=True)

    (message,) = messages_of(frames_of(1), tail, has_head=False)

    assert not message.animation_data.skel_animation.rotations


def test_half_a_sample_at_the_end_does_not_come_back():
    tail = AudioTail(FORMAT, 30, is_rounded=True)
    tail.add(b"\1\0\2\0\3")

    (message,) = messages_of(frames_of(1), tail, has_head=False)

    assert message.animation_data.audio.audio_buffer == b"\1\0\2\0"


def test_the_report_of_emotions_has_the_name_that_clients_look_for_and_none_that_was_heard():
    emotion = np.zeros(len(EMOTIONS))
    emotion[EMOTIONS.index("joy")] = 0.5
    sent = pb.EmotionWithTimeCode(time_code=0.25, emotion={"joy": 1.0})

    packed = a2f_codec.emotion_report([sent], a2f_codec.emotion_message(emotion, 0.5))

    assert packed.type_url == (
        "type.googleapis.com/nvidia_ace.emotion_aggregate.v1.EmotionAggregate"
    )
    report = pb.EmotionAggregate.FromString(packed.value)
    assert list(report.input_emotions) == [sent]
    assert not report.a2e_output
    (used,) = report.a2f_smoothed_output
    assert used.time_code == 0.5
    assert dict(used.emotion) == {name: 0.5 * (name == "joy") for name in EMOTIONS}
