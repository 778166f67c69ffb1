"""Opens the speech encoder of a model package, whichever of the two kinds it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from posecast.checkpoints import SPEECH_ENCODER_FILE, ModelPackage
from posecast.conditioning.clip_encoder import ClipEncoder
from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.conditioning.onnx_speech_encoder import OnnxSpeechEncoder
from posecast.conditioning.rolling_clip_encoder import RollingClipEncoder
from posecast.conditioning.speech_encoder import SpeechEncoder
from posecast.config import SAMPLES_PER_FRAME, ClipEncoderConfig
from posecast.device_check import choose_faithful
from posecast.signals import FloatArray

Device = Literal["cpu", "cuda"]
_STAGE, _ON_GPU = "speech encoder", "on the GPU"
_TRIAL_FRAMES = 10
_TRIAL_LEVEL = 0.1  # of the noise that is heard, full scale 1


def open_speech_encoder(
    package: ModelPackage, *, device: Device = "cpu", num_threads: int = 1
) -> SpeechEncoder:
    """Load what hears the speech of streams; on a GPU it is tried first, see `device_check`.

    Args:
        package: The model package.
        device: Where it runs.
        num_threads: Threads of one evaluation on a CPU.

    Returns:
        The streaming encoder, or for a package whose encoder hears whole clips the rolling one.

    Raises:
        ModelUnavailable: If the device is not there, or the file cannot be used.
        CheckpointMismatch: If the network has other sizes than the package's configuration.
    """
    path, config = package.path(SPEECH_ENCODER_FILE), package.config
    if config.clip_encoder is not None:
        clip_encoder = open_clip_encoder(
            package, config.clip_encoder, device=device, num_threads=num_threads
        )
        return RollingClipEncoder(clip_encoder)

    def open_on(device: Device) -> OnnxSpeechEncoder:
        return OnnxSpeechEncoder(
            path, config.speech_encoder, device=device, num_threads=num_threads
        )

    encoder = open_on(device)
    if device == "cpu":
        return encoder
    return choose_faithful(_STAGE, [(_ON_GPU, encoder)], lambda: open_on("cpu"), _hear_trial)


def open_clip_encoder(
    package: ModelPackage,
    config: ClipEncoderConfig,
    *,
    device: Device = "cpu",
    num_threads: int = 1,
) -> ClipEncoder:
    """Load what hears whole clips; see `open_speech_encoder`.

    Args:
        package: The model package.
        config: Its encoder of clips.
        device: Where it runs.
        num_threads: Threads of one evaluation on a CPU.

    Raises:
        ModelUnavailable: If the device is not there, or the file cannot be used.
        CheckpointMismatch: If the network has other sizes than the configuration.
    """

    def open_on(device: Device) -> OnnxClipEncoder:
        path = package.path(SPEECH_ENCODER_FILE)
        return OnnxClipEncoder(path, config, device=device, num_threads=num_threads)

    encoder = open_on(device)
    if device == "cpu":
        return encoder
    return choose_faithful(
        _STAGE,
        [(_ON_GPU, encoder)],
        lambda: open_on("cpu"),
        lambda network: [network.encode(_trial_audio(1), _TRIAL_FRAMES)],
    )


def _hear_trial(encoder: OnnxSpeechEncoder) -> Sequence[FloatArray]:
    """Features and memory of two streams after their second block."""
    look_aheads = encoder.config.look_aheads_frames
    states = [encoder.start(frames) for frames in (look_aheads[0], look_aheads[-1])]
    first, second = _trial_audio(2)
    begun = encoder.encode_batch([first, second], states)
    heard = encoder.encode_batch([second, first], [state for _, state in begun])
    return [values for features, state in heard for values in (features, *state.layers)]


def _trial_audio(num_streams: int) -> FloatArray:
    """Noise, the same in every process. [B, S]"""
    shape = num_streams, _TRIAL_FRAMES * SAMPLES_PER_FRAME
    noise = np.random.default_rng(0).standard_normal(shape, np.float32)
    return noise * np.float32(_TRIAL_LEVEL)
