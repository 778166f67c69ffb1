"""Opens what puts a face on the motion of a model package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posecast.checkpoints import SHAPE_FILE, STATISTICS_FILE, ModelPackage
from posecast.errors import InvalidRequest
from posecast.rig import flame_files
from posecast.rig.arkit_rig import ArkitRig
from posecast.rig.face_rig import FaceRig
from posecast.rig.flame_model_file import read_flame_model
from posecast.rig.flame_motion_rig import FlameMotionRig
from posecast.rig.flame_rig import FlameRig
from posecast.rig.flame_shape import normalise_shape
from posecast.rig.flame_statistics import FlameStatistics
from posecast.rig.retarget import MotionScale
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RigFiles:
    """Files of the user's own that help to put ARKit curves on a FLAME face."""

    rig_map: Path | None = None
    """What `posecast rig fit` wrote; the best there is."""
    flame_model: Path | None = None
    """The licensed FLAME model, on which lips are measured where there is no map."""

    def __post_init__(self) -> None:
        """Refuse two answers to one question."""
        if self.rig_map and self.flame_model:
            raise InvalidRequest("a rig map and a FLAME model; allowed: one of the two")


NO_FILES = RigFiles()


def open_rig(package: ModelPackage, files: RigFiles = NO_FILES) -> FaceRig:
    """The rig of a model.

    Args:
        package: The model package.
        files: For a model that moves a FLAME face.

    Returns:
        What turns the model's motion into curves and a head pose.

    Raises:
        InvalidRequest: If there are files for a model that moves ARKit curves, or the FLAME model
            is not usable.
        CheckpointMismatch: If a file does not hold what it should.
    """
    if package.config.motion_space == "arkit":
        if files != NO_FILES:
            raise InvalidRequest(
                f"a rig map or FLAME model for {package.config.name!r}, which moves ARKit curves "
                "itself; allowed: for FLAME models only"
            )
        return ArkitRig(scale=MotionScale(mean=package.motion_mean, std=package.motion_std))
    statistics = FlameStatistics.from_npz(package.path(STATISTICS_FILE))
    return FlameMotionRig(statistics=statistics, rig=open_flame_rig(files))


def read_shape(package: ModelPackage) -> FloatArray:
    """Whose face a model moves.

    Args:
        package: The model package.

    Returns:
        Identity, normalised; none for a model that moves ARKit curves. [shape_dim]

    Raises:
        CheckpointMismatch: If the package's shape is none.
    """
    if not package.config.denoiser.shape_dim:
        return np.zeros(0, np.float32)
    statistics = FlameStatistics.from_npz(package.path(STATISTICS_FILE))
    return normalise_shape(flame_files.read_shape(package.path(SHAPE_FILE)), statistics)


def open_flame_rig(files: RigFiles) -> FlameRig:
    """What puts a face on FLAME coefficients; see `open_rig`."""
    if files.rig_map:
        return FlameRig.fitted(files.rig_map)
    return FlameRig.fallback(read_flame_model(files.flame_model) if files.flame_model else None)
