"""All steps of guided sampling in few evaluations of one graph, for serving."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions, stack_conditions
from posecast.denoising.graph_steps import CLIP_INPUTS, STEP_INPUTS, GraphSteps
from posecast.denoising.guidance import Guidance, terms_for, withhold
from posecast.denoising.network_inputs import check_inputs, condition_widths
from posecast.denoising.process_sampler import (
    LoopSampler,
    OnProgress,
    StepNoise,
    ignore_progress,
)
from posecast.denoising.reverse_process import ReverseProcess, StepShares
from posecast.denoising.sampler import check_start_noise, schedule_of, split_motion
from posecast.denoising.window_padding import fit_window
from posecast.denoising.window_sampler import DdimSampler, SampledWindows
from posecast.onnx_session import open_session
from posecast.signals import FloatArray, IntArray

WINDOWS_OUTPUT = "windows"
STEPS_AT_A_TIME = 25
"""Steps of a clip's window in one evaluation; progress is told and noise drawn between two. What no
step changes is computed once in each, for a quarter of what a step costs."""
_MOTION, _FIRST_PREDICTION = 0, 1


class OnnxSampler:
    """Serves a graph that `sampler_graph.export_sampler` wrote; safe to share.

    It is a `WindowSampler` and a `ProcessSampler` that asks onnxruntime once for many steps. A
    single prediction is a loop of one step, so that it is a `Denoiser` too.

    The session is run on arrays of the host: nothing is bound. What is bound on a GPU before it is
    filled may be copied while it is bound (onnxruntime does so with every input that it plans to
    have elsewhere), and later contents are then never seen; inputs that only the scan takes were
    zero on the first GPU that this ran on.

    A graph that was not made for clips adds no noise and bounds no prediction: what needs either is
    done step by step.

    Source:
        arXiv:2010.02502, eq. 12; arXiv:2006.11239, eq. 7; DiffPoseTalk, arXiv:2310.00434, guidance.
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
        self._session = open_session(model, device=device, num_threads=num_threads)
        self._input_names = [given.name for given in self._session.get_inputs()]
        self._is_for_clips = "step_noise" in self._input_names
        check_inputs(
            {given.name: tuple(given.shape) for given in self._session.get_inputs()},
            {
                "start_motion": (config.motion_dim,),
                **STEP_INPUTS,
                **(CLIP_INPUTS if self._is_for_clips else {}),
                **condition_widths(config),
            },
        )

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
        """Generate windows of equal length; see `WindowSampler.sample`."""
        if guidance.threshold is not None and not self._is_for_clips:
            return DdimSampler(self).sample(
                conditions, start_noise, num_steps=num_steps, guidance=guidance
            )
        check_start_noise(self._config, conditions, start_noise)
        process = ReverseProcess(sampler="ddim", num_steps=num_steps)
        shares = StepShares.of(process, self._config)
        terms = terms_for(guidance, conditions)
        rows = stack_conditions(withhold(conditions, terms))
        weights = [term.weight for term in terms]
        steps = GraphSteps(shares=shares, weights=weights, threshold=guidance.threshold)
        motion, prediction = self._take(steps, rows, start_noise)
        schedule, first = schedule_of(self._config), int(shares.steps[0])
        clean, _ = split_motion(schedule, self._config, start_noise, prediction, first)
        return SampledWindows(motion=motion, first_clean=clean)

    def run(
        self,
        process: ReverseProcess,
        conditions: Conditions,
        start_noise: FloatArray,
        *,
        step_noise: StepNoise,
        guidance: Guidance,
        on_progress: OnProgress = ignore_progress,
    ) -> FloatArray:
        """Generate windows of equal length; see `ProcessSampler.run`."""
        if not self._is_for_clips:
            return LoopSampler(self).run(
                process,
                conditions,
                start_noise,
                step_noise=step_noise,
                guidance=guidance,
                on_progress=on_progress,
            )
        check_start_noise(self._config, conditions, start_noise)
        shares = StepShares.of(process, self._config)
        terms = terms_for(guidance, conditions)
        rows = stack_conditions(withhold(conditions, terms))
        weights = [term.weight for term in terms]
        motion = start_noise
        for start in range(0, len(shares), STEPS_AT_A_TIME):
            part = shares.part(start, start + STEPS_AT_A_TIME)
            noise = _draw(part, step_noise, motion)
            steps = GraphSteps(
                shares=part, weights=weights, threshold=guidance.threshold, noise=noise
            )
            motion, _ = self._take(steps, rows, motion)
            on_progress(start + len(part))
        return motion

    def predict(
        self, noisy_motion: FloatArray, step: IntArray, conditions: Conditions
    ) -> FloatArray:
        """Evaluate the network once; see `Denoiser.predict`.

        Raises:
            InvalidRequest: If the window is longer than the network can take.
        """
        one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
        alone = StepShares(steps=step[None], of_prediction=one, of_motion=zero, of_noise=zero)
        steps = GraphSteps(shares=alone, weights=[1.0])
        return self._take(steps, conditions, noisy_motion)[_FIRST_PREDICTION]

    def _take(
        self, steps: GraphSteps, rows: Conditions, motion: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Take steps; gives the last motion and the first prediction.

        Args:
            steps: The steps.
            rows: Conditions of every term, one term after another. [R, ...]
            motion: Where the steps start. [B, T, M]
        """
        num_frames = motion.shape[1]
        inputs = fit_window(self._config, motion, np.zeros(0, np.int64), rows)
        start = inputs["noisy_motion"]
        inputs |= steps.inputs(len(rows.speech), start, num_frames) | {"start_motion": start}
        feeds = {name: inputs[name] for name in self._input_names}
        windows: FloatArray = self._session.run([WINDOWS_OUTPUT], feeds)[0][:, :, :num_frames]
        return windows[_MOTION], windows[_FIRST_PREDICTION]


def _draw(part: StepShares, step_noise: StepNoise, motion: FloatArray) -> FloatArray | None:
    """Noise of the steps that add any, zeros for the others. [K, B, T, M]"""
    if not part.of_noise.any():
        return None
    noise = np.zeros((len(part), *motion.shape), np.float32)
    for index in np.flatnonzero(part.of_noise):
        noise[index] = step_noise(int(part.steps[index]))
    return noise
