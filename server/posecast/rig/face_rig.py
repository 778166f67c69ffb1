"""What a session asks of the last stage: normalised motion to a face."""

from __future__ import annotations

from typing import Protocol

from posecast.signals import FloatArray


class FaceRig(Protocol):
    """Puts a face on normalised motion; it remembers nothing from one frame to the next."""

    def face(
        self, motion: FloatArray, contact: tuple[float, ...], closing: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Turn motion into curves and a head pose.

        Args:
            motion: Normalised motion of consecutive frames. [T, M]
            contact: Share of the jaw's opening that the lips undo where they begin to touch, and
                where they touch for good.
            closing: Share that the lips undo at least, for what is heard. [T]

        Returns:
            Weights, 0..1 with mouthClose <= jawOpen, [T, 52], and head quaternions (x, y, z, w),
            [T, 4].
        """
        ...
