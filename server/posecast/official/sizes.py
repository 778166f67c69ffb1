"""Sizes of published networks, read from the shapes of their tensors."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from posecast.config import FRAME_RATE_HZ, ClipEncoderConfig, DenoiserConfig, StyleEncoderConfig
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.official.arguments import (
    DenoiserArguments,
    StyleEncoderArguments,
    check_said,
)
from posecast.official.buffers import (
    ALIGNMENT_MASK,
    read_alignment_width,
    read_num_steps,
    read_schedule,
)
from posecast.official.state import count_layers, shape_of
from posecast.rig.flame_layout import SHAPE_DIM, has_head

_HUBERT_HEAD_WIDTH = 64  # no tensor shows it; both pre-trained networks that are used have it
_DECODER = "denoising_net.transformer.layers."


def denoiser_config(state: Mapping[str, Tensor], said: DenoiserArguments) -> DenoiserConfig:
    """Sizes of a denoiser.

    Args:
        state: All its tensors, buffers too.
        said: What the checkpoint says; only what no tensor shows is taken from it.

    Returns:
        The sizes.

    Raises:
        CheckpointMismatch: If tensors are missing, or contradict each other or the arguments.
    """
    _, previous, motion_dim = shape_of(state, "start_motion_feat", 3)
    width, inputs = shape_of(state, "denoising_net.feature_proj.weight", 2)
    person = shape_of(state, "denoising_net.person_proj.weight", 2)[1]
    style_dim = shape_of(state, "null_style_feat", 3)[2] if "null_style_feat" in state else 0
    if inputs - motion_dim not in (0, 1):
        raise CheckpointMismatch(
            f"feature_proj has {inputs} inputs; allowed: {motion_dim}, or one more"
        )
    if person - style_dim != SHAPE_DIM:
        raise CheckpointMismatch(
            f"person_proj has {person} inputs with styles of {style_dim}; "
            f"expected {SHAPE_DIM + style_dim}"
        )
    if said.target is None:
        raise CheckpointMismatch("its arguments lack target; allowed: sample, noise")
    num_layers = count_layers(state, _DECODER)
    ratio = _feed_forward_ratio(state, f"{_DECODER}0.linear1.weight", width)
    config = DenoiserConfig(
        motion_dim=motion_dim,
        speech_dim=shape_of(state, "null_audio_feat", 3)[2],
        style_dim=style_dim,
        shape_dim=SHAPE_DIM,
        width=width,
        num_layers=num_layers,
        num_heads=_num_heads(said.n_heads, width),
        feed_forward_ratio=ratio,
        window_frames=_window_frames(state, previous, said.n_motions),
        previous_frames=previous,
        num_steps=read_num_steps(state, said.n_diff_steps),
        schedule=read_schedule(state, said),
        target=said.target,
        alignment_width=read_alignment_width(state, said.align_mask_width),
        uses_indicator=inputs > motion_dim,
        learned_positions="denoising_net.PE" in state,
    )
    _check_motion(motion_dim, said)
    check_said(
        ("feature_dim", said.feature_dim, width),
        ("n_layers", said.n_layers, num_layers),
        ("mlp_ratio", said.mlp_ratio, ratio),
        ("n_motions", said.n_motions, config.window_frames),
        ("n_prev_motions", said.n_prev_motions, previous),
        ("n_diff_steps", said.n_diff_steps, config.num_steps),
        ("align_mask_width", _reach(said.align_mask_width), config.alignment_width),
        ("use_indicator", said.use_indicator, config.uses_indicator),
        ("no_use_learnable_pe", said.no_use_learnable_pe, not config.learned_positions),
        ("d_style", said.d_style if style_dim else None, style_dim),
    )
    return config


def clip_encoder_config(state: Mapping[str, Tensor], kind: str | None) -> ClipEncoderConfig:
    """Sizes of a speech encoder.

    Args:
        state: Its tensors, `audio_encoder.*` and `audio_feature_map.*`.
        kind: Which pre-trained network the checkpoint names; HuBERT if it names none, for both have
            the same layers.

    Returns:
        The sizes; strides and the width of a head are those of both networks.

    Raises:
        CheckpointMismatch: If tensors are missing or contradict each other.
    """
    convolutions = "audio_encoder.feature_extractor.conv_layers."
    strides = ClipEncoderConfig().conv_strides
    num_convolutions = count_layers(state, convolutions)
    if num_convolutions != len(strides):
        raise CheckpointMismatch(f"{num_convolutions} convolutions; expected {len(strides)}")
    kernels = [
        shape_of(state, f"{convolutions}{layer}.conv.weight", 3)
        for layer in range(num_convolutions)
    ]
    width = shape_of(state, "audio_encoder.feature_projection.projection.weight", 2)[0]
    direction = "audio_encoder.encoder.pos_conv_embed.conv.parametrizations.weight.original1"
    _, group_width, position_kernel = shape_of(state, direction, 3)
    layers = "audio_encoder.encoder.layers."
    dense = f"{layers}0.feed_forward.intermediate_dense.weight"
    if width % _HUBERT_HEAD_WIDTH or width % group_width:
        raise CheckpointMismatch(
            f"a speech encoder of width {width} with groups of {group_width}; "
            f"expected a multiple of both {_HUBERT_HEAD_WIDTH} and the groups"
        )
    return ClipEncoderConfig(
        kind="wav2vec2" if kind == "wav2vec2" else "hubert",
        conv_dims=tuple(kernel[0] for kernel in kernels),
        conv_kernels=tuple(kernel[2] for kernel in kernels),
        conv_strides=strides,
        width=width,
        num_layers=count_layers(state, layers),
        num_heads=width // _HUBERT_HEAD_WIDTH,
        feed_forward=shape_of(state, dense, 2)[0],
        position_kernel=position_kernel,
        position_groups=width // group_width,
        feature_dim=shape_of(state, "audio_feature_map.weight", 2)[0],
    )


def style_encoder_config(
    state: Mapping[str, Tensor], said: StyleEncoderArguments
) -> StyleEncoderConfig:
    """Sizes of a style encoder.

    Args:
        state: Its tensors.
        said: What the checkpoint says.

    Returns:
        The sizes.

    Raises:
        CheckpointMismatch: If tensors are missing, or contradict each other or the arguments.
    """
    width, motion_dim = shape_of(state, "motion_proj.weight", 2)
    num_layers = count_layers(state, "transformer.layers.")
    ratio = _feed_forward_ratio(state, "transformer.layers.0.linear1.weight", width)
    _check_motion(motion_dim, said)
    check_said(
        ("feature_dim", said.feature_dim, width),
        ("n_layers", said.n_layers, num_layers),
        ("mlp_ratio", said.mlp_ratio, ratio),
    )
    return StyleEncoderConfig(
        motion_dim=motion_dim,
        width=width,
        num_layers=num_layers,
        num_heads=_num_heads(said.n_heads, width),
        feed_forward_ratio=ratio,
    )


def _check_motion(motion_dim: int, said: DenoiserArguments | StyleEncoderArguments) -> None:
    try:
        moves_head = has_head(motion_dim)
    except InvalidRequest as error:
        raise CheckpointMismatch(str(error)) from error
    check_said(
        ("no_head_pose", said.no_head_pose, not moves_head),
        ("fps", said.fps, FRAME_RATE_HZ),
    )


def _num_heads(num_heads: int | None, width: int) -> int:
    if num_heads is None:
        raise CheckpointMismatch("its arguments lack n_heads, which no tensor shows")
    if num_heads < 1 or width % num_heads:
        raise CheckpointMismatch(f"{num_heads} heads; allowed: a divisor of the width {width}")
    return num_heads


def _feed_forward_ratio(state: Mapping[str, Tensor], name: str, width: int) -> int:
    rows = shape_of(state, name, 2)[0]
    if rows % width:
        raise CheckpointMismatch(f"{name} has {rows} rows; expected a multiple of {width}")
    return rows // width


def _window_frames(state: Mapping[str, Tensor], previous: int, said: int | None) -> int:
    """From the tokens of a table that has a row for each: the person's, previous, current."""
    if "denoising_net.PE" in state:
        tokens = shape_of(state, "denoising_net.PE", 3)[1]
    elif ALIGNMENT_MASK in state:
        tokens = shape_of(state, ALIGNMENT_MASK, 2)[0]
    elif said is not None:
        return said
    else:
        raise CheckpointMismatch("its arguments lack n_motions, which no tensor shows")
    if tokens <= 1 + previous:
        raise CheckpointMismatch(f"{tokens} tokens with {previous} previous frames; too few")
    return tokens - 1 - previous


def _reach(width: int | None) -> int | None:
    """Every width of 0 and less means no mask."""
    return None if width is None else max(width, 0)
