"""Opens the motion network of a model package, whichever of the two kinds it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from posecast.checkpoints import SAMPLER_FILE, ModelPackage
from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.guidance import Guidance, Threshold
from posecast.denoising.onnx_denoiser import OnnxDenoiser
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.process_sampler import LoopSampler, ProcessSampler
from posecast.denoising.reverse_process import ReverseProcess
from posecast.denoising.window_sampler import DdimSampler, WindowSampler
from posecast.device_check import choose_faithful
from posecast.signals import FloatArray

Device = Literal["cpu", "cuda"]
_STAGE = "sampler"
_WHOLE, _STEP_BY_STEP = "on the GPU", "step by step on the GPU"
_TRIAL_STEPS = 3  # so that the result of a step is read twice and written over once
_TRIAL_FRAMES = 20


def open_window_sampler(
    package: ModelPackage, *, device: Device = "cpu", num_threads: int = 1
) -> WindowSampler:
    """Load what makes the motion.

    On a GPU it is tried first; see `device_check`. Where the graph of all steps is wrong there, one
    step at a time may still be right.

    Args:
        package: The model package.
        device: Where it runs.
        num_threads: Threads of one evaluation on a CPU.

    Returns:
        The sampler in one graph, or for a package that has none the loop over its denoiser.

    Raises:
        ModelUnavailable: If the device is not there, or the file cannot be used.
        CheckpointMismatch: If the network has other sizes than the package's configuration.
    """
    path, config = package.path(package.motion_file), package.config.denoiser

    def open_loop(device: Device) -> WindowSampler:
        return DdimSampler(OnnxDenoiser(path, config, device=device, num_threads=num_threads))

    def open_graph(device: Device) -> OnnxSampler:
        return OnnxSampler(path, config, device=device, num_threads=num_threads)

    has_graph = package.motion_file == SAMPLER_FILE
    open_on: Callable[[Device], WindowSampler] = open_graph if has_graph else open_loop
    if device == "cpu":
        return open_on(device)
    candidates: list[tuple[str, WindowSampler]]
    if has_graph:
        graph = open_graph(device)
        candidates = [(_WHOLE, graph), (_STEP_BY_STEP, DdimSampler(graph))]
    else:
        candidates = [(_STEP_BY_STEP, open_loop(device))]
    return choose_faithful(_STAGE, candidates, lambda: open_on("cpu"), _sample_trial)


def open_process_sampler(
    package: ModelPackage, *, device: Device = "cpu", num_threads: int = 1
) -> ProcessSampler:
    """Load what makes the motion of whole clips; see `open_window_sampler`.

    Args:
        package: A package whose sampler was made for clips.
        device: Where it runs.
        num_threads: Threads of one evaluation on a CPU.

    Raises:
        ModelUnavailable: If the device is not there, or the file cannot be used.
        CheckpointMismatch: If the network has other sizes than the package's configuration.
    """

    def open_graph(device: Device) -> OnnxSampler:
        path, config = package.path(SAMPLER_FILE), package.config.denoiser
        return OnnxSampler(path, config, device=device, num_threads=num_threads)

    graph = open_graph(device)
    if device == "cpu":
        return graph
    candidates: list[tuple[str, ProcessSampler]]
    candidates = [(_WHOLE, graph), (_STEP_BY_STEP, LoopSampler(graph))]
    return choose_faithful(_STAGE, candidates, lambda: open_graph("cpu"), _run_trial)


def _sample_trial(sampler: WindowSampler) -> Sequence[FloatArray]:
    conditions, noise = _trial(sampler.config)
    steps = min(_TRIAL_STEPS, sampler.config.num_steps)
    windows = sampler.sample(conditions, noise, num_steps=steps, guidance=Guidance())
    return windows.motion, windows.first_clean


def _run_trial(sampler: ProcessSampler) -> Sequence[FloatArray]:
    conditions, noise = _trial(sampler.config)
    steps = min(_TRIAL_STEPS, sampler.config.num_steps)
    motion = sampler.run(
        ReverseProcess(sampler="ddim", num_steps=steps),
        conditions,
        noise,
        step_noise=lambda _: noise,
        guidance=Guidance(threshold=Threshold()),
    )
    return [motion]


def _trial(config: DenoiserConfig) -> tuple[Conditions, FloatArray]:
    """Two windows and their noise: the first of a stream, and one that goes on from another."""
    rng = np.random.default_rng(0)
    frames = min(_TRIAL_FRAMES, config.window_frames)

    def draw(*shape: int) -> FloatArray:
        return rng.standard_normal((2, *shape), np.float32)

    given = np.ones(2, np.bool_)
    conditions = Conditions(
        speech=draw(frames, config.speech_dim),
        style=draw(config.style_dim),
        shape=draw(config.shape_dim),
        previous_motion=draw(config.previous_frames, config.motion_dim),
        previous_speech=draw(config.previous_frames, config.speech_dim),
        indicator=np.ones((2, frames), np.float32),
        has_speech=given,
        has_style=given,
        has_previous=np.array([False, True]),
    )
    return conditions, draw(frames, config.motion_dim)
