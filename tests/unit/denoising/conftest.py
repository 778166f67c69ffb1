"""A tiny seeded denoiser, conditions for it, and denoisers whose best prediction is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.noise_schedule import build_schedule
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.signals import FloatArray, IntArray

TINY = {
    "motion_dim": 5,
    "speech_dim": 7,
    "style_dim": 4,
    "shape_dim": 3,
    "width": 16,
    "num_layers": 2,
    "num_heads": 2,
    "window_frames": 12,
    "previous_frames": 3,
    "num_steps": 20,
}


@pytest.fixture
def tiny_config() -> Callable[..., DenoiserConfig]:
    """Makes the configuration of a tiny model, with changes."""
    return lambda **changes: DenoiserConfig(**{**TINY, **changes})


@pytest.fixture
def tiny_network() -> Callable[[DenoiserConfig], ConditionedDenoiser]:
    """Makes a network with weights that depend on nothing but its sizes."""

    def make(config: DenoiserConfig) -> ConditionedDenoiser:
        torch.manual_seed(1)
        network = ConditionedDenoiser(config).eval()
        with torch.no_grad():
            for parameter in network.parameters():  # zero biases would hide a missing one
                parameter.add_(0.05 * torch.randn_like(parameter))
        return network

    return make


@pytest.fixture
def tiny_conditions() -> Callable[..., Conditions]:
    """Makes random conditions; every row has another combination of flags."""

    def make(config: DenoiserConfig, num_frames: int, batch: int = 8) -> Conditions:
        rng = np.random.default_rng(7)

        def draw(*shape: int) -> FloatArray:
            return rng.standard_normal((batch, *shape), dtype=np.float32)

        rows = np.arange(batch)
        return Conditions(
            speech=draw(num_frames, config.speech_dim),
            style=draw(config.style_dim),
            shape=draw(config.shape_dim),
            previous_motion=draw(config.previous_frames, config.motion_dim),
            previous_speech=draw(config.previous_frames, config.speech_dim),
            indicator=np.ones((batch, num_frames), dtype=np.float32),
            has_speech=rows % 2 == 0,
            has_style=rows // 2 % 2 == 0,
            has_previous=rows // 4 % 2 == 0,
        )

    return make


@dataclass
class GaussianDenoiser:
    """The best possible denoiser of motion that is normal with one mean and deviation.

    The mean is moved by one where speech is heard, and by two where style is given, so that
    guidance shows. Counts the rows it was asked for.
    """

    config: DenoiserConfig
    mean: float = 0.7
    deviation: float = 0.0
    rows: list[int] = field(default_factory=list)

    def predict(
        self, noisy_motion: FloatArray, step: IntArray, conditions: Conditions
    ) -> FloatArray:
        """The expected clean motion, or the noise that it leaves."""
        self.rows.append(len(noisy_motion))
        schedule = build_schedule(self.config.schedule, self.config.num_steps)
        level = schedule.alpha_bars[step].astype(np.float64)[:, None, None]
        mean = self.mean + conditions.has_speech * 1.0 + conditions.has_style * 2.0
        mean = mean[:, None, None]
        power = self.deviation**2
        gain = np.sqrt(level) * power / (level * power + 1 - level)
        clean = mean + gain * (noisy_motion - np.sqrt(level) * mean)
        if self.config.target == "sample":
            return clean.astype(np.float32)
        noise = (noisy_motion - np.sqrt(level) * clean) / np.sqrt(1 - level)
        return noise.astype(np.float32)


@pytest.fixture
def gaussian_denoiser() -> type[GaussianDenoiser]:
    """The class of `GaussianDenoiser`."""
    return GaussianDenoiser
