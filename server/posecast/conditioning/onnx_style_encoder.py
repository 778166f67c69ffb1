"""The style encoder over onnxruntime, for the extraction of styles without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from posecast.conditioning.style_encoder import MAX_MOTION_FRAMES
from posecast.config import StyleEncoderConfig
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.onnx_session import open_session
from posecast.signals import FloatArray

MOTION_INPUT = "motion"
STYLE_OUTPUT = "style"


class OnnxStyleEncoder:
    """Serves an exported network as a `StyleEncoder`.

    Source:
        DiffPoseTalk, arXiv:2310.00434.
    """

    def __init__(
        self,
        path: Path,
        config: StyleEncoderConfig,
        *,
        device: Literal["cpu", "cuda"] = "cpu",
        num_threads: int = 1,
    ) -> None:
        """Load the network.

        Args:
            path: The ONNX file.
            config: Sizes that the network was exported with.
            device: Where it runs.
            num_threads: Threads of one evaluation on a CPU.

        Raises:
            ModelUnavailable: If the device is not there, or the file is missing or damaged.
            CheckpointMismatch: If the network has other sizes than the configuration says.
        """
        self._config = config
        self._session = open_session(path, device=device, num_threads=num_threads)
        inputs = {entry.name: entry.shape for entry in self._session.get_inputs()}
        outputs = {entry.name: entry.shape for entry in self._session.get_outputs()}
        for what, shapes, name, width in (
            ("input", inputs, MOTION_INPUT, config.motion_dim),
            ("output", outputs, STYLE_OUTPUT, config.width),
        ):
            shape = shapes.get(name, [None])
            if shape[-1] != width:
                raise CheckpointMismatch(
                    f"{path}: {what} {name!r} has shape {shape}; expected {width} columns"
                )

    @property
    def config(self) -> StyleEncoderConfig:
        """Sizes."""
        return self._config

    def encode(self, motion: FloatArray) -> FloatArray:
        """Encode clips of one length; see `StyleEncoder.encode`."""
        if not 1 <= motion.shape[1] <= MAX_MOTION_FRAMES:
            raise InvalidRequest(
                f"{motion.shape[1]} frames of motion; the style encoder takes 1 to "
                f"{MAX_MOTION_FRAMES}"
            )
        (vectors,) = self._session.run([STYLE_OUTPUT], {MOTION_INPUT: motion})
        return vectors
