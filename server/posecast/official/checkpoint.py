"""Published checkpoints, read strictly: every tensor has its place, every place its tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import ClipEncoderConfig, DenoiserConfig, GuidanceMode, StyleEncoderConfig
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.errors import CheckpointMismatch
from posecast.official.arguments import (
    DenoiserArguments,
    read_denoiser_arguments,
    read_style_encoder_arguments,
)
from posecast.official.buffers import without_buffers
from posecast.official.sizes import clip_encoder_config, denoiser_config, style_encoder_config
from posecast.official.state import check_fits, take_state
from posecast.official.unpickling import read_checkpoint

Conditions = tuple[Literal["audio", "style"], ...]

_CLIP_ENCODER = ("audio_encoder.", "audio_feature_map.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialSettings:
    """How a published denoiser is used, beside its sizes."""

    guidance_mode: GuidanceMode
    """What guidance pushes from."""
    guided_conditions: Conditions
    """What guidance pushes."""
    audio_padding: Literal["zero", "replicate"]
    """What follows the end of a clip in its last window."""
    style_encoder: str | None
    """File name of the style encoder that it was trained with, as its training run saw it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialDenoiser:
    """A published denoiser with its speech encoder."""

    config: DenoiserConfig
    """Sizes of the denoiser."""
    clip_encoder: ClipEncoderConfig
    """Sizes of the speech encoder."""
    denoiser_state: dict[str, Tensor]
    """State dict of a `ConditionedDenoiser` of these sizes."""
    clip_encoder_state: dict[str, Tensor]
    """State dict of a `ClipEncoderNetwork` of these sizes."""
    settings: OfficialSettings
    """How it is used."""
    iteration: int | None
    """Training steps behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialStyleEncoder:
    """A published style encoder."""

    config: StyleEncoderConfig
    """Sizes."""
    state: dict[str, Tensor]
    """State dict of a `StyleEncoderNetwork` of these sizes."""
    name: str | None
    """Name of its training run."""
    iteration: int | None
    """Training steps behind it."""


def load_denoiser_checkpoint(
    path: Path, guidance_mode: GuidanceMode | None = None
) -> OfficialDenoiser:
    """Read a denoiser's checkpoint.

    Args:
        path: `{"args": Namespace, "model": state dict, "iter": int}`, as `torch.save` wrote it.
        guidance_mode: What guidance pushes from; needed if the checkpoint does not say it, and
            `original` for the published code's own arithmetic of a checkpoint of `independent`.

    Returns:
        Sizes, weights and settings.

    Raises:
        CheckpointMismatch: If the file cannot be read safely, is no such checkpoint, contradicts
            itself or the guidance mode, or does not say it.
    """
    content = read_checkpoint(path)
    with _telling(path):
        state = take_state(content, "model")
        said = read_denoiser_arguments(content.get("args"))
        config = denoiser_config(state, said)
        settings = _settings(said, guidance_mode, has_style=config.style_dim > 0)
        weights = without_buffers(state, config)
        clip_encoder_state = {
            name: weights.pop(name) for name in state if name.startswith(_CLIP_ENCODER)
        }
        clip_encoder = clip_encoder_config(clip_encoder_state, said.audio_model)
        if clip_encoder.feature_dim != config.speech_dim:
            raise CheckpointMismatch(
                f"a speech encoder of {clip_encoder.feature_dim} features with a denoiser of "
                f"{config.speech_dim}"
            )
        with torch.device("meta"):
            check_fits(weights, ConditionedDenoiser(config))
            check_fits(clip_encoder_state, ClipEncoderNetwork(clip_encoder))
    return OfficialDenoiser(
        config=config,
        clip_encoder=clip_encoder,
        denoiser_state=weights,
        clip_encoder_state=clip_encoder_state,
        settings=settings,
        iteration=_iteration(content),
    )


def load_style_encoder_checkpoint(path: Path) -> OfficialStyleEncoder:
    """Read a style encoder's checkpoint.

    Args:
        path: `{"args": Namespace, "encoder": state dict, "iter": int}`, as `torch.save` wrote it.

    Returns:
        Sizes and weights.

    Raises:
        CheckpointMismatch: If the file cannot be read safely, is no such checkpoint or contradicts
            itself.
    """
    content = read_checkpoint(path)
    with _telling(path):
        state = take_state(content, "encoder")
        said = read_style_encoder_arguments(content.get("args"))
        config = style_encoder_config(state, said)
        with torch.device("meta"):
            check_fits(state, StyleEncoderNetwork(config))
    return OfficialStyleEncoder(
        config=config, state=state, name=said.exp_name, iteration=_iteration(content)
    )


def _settings(
    said: DenoiserArguments, guidance_mode: GuidanceMode | None, *, has_style: bool
) -> OfficialSettings:
    known: Conditions = ("audio", "style") if has_style else ("audio",)
    guided = known if said.guiding_conditions is None else said.guiding_conditions
    if not has_style and ("style" in guided or said.style_enc_ckpt is not None):
        raise CheckpointMismatch("its arguments tell of style, but its tensors know none")
    return OfficialSettings(
        guidance_mode=_guidance_mode(said, guidance_mode, is_needed=len(guided) > 1),
        guided_conditions=guided,
        audio_padding=said.pad_mode or "zero",
        style_encoder=said.style_enc_ckpt,
    )


def _guidance_mode(
    said: DenoiserArguments, chosen: GuidanceMode | None, *, is_needed: bool
) -> GuidanceMode:
    """What was chosen, if it fits; with one guided condition all modes are the same."""
    trained = "independent" if chosen == "original" else chosen
    if said.cfg_mode is None:
        if chosen is None and is_needed:
            raise CheckpointMismatch(
                "its arguments lack cfg_mode; give the guidance mode: incremental, independent "
                "or original"
            )
        return chosen or "incremental"
    if trained not in (None, said.cfg_mode):
        raise CheckpointMismatch(
            f"guidance mode {chosen!r}, but it was trained for {said.cfg_mode!r}"
        )
    return chosen or said.cfg_mode


def _iteration(content: Mapping[str, Any]) -> int | None:
    iteration = content.get("iter")
    return iteration if isinstance(iteration, int) else None


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Name the file in whatever is wrong with it."""
    try:
        yield
    except CheckpointMismatch as error:
        raise CheckpointMismatch(f"{path}: {error}") from error
