"""Opens the speech encoder of a model package, whichever of the two kinds it holds."""

from __future__ import annotations

from typing import Literal

from posecast.checkpoints import SPEECH_ENCODER_FILE, ModelPackage
from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.conditioning.onnx_speech_encoder import OnnxSpeechEncoder
from posecast.conditioning.rolling_clip_encoder import RollingClipEncoder
from posecast.conditioning.speech_encoder import SpeechEncoder


def open_speech_encoder(
    package: ModelPackage, *, device: Literal["cpu", "cuda"] = "cpu", num_threads: int = 1
) -> SpeechEncoder:
    """Load what hears the speech of streams.

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
    if config.clip_encoder is None:
        return OnnxSpeechEncoder(
            path, config.speech_encoder, device=device, num_threads=num_threads
        )
    return RollingClipEncoder(
        OnnxClipEncoder(path, config.clip_encoder, device=device, num_threads=num_threads)
    )
