"""A HuBERT of tiny sizes, in torch and as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from posecast.config import ClipEncoderConfig


@pytest.fixture(scope="session")
def clip_encoder_config() -> ClipEncoderConfig:
    """Two layers; the convolutions have the published taps and strides."""
    return ClipEncoderConfig(
        conv_dims=(8,) * 7,
        width=16,
        num_layers=2,
        num_heads=2,
        feed_forward=32,
        position_kernel=8,
        position_groups=2,
        feature_dim=6,
    )


@pytest.fixture(scope="session")
def make_clip_network(clip_encoder_config) -> Callable:
    """Makes the network with the same random weights in every call, set to evaluation."""
    torch = pytest.importorskip("torch")
    from posecast.conditioning.torch_hubert import ClipEncoderNetwork

    def make(**options):
        torch.manual_seed(5)
        return ClipEncoderNetwork(clip_encoder_config, **options).eval()

    return make


@pytest.fixture(scope="session")
def clip_encoder_file(make_clip_network, tmp_path_factory) -> Path:
    """The network of `make_clip_network` as a file."""
    from posecast.export import export_clip_encoder

    path = tmp_path_factory.mktemp("encoder") / "clip_encoder.onnx"
    export_clip_encoder(make_clip_network(), path)
    return path
