"""The streaming speech encoder over onnxruntime, for serving."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from posecast.conditioning.log_mel import PEAK_FLOOR, TAIL_SAMPLES, log_mel, normalise_level
from posecast.conditioning.speech_encoder import SpeechEncoderState
from posecast.config import SAMPLES_PER_FRAME, SpeechEncoderConfig
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.onnx_session import open_session
from posecast.signals import FloatArray

MEL_INPUT = "mel"
LOOK_AHEAD_INPUT = "look_ahead"
FEATURES_OUTPUT = "features"


class OnnxSpeechEncoder:
    """Serves an exported network as a `SpeechEncoder`; safe to share, the state is the caller's.

    Source:
        Our own design (docs/default-model.md).
    """

    def __init__(
        self,
        path: Path,
        config: SpeechEncoderConfig,
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
        shapes = {entry.name: entry.shape for entry in self._session.get_inputs()}
        mel_shape = shapes.pop(MEL_INPUT, None)
        if mel_shape is None or mel_shape[-1] != config.num_mel_bands + 1:
            raise CheckpointMismatch(
                f"{path}: input {MEL_INPUT!r} has shape {mel_shape}; expected "
                f"{config.num_mel_bands + 1} columns"
            )
        look_ahead_shape = shapes.pop(LOOK_AHEAD_INPUT, None)
        if look_ahead_shape is None or look_ahead_shape[-1] != len(config.look_aheads_frames):
            raise CheckpointMismatch(
                f"{path}: input {LOOK_AHEAD_INPUT!r} has shape {look_ahead_shape}; expected "
                f"{len(config.look_aheads_frames)} columns"
            )
        width = {entry.name: entry.shape for entry in self._session.get_outputs()}.get(
            FEATURES_OUTPUT, [None]
        )[-1]
        if width != config.feature_dim:
            raise CheckpointMismatch(
                f"{path}: output {FEATURES_OUTPUT!r} has {width} columns; expected "
                f"{config.feature_dim}"
            )
        self._state_shapes = {name: (1, *shape[1:]) for name, shape in shapes.items()}

    @property
    def config(self) -> SpeechEncoderConfig:
        """Sizes and look-ahead."""
        return self._config

    def start(self, look_ahead_frames: int) -> SpeechEncoderState:
        """State at the start of a stream; see `SpeechEncoder.start`."""
        return SpeechEncoderState(
            tail=np.zeros(TAIL_SAMPLES, np.float32),
            peak_level=PEAK_FLOOR,
            layers=tuple(np.zeros(shape, np.float32) for shape in self._state_shapes.values()),
            look_ahead_frames=look_ahead_frames,
        )

    def encode(
        self, samples: FloatArray, state: SpeechEncoderState
    ) -> tuple[FloatArray, SpeechEncoderState]:
        """Encode the next block; see `SpeechEncoder.encode`."""
        if not len(samples) or len(samples) % SAMPLES_PER_FRAME:
            raise InvalidRequest(
                f"{len(samples)} samples; expected a multiple of {SAMPLES_PER_FRAME} above 0"
            )
        mel = log_mel(samples, state.tail, self._config.num_mel_bands)
        normalised, peak_level = normalise_level(mel, state.peak_level)
        feeds = dict(zip(self._state_shapes, state.layers, strict=True))
        choices = self._config.look_aheads_frames
        feeds[LOOK_AHEAD_INPUT] = np.array(
            [[frames == state.look_ahead_frames for frames in choices]], np.float32
        )
        features, *layers = self._session.run(None, {MEL_INPUT: normalised[None], **feeds})
        heard = np.concatenate([state.tail, samples])
        new_state = SpeechEncoderState(
            tail=heard[-TAIL_SAMPLES:],
            peak_level=peak_level,
            layers=tuple(layers),
            look_ahead_frames=state.look_ahead_frames,
        )
        return features[0], new_state
