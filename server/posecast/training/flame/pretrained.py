"""Reads the networks that a training begins with or is taught by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.errors import CheckpointMismatch
from posecast.official.checkpoint import load_denoiser_checkpoint, load_style_encoder_checkpoint
from posecast.official.sizes import clip_encoder_config
from posecast.official.state import check_fits, take_state
from posecast.official.unpickling import read_checkpoint

_FEATURE_MAP = "audio_feature_map"


def read_style_encoder(path: Path) -> StyleEncoderNetwork:
    """A trained style encoder, for evaluation.

    Args:
        path: A checkpoint of the published format, of ours or of the authors.

    Raises:
        CheckpointMismatch: If it is none.
    """
    official = load_style_encoder_checkpoint(path)
    network = StyleEncoderNetwork(official.config)
    network.load_state_dict(official.state)
    return network.eval()


def read_speech_encoder(path: Path, feature_dim: int, dropout: float) -> ClipEncoderNetwork:
    """A trained speech encoder to go on with.

    Args:
        path: `pytorch_model.bin` of Hugging Face's facebook/hubert-base-ls960 (or of
            facebook/wav2vec2-base-960h), whose feature map is drawn anew; or a denoiser's
            checkpoint of the published format.
        feature_dim: Width of a frame of features.
        dropout: Share of values dropped in training, 0..1.

    Raises:
        CheckpointMismatch: If it is neither, or of other features.
    """
    content = read_checkpoint(path)
    if "model" in content:
        official = load_denoiser_checkpoint(path)
        config, state = official.clip_encoder, official.clip_encoder_state
    else:
        kind, state = _stock_state(content, feature_dim)
        config = clip_encoder_config(state, kind)
    if config.feature_dim != feature_dim:
        raise CheckpointMismatch(
            f"{path}: a speech encoder of {config.feature_dim} features; expected {feature_dim}"
        )
    network = ClipEncoderNetwork(config, dropout=dropout)
    try:
        check_fits(state, network)
    except CheckpointMismatch as error:
        raise CheckpointMismatch(f"{path}: {error}") from error
    network.load_state_dict(state)
    return network


def _stock_state(content: Mapping[str, Any], feature_dim: int) -> tuple[str, dict[str, Tensor]]:
    """The kind of a stock speech encoder, and its tensors under our names with a new map."""
    kinds = [
        kind for kind in ("hubert", "wav2vec2") if any(n.startswith(f"{kind}.") for n in content)
    ]
    kind = kinds[0] if kinds else "hubert"
    bare = {
        name.removeprefix(f"{kind}."): value
        for name, value in content.items()
        if not name.startswith("lm_head.")  # letters, which wav2vec2 was made to write
    }
    state = take_state({"model": {f"audio_encoder.{n}": v for n, v in bare.items()}}, "model")
    width_of = "audio_encoder.feature_projection.projection.weight"
    if width_of not in state:
        raise CheckpointMismatch(f"no speech encoder: {width_of.partition('.')[2]} is missing")
    layer = torch.nn.Linear(state[width_of].shape[0], feature_dim)
    state |= {f"{_FEATURE_MAP}.{name}": value for name, value in layer.state_dict().items()}
    return kind, state
