"""Export of the streaming speech encoder: torch and the file agree block by block."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import SpeechEncoderConfig
from posecast.export import export_speech_encoder


@pytest.fixture
def network():
    torch.manual_seed(6)
    config = SpeechEncoderConfig(
        num_mel_bands=12,
        width=16,
        num_blocks=2,
        dilations=(1, 2),
        look_ahead_frames=2,
        look_aheads_frames=(0, 2),
        num_phone_classes=5,
    )
    return SpeechEncoderNetwork(config).eval()


@pytest.mark.parametrize("look_aheads", [[0], [1], [1, 0, 1]])
def test_onnx_matches_torch(network, tmp_path, look_aheads):
    export_speech_encoder(network, tmp_path / "speech.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "speech.onnx")
    names = [given.name for given in session.get_inputs()]
    batch = len(look_aheads)
    one_hot = torch.eye(2)[look_aheads]
    state = network.initial_state(batch)
    carried = [layer.numpy() for layer in state]

    for num_frames in (3, 1, 8):
        mel = torch.randn(batch, 4 * num_frames, 13)
        with torch.no_grad():
            features, *state = network(mel, one_hot, *state)
        feeds = dict(zip(names, [mel.numpy(), one_hot.numpy(), *carried], strict=True))
        found, *carried = session.run(None, feeds)

        assert found.shape == (batch, num_frames, 20)  # 10 and twice 5 phones
        # Two float32 implementations; the sums run in another order.
        np.testing.assert_allclose(found, features.numpy(), atol=2e-5)
        for mine, theirs in zip(carried, state, strict=True):
            np.testing.assert_allclose(mine, theirs.numpy(), atol=2e-5)


def test_no_layer_of_the_speech_encoder_asks_for_a_length(network, tmp_path):
    """Slices end at constants: a length costs each of them five nodes, for which a window waits."""
    export_speech_encoder(network, tmp_path / "speech.onnx")

    nodes = onnx.load(tmp_path / "speech.onnx").graph.node
    asking = [node.name for node in nodes if node.op_type == "Shape"]

    assert set(asking) <= {"/Shape", "/Shape_1"}  # those of the phones' odds
