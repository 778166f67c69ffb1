"""The style encoder against the published one."""

import numpy as np
import pytest

from posecast.conditioning.onnx_style_encoder import OnnxStyleEncoder
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import StyleEncoderConfig
from posecast.export import export_style_encoder

TOLERANCE = 1e-4  # of the golden files; float32 in another order gives 1e-6


@pytest.fixture(scope="module")
def built(published_weights):
    built = StyleEncoderNetwork(StyleEncoderConfig()).eval()
    built.load_state_dict(published_weights("se_head", "pub-se-head"), strict=True)
    return built


@pytest.fixture(scope="module")
def network(built, on_device):
    return on_device(built)


@pytest.fixture(scope="module")
def served(built, device, tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "style_encoder.onnx"
    export_style_encoder(built, path)
    return OnnxStyleEncoder(path, built.config, device=device)


@pytest.mark.parametrize("num_frames", [100, 57])
def test_served_style_is_the_published_one(golden, served, num_frames):
    reference = golden("style_encoder")

    style = served.encode(reference[f"motion_L{num_frames}"])

    np.testing.assert_allclose(style, reference[f"style_L{num_frames}"], atol=TOLERANCE)


@pytest.mark.parametrize("num_frames", [100, 57])
def test_style_is_the_published_one(golden, network, answer, num_frames):
    reference = golden("style_encoder")

    style = answer(network, reference[f"motion_L{num_frames}"])

    np.testing.assert_allclose(style, reference[f"style_L{num_frames}"], atol=TOLERANCE)


def test_extracted_style_is_the_published_one(golden, network, answer):
    """The file's clip is frames 100 long from `start_frame` of the normalised motion."""
    reference = golden("style_encoder")
    first = int(reference["start_frame"])
    clip = reference["motion_coef"].reshape(-1, 54)[first : first + 100]

    style = answer(network, clip[None])

    np.testing.assert_allclose(style.ravel(), reference["extracted_style"].ravel(), atol=TOLERANCE)


@pytest.mark.parametrize(
    "name",
    [
        "motion_proj.weight",
        "transformer.layers.0.self_attn.in_proj_bias",
        "transformer.layers.2.linear2.weight",
        "transformer.layers.3.norm2.bias",
    ],
)
def test_one_wrong_weight_would_be_noticed(golden, network, answer, name):
    reference, weight = golden("style_encoder"), network.state_dict()[name].view(-1)
    right = weight[-1].item()  # of attention, in the value part
    weight[-1] = right + 1.0
    try:
        style = answer(network, reference["motion_L100"])
    finally:
        weight[-1] = right

    assert np.abs(style - reference["style_L100"]).max() > 10 * TOLERANCE


def test_a_model_without_head_pose_loads_strictly(published_weights):
    network = StyleEncoderNetwork(StyleEncoderConfig(motion_dim=51))

    network.load_state_dict(published_weights("se_nohead", "any"), strict=True)

    assert sum(parameter.numel() for parameter in network.parameters()) == 799_744
