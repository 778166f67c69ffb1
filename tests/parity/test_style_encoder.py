"""The style encoder against the published one."""

import numpy as np
import pytest
import torch

from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import StyleEncoderConfig

TOLERANCE = 1e-4  # of the golden files; float32 in another order gives 1e-6


@pytest.fixture(scope="module")
def network(published_weights):
    built = StyleEncoderNetwork(StyleEncoderConfig()).eval()
    built.load_state_dict(published_weights("se_head", "pub-se-head"), strict=True)
    return built


@pytest.mark.parametrize("num_frames", [100, 57])
def test_style_is_the_published_one(golden, network, num_frames):
    reference = golden("style_encoder")

    with torch.no_grad():
        style = network(torch.from_numpy(reference[f"motion_L{num_frames}"])).numpy()

    np.testing.assert_allclose(style, reference[f"style_L{num_frames}"], atol=TOLERANCE)


def test_extracted_style_is_the_published_one(golden, network):
    """The file's clip is frames 100 long from `start_frame` of the normalised motion."""
    reference = golden("style_encoder")
    first = int(reference["start_frame"])
    clip = reference["motion_coef"].reshape(-1, 54)[first : first + 100]

    with torch.no_grad():
        style = network(torch.from_numpy(clip)[None]).numpy()

    np.testing.assert_allclose(style.ravel(), reference["extracted_style"].ravel(), atol=TOLERANCE)


def test_a_model_without_head_pose_loads_strictly(published_weights):
    network = StyleEncoderNetwork(StyleEncoderConfig(motion_dim=51))

    network.load_state_dict(published_weights("se_nohead", "any"), strict=True)

    assert sum(parameter.numel() for parameter in network.parameters()) == 799_744
