"""The rig of models that move ARKit curves themselves."""

from __future__ import annotations

from dataclasses import dataclass

from posecast.rig.retarget import MotionScale, face_from_motion
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ArkitRig:
    """A `FaceRig` that scales motion and decides which lips touch.

    Source:
        Our own; see `retarget.face_from_motion`.
    """

    scale: MotionScale
    """Units of the motion."""

    def face(
        self, motion: FloatArray, contact: tuple[float, ...], closing: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Turn motion into curves and a head pose; see `FaceRig.face`. [T, 55]"""
        return face_from_motion(motion, self.scale, contact, closing)
