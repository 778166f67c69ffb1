"""Opens a model package for the published inference on whole clips."""

from __future__ import annotations

from pathlib import Path

from posecast import checkpoints
from posecast.conditioning.package_speech_encoder import open_clip_encoder
from posecast.denoising.package_sampler import open_process_sampler
from posecast.errors import ModelUnavailable
from posecast.rig.flame_statistics import FlameStatistics
from posecast.session.engine import choose_device
from posecast.session.flame_clip import ClipModel


def open_clip_model(
    model: str | Path, *, device: str = "auto", num_threads: int = 1
) -> tuple[checkpoints.ModelPackage, ClipModel]:
    """Load a FLAME model.

    Args:
        model: Folder of a package that `posecast import-official` wrote.
        device: `cpu`, `cuda`, or `auto`: the GPU if onnxruntime can use one.
        num_threads: Threads of one evaluation on a CPU.

    Returns:
        The package, and its networks.

    Raises:
        InvalidRequest: If there is no such kind of device.
        ModelUnavailable: If the package or the device is not there, or it is no FLAME model.
        CheckpointMismatch: If a file of the package is damaged or does not fit the others.
    """
    package = checkpoints.load_package(model)
    config = package.config
    if config.clip_encoder is None:
        raise ModelUnavailable(
            f"model {config.name!r} moves ARKit curves as it hears; the published inference is for "
            "FLAME models, which `posecast import-official` makes"
        )
    chosen = choose_device(device)
    return package, ClipModel(
        encoder=open_clip_encoder(
            package, config.clip_encoder, device=chosen, num_threads=num_threads
        ),
        sampler=open_process_sampler(package, device=chosen, num_threads=num_threads),
        statistics=FlameStatistics.from_npz(package.path(checkpoints.STATISTICS_FILE)),
    )
