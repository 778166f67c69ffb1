"""Writes checkpoints in the format of the published ones, for `posecast import-official`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import FRAME_RATE_HZ, DenoiserConfig, StyleEncoderConfig
from posecast.denoising.noise_schedule import NoiseSchedule, build_schedule
from posecast.nn import sinusoid_table
from posecast.official.buffers import ALIGNMENT_MASK, alignment_mask
from posecast.rig.flame_layout import has_head
from posecast.training.flame.network import FlameTrainingNetwork

_NUM_POSITIONS = 600


def write_style_encoder(
    path: Path, network: StyleEncoderNetwork, step: int, training: Mapping[str, Any]
) -> None:
    """Write `{"args", "encoder", "iter"}`.

    Args:
        path: File to write.
        network: The style encoder.
        step: Steps behind it.
        training: Further arguments of the published training, by their published names.
    """
    args = argparse.Namespace(**_style_arguments(network.config), **training, iter=step)
    _save(path, {"args": args, "encoder": _on_cpu(network.state_dict()), "iter": step})


def write_denoiser(
    path: Path, network: FlameTrainingNetwork, step: int, training: Mapping[str, Any]
) -> None:
    """Write `{"args", "model", "iter"}`, with the buffers that the published files hold.

    Args:
        path: File to write.
        network: The denoiser with its speech encoder.
        step: Steps behind it.
        training: Further arguments of the published training, by their published names.
    """
    args = argparse.Namespace(**_denoiser_arguments(network.denoiser.config), **training, iter=step)
    _save(path, {"args": args, "model": _on_cpu(published_state(network)), "iter": step})


def published_state(network: FlameTrainingNetwork) -> dict[str, Tensor]:
    """State dict of the published layout: both networks, and the buffers that are computed."""
    config = network.denoiser.config
    return {
        **network.denoiser.state_dict(),
        **network.clip_encoder.state_dict(),
        **_buffers(config),
    }


def _buffers(config: DenoiserConfig) -> dict[str, Tensor]:
    schedule = build_schedule(config.schedule, config.num_steps)
    buffers = {
        f"diffusion_sched.{name}": torch.tensor(getattr(schedule, name))
        for name in NoiseSchedule.__dataclass_fields__
    }
    buffers["denoising_net.TE.pe"] = sinusoid_table(config.num_steps + 1, config.width)[None]
    if not config.learned_positions:
        buffers["denoising_net.PE.pe"] = sinusoid_table(_NUM_POSITIONS, config.width)[None]
    if config.alignment_width > 0:
        buffers[ALIGNMENT_MASK] = alignment_mask(config)
    return buffers


def _style_arguments(config: StyleEncoderConfig) -> dict[str, Any]:
    return {
        "mode": "train",
        "rot_repr": "aa",
        "no_head_pose": not has_head(config.motion_dim),
        "feature_dim": config.width,
        "n_heads": config.num_heads,
        "n_layers": config.num_layers,
        "mlp_ratio": config.feed_forward_ratio,
        "fps": FRAME_RATE_HZ,
    }


def _denoiser_arguments(config: DenoiserConfig) -> dict[str, Any]:
    return {
        "mode": "train",
        "target": config.target,
        "n_diff_steps": config.num_steps,
        "diff_schedule": config.schedule,
        "rot_repr": "aa",
        "no_head_pose": not has_head(config.motion_dim),
        "d_style": config.style_dim,
        "architecture": "decoder",
        "align_mask_width": config.alignment_width,
        "no_use_learnable_pe": not config.learned_positions,
        "use_indicator": config.uses_indicator,
        "feature_dim": config.width,
        "n_heads": config.num_heads,
        "n_layers": config.num_layers,
        "mlp_ratio": config.feed_forward_ratio,
        "n_motions": config.window_frames,
        "n_prev_motions": config.previous_frames,
        "fps": FRAME_RATE_HZ,
    }


def _on_cpu(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu() for name, value in state.items()}


def _save(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)
