"""FLAME coefficients to a face of ours: ARKit weights and head pose."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_arkit import PhysicalFallback
from posecast.rig.flame_layout import HEAD
from posecast.rig.flame_lips import LipGauge
from posecast.rig.flame_map_file import read_flame_map
from posecast.rig.flame_model import FlameModel
from posecast.rig.head_pose import quaternion_from_rotation_vector
from posecast.signals import FloatArray


class FlameWeights(Protocol):
    """Turns coefficients into ARKit weights, each frame by itself.

    Source:
        Our own: the fallback and the fitted map.
    """

    def weights(self, coefficients: FlameCoefficients) -> FloatArray:
        """Weights, 0..1 with mouthClose <= jawOpen. [T, 52]"""


class FlameRig:
    """Puts a face on FLAME coefficients; it remembers nothing from frame to frame.

    Source:
        Our own.
    """

    def __init__(self, source: FlameWeights) -> None:
        """Choose where the weights come from.

        Args:
            source: A fitted map or the fallback.
        """
        self._source = source

    @classmethod
    def fitted(cls, path: Path) -> Self:
        """A rig with the user's own map.

        Args:
            path: What `posecast rig fit` wrote.

        Raises:
            CheckpointMismatch: If it is not such a file.
        """
        return cls(read_flame_map(path))

    @classmethod
    def fallback(cls, model: FlameModel | None = None) -> Self:
        """A rig without a map: the jaw, and the lips if there is a model to measure them on.

        Args:
            model: The user's licensed model.

        Raises:
            CheckpointMismatch: If the model stands in other axes, or its jaw parts no lips.
        """
        if model is None:
            return cls(PhysicalFallback())
        model.check_axes()
        return cls(PhysicalFallback(LipGauge(model)))

    def face(self, coefficients: FlameCoefficients) -> tuple[FloatArray, FloatArray]:
        """Put a face on coefficients.

        Args:
            coefficients: FLAME's, in raw units.

        Returns:
            Weights, 0..1 with mouthClose <= jawOpen, [T, 52], and head quaternions (x, y, z, w),
            [T, 4].

        Source:
            FLAME's axes are those of our head pose, right-handed, Y up, looking +Z, so that its
            rotation vector is ours.
        """
        head = quaternion_from_rotation_vector(coefficients.pose[:, HEAD])
        return self._source.weights(coefficients), head
