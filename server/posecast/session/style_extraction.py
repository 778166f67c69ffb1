"""A recorded face to the style that it shows."""

from __future__ import annotations

import dataclasses

import numpy as np

from posecast.conditioning.style_encoder import StyleEncoder
from posecast.config import FRAME_RATE_HZ
from posecast.errors import InvalidRequest
from posecast.rig.head_pose import rotation_vector_from_quaternion
from posecast.rig.life_measurement import measure_life
from posecast.rig.recording_rate import resample_recording
from posecast.rig.retarget import MotionScale
from posecast.signals import FaceFrames, FaceRecording, FloatArray, Style

SHORTEST_S = 2.0
WINDOW_FRAMES = 8 * FRAME_RATE_HZ  # 200; the encoder is trained on 4 to 16 s
_WINDOWS_AT_A_TIME = 16


def extract_style(recording: FaceRecording, encoder: StyleEncoder, scale: MotionScale) -> Style:
    """Find the style of a recording.

    Args:
        recording: At least 2 s of a speaking face; 10 s and more tell tempo and blinks well.
        encoder: The model's style encoder.
        scale: Units of its motion.

    Returns:
        The mean vector over windows of 8 to 16 s, or over the whole of a shorter recording, with
        blinks, gaze and the head's wandering as they were measured.

    Raises:
        InvalidRequest: If the recording is too short, or its rate is that of no camera.
    """
    frames = resample_recording(recording)
    _check_length(frames)
    return Style(
        vector=extract_vector(motion_of(frames), encoder, scale),
        **dataclasses.asdict(measure_life(frames)),
    )


def extract_vector(motion: FloatArray, encoder: StyleEncoder, scale: MotionScale) -> FloatArray:
    """The mean vector over windows of motion.

    Args:
        motion: Weights and the head's rotation vector at 25 frames a second. [T, 55]
        encoder: The model's style encoder.
        scale: Units of its motion.

    Returns:
        [style_dim]
    """
    windows = cut_windows(scale.normalise(motion))
    vectors = [
        encoder.encode(windows[start : start + _WINDOWS_AT_A_TIME])
        for start in range(0, len(windows), _WINDOWS_AT_A_TIME)
    ]
    return np.concatenate(vectors).mean(axis=0)


def motion_of(frames: FaceFrames) -> FloatArray:
    """The motion of a face: its weights and the head's rotation vector in radians. [T, 55]"""
    return np.concatenate([frames.weights, rotation_vector_from_quaternion(frames.head)], axis=1)


def cut_windows(motion: FloatArray) -> FloatArray:
    """Cut motion into as many windows of one length as hold 8 s, spread over the whole.

    Args:
        motion: Motion of any length. [T, M]

    Returns:
        Windows of 200 to 399 frames, or the whole if it is shorter. [N, L, M]
    """
    num_windows = max(1, len(motion) // WINDOW_FRAMES)
    num_frames = len(motion) // num_windows
    starts = np.linspace(0, len(motion) - num_frames, num_windows).round().astype(int)
    return np.stack([motion[start : start + num_frames] for start in starts])


def _check_length(frames: FaceFrames) -> None:
    shortest = round(SHORTEST_S * FRAME_RATE_HZ)
    if len(frames) < shortest:
        raise InvalidRequest(
            f"a recording of {len(frames) / FRAME_RATE_HZ:.2f} s; a style takes at least "
            f"{SHORTEST_S:g} s, better 10 s"
        )
