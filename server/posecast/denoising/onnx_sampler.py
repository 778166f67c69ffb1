"""All steps of guided DDIM in one evaluation of one graph, for serving."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions, stack_conditions
from posecast.denoising.guidance import Guidance, terms_for, withhold
from posecast.denoising.network_inputs import check_inputs, condition_widths
from posecast.denoising.onnx_buffers import BoundNetwork
from posecast.denoising.sampler import (
    check_start_noise,
    ddim_shares,
    ddim_steps,
    schedule_of,
    split_motion,
)
from posecast.denoising.window_padding import fit_window
from posecast.denoising.window_sampler import DdimSampler, SampledWindows
from posecast.onnx_session import open_session
from posecast.signals import FloatArray, IntArray

WINDOWS_OUTPUT = "windows"
_MOTION, _FIRST_PREDICTION = 0, 1


class OnnxSampler:
    """Serves a graph that `sampler_graph.export_sampler` wrote; safe to share.

    It is a `WindowSampler` whose steps never leave the device: inputs are copied there once a batch
    of windows, and one copy brings the result back. A single prediction is a loop of one step, so
    that it is a `Denoiser` too.

    Source:
        arXiv:2010.02502, eq. 12 with sigma = 0; DiffPoseTalk, arXiv:2310.00434, guidance.
    """

    def __init__(
        self,
        model: Path | bytes,
        config: DenoiserConfig,
        *,
        device: Literal["cpu", "cuda"] = "cpu",
        num_threads: int = 1,
    ) -> None:
        """Load the graph.

        Args:
            model: The ONNX file, or its content.
            config: Sizes that the denoiser in it was exported with.
            device: Where it runs.
            num_threads: Threads of one evaluation on a CPU.

        Raises:
            ModelUnavailable: If the device is not there, or the file is missing or damaged.
            CheckpointMismatch: If the graph has other sizes or inputs than the configuration.
        """
        self._config = config
        session = open_session(model, device=device, num_threads=num_threads)
        self._input_names = [given.name for given in session.get_inputs()]
        check_inputs(
            {given.name: tuple(given.shape) for given in session.get_inputs()},
            {
                "start_motion": (config.motion_dim,),
                "steps": (),
                "from_prediction": (1,),
                "from_motion": (1,),
                "term_weights": (),
                **condition_widths(config),
            },
        )
        self._network = BoundNetwork(session, WINDOWS_OUTPUT, device=device)

    @property
    def config(self) -> DenoiserConfig:
        """Sizes and conventions of the network."""
        return self._config

    def sample(
        self,
        conditions: Conditions,
        start_noise: FloatArray,
        *,
        num_steps: int,
        guidance: Guidance,
    ) -> SampledWindows:
        """Generate windows of equal length; see `WindowSampler.sample`.

        A threshold needs quantiles of each prediction, which the graph does not compute: with one,
        the steps are taken one by one.
        """
        if guidance.threshold is not None:
            return DdimSampler(self).sample(
                conditions, start_noise, num_steps=num_steps, guidance=guidance
            )
        check_start_noise(self._config, conditions, start_noise)
        schedule = schedule_of(self._config)
        steps = ddim_steps(schedule.num_steps, num_steps)
        terms = terms_for(guidance, conditions)
        rows = stack_conditions(withhold(conditions, terms))
        motion, prediction = self._run(
            rows,
            start_noise,
            np.repeat(np.array(steps, np.int64)[:, None], len(rows.speech), axis=1),
            shares=ddim_shares(self._config, steps),
            weights=[term.weight for term in terms],
        )
        clean, _ = split_motion(schedule, self._config, start_noise, prediction, steps[0])
        return SampledWindows(motion=motion, first_clean=clean)

    def predict(
        self, noisy_motion: FloatArray, step: IntArray, conditions: Conditions
    ) -> FloatArray:
        """Evaluate the network once; see `Denoiser.predict`.

        Raises:
            InvalidRequest: If the window is longer than the network can take.
        """
        prediction_alone = np.array([[1.0, 0.0]], np.float32)
        _, prediction = self._run(
            conditions, noisy_motion, step[None], shares=prediction_alone, weights=[1.0]
        )
        return prediction

    def _run(
        self,
        rows: Conditions,
        motion: FloatArray,
        steps: IntArray,
        *,
        shares: FloatArray,
        weights: Sequence[float],
    ) -> tuple[FloatArray, FloatArray]:
        """Evaluate the graph; gives the last motion and the first prediction.

        Args:
            rows: Conditions of every term, one term after another. [R, ...]
            motion: Where the steps start. [B, T, M]
            steps: The step of each evaluation and row. [K, R]
            shares: Of prediction and motion in the motion one step on. [K, 2]
            weights: Of the terms. [E]
        """
        num_frames = motion.shape[1]
        inputs = fit_window(self._config, motion, steps, rows)
        start = inputs["noisy_motion"]
        # Padding is 0 before every step, as in training: no share of anything is.
        is_real = (np.arange(start.shape[1]) < num_frames)[:, None]
        inputs["start_motion"], inputs["steps"] = start, inputs["step"]
        inputs["from_prediction"], inputs["from_motion"] = (
            shares.T[:, :, None, None] * is_real
        ).astype(np.float32)
        inputs["term_weights"] = np.array([weights], np.float32)
        feeds = {name: inputs[name] for name in self._input_names}
        windows = self._network.run(feeds, (2, *start.shape))[:, :, :num_frames]
        return windows[_MOTION], windows[_FIRST_PREDICTION]
