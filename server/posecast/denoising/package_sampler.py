"""Opens the motion network of a model package, whichever of the two kinds it holds."""

from __future__ import annotations

from typing import Literal

from posecast.checkpoints import SAMPLER_FILE, ModelPackage
from posecast.denoising.onnx_denoiser import OnnxDenoiser
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.window_sampler import DdimSampler, WindowSampler


def open_window_sampler(
    package: ModelPackage, *, device: Literal["cpu", "cuda"] = "cpu", num_threads: int = 1
) -> WindowSampler:
    """Load what makes the motion.

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
    if package.motion_file == SAMPLER_FILE:
        return OnnxSampler(path, config, device=device, num_threads=num_threads)
    return DdimSampler(OnnxDenoiser(path, config, device=device, num_threads=num_threads))
