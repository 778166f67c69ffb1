"""The rig of models that move a FLAME face."""

from __future__ import annotations

from dataclasses import dataclass

from posecast.rig.flame import denormalise
from posecast.rig.flame_rig import FlameRig
from posecast.rig.flame_statistics import FlameStatistics
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FlameMotionRig:
    """A `FaceRig` over FLAME coefficients.

    Source:
        DiffPoseTalk, arXiv:2310.00434, for the coefficients; the curves are our own.
    """

    statistics: FlameStatistics
    """What the motion was normalised with."""
    rig: FlameRig
    """Coefficients to a face."""

    def face(
        self,
        motion: FloatArray,
        contact: tuple[float, ...],  # noqa: ARG002 - how surely lips touch is the map's affair
        closing: FloatArray,  # noqa: ARG002
    ) -> tuple[FloatArray, FloatArray]:
        """Turn motion into curves and a head pose; see `FaceRig.face`. [T, 54] or [T, 51]"""
        return self.rig.face(denormalise(motion, self.statistics))
