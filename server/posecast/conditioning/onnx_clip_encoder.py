"""The speech encoder of whole clips over onnxruntime, for serving."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from posecast.conditioning.clip_encoder import padded_clips
from posecast.config import ClipEncoderConfig
from posecast.errors import CheckpointMismatch
from posecast.onnx_session import open_session
from posecast.signals import FloatArray

WAVEFORM_INPUT = "waveform"
NUM_FRAMES_INPUT = "num_frames"
FEATURES_OUTPUT = "features"


class OnnxClipEncoder:
    """Serves a network that `export.export_clip_encoder` wrote as a `ClipEncoder`; safe to share.

    Source:
        DiffPoseTalk, arXiv:2310.00434.
    """

    def __init__(
        self,
        path: Path,
        config: ClipEncoderConfig,
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
            CheckpointMismatch: If the network has other inputs or another output than the
                configuration says.
        """
        self._config = config
        self._session = open_session(path, device=device, num_threads=num_threads)
        inputs = {entry.name for entry in self._session.get_inputs()}
        if inputs != {WAVEFORM_INPUT, NUM_FRAMES_INPUT}:
            raise CheckpointMismatch(
                f"{path}: inputs {', '.join(sorted(inputs))}; expected {NUM_FRAMES_INPUT}, "
                f"{WAVEFORM_INPUT}"
            )
        outputs = {entry.name: entry.shape for entry in self._session.get_outputs()}
        shape = outputs.get(FEATURES_OUTPUT, [None])
        if shape[-1] != config.feature_dim:
            raise CheckpointMismatch(
                f"{path}: output {FEATURES_OUTPUT!r} has shape {shape}; expected "
                f"{config.feature_dim} columns"
            )

    @property
    def config(self) -> ClipEncoderConfig:
        """Sizes."""
        return self._config

    def encode(self, waveform: FloatArray, num_frames: int) -> FloatArray:
        """Encode clips of one length; see `ClipEncoder.encode`."""
        feeds = {
            WAVEFORM_INPUT: padded_clips(waveform, num_frames),
            NUM_FRAMES_INPUT: np.array(num_frames, np.int64),
        }
        features: FloatArray = self._session.run([FEATURES_OUTPUT], feeds)[0]
        return features
