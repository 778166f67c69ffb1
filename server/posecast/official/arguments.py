"""The arguments that a published checkpoint was trained with, as typed settings."""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal, TypeVar

from posecast.config import from_mapping
from posecast.errors import CheckpointMismatch, InvalidRequest

_WIDTH_OF_OLDER_MASK = 1
_Arguments = TypeVar("_Arguments", bound="_Said")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What both kinds of checkpoint say about their network; None where one says nothing."""

    no_head_pose: bool | None = None
    """Whether the motion leaves the head out."""
    rot_repr: Literal["aa"] | None = None
    """How rotations are written: axis and angle."""
    feature_dim: int | None = None
    """Channels of the transformer."""
    n_heads: int | None = None
    """Attention heads; the one size that no tensor shows."""
    n_layers: int | None = None
    """Transformer layers."""
    mlp_ratio: int | None = None
    """Width of the feed-forward layers over `feature_dim`."""
    n_motions: int | None = None
    """Frames of a window."""
    fps: int | None = None
    """Frames in a second."""
    exp_name: str | None = None
    """Name of the training run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleEncoderArguments(_Said):
    """What a style encoder's checkpoint says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserArguments(_Said):
    """What a denoiser's checkpoint says."""

    target: Literal["sample", "noise"] | None = None
    """What the network predicts."""
    guiding_conditions: tuple[Literal["audio", "style"], ...] | None = None
    """Conditions that were withheld in training, so that they can be guided."""
    cfg_mode: Literal["incremental", "independent"] | None = None
    """How they were withheld."""
    n_diff_steps: int | None = None
    """Diffusion steps."""
    diff_schedule: Literal["cosine", "linear", "quadratic", "sigmoid"] | None = None
    """How beta grows."""
    style_enc_ckpt: str | None = None
    """File of the style encoder; None for a model without style."""
    d_style: int | None = None
    """Width of a style vector."""
    audio_model: Literal["hubert", "wav2vec2"] | None = None
    """What the speech encoder was made from."""
    architecture: Literal["decoder"] | None = None
    """Kind of transformer."""
    align_mask_width: int | None = None
    """Reach of a frame's cross-attention."""
    no_use_learnable_pe: bool | None = None
    """Whether positions are a sinusoid."""
    use_indicator: bool | None = None
    """Whether a channel tells real frames from padding."""
    n_prev_motions: int | None = None
    """Frames of the previous window."""
    pad_mode: Literal["zero", "replicate"] | None = None
    """What follows the end of the audio."""


def read_denoiser_arguments(args: object) -> DenoiserArguments:
    """Read what a denoiser's checkpoint holds under `args`.

    Args:
        args: Its `argparse.Namespace`; older names are understood, others are passed over.

    Returns:
        The settings; those that it does not have are None.

    Raises:
        CheckpointMismatch: If it is no namespace, or a value is none that we know.
    """
    values = _namespace(args)
    _take_negated(values, "predict_head_pose", "no_head_pose")
    _take_negated(values, "use_learnable_pe", "no_use_learnable_pe")
    older_mask = values.get("use_alignment_mask")
    if older_mask is not None and values.get("align_mask_width") is None:
        values["align_mask_width"] = _WIDTH_OF_OLDER_MASK if older_mask else 0
    conditions = values.get("guiding_conditions")
    if isinstance(conditions, str):
        values["guiding_conditions"] = [name.strip() for name in conditions.split(",") if name]
    encoder = values.get("style_enc_ckpt")
    if isinstance(encoder, PurePath):
        values["style_enc_ckpt"] = encoder.as_posix()
    return _typed(DenoiserArguments, values)


def read_style_encoder_arguments(args: object) -> StyleEncoderArguments:
    """Read what a style encoder's checkpoint holds under `args`; see `read_denoiser_arguments`."""
    values = _namespace(args)
    _take_negated(values, "predict_head_pose", "no_head_pose")
    return _typed(StyleEncoderArguments, values)


def check_said(*facts: tuple[str, object, object]) -> None:
    """Compare what a checkpoint says with what its tensors show.

    Args:
        facts: Name of an argument, its value or None, and what the tensors show.

    Raises:
        CheckpointMismatch: If one differs.
    """
    for name, said, shown in facts:
        if said is not None and said != shown:
            raise CheckpointMismatch(
                f"its argument {name} is {said!r}, but its tensors are those of {shown!r}"
            )


def _namespace(args: object) -> dict[str, Any]:
    if not isinstance(args, argparse.Namespace):
        raise CheckpointMismatch(
            f"args: a {type(args).__name__}; expected the argparse.Namespace of its training"
        )
    return dict(vars(args))


def _take_negated(values: dict[str, Any], older: str, name: str) -> None:
    """An older name says the opposite; it counts where the newer one is missing."""
    said = values.get(older)
    if said is not None and values.get(name) is None:
        values[name] = not said


def _typed(kind: type[_Arguments], values: dict[str, Any]) -> _Arguments:
    known = {field.name for field in dataclasses.fields(kind)}
    try:
        return from_mapping(
            kind, {name: value for name, value in values.items() if name in known}, where="args"
        )
    except InvalidRequest as error:
        raise CheckpointMismatch(str(error)) from error
