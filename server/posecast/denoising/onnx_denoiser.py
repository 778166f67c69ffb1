"""The denoiser over onnxruntime, for serving."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import onnxruntime as ort

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.window_padding import fit_window
from posecast.errors import CheckpointMismatch
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
        _check_inputs(self._session, config)

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


def _check_inputs(session: ort.InferenceSession, config: DenoiserConfig) -> None:
    """Compare the file's input widths with the configuration's."""
    expected: dict[str, tuple[int, ...]] = {
        "noisy_motion": (config.motion_dim,),
        "step": (),
        "speech": (config.speech_dim,),
        "previous_motion": (config.previous_frames, config.motion_dim),
        "previous_speech": (config.previous_frames, config.speech_dim),
        "has_speech": (),
        "has_previous": (),
    }
    if config.style_dim:
        expected |= {"style": (config.style_dim,), "has_style": ()}
    if config.shape_dim:
        expected["shape"] = (config.shape_dim,)
    if config.uses_indicator:
        expected["indicator"] = ()
    found = {given.name: tuple(given.shape) for given in session.get_inputs()}
    if found.keys() != expected.keys():
        raise CheckpointMismatch(
            f"the denoiser file has inputs {', '.join(sorted(found))}; "
            f"the configuration needs {', '.join(sorted(expected))}"
        )
    for name, tail in expected.items():
        if tail and found[name][-len(tail) :] != tail:
            raise CheckpointMismatch(
                f"the denoiser file's input {name} has shape {found[name]}; "
                f"the configuration needs it to end in {tail}"
            )
