"""The style that FLAME motion shows."""

from __future__ import annotations

from posecast import checkpoints
from posecast.checkpoints import ModelPackage
from posecast.conditioning.onnx_style_encoder import OnnxStyleEncoder
from posecast.errors import InvalidRequest, ModelUnavailable
from posecast.rig.flame import FlameCoefficients, normalise
from posecast.rig.flame_statistics import FlameStatistics
from posecast.signals import FloatArray

CLIP_FRAMES = 100
"""Frames of a clip, 4 s: what the published encoder was trained on."""


def extract_flame_style(
    package: ModelPackage, coefficients: FlameCoefficients, first_frame: int = 0
) -> FloatArray:
    """Find the style of a clip of motion.

    Args:
        package: A model of FLAME motion.
        coefficients: The motion, in raw units at 25 frames a second.
        first_frame: Where the clip of 100 frames begins; it is shorter if the motion ends before.

    Returns:
        The style vector. [style_dim]

    Raises:
        InvalidRequest: If the motion ends before the first frame.
        ModelUnavailable: If the model knows no style, or a file of it is not usable.
        CheckpointMismatch: If a file of it does not fit the others.

    Source:
        DiffPoseTalk, arXiv:2310.00434, its style extraction.
    """
    config = package.config
    if not config.denoiser.style_dim:
        raise ModelUnavailable(f"model {config.name!r} knows no style")
    if not 0 <= first_frame < len(coefficients):
        raise InvalidRequest(
            f"first frame {first_frame}; allowed: 0 to {len(coefficients) - 1}, the last one"
        )
    encoder = OnnxStyleEncoder(package.path(checkpoints.STYLE_ENCODER_FILE), config.style_encoder)
    statistics = FlameStatistics.from_npz(package.path(checkpoints.STATISTICS_FILE))
    motion = normalise(coefficients, statistics, config.style_encoder.motion_dim)
    vectors = encoder.encode(motion[None, first_frame : first_frame + CLIP_FRAMES])
    return vectors[0]
