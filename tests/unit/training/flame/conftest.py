"""Clips of made-up persons in both formats, and tiny networks."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from posecast.config import ClipEncoderConfig, DenoiserConfig, StyleEncoderConfig
from posecast.rig.flame_statistics import FlameStatistics
from posecast.training.flame.data import FlameData, open_data
from posecast.training.flame.denoiser_stage import DenoiserTraining
from posecast.training.flame.made_up import write_made_up_clips
from posecast.training.flame.measured_statistics import measure_statistics, write_statistics
from posecast.training.flame.open_clips import open_clips
from posecast.training.flame.run_observer import Cadence
from posecast.training.flame.splits import split_persons
from posecast.training.plan import TrainingPlan

WINDOW = 10
TINY_SPEECH = ClipEncoderConfig(
    conv_dims=(4,) * 7,
    width=64,
    num_layers=1,
    num_heads=1,
    feed_forward=16,
    position_kernel=4,
    position_groups=2,
    feature_dim=16,
)


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory) -> Path:
    """Six persons with two clips of 5.2 s each, split, with statistics."""
    folder = tmp_path_factory.mktemp("clips") / "set"
    write_made_up_clips(folder, num_persons=6, clips_each=2, seconds=5.2, seed=3)
    clips = open_clips(folder)
    split_persons(clips, num_validation=2, num_test=2, seed=0)
    write_statistics(clips, measure_statistics(clips, num_passes=3))
    return folder


@pytest.fixture
def data(clip_folder) -> FlameData:
    return open_data(clip_folder, num_readers=1)


@pytest.fixture(scope="session")
def statistics() -> FlameStatistics:
    """Statistics whose numbers all differ."""
    rng = np.random.default_rng(8)
    lengths = {"shape": 100, "exp": 50, "pose": 6}
    rows = {
        field.name: rng.uniform(0.5, 1.5, lengths[field.name.split("_")[0]]).astype(np.float32)
        for field in dataclasses.fields(FlameStatistics)
    }
    return FlameStatistics(**rows)


@pytest.fixture
def tiny_style() -> StyleEncoderConfig:
    return StyleEncoderConfig(width=8, num_layers=1, num_heads=2)


@pytest.fixture
def tiny_denoiser() -> DenoiserConfig:
    return DenoiserConfig(
        speech_dim=TINY_SPEECH.feature_dim,
        style_dim=8,
        width=16,
        num_layers=2,  # with one, nothing learns from previous frames
        num_heads=2,
        window_frames=WINDOW,
        previous_frames=4,
        num_steps=5,
    )


@pytest.fixture
def tiny_training(tiny_denoiser) -> DenoiserTraining:
    return DenoiserTraining(
        config=tiny_denoiser,
        clip_encoder=TINY_SPEECH,
        freezes_encoder=False,
        batch_size=2,
        cadence=Cadence(save_steps=2, validation_steps=2),
        validation_passes=1,
        uses_tensorboard=False,
    )


@pytest.fixture
def make_plan():
    """Plans of the published optimiser, a few steps long."""

    def make(steps, **changes) -> TrainingPlan:
        defaults = {
            "learning_rate": 1e-3,
            "decay": "none",
            "warmup_steps": 1,
            "weight_decay": 0.0,
            "square_decay": 0.999,
            "largest_gradient": None,
            "precision": "full",
            "average_decay": 0.0,
            "checkpoint_steps": 2,
            "log_steps": 1,
        }
        return TrainingPlan(steps=steps, **(defaults | changes))

    return make


@pytest.fixture(autouse=True)
def one_thread():
    """Small tensors are slower on more; other tests keep what they had."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
