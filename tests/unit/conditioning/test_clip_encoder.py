"""Encoders of whole clips: torch and the exported file agree, and clear words where neither can."""

import dataclasses

import numpy as np
import onnx
import pytest

from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.errors import CheckpointMismatch, InvalidRequest, ModelUnavailable


@pytest.fixture(scope="module")
def torch_encoder(make_clip_network):
    from posecast.conditioning.torch_clip_encoder import TorchClipEncoder

    return TorchClipEncoder(make_clip_network())


@pytest.fixture(scope="module")
def onnx_encoder(clip_encoder_file, clip_encoder_config):
    return OnnxClipEncoder(clip_encoder_file, clip_encoder_config)


def clips(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "num_frames"),
    [
        ((1, 64_000), 100),
        ((2, 64_400), 100),
        ((1, 64_639), 100),
        ((1, 128_000), 200),
        ((3, 30_000), 47),
        ((1, 64_000), 20),  # more than four vectors a frame: cut
        ((2, 320), 1),
    ],
)
def test_onnx_matches_torch(torch_encoder, onnx_encoder, shape, num_frames):
    waveform = clips(*shape)

    features = onnx_encoder.encode(waveform, num_frames)

    assert features.shape == (shape[0], num_frames, 6)
    # Two float32 implementations; the sums run in another order.
    np.testing.assert_allclose(features, torch_encoder.encode(waveform, num_frames), atol=1e-5)


def test_edges_are_padded(torch_encoder, make_clip_network):
    import torch

    from posecast.conditioning.clip_waveform import pad_edges

    waveform = clips(2, 1280)

    with torch.no_grad():
        expected = make_clip_network()(torch.from_numpy(pad_edges(waveform)), 2).numpy()

    np.testing.assert_array_equal(torch_encoder.encode(waveform, 2), expected)


def test_both_tell_their_sizes(torch_encoder, onnx_encoder, clip_encoder_config):
    assert torch_encoder.config == clip_encoder_config
    assert onnx_encoder.config == clip_encoder_config


@pytest.mark.parametrize("kind", ["torch_encoder", "onnx_encoder"])
@pytest.mark.parametrize(
    ("num_samples", "num_frames", "message"),
    [
        (319, 1, "319 samples in a clip; allowed: 320"),
        (640, 0, "num_frames 0; allowed: 1 and more"),
    ],
)
def test_what_cannot_be_encoded_is_refused(request, kind, num_samples, num_frames, message):
    encoder = request.getfixturevalue(kind)

    with pytest.raises(InvalidRequest, match=message):
        encoder.encode(clips(1, num_samples), num_frames)


def test_the_file_holds_the_product_of_norm_and_direction(clip_encoder_file, make_clip_network):
    names = {weight.name for weight in onnx.load(clip_encoder_file).graph.initializer}

    assert "audio_encoder.encoder.pos_conv_embed.conv.weight" in names
    assert not [name for name in names if "parametrizations" in name]


def test_export_leaves_the_network_as_it_was(make_clip_network, tmp_path):
    from posecast.export import export_clip_encoder

    network = make_clip_network().train()

    export_clip_encoder(network, tmp_path / "clip_encoder.onnx")

    assert network.training
    network.load_state_dict(make_clip_network().state_dict(), strict=True)
    assert network.audio_encoder.encoder.pos_conv_embed.conv.weight.requires_grad


def test_no_node_of_the_file_holds_all_products_of_attention(clip_encoder_file):
    kinds = [node.op_type for node in onnx.load(clip_encoder_file).graph.node]

    assert kinds.count("MultiHeadAttention") == 2  # one for each layer
    assert "Softmax" not in kinds


def test_half_the_bytes_are_nearly_as_good(
    make_clip_network, onnx_encoder, clip_encoder_config, tmp_path
):
    from posecast.export import export_clip_encoder, shrink_weights

    path = tmp_path / "clip_encoder.onnx"
    export_clip_encoder(make_clip_network(), path)
    before = path.stat().st_size
    waveform = clips(1, 12_800)

    shrink_weights(path)

    assert path.stat().st_size < before
    features = OnnxClipEncoder(path, clip_encoder_config).encode(waveform, 20)
    np.testing.assert_allclose(features, onnx_encoder.encode(waveform, 20), atol=2e-3)


def test_a_network_of_another_size_is_refused(clip_encoder_file, clip_encoder_config):
    other = dataclasses.replace(clip_encoder_config, feature_dim=7)

    with pytest.raises(CheckpointMismatch, match="output 'features' has shape .*; expected 7 col"):
        OnnxClipEncoder(clip_encoder_file, other)


def test_a_file_with_other_inputs_is_refused(clip_encoder_file, clip_encoder_config, tmp_path):
    model = onnx.load(clip_encoder_file)
    model.graph.input.append(
        onnx.helper.make_tensor_value_info("mask", onnx.TensorProto.FLOAT, [1])
    )
    onnx.save(model, tmp_path / "other.onnx")

    with pytest.raises(CheckpointMismatch, match="inputs mask, num_frames, waveform; expected num"):
        OnnxClipEncoder(tmp_path / "other.onnx", clip_encoder_config)


def test_a_missing_file_is_told(clip_encoder_config, tmp_path):
    with pytest.raises(ModelUnavailable, match="no.onnx"):
        OnnxClipEncoder(tmp_path / "no.onnx", clip_encoder_config)
