"""The loaded model: networks and styles that all streams share and none changes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from posecast import checkpoints
from posecast.checkpoints import ModelPackage
from posecast.conditioning.package_speech_encoder import open_speech_encoder
from posecast.conditioning.speech_encoder import SpeechEncoder
from posecast.conditioning.style import StyleBank, load_styles
from posecast.config import ModelConfig
from posecast.denoising.package_sampler import open_window_sampler
from posecast.denoising.window_sampler import WindowSampler
from posecast.errors import CheckpointMismatch, InvalidRequest, ModelUnavailable
from posecast.onnx_session import has_cuda
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.face_rig import FaceRig
from posecast.rig.package_rig import NO_FILES, RigFiles, open_rig, read_shape
from posecast.signals import FloatArray

_logger = logging.getLogger(__name__)
Device = Literal["cpu", "cuda"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimationEngine:
    """Everything that is loaded once."""

    config: ModelConfig
    """Sizes, conventions and defaults of the model."""
    device: Device
    """Where the networks run."""
    speech_encoder: SpeechEncoder
    """Audio to speech features."""
    sampler: WindowSampler
    """Speech and style to motion."""
    styles: StyleBank
    """Stored styles."""
    shape: FloatArray
    """Whose face it is, normalised; width 0 for a rig that needs none. [shape_dim]"""
    rig: FaceRig
    """Motion to a face."""

    @classmethod
    def load(
        cls,
        model: str | Path = "default",
        device: str = "auto",
        rig_files: RigFiles = NO_FILES,
    ) -> Self:
        """Load and verify a model package.

        Args:
            model: `default`, or the folder of a model package.
            device: `cpu`, `cuda`, or `auto`: the GPU if onnxruntime can use one.
            rig_files: Files of the user's own, for a model that moves a FLAME face.

        Returns:
            The engine, ready for any number of sessions.

        Raises:
            InvalidRequest: If there is no such kind of device, or the files are not for this model.
            ModelUnavailable: If the package or the device is not there.
            CheckpointMismatch: If a file of the package is damaged or does not fit the others.
        """
        chosen = choose_device(device)
        package = checkpoints.load_package(model)
        try:
            return cls._open(package, chosen, rig_files)
        except ModelUnavailable as error:
            if device != "auto" or chosen == "cpu":
                raise
            _logger.warning("the networks run on the CPU: %s", error)
            return cls._open(package, "cpu", rig_files)

    @classmethod
    def _open(cls, package: ModelPackage, device: Device, rig_files: RigFiles) -> Self:
        config = package.config
        unknown = [name for name in config.mean_curves if name not in CURVE_INDEX]
        if unknown:
            raise CheckpointMismatch(f"mean_curves: {unknown[0]!r}; allowed: ARKit curves")
        accent, columns = config.accent_column, config.denoiser.speech_dim
        if accent is not None and not 0 <= accent < columns:
            raise CheckpointMismatch(f"accent_column {accent}; allowed: 0 to {columns - 1}")
        return cls(
            config=config,
            device=device,
            speech_encoder=open_speech_encoder(package, device=device),
            sampler=open_window_sampler(package, device=device),
            styles=load_styles(package.path(checkpoints.STYLES_FILE), config.denoiser.style_dim),
            shape=read_shape(package),
            rig=open_rig(package, rig_files),
        )


def choose_device(device: str) -> Device:
    """Turn `auto` into a device that is there.

    Raises:
        InvalidRequest: If there is no such kind of device.
    """
    if device == "auto":
        if has_cuda():
            return "cuda"
        _logger.info("onnxruntime has no CUDA here: the networks run on the CPU")
        return "cpu"
    if device == "cpu":
        return "cpu"
    if device == "cuda":
        return "cuda"
    raise InvalidRequest(f"device {device!r}; allowed: auto, cpu, cuda")
