"""The served style encoder: what torch computes, and clear words where it does not fit."""

import dataclasses

import numpy as np
import pytest

from posecast.conditioning.onnx_style_encoder import OnnxStyleEncoder
from posecast.conditioning.style_encoder import MAX_MOTION_FRAMES
from posecast.config import StyleEncoderConfig
from posecast.errors import CheckpointMismatch, InvalidRequest, ModelUnavailable

CONFIG = StyleEncoderConfig(
    motion_dim=7, width=16, num_layers=2, num_heads=2, sees_velocity=True, position_per_frame=True
)


@pytest.fixture(scope="module")
def network():
    torch = pytest.importorskip("torch")
    from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork

    torch.manual_seed(3)
    return StyleEncoderNetwork(CONFIG).eval()


@pytest.fixture(scope="module")
def file(network, tmp_path_factory):
    from posecast.export import export_style_encoder

    path = tmp_path_factory.mktemp("encoder") / "style_encoder.onnx"
    export_style_encoder(network, path)
    return path


@pytest.mark.parametrize(("batch", "num_frames"), [(1, 1), (3, 50), (2, 299), (1, 599)])
def test_onnx_matches_torch(network, file, batch, num_frames):
    import torch

    motion = np.random.default_rng(1).standard_normal((batch, num_frames, 7)).astype(np.float32)

    vectors = OnnxStyleEncoder(file, CONFIG).encode(motion)

    with torch.no_grad():
        expected = network(torch.from_numpy(motion)).numpy()
    assert vectors.shape == (batch, 16)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)  # float32 in another order


@pytest.mark.parametrize("num_frames", [0, MAX_MOTION_FRAMES + 1])
def test_other_lengths_are_refused(file, num_frames):
    encoder = OnnxStyleEncoder(file, CONFIG)

    with pytest.raises(InvalidRequest, match=f"{num_frames} frames of motion; .* 1 to 599"):
        encoder.encode(np.zeros((1, num_frames, 7), np.float32))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"motion_dim": 8}, "input 'motion' has shape .*; expected 8 columns"),
        ({"width": 32}, "output 'style' has shape .*; expected 32 columns"),
    ],
)
def test_a_network_of_another_size_is_refused(file, changes, message):
    with pytest.raises(CheckpointMismatch, match=message):
        OnnxStyleEncoder(file, dataclasses.replace(CONFIG, **changes))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ModelUnavailable, match="no.onnx"):
        OnnxStyleEncoder(tmp_path / "no.onnx", CONFIG)
