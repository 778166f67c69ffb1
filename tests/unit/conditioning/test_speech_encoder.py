"""The streaming encoder: torch and ONNX agree, blocks do not matter, no future is heard."""

import copy
import dataclasses

import numpy as np
import onnx
import pytest
import torch

from posecast.checkpoints import SPEECH_ENCODER_FILE
from posecast.conditioning.log_mel import PEAK_FLOOR, TAIL_SAMPLES, log_mel, normalise_level
from posecast.conditioning.onnx_speech_encoder import OnnxSpeechEncoder
from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import SpeechEncoderConfig
from posecast.errors import CheckpointMismatch, InvalidRequest, ModelUnavailable
from posecast.export import export_module, export_speech_encoder

CONFIG = SpeechEncoderConfig(
    num_mel_bands=80,
    width=16,
    num_blocks=2,
    dilations=(1, 2),
    look_aheads_frames=(0, 1, 2, 3),
)
CONVOLVED = dataclasses.replace(CONFIG, conv_channels=(3, 4), conv_blocks=2)
LOOK_AHEADS = pytest.mark.parametrize("look_ahead", CONFIG.look_aheads_frames)
FRAME = 640


@pytest.fixture(
    scope="module",
    params=[pytest.param(CONFIG, id="patches"), pytest.param(CONVOLVED, id="convolutions")],
)
def network(request):
    torch.manual_seed(8)
    return SpeechEncoderNetwork(request.param).eval()


@pytest.fixture(scope="module")
def onnx_file(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("speech") / SPEECH_ENCODER_FILE
    export_speech_encoder(network, path)
    return path


@pytest.fixture(scope="module")
def encoder(onnx_file):
    return OnnxSpeechEncoder(onnx_file, CONFIG)


@pytest.fixture
def speech(speech_like):
    return speech_like[: 60 * FRAME]


def encode(encoder, samples, look_ahead=3, frames_a_block=None):
    state, parts = encoder.start(look_ahead), []
    step = (frames_a_block or len(samples) // FRAME) * FRAME
    for start in range(0, len(samples), step):
        features, state = encoder.encode(samples[start : start + step], state)
        parts.append(features)
    return np.concatenate(parts)


@LOOK_AHEADS
def test_onnx_matches_torch(network, encoder, speech, look_ahead):
    mel = log_mel(speech, np.zeros(TAIL_SAMPLES, np.float32), CONFIG.num_mel_bands)
    normalised, _ = normalise_level(mel, PEAK_FLOOR)
    one_hot = torch.eye(4)[look_ahead : look_ahead + 1]
    with torch.no_grad():
        expected, *_ = network(
            torch.from_numpy(normalised[None]), one_hot, *network.initial_state(1)
        )
    # Two float32 implementations; the sums run in another order.
    np.testing.assert_allclose(encode(encoder, speech, look_ahead), expected[0].numpy(), atol=2e-5)


@LOOK_AHEADS
@pytest.mark.parametrize("frames_a_block", [1, 5, 7, 25])
def test_chunked_equals_whole(encoder, speech, look_ahead, frames_a_block):
    whole = encode(encoder, speech, look_ahead)
    assert whole.shape == (60, CONFIG.feature_dim) == (60, 64)
    # Products of other shapes sum in another order.
    np.testing.assert_allclose(
        encode(encoder, speech, look_ahead, frames_a_block), whole, atol=1e-5
    )


def test_the_network_is_told_its_look_ahead(encoder, speech):
    heard = [encode(encoder, speech, frames) for frames in CONFIG.look_aheads_frames]
    for index, one in enumerate(heard):
        for other in heard[:index]:
            assert np.abs(one - other).mean() > 1e-3


def test_a_stream_keeps_its_look_ahead_from_block_to_block(encoder, speech):
    state = encoder.start(1)
    for start in range(0, 10 * FRAME, FRAME):
        _, state = encoder.encode(speech[start : start + FRAME], state)
        assert state.look_ahead_frames == 1


def test_features_of_a_frame_hear_no_further_than_the_look_ahead(encoder, speech):
    frame = 20
    step = frame + CONFIG.look_ahead_frames
    other = speech.copy()
    other[FRAME * (step + 1) :] = 0.3
    np.testing.assert_array_equal(
        encode(encoder, other)[: step + 1], encode(encoder, speech)[: step + 1]
    )
    assert np.abs(encode(encoder, other)[step + 1] - encode(encoder, speech)[step + 1]).max() > 1e-3


def test_features_of_a_frame_do_hear_their_look_ahead(encoder, speech):
    step = 20 + CONFIG.look_ahead_frames
    other = speech.copy()
    other[FRAME * step : FRAME * (step + 1)] = 0.3
    assert np.abs(encode(encoder, other)[step] - encode(encoder, speech)[step]).max() > 1e-3


def test_encoding_leaves_the_state_as_it_was(encoder, speech):
    start = encoder.start(3)
    _, state = encoder.encode(speech[: 5 * FRAME], start)
    first, _ = encoder.encode(speech[5 * FRAME : 10 * FRAME], state)
    again, _ = encoder.encode(speech[5 * FRAME : 10 * FRAME], state)
    np.testing.assert_array_equal(first, again)
    assert not any(layer.any() for layer in start.layers)


def test_articulators_and_the_odds_of_phones_are_shares(encoder, speech):
    features = encode(encoder, speech)
    assert features[:, :9].min() >= 0
    assert features[:, :9].max() <= 1
    odds = features[:, 10:].reshape(-1, 2, CONFIG.num_phone_classes)
    assert odds.min() >= 0
    np.testing.assert_allclose(odds.sum(axis=-1), 1, atol=1e-5)


@pytest.fixture
def streams(encoder, speech):
    """Next blocks and states of four streams: other audio and look-aheads, two under way."""
    blocks, states = [], []
    for look_ahead in CONFIG.look_aheads_frames:
        state = encoder.start(look_ahead)
        audio = speech[10 * look_ahead * FRAME :] * (1 + look_ahead)
        if look_ahead >= 2:
            _, state = encoder.encode(audio[: 7 * FRAME], state)
        blocks.append(audio[7 * FRAME : 12 * FRAME])
        states.append(state)
    return blocks, states


def assert_same_outcome(found, expected, tolerance):
    for (features, state), (own_features, own_state) in zip(found, expected, strict=True):
        np.testing.assert_allclose(features, own_features, atol=tolerance)
        np.testing.assert_array_equal(state.tail, own_state.tail)
        assert state.peak_level == own_state.peak_level
        assert state.look_ahead_frames == own_state.look_ahead_frames
        for layer, own_layer in zip(state.layers, own_state.layers, strict=True):
            np.testing.assert_allclose(layer, own_layer, atol=tolerance)


def test_a_batch_of_streams_is_each_of_them_alone(encoder, streams):
    blocks, states = streams
    alone = [encoder.encode(samples, state) for samples, state in zip(blocks, states, strict=True)]

    together = encoder.encode_batch(blocks, states)

    # Not 0: a matrix product of four times the height may go through another kernel, which sums in
    # another order. Features are of the order 1, float32 keeps seven digits.
    assert_same_outcome(together, alone, 1e-5)


def test_streams_of_a_batch_share_no_memory(encoder, streams):
    blocks, states = streams
    (_, first), (_, second), *_ = encoder.encode_batch(blocks, states)
    for layer, other in zip(first.layers, second.layers, strict=True):
        assert layer.base is None
        assert not np.shares_memory(layer, other)


def test_an_encoder_of_one_row_takes_batches_row_by_row(onnx_file, encoder, streams, tmp_path):
    """The encoders of 2.0.0 are such files."""
    model = onnx.load(onnx_file)
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_value = 1
    path = tmp_path / SPEECH_ENCODER_FILE
    onnx.save(model, path)
    one_row = OnnxSpeechEncoder(path, CONFIG)
    alone = [encoder.encode(samples, state) for samples, state in zip(*streams, strict=True)]

    # The same network on the same shapes: the same bits.
    assert_same_outcome(one_row.encode_batch(*streams), alone, 0)


@pytest.mark.parametrize(
    ("lengths", "num_states", "message"),
    [
        pytest.param([], 0, "0 blocks of audio and 0 states; .*at least 1", id="none"),
        pytest.param([640, 640], 1, "2 blocks of audio and 1 states", id="states"),
        pytest.param([640, 1280], 2, "640 and 1280 samples; expected one length", id="lengths"),
        pytest.param([641, 641], 2, "641 samples; expected a multiple of 640", id="no frames"),
        pytest.param([0, 0], 2, "0 samples; expected a multiple of 640 above 0", id="empty"),
    ],
)
def test_a_broken_batch_is_refused(encoder, lengths, num_states, message):
    blocks = [np.zeros(length, np.float32) for length in lengths]
    with pytest.raises(InvalidRequest, match=message):
        encoder.encode_batch(blocks, [encoder.start(3)] * num_states)


@pytest.mark.parametrize("num_samples", [0, 639, 641])
def test_a_broken_block_is_refused(encoder, num_samples):
    with pytest.raises(InvalidRequest, match=f"{num_samples} samples; expected a multiple of 640"):
        encoder.encode(np.zeros(num_samples, np.float32), encoder.start(3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"num_mel_bands": 40}, r"'mel' .*expected 41 columns", id="bands"),
        pytest.param(
            {"num_phone_classes": 30}, r"'features' has 64 columns; expected 70", id="phones"
        ),
        pytest.param(
            {"look_aheads_frames": (3,)},
            r"'look_ahead' has shape \['batch', 4\]; expected 1 columns",
            id="look-aheads",
        ),
    ],
)
def test_a_network_of_other_sizes_is_refused(onnx_file, changes, message):
    with pytest.raises(CheckpointMismatch, match=message):
        OnnxSpeechEncoder(onnx_file, dataclasses.replace(CONFIG, **changes))


def test_a_network_of_another_kind_is_refused(tiny_package):
    with pytest.raises(CheckpointMismatch, match="'mel' has shape None"):
        OnnxSpeechEncoder(tiny_package / "style_encoder.onnx", CONFIG)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelUnavailable, match="gone.onnx"):
        OnnxSpeechEncoder(tmp_path / "gone.onnx", CONFIG)


def test_a_network_that_is_not_told_its_look_ahead_is_refused(tmp_path):
    """What the encoders of format 1.0.0 were."""

    class Deaf(torch.nn.Module):
        def forward(self, mel):
            return mel[..., :64]

    path = tmp_path / SPEECH_ENCODER_FILE
    export_module(Deaf(), {"mel": torch.zeros(1, 8, 81)}, ["features"], {}, path)
    with pytest.raises(CheckpointMismatch, match="'look_ahead' has shape None; expected 4 columns"):
        OnnxSpeechEncoder(path, CONFIG)


def test_features_are_the_heads(network):
    hidden = torch.randn(2, 3, CONFIG.width)
    articulators, accents, phones = network.heads(hidden)
    assert articulators.shape == (2, 3, 9)
    assert phones.shape == (2, 3, 2, 27)
    features = network.features(hidden)
    torch.testing.assert_close(features[..., :9], articulators)
    torch.testing.assert_close(features[..., 9], accents)
    before, after = features[..., 10:37], features[..., 37:]
    torch.testing.assert_close(before, torch.softmax(phones[..., 0, :], dim=-1))
    torch.testing.assert_close(after, torch.softmax(phones[..., 1, :], dim=-1))


def test_convolutions_hear_a_shift_of_the_bands_as_a_shift_of_their_columns():
    """What a longer vocal tract does to a spectrum, so far from the edges."""
    torch.manual_seed(9)
    network = SpeechEncoderNetwork(CONVOLVED).eval()
    mel = torch.zeros(1, 24, CONFIG.num_mel_bands + 1)
    mel[:, :, 30:50] = torch.randn(1, 24, 20)
    shifted = mel.roll(4, dims=2)  # two strides of two bands make a column
    state = network.initial_state(1)[: 1 + CONVOLVED.conv_blocks]
    with torch.no_grad():
        # Up to the first block's norm, which knows the columns apart.
        columns, moved = (
            network.convolutions.strided(torch.cat([state[0], heard], dim=1))
            for heard in (mel, shifted)
        )
    columns, moved = (x.unflatten(2, (-1, CONVOLVED.conv_channels[1])) for x in (columns, moved))
    torch.testing.assert_close(moved[:, :, 1:], columns[:, :, :-1])
    assert columns.std() > 1e-3


def test_a_state_lies_where_the_network_does(network):
    on_meta = copy.deepcopy(network).to("meta")
    assert {layer.device.type for layer in on_meta.initial_state(2)} == {"meta"}
