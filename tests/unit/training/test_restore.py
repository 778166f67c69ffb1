"""The weights of an exported speech encoder come back, of one network or of one of several."""

import dataclasses

import onnx
import pytest
import torch

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import SpeechEncoderConfig
from posecast.errors import CheckpointMismatch
from posecast.export import export_speech_encoder, shrink_weights
from posecast.speech_encoder_ensemble import join_speech_encoders
from posecast.training.restore import restore_speech_encoder

PATCHES = SpeechEncoderConfig(width=16, num_blocks=2, dilations=(1, 2), num_phone_classes=5)
CONVOLUTIONS = dataclasses.replace(PATCHES, width=24, conv_channels=(4, 6), conv_blocks=1)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A network of each kind, the file of each, and the file of both."""
    folder = tmp_path_factory.mktemp("exported")
    networks, paths = [], []
    for seed, config in enumerate((PATCHES, CONVOLUTIONS)):
        torch.manual_seed(seed)
        networks.append(SpeechEncoderNetwork(config).eval())
        paths.append(folder / f"{seed}.onnx")
        export_speech_encoder(networks[-1], paths[-1])
        shrink_weights(paths[-1])
    join_speech_encoders(paths, folder / "both.onnx")
    return networks, paths, folder / "both.onnx"


def assert_restored(network, original):
    found = network.state_dict()
    for name, expected in original.state_dict().items():
        torch.testing.assert_close(found[name], expected, atol=1e-6, rtol=1e-3)  # half precision


@pytest.mark.parametrize("index", [0, 1])
def test_a_network_comes_back_from_its_own_file_and_from_that_of_several(exported, index):
    networks, paths, both = exported
    for path, member in ((paths[index], 1), (both, index + 1)):
        network = SpeechEncoderNetwork(networks[index].config)
        restore_speech_encoder(path, network, member=member)
        assert_restored(network, networks[index])


def test_what_is_restored_speaks_as_the_original(exported):
    original = exported[0][1]
    network = SpeechEncoderNetwork(CONVOLUTIONS).eval()
    restore_speech_encoder(exported[2], network, member=2)
    torch.manual_seed(5)
    mel, ahead = torch.randn(2, 40, PATCHES.num_mel_bands + 1), torch.zeros(2, 1)
    ahead[:, 0] = 1
    with torch.no_grad():
        found, expected = (n(mel, ahead, *n.initial_state(2))[0] for n in (network, original))
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize(
    ("config", "member", "message"),
    [
        (
            dataclasses.replace(PATCHES, width=8),
            1,
            r"network 1: patch.weight is \(16, .*; expected",
        ),
        (PATCHES, 2, "network 2: patch.weight is "),
        (
            dataclasses.replace(PATCHES, num_blocks=1, dilations=(1,)),
            1,
            r"network 1: blocks.1.context.bias is \(16,\); expected none",
        ),
        (PATCHES, 3, "network 3: patch.weight is missing"),
    ],
)
def test_another_network_is_refused(exported, config, member, message):
    with pytest.raises(CheckpointMismatch, match=message):
        restore_speech_encoder(exported[2], SpeechEncoderNetwork(config), member=member)


def test_what_is_no_network_is_refused(tmp_path):
    path = tmp_path / "bad.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(CheckpointMismatch, match="not a speech encoder"):
        restore_speech_encoder(path, SpeechEncoderNetwork(PATCHES))
    onnx.save(onnx.ModelProto(), path)
    with pytest.raises(CheckpointMismatch, match="is missing"):
        restore_speech_encoder(path, SpeechEncoderNetwork(PATCHES))
