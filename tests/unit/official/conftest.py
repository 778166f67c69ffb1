"""Tiny checkpoints in the published format."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import ClipEncoderConfig, DenoiserConfig, StyleEncoderConfig
from posecast.denoising.noise_schedule import build_schedule
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.nn import sinusoid_table
from posecast.official.import_official import OfficialFiles, import_official

CLIP_ENCODER = ClipEncoderConfig(
    conv_dims=(8, 8, 8, 8, 8, 8, 8),
    width=64,
    num_layers=1,
    num_heads=1,
    feed_forward=32,
    position_kernel=16,
    position_groups=4,
    feature_dim=16,
)


def tiny_denoiser(**changes: Any) -> DenoiserConfig:
    sizes = {
        "speech_dim": 16,
        "style_dim": 128,
        "width": 16,
        "num_layers": 2,
        "num_heads": 2,
        "window_frames": 6,
        "previous_frames": 2,
        "num_steps": 10,
    }
    return DenoiserConfig(**{**sizes, **changes})


@dataclass
class TinyCheckpoint:
    """What `torch.save` is given, to be changed by a test before it is."""

    section: str
    state: dict[str, torch.Tensor]
    args: argparse.Namespace
    iteration: int = 110_000
    extra: dict[str, Any] = field(default_factory=dict)

    def save(self, path: Path, **options: Any) -> Path:
        content = {"args": self.args, self.section: self.state, "iter": self.iteration}
        torch.save({**content, **self.extra}, path, **options)
        return path


@pytest.fixture(scope="session")
def make_denoiser() -> Callable[..., TinyCheckpoint]:
    """Makes a denoiser's checkpoint; the arguments change its configuration."""

    def make(**changes: Any) -> TinyCheckpoint:
        torch.manual_seed(3)
        config = tiny_denoiser(**changes)
        state = {**ConditionedDenoiser(config).state_dict(), **buffers(config)}
        state |= ClipEncoderNetwork(CLIP_ENCODER).state_dict()
        return TinyCheckpoint("model", state, arguments(config))

    return make


@pytest.fixture(scope="session")
def make_style_encoder() -> Callable[..., TinyCheckpoint]:
    """Makes a style encoder's checkpoint."""

    def make(motion_dim: int = 54, width: int = 128) -> TinyCheckpoint:
        torch.manual_seed(4)
        config = StyleEncoderConfig(motion_dim=motion_dim, width=width, num_layers=2, num_heads=2)
        state = StyleEncoderNetwork(config).state_dict()
        args = argparse.Namespace(
            rot_repr="aa", no_head_pose=motion_dim == 51, feature_dim=width, n_heads=2, n_layers=2,
            mlp_ratio=4, n_motions=100, fps=25, exp_name="L4H4", temperature=0.1,
        )  # fmt: skip
        return TinyCheckpoint("encoder", state, args, iteration=26_000)

    return make


@pytest.fixture(scope="session")
def write_files(make_denoiser, make_style_encoder) -> Callable[..., OfficialFiles]:
    """Writes all that a package is made from into a folder."""

    def write(folder: Path, motion_dim: int = 54, **changes: Any) -> OfficialFiles:
        denoiser = make_denoiser(motion_dim=motion_dim, **changes).save(folder / "denoiser.pt")
        write_statistics(folder / "stats_train.npz")
        files = OfficialFiles(
            denoiser=denoiser, style_encoder=None, statistics=folder / "stats_train.npz"
        )
        if changes.get("style_dim") == 0:
            return files
        styles = folder / "styles"
        styles.mkdir()
        np.save(styles / "smile.npy", np.full(128, 2, np.float32))
        encoder = make_style_encoder(motion_dim).save(folder / "encoder.pt")
        return dataclasses.replace(files, style_encoder=encoder, styles=(styles,))

    return write


@pytest.fixture
def files(write_files, tmp_path) -> OfficialFiles:
    """All that a package is made from, in the test's own folder."""
    return write_files(tmp_path)


@pytest.fixture(scope="session")
def published(write_files, tmp_path_factory) -> tuple[OfficialFiles, Path]:
    """A package, not to be changed, and what it was made from."""
    folder = tmp_path_factory.mktemp("published")
    files = write_files(folder)
    import_official(files, folder / "face", name="tiny")
    return files, folder / "face"


def write_statistics(path: Path) -> None:
    """A file like `stats_train.npz`; jaw y and z never move."""
    rng = np.random.default_rng(6)
    rows = {}
    for kind, width in (("shape", 100), ("exp", 50), ("pose", 6)):
        mean, std = rng.normal(0, 0.1, width), rng.uniform(0.1, 0.5, width)
        rows |= {f"{kind}_mean": mean, f"{kind}_std": std}
        rows |= {f"{kind}_max": mean + std, f"{kind}_min": mean - std}
    rows["pose_std"][4:] = 0
    np.savez(path, **rows)


def buffers(config: DenoiserConfig) -> dict[str, torch.Tensor]:
    """What a checkpoint holds beside its weights."""
    frames = config.previous_frames + config.window_frames
    schedule = build_schedule(config.schedule, config.num_steps)
    found = {
        f"diffusion_sched.{name}": torch.from_numpy(getattr(schedule, name).copy())
        for name in ("betas", "alphas", "alpha_bars", "sigmas_flex", "sigmas_inflex")
    }
    found["denoising_net.TE.pe"] = sinusoid_table(config.num_steps + 1, config.width)[None]
    if not config.learned_positions:
        found["denoising_net.PE.pe"] = sinusoid_table(600, config.width)[None]
    if config.alignment_width:
        mask = torch.ones(1 + frames, frames, dtype=torch.bool)
        mask[0] = False
        for row in range(frames):
            first = max(row - config.alignment_width + 1, 0)
            mask[1 + row, first : row + config.alignment_width] = False
        found["denoising_net.alignment_mask"] = mask
    return found


def arguments(config: DenoiserConfig) -> argparse.Namespace:
    encoder = PurePosixPath("experiments/SE/L4H4/checkpoints/iter_0026000.pt")
    return argparse.Namespace(
        mode="train",
        iter=110_000,
        data_root=PurePosixPath("datasets"),
        target=config.target,
        guiding_conditions="audio,style" if config.style_dim else "audio",
        cfg_mode="incremental",
        n_diff_steps=config.num_steps,
        diff_schedule=config.schedule,
        rot_repr="aa",
        no_head_pose=config.motion_dim == 51,
        style_enc_ckpt=encoder if config.style_dim else None,
        d_style=128 if not config.style_dim else config.style_dim,
        audio_model="hubert",
        architecture="decoder",
        align_mask_width=config.alignment_width,
        no_use_learnable_pe=not config.learned_positions,
        use_indicator=config.uses_indicator,
        feature_dim=config.width,
        n_heads=config.num_heads,
        n_layers=config.num_layers,
        mlp_ratio=4,
        n_motions=config.window_frames,
        n_prev_motions=config.previous_frames,
        fps=25,
        pad_mode="zero",
        exp_name="head-SA-hubert-WM",
        lr=1e-4,
    )
