"""The style encoder: its published quirk, its options and its export."""

import numpy as np
import onnxruntime
import pytest
import torch

from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import StyleEncoderConfig
from posecast.errors import InvalidRequest
from posecast.export import export_style_encoder

OPTIONS = [{}, {"sees_velocity": True}, {"position_per_frame": True}]


def make_network(**changes):
    torch.manual_seed(4)
    config = StyleEncoderConfig(motion_dim=5, width=16, num_layers=2, num_heads=2, **changes)
    return StyleEncoderNetwork(config).eval()


def encode(network, motion):
    with torch.no_grad():
        return network(motion)


@pytest.fixture
def motion():
    torch.manual_seed(5)
    return torch.randn(3, 30, 5)


def test_published_encoder_ignores_the_order_of_frames(motion):
    network = make_network()

    style = encode(network, motion)

    # Another order of float32 sums.
    torch.testing.assert_close(style, encode(network, motion.flip(1)), atol=2e-6, rtol=0)


def test_published_encoder_ignores_everything_but_the_number_of_frames(motion):
    """A clip played twice is the same bag of poses: only the one position row tells them apart."""
    network = make_network()
    twice = torch.cat([motion, motion], dim=1)

    moved = (encode(network, motion) - encode(network, twice)).abs().max()
    network.position_table.zero_()
    without_row = (encode(network, motion) - encode(network, twice)).abs().max()

    assert moved > 1e-2
    assert without_row < 2e-6


@pytest.mark.parametrize("changes", OPTIONS[1:], ids=str)
def test_options_see_the_order_of_frames(motion, changes):
    network = make_network(**changes)

    assert (encode(network, motion) - encode(network, motion.flip(1))).abs().max() > 1e-3


def test_velocity_is_zero_for_a_still_face():
    still = torch.ones(1, 9, 5)
    network = make_network(sees_velocity=True)
    style = encode(network, still)

    network.motion_proj.weight.data[:, 5:] += 100.0

    torch.testing.assert_close(encode(network, still), style)


@pytest.mark.parametrize("changes", OPTIONS, ids=str)
def test_onnx_matches_torch(motion, changes, tmp_path):
    network = make_network(**changes)
    export_style_encoder(network, tmp_path / "style.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "style.onnx")

    for batch, num_frames in ((3, 30), (1, 7), (2, 1)):
        clip = motion[:batch, :num_frames]
        style = session.run(["style"], {"motion": clip.numpy()})[0]

        assert style.shape == (batch, 16)
        # Two float32 implementations; the sums run in another order.
        np.testing.assert_allclose(style, encode(network, clip).numpy(), atol=5e-6)


@pytest.mark.parametrize("num_frames", [0, 600])
def test_a_clip_of_the_wrong_length_is_refused(num_frames):
    with pytest.raises(InvalidRequest, match=f"{num_frames} frames of motion; .* 1 to 599"):
        make_network()(torch.zeros(1, num_frames, 5))
