"""Writes published networks as ONNX files, and measures how far the files are from the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from posecast import checkpoints
from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.conditioning.onnx_style_encoder import OnnxStyleEncoder
from posecast.conditioning.torch_clip_encoder import TorchClipEncoder
from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import SAMPLES_PER_FRAME, DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.torch_denoiser import ConditionedDenoiser, TorchDenoiser
from posecast.export import (
    export_clip_encoder,
    export_denoiser,
    export_style_encoder,
    shrink_weights,
)
from posecast.official.checkpoint import OfficialDenoiser, OfficialStyleEncoder
from posecast.sampler_graph import export_sampler
from posecast.signals import FloatArray, IntArray

Precision = Literal["fp32", "fp16"]
BOUNDS: Mapping[Precision, float] = {"fp32": 1e-4, "fp16": 0.05}
"""Largest difference that a file may show. In float32 only the order of sums differs; float16 keeps
eleven bits of each weight, which was measured to move outputs of 1 to 10 by 0.007."""
_FRAMES = 100
_Network = TypeVar("_Network", bound=nn.Module)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFile:
    """A network that was written, and what it was measured to be."""

    name: str
    """Name of the file."""
    size_bytes: int
    """Its size."""
    difference: float
    """Largest difference of its output from torch's, for seeded inputs."""
    bound: float
    """Largest difference that is allowed."""

    @property
    def is_faithful(self) -> bool:
        """Whether it does what the weights say; false for an output that is not finite, too."""
        return self.difference <= self.bound


def write_clip_encoder(
    official: OfficialDenoiser, folder: Path, precision: Precision
) -> NetworkFile:
    """Write the speech encoder of whole clips.

    Args:
        official: Its weights.
        folder: Where the file goes.
        precision: How weights are stored.

    Returns:
        The file.
    """
    network = _loaded(ClipEncoderNetwork(official.clip_encoder), official.clip_encoder_state)
    path = folder / checkpoints.SPEECH_ENCODER_FILE
    export_clip_encoder(network, path)
    _shrink(path, precision)
    waveform = _rng().standard_normal((1, _FRAMES * SAMPLES_PER_FRAME), np.float32)
    expected = TorchClipEncoder(network).encode(waveform, _FRAMES)
    found = OnnxClipEncoder(path, official.clip_encoder).encode(waveform, _FRAMES)
    return _measured(path, found, expected, precision)


def write_style_encoder(
    official: OfficialStyleEncoder, folder: Path, precision: Precision
) -> NetworkFile:
    """Write the style encoder; see `write_clip_encoder`."""
    network = _loaded(StyleEncoderNetwork(official.config), official.state)
    path = folder / checkpoints.STYLE_ENCODER_FILE
    export_style_encoder(network, path)
    _shrink(path, precision)
    motion = _rng().standard_normal((2, _FRAMES, official.config.motion_dim), np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(motion)).numpy()
    found = OnnxStyleEncoder(path, official.config).encode(motion)
    return _measured(path, found, expected, precision)


def write_sampler(official: OfficialDenoiser, folder: Path, precision: Precision) -> NetworkFile:
    """Write the denoiser with the loop around it; see `write_clip_encoder`."""
    config = official.config
    network = _loaded(ConditionedDenoiser(config), official.denoiser_state)
    denoiser, path = folder / checkpoints.DENOISER_FILE, folder / checkpoints.SAMPLER_FILE
    export_denoiser(network, denoiser, repeats_motion=True)
    _shrink(denoiser, precision)
    export_sampler(denoiser, path, for_clips=True)
    denoiser.unlink()
    inputs = _denoiser_inputs(config)
    expected = TorchDenoiser(network).predict(*inputs)
    found = OnnxSampler(path, config).predict(*inputs)
    return _measured(path, found, expected, precision)


def _loaded(network: _Network, state: Mapping[str, Tensor]) -> _Network:
    """A network that uses the weights themselves: there is no second copy of them."""
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def _shrink(path: Path, precision: Precision) -> None:
    if precision == "fp16":
        shrink_weights(path)


def _denoiser_inputs(config: DenoiserConfig) -> tuple[FloatArray, IntArray, Conditions]:
    """Four windows: the first steps and the last, everything given and everything withheld."""
    rng = _rng()

    def draw(*shape: int) -> FloatArray:
        return rng.standard_normal((4, *shape), np.float32)

    given = np.array([True, True, False, True])
    frames, previous = config.window_frames, config.previous_frames
    indicator = np.ones((4, frames), np.float32)
    indicator[3, frames // 2 :] = 0
    conditions = Conditions(
        speech=draw(frames, config.speech_dim),
        style=draw(config.style_dim),
        shape=draw(config.shape_dim),
        previous_motion=draw(previous, config.motion_dim),
        previous_speech=draw(previous, config.speech_dim),
        indicator=indicator,
        has_speech=given,
        has_style=given,
        has_previous=given,
    )
    last = config.num_steps
    steps = np.array([1, last // 2 + 1, last, last], np.int64)
    return draw(frames, config.motion_dim), steps, conditions


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _measured(
    path: Path, found: FloatArray, expected: FloatArray, precision: Precision
) -> NetworkFile:
    return NetworkFile(
        name=path.name,
        size_bytes=path.stat().st_size,
        difference=float(np.abs(found - expected).max()),
        bound=BOUNDS[precision],
    )
