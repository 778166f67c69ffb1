"""One whole clip to FLAME coefficients, the published way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecast.conditioning.clip_encoder import ClipEncoder
from posecast.denoising.noise_source import NoiseSource
from posecast.denoising.process_sampler import ProcessSampler
from posecast.errors import InvalidRequest
from posecast.rig.flame import FlameCoefficients, denormalise
from posecast.rig.flame_shape import normalise_shape
from posecast.rig.flame_statistics import FlameStatistics
from posecast.session.clip_motion import ClipMotion, ClipProgress, OnClipProgress
from posecast.session.clip_plan import ClipPlan
from posecast.session.clip_request import ClipRequest
from posecast.session.clip_speech import encode_clip
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipModel:
    """A loaded FLAME model; it has no state of its own and may be shared."""

    encoder: ClipEncoder
    """Speech encoder."""
    sampler: ProcessSampler
    """Denoiser and loop."""
    statistics: FlameStatistics
    """Units of its motion and of shapes."""


def _ignore(_progress: ClipProgress) -> None:
    """An `OnClipProgress` that does nothing."""


def animate_clip(
    model: ClipModel,
    request: ClipRequest,
    noise: NoiseSource,
    on_progress: OnClipProgress = _ignore,
) -> list[FlameCoefficients]:
    """Animate a clip.

    Args:
        model: The loaded model.
        request: The clip, its style and shape, and options.
        noise: Where noise comes from; `SeededNoise` for one that can be had again.
        on_progress: Told of steps that are done; what it raises ends the animation.

    Returns:
        One face for each repetition, S / 640 frames at 25 frames a second, rounded down.

    Raises:
        InvalidRequest: If the clip is shorter than a frame, or something does not fit the model.

    Source:
        DiffPoseTalk, arXiv:2310.00434, inference on long audio.
    """
    motion = make_clip_motion(model, request, noise, on_progress)
    return [denormalise(row, model.statistics, request.shape) for row in motion]


def make_clip_motion(
    model: ClipModel,
    request: ClipRequest,
    noise: NoiseSource,
    on_progress: OnClipProgress = _ignore,
) -> FloatArray:
    """The same as normalised motion; see `animate_clip`. [N, F, M]"""
    plan = ClipPlan.of(len(request.samples), model.sampler.config.window_frames)
    clip = ClipMotion(
        model.sampler,
        plan,
        style=request.style,
        shape=_shape_of(model, request),
        options=request.options,
        noise=noise,
    )
    speech = encode_clip(model.encoder, request.samples, plan, request.options)
    return np.concatenate(list(clip.windows(speech, on_progress)), axis=1)[:, : plan.num_frames]


def _shape_of(model: ClipModel, request: ClipRequest) -> FloatArray:
    if model.sampler.config.shape_dim:
        return normalise_shape(request.shape, model.statistics)
    if request.shape is not None:
        raise InvalidRequest("a shape was given; this model takes none")
    return np.zeros(0, np.float32)
