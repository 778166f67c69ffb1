"""The forward process in torch: clean motion to noisy motion of any step."""

from __future__ import annotations

import torch
from torch import Tensor

from posecast.config import DenoiserConfig
from posecast.denoising.noise_schedule import build_schedule


def add_noise(config: DenoiserConfig, clean: Tensor, noise: Tensor, step: Tensor) -> Tensor:
    """Noisy motion x_t.

    Args:
        config: Names the schedule.
        clean: x_0. [B, T, M], normalised
        noise: Standard normal. [B, T, M]
        step: Diffusion step of each row, 1..num_steps, int64. [B]

    Returns:
        x_t. [B, T, M]

    Source:
        arXiv:2006.11239, eq. 4.
    """
    alpha_bars = build_schedule(config.schedule, config.num_steps).alpha_bars
    level = torch.tensor(alpha_bars, device=clean.device)[step][:, None, None]
    return level.sqrt() * clean + (1 - level).sqrt() * noise


def draw_steps(config: DenoiserConfig, num_rows: int, device: torch.device) -> Tensor:
    """A step for each row, uniform on 1..num_steps. [B]"""
    return torch.randint(1, config.num_steps + 1, (num_rows,), device=device)
