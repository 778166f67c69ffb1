"""HuBERT in torch: layout of the weights, each departure from the stock network, and training."""

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from posecast.conditioning.torch_hubert import ClipEncoderNetwork, resample_vectors, time_mask
from posecast.config import ClipEncoderConfig

SHAPES = Path(__file__).parents[2] / "assets" / "parity" / "shapes_dpt_head.json"
POSITIONS = "audio_encoder.encoder.pos_conv_embed.conv."
NORM, DIRECTION = (f"{POSITIONS}parametrizations.weight.original{part}" for part in (0, 1))


@pytest.fixture
def network(make_clip_network):
    return make_clip_network()


@pytest.fixture
def waveform():
    return torch.randn(2, 6480, generator=torch.Generator().manual_seed(1))  # ten frames, padded


@pytest.fixture(scope="module")
def published_sizes():
    with torch.device("meta"):
        return ClipEncoderNetwork(ClipEncoderConfig())


def features(network, waveform, num_frames=10):
    with torch.no_grad():
        return network(waveform, num_frames)


def test_weights_have_the_published_names_and_shapes(published_sizes):
    table = json.loads(SHAPES.read_text())
    expected = {name: shape for name, shape in table.items() if name.startswith("audio_")}

    found = {name: list(values.shape) for name, values in published_sizes.state_dict().items()}

    assert found == expected


def test_the_published_part_is_frozen():
    with torch.device("meta"):
        network = ClipEncoderNetwork(ClipEncoderConfig())

    network.freeze_as_published()

    frozen = {name for name, weight in network.named_parameters() if not weight.requires_grad}
    parts = {".".join(name.split(".")[1:4]) for name in frozen}
    assert parts == {
        *(f"feature_extractor.conv_layers.{layer}" for layer in range(7)),
        *(f"feature_projection.{part}" for part in ("layer_norm.weight", "layer_norm.bias")),
        *(f"feature_projection.{part}" for part in ("projection.weight", "projection.bias")),
        "encoder.layers.0",
        "encoder.layers.1",
    }
    # With the denoiser's 34,511,826 these are the 110.5 million that the published model trained.
    kept = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    assert kept == 75_994_240


def test_names_of_older_torch_load_too(network, make_clip_network, waveform):
    weights = dict(network.state_dict())
    weights[f"{POSITIONS}weight_g"] = weights.pop(NORM) * 2
    weights[f"{POSITIONS}weight_v"] = weights.pop(DIRECTION)
    other = make_clip_network()

    other.load_state_dict(weights, strict=True)

    torch.testing.assert_close(other.state_dict()[NORM], network.state_dict()[NORM] * 2)
    assert not torch.allclose(features(other, waveform), features(network, waveform))


def test_the_position_weight_has_a_norm_for_each_tap(network, waveform):
    before = features(network, waveform)

    with torch.no_grad():
        network.state_dict()[DIRECTION][:, :, 3] *= 5  # the direction of one tap

    torch.testing.assert_close(features(network, waveform), before)
    with torch.no_grad():
        network.state_dict()[DIRECTION][4] *= 5  # a channel of every tap
    assert not torch.allclose(features(network, waveform), before)


@pytest.mark.parametrize(("num_given", "num_wanted"), [(201, 200), (93, 94), (30, 90), (90, 30)])
def test_resampling_is_that_of_torch(num_given, num_wanted):
    vectors = torch.randn(2, num_given, 3)

    found = resample_vectors(vectors, num_wanted)

    expected = functional.interpolate(vectors.transpose(1, 2), size=num_wanted, mode="linear")
    torch.testing.assert_close(  # torch rounds positions to float32
        found, expected.transpose(1, 2), atol=2e-4, rtol=0
    )


def test_resampling_to_the_same_number_changes_nothing():
    vectors = torch.randn(1, 200, 3)

    assert torch.equal(resample_vectors(vectors, 200), vectors)


def test_a_frame_is_the_mean_of_two_hidden_states(network, waveform):
    with torch.no_grad():
        hidden = network.hidden(network.conv_features(waveform), 10)
        means = functional.interpolate(hidden.transpose(1, 2), size=10, mode="linear")
        expected = network.audio_feature_map(means.transpose(1, 2))

    torch.testing.assert_close(features(network, waveform), expected)


def test_audio_beyond_twice_the_frames_is_cut(network, waveform):
    vectors = network.conv_features(waveform)  # 20
    with torch.no_grad():
        cut = network.hidden(vectors[:, :12], 3)

        torch.testing.assert_close(network.hidden(vectors, 3), cut)


def test_queries_in_blocks_hear_the_same(network, waveform):
    whole = features(network, waveform)

    for layer in network.audio_encoder.encoder.layers:
        layer.attention.max_queries = 7  # blocks of 7, 7 and 6 vectors

    torch.testing.assert_close(features(network, waveform), whole, atol=1e-6, rtol=0)


def test_blocks_bound_the_queries_of_a_call(network, waveform, monkeypatch):
    asked = []
    attend = functional.scaled_dot_product_attention

    def record(query, *args, **options):
        asked.append(query.shape[2])
        return attend(query, *args, **options)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", record)
    for layer in network.audio_encoder.encoder.layers:
        layer.attention.max_queries = 7

    features(network, waveform)

    assert asked == [7, 7, 6] * 2


def test_training_is_random_and_evaluation_is_not(network, waveform):
    assert torch.equal(features(network, waveform), features(network, waveform))

    network.train()

    assert not torch.allclose(features(network, waveform), features(network, waveform))


def test_training_without_dropout_still_hides_vectors(make_clip_network, waveform):
    network = make_clip_network(dropout=0.0, layer_drop=0.0).train()

    network(waveform, 10).sum().backward()

    assert network.audio_encoder.masked_spec_embed.grad.abs().sum() > 0


def test_evaluation_hides_nothing(network, waveform):
    network(waveform, 10).sum().backward()

    assert network.audio_encoder.masked_spec_embed.grad is None


def test_dropped_layers_are_left_out(make_clip_network, waveform, monkeypatch):
    network = make_clip_network(dropout=0.0, layer_drop=1.0)
    vectors = network.conv_features(waveform)
    encoder, tokens = network.audio_encoder.encoder, network.audio_encoder.feature_projection
    with torch.no_grad():
        projected = tokens(vectors)
        positioned = encoder.layer_norm(projected + encoder.pos_conv_embed(projected))

        encoder.train()

        torch.testing.assert_close(encoder(projected), positioned)
        encoder.eval()
        assert not torch.allclose(encoder(projected), positioned)


def test_spans_of_ten_vectors_are_hidden():
    torch.manual_seed(2)
    mask = time_mask(50, 200)

    per_row = mask.sum(dim=1)
    assert (per_row >= 11).all()  # two spans that start at different vectors
    assert (per_row <= 20).all()
    changes = functional.pad(mask.int(), (1, 1)).diff(dim=1).abs().sum(dim=1)
    assert (changes <= 4).all()  # at most two spans, each begins and ends
    assert len({tuple(row.tolist()) for row in mask}) > 40  # each row has spans of its own


def test_long_clips_have_more_spans():
    torch.manual_seed(3)

    shares = [time_mask(1, 4000).float().mean().item() for _ in range(20)]

    assert 0.04 < sum(shares) / len(shares) < 0.06  # 5 %, less what overlaps, more by rounding


@pytest.mark.parametrize(("num_vectors", "hidden"), [(9, 0), (10, 10), (11, 11)])
def test_short_clips_have_room_for_fewer_spans(num_vectors, hidden):
    assert time_mask(1, num_vectors).sum() == hidden
