"""The style encoder of a model package, opened for recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from posecast import checkpoints
from posecast.checkpoints import ModelPackage
from posecast.conditioning.onnx_style_encoder import OnnxStyleEncoder
from posecast.conditioning.style_encoder import StyleEncoder
from posecast.config import ModelConfig
from posecast.errors import InvalidRequest, ModelUnavailable
from posecast.rig.retarget import MotionScale
from posecast.session.style_extraction import extract_style
from posecast.signals import FaceRecording, Style


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleExtractor:
    """Finds the style of recordings; may be used from several threads."""

    encoder: StyleEncoder
    """The model's style encoder."""
    scale: MotionScale
    """Units of its motion."""

    @classmethod
    def of(cls, package: ModelPackage) -> Self:
        """Open the encoder of a package, on the CPU.

        Raises:
            InvalidRequest: If the model does not move ARKit curves, and cannot see a style in them.
            ModelUnavailable: If its file is not usable.
            CheckpointMismatch: If the network has other sizes than the package says.
        """
        if package.config.motion_space != "arkit":
            raise InvalidRequest(
                f"model {package.config.name!r} sees styles in FLAME coefficients, not in ARKit "
                "curves; `posecast style extract` finds them in an .npz with exp and pose"
            )
        encoder = OnnxStyleEncoder(
            package.path(checkpoints.STYLE_ENCODER_FILE), package.config.style_encoder
        )
        return cls(
            encoder=encoder, scale=MotionScale(mean=package.motion_mean, std=package.motion_std)
        )

    @classmethod
    def load(cls, model: str | Path, *, served: ModelConfig) -> Self:
        """Open the encoder of a model that is being served already.

        Args:
            model: `default`, or the folder of a model package.
            served: What its other networks were loaded with.

        Raises:
            InvalidRequest: If the model does not move ARKit curves.
            ModelUnavailable: If the package is gone, or another lies in its place by now.
            CheckpointMismatch: If a file of the package is damaged.
        """
        package = checkpoints.load_package(model)
        if package.config != served:
            raise ModelUnavailable(
                f"the server runs {served.name} {served.version}, but its folder holds "
                f"{package.config.name} {package.config.version}, another model; restart the server"
            )
        return cls.of(package)

    def extract(self, recording: FaceRecording) -> Style:
        """Find the style of a recording; see `style_extraction.extract_style`.

        Raises:
            InvalidRequest: If the recording is too short, or its rate is that of no camera.
        """
        return extract_style(recording, self.encoder, self.scale)
