"""The streaming speech encoder over onnxruntime, for serving."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from posecast.conditioning.log_mel import PEAK_FLOOR, TAIL_SAMPLES, log_mel, normalise_level
from posecast.conditioning.speech_encoder import SpeechEncoderState, check_blocks
from posecast.config import SpeechEncoderConfig
from posecast.errors import CheckpointMismatch
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
        # The encoders of 2.0.0 were exported for one row; they are run row by row.
        self._takes_batches = not isinstance(mel_shape[0], int)
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
        return self.encode_batch([samples], [state])[0]

    def encode_batch(
        self, blocks: Sequence[FloatArray], states: Sequence[SpeechEncoderState]
    ) -> list[tuple[FloatArray, SpeechEncoderState]]:
        """Encode the next block of several streams; see `SpeechEncoder.encode_batch`."""
        check_blocks(blocks, states)
        if len(blocks) > 1 and not self._takes_batches:
            pairs = zip(blocks, states, strict=True)
            return [self.encode(samples, state) for samples, state in pairs]
        mels, peak_levels = self._spectra(blocks, states)
        choices = self._config.look_aheads_frames
        feeds = {
            MEL_INPUT: mels,
            LOOK_AHEAD_INPUT: np.array(
                [[frames == state.look_ahead_frames for frames in choices] for state in states],
                np.float32,
            ),
        }
        for index, name in enumerate(self._state_shapes):
            feeds[name] = np.concatenate([state.layers[index] for state in states])
        features, *layers = self._session.run(None, feeds)
        return [
            (
                features[row],
                SpeechEncoderState(
                    tail=np.concatenate([state.tail, samples])[-TAIL_SAMPLES:],
                    peak_level=peak_levels[row],
                    # A copy: a view would keep the batch alive as long as one of its streams.
                    layers=tuple(layer[row : row + 1].copy() for layer in layers),
                    look_ahead_frames=state.look_ahead_frames,
                ),
            )
            for row, (samples, state) in enumerate(zip(blocks, states, strict=True))
        ]

    def _spectra(
        self, blocks: Sequence[FloatArray], states: Sequence[SpeechEncoderState]
    ) -> tuple[FloatArray, list[float]]:
        """Normalised spectra, [B, 4 T, 81], and running peaks after the blocks."""
        tails = np.stack([state.tail for state in states])
        mels = log_mel(np.stack(blocks), tails, self._config.num_mel_bands)
        normalised, peaks = normalise_level(mels, np.array([state.peak_level for state in states]))
        return normalised, peaks.tolist()
