"""The denoiser over onnxruntime, for serving."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.network_inputs import check_inputs, condition_widths
from posecast.denoising.window_padding import fit_window
from posecast.onnx_session import open_session
from posecast.signals import FloatArray, IntArray


class OnnxDenoiser:
    """Serves a network that `export.export_denoiser` wrote as a `Denoiser`; safe to share."""

    def __init__(
        self,
        model: Path | bytes,
        config: DenoiserConfig,
        *,
        device: Literal["cpu", "cuda"] = "cpu",
        num_threads: int = 1,
    ) -> None:
        """Load the network.

        Args:
            model: The ONNX file, or its content.
            config: Sizes that the network was exported with.
            device: Where it runs.
            num_threads: Threads of one evaluation on a CPU.

        Raises:
            ModelUnavailable: If the device is not there, or the file is missing or damaged.
            CheckpointMismatch: If the network has other sizes or inputs than the configuration.
        """
        self._config = config
        self._session = open_session(model, device=device, num_threads=num_threads)
        self._input_names = [given.name for given in self._session.get_inputs()]
        check_inputs(
            {given.name: tuple(given.shape) for given in self._session.get_inputs()},
            {"noisy_motion": (config.motion_dim,), "step": (), **condition_widths(config)},
        )

    @property
    def config(self) -> DenoiserConfig:
        """Sizes and conventions of the network."""
        return self._config

    def predict(
        self, noisy_motion: FloatArray, step: IntArray, conditions: Conditions
    ) -> FloatArray:
        """Evaluate the network once; see `Denoiser.predict`.

        Raises:
            InvalidRequest: If the window is longer than the network can take.
        """
        inputs = fit_window(self._config, noisy_motion, step, conditions)
        feeds = {name: inputs[name] for name in self._input_names}
        prediction: FloatArray = self._session.run(["prediction"], feeds)[0]
        return prediction[:, : noisy_motion.shape[1]]
