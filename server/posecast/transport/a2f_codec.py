"""Translates between the messages of Audio2Face-3D and the values of the session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from google.protobuf import any_pb2

from posecast.audio.pcm import AudioFormat
from posecast.errors import InvalidRequest
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.signals import FaceFrames
from posecast.transport.a2f_emotions import EMOTIONS, Emotion
from posecast.transport.a2f_weights import WeightMap
from posecast.transport.audio_tail import AudioTail

MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ = 16_000, 144_000
HEAD = "head"
"""The one joint."""
EMOTION_KEY = "emotion_aggregate"
EMOTION_TYPE_URL = "type.googleapis.com/nvidia_ace.emotion_aggregate.v1.EmotionAggregate"
"""The name that clients compare with; our own definition lies in another package."""


def audio_format_from(message: pb.AudioHeader) -> AudioFormat:
    """Read the format of the audio.

    Args:
        message: What the client sent.

    Raises:
        InvalidRequest: If it is anything but 16-bit PCM of one channel at 16 to 144 kHz.
    """
    if message.audio_format != pb.AudioHeader.AUDIO_FORMAT_PCM:
        raise InvalidRequest(f"audio_format {message.audio_format}; allowed: AUDIO_FORMAT_PCM (0)")
    if message.channel_count != 1:
        raise InvalidRequest(f"channel_count {message.channel_count}; allowed: 1")
    if message.bits_per_sample != 16:
        raise InvalidRequest(f"bits_per_sample {message.bits_per_sample}; allowed: 16")
    if not MIN_SAMPLE_RATE_HZ <= message.samples_per_second <= MAX_SAMPLE_RATE_HZ:
        raise InvalidRequest(
            f"samples_per_second {message.samples_per_second}; "
            f"allowed: {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ}"
        )
    return AudioFormat("pcm_s16le", message.samples_per_second)


def header_message(
    audio_format: AudioFormat, weights: WeightMap, *, has_head: bool, start_s: float
) -> pb.AnimationDataStream:
    """Write the first message of an answer.

    Args:
        audio_format: Format of the audio, which comes back as it was sent.
        weights: What leaves.
        has_head: Whether frames have the head's rotation.
        start_s: Unix time of time code 0.
    """
    return pb.AnimationDataStream(
        animation_data_stream_header=pb.AnimationDataStreamHeader(
            audio_header=pb.AudioHeader(
                audio_format=pb.AudioHeader.AUDIO_FORMAT_PCM,
                channel_count=1,
                samples_per_second=audio_format.sample_rate_hz,
                bits_per_sample=16,
            ),
            skel_animation_header=pb.SkelAnimationHeader(
                blend_shapes=weights.names, joints=[HEAD] if has_head else []
            ),
            start_time_code_since_epoch=start_s,
        )
    )


def frame_messages(
    frames: FaceFrames, weights: WeightMap, tail: AudioTail, *, has_head: bool
) -> Iterator[pb.AnimationDataStream]:
    """Write consecutive frames, one a message as clients expect it.

    All are the same object, filled anew: building each from nothing took three times as long.

    Args:
        frames: At least one.
        weights: What leaves.
        tail: The raw audio, of which each frame takes what lies before the next one.
        has_head: Whether they have the head's rotation.

    Yields:
        A message that holds until the next one is asked for.
    """
    message = pb.AnimationDataStream()
    skeleton, audio = message.animation_data.skel_animation, message.animation_data.audio
    curves = skeleton.blend_shape_weights.add()
    joints = skeleton.rotations.add() if has_head else pb.QuatFArrayWithTimeCode()
    rotation, values = joints.values.add(), curves.values
    rows = zip(weights.apply(frames.weights).tolist(), frames.head.tolist(), strict=True)
    for index, (row, (x, y, z, w)) in enumerate(rows, start=frames.first_index):
        time_s = index / frames.frame_rate_hz  # exact: steps are never summed
        curves.time_code = joints.time_code = audio.time_code = time_s
        values[:] = row
        rotation.real, rotation.i, rotation.j, rotation.k = w, x, y, z
        slice_ = tail.take_up_to(index + 1)
        audio.audio_buffer = slice_[: len(slice_) // 2 * 2]  # half a last sample stays here
        yield message


def emotion_message(emotion: Emotion, time_s: float) -> pb.EmotionWithTimeCode:
    """Write an emotion, all ten names."""
    values: Mapping[str, float] = dict(zip(EMOTIONS, emotion.tolist(), strict=True))
    return pb.EmotionWithTimeCode(time_code=time_s, emotion=values)


def emotion_report(
    sent: Sequence[pb.EmotionWithTimeCode], used: pb.EmotionWithTimeCode
) -> any_pb2.Any:
    """Write what emotions were sent and used; none was heard.

    Args:
        sent: Keys of the client that were not told yet.
        used: The emotion of a frame.
    """
    report = pb.EmotionAggregate(input_emotions=sent, a2f_smoothed_output=[used])
    return any_pb2.Any(type_url=EMOTION_TYPE_URL, value=report.SerializeToString())


def status_message(code: pb.Status.Code, text: str = "") -> pb.AnimationDataStream:
    """Write a status."""
    return pb.AnimationDataStream(status=pb.Status(code=code, message=text))


def end_message() -> pb.AnimationDataStream:
    """Write that all frames were sent."""
    return pb.AnimationDataStream(event=pb.Event(event_type=pb.Event.END_OF_A2F_AUDIO_PROCESSING))
