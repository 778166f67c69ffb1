"""The speech encoder of whole clips against the published one, in torch and as a served file."""

import numpy as np
import pytest

from posecast.conditioning.clip_waveform import normalise_waveform, pad_edges
from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.export import export_clip_encoder

TOLERANCE = 1e-4  # of the golden files; float32 in another order gives 2e-5
NUM_SAMPLES = (64_000, 64_300, 64_400, 64_639, 128_000, 30_000)
PERTURBED = (
    ("audio_encoder.feature_extractor.conv_layers.3.conv.weight", (7, 9, 1)),
    ("audio_encoder.feature_extractor.conv_layers.0.layer_norm.bias", (11,)),
    ("audio_encoder.feature_projection.projection.weight", (5, 6)),
    ("audio_encoder.encoder.pos_conv_embed.conv.parametrizations.weight.original0", (0, 0, 70)),
    ("audio_encoder.encoder.pos_conv_embed.conv.parametrizations.weight.original1", (3, 4, 60)),
    ("audio_encoder.encoder.layers.0.attention.k_proj.weight", (8, 2)),
    ("audio_encoder.encoder.layers.11.feed_forward.output_dense.weight", (100, 200)),
    ("audio_feature_map.weight", (1, 2)),
)


class Case:
    """A clip of the recipe and what the published code made of it."""

    def __init__(self, generator, golden, num_samples):
        self.waveform = generator.make_audio(f"pub.{num_samples}", num_samples)
        self.normalised = normalise_waveform(self.waveform)
        self._golden, self._prefix = golden("audio"), f"n{num_samples}_"
        self.num_frames = int(self["frames"])
        self.step = int(self["step"])
        self.vector_step = max(8, 4 * self.step)

    def __getitem__(self, name):
        return self._golden[self._prefix + name]

    def assert_features(self, features):
        """All kept frames are the published ones."""
        np.testing.assert_allclose(features[0, :: self.step], self["feat"], atol=TOLERANCE, rtol=0)


@pytest.fixture(params=NUM_SAMPLES)
def case(request, generator, golden):
    return Case(generator, golden, request.param)


@pytest.fixture(scope="module")
def short_case(generator, golden):
    return Case(generator, golden, NUM_SAMPLES[-1])


@pytest.fixture(scope="module")
def clip_encoder_file(published_clip_encoder, tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "clip_encoder.onnx"
    export_clip_encoder(published_clip_encoder, path)
    return path


@pytest.fixture(scope="module")
def served(clip_encoder_file, published_clip_encoder, device):
    return OnnxClipEncoder(clip_encoder_file, published_clip_encoder.config, device=device)


@pytest.fixture(scope="module")
def network(published_clip_encoder, on_device):
    return on_device(published_clip_encoder)


@pytest.fixture(scope="module")
def encode(answer):
    """All frames of a case. [1, T, 512]"""

    def run(network, case):
        return answer(
            lambda waveform: network(waveform, case.num_frames), pad_edges(case.normalised)[None]
        )

    return run


def test_levels_and_edges_are_the_published_ones(case):
    np.testing.assert_array_equal(case.waveform[:16], case["raw_head"])
    mean, deviation = case["mean_std"]
    expected = (case.waveform - mean) / (deviation + 1e-5)
    np.testing.assert_allclose(case.normalised, expected, atol=1e-5, rtol=0)

    padded = pad_edges(case.normalised)

    assert len(padded) == case["padded_len"]
    ends = np.concatenate([padded[:64], padded[-64:]])
    np.testing.assert_allclose(ends, case["padded_ends"], atol=1e-5, rtol=0)


def test_each_stage_of_torch_is_the_published_one(network, encode, case):
    seen = {}
    encoder = network.audio_encoder
    hooks = [
        part.register_forward_hook(lambda _, __, output, name=name: seen.update({name: output}))
        for name, part in (("vectors", encoder.feature_extractor), ("hidden", encoder))
    ]

    features = encode(network, case)

    for hook in hooks:
        hook.remove()
    vectors, hidden = (seen[name][0].cpu().numpy() for name in ("vectors", "hidden"))
    assert len(vectors) == case["conv_frames"]
    kept = vectors[:: case.vector_step].T
    np.testing.assert_allclose(kept, case["conv_feat"], atol=TOLERANCE, rtol=0)
    assert len(hidden) == 2 * case.num_frames
    kept = hidden[:: case.vector_step]
    np.testing.assert_allclose(kept, case["hidden"], atol=TOLERANCE, rtol=0)
    assert features.shape == (1, case.num_frames, 512)
    case.assert_features(features)


def test_the_served_file_is_the_published_one(served, case):
    features = served.encode(case.normalised[None], case.num_frames)

    assert features.shape == (1, case.num_frames, 512)
    case.assert_features(features)


def test_the_file_holds_each_weight_once(clip_encoder_file, published_clip_encoder):
    """380 MB, far below the 2 GB that one file of the format may have."""
    num_weights = sum(weight.numel() for weight in published_clip_encoder.parameters())

    assert clip_encoder_file.stat().st_size == pytest.approx(4 * num_weights, rel=1e-3)


@pytest.mark.parametrize(("name", "index"), PERTURBED)
def test_one_wrong_number_is_noticed(network, encode, short_case, name, index):
    weight = network.state_dict()[name]
    right = weight[index].item()
    weight[index] = right + 1.0
    try:
        features = encode(network, short_case)
    finally:
        weight[index] = right

    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        short_case.assert_features(features)
