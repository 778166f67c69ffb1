"""Speech encoders that hear together: the mean of what each says, streamed with both states."""

import numpy as np
import pytest
import torch

from posecast.conditioning.onnx_speech_encoder import OnnxSpeechEncoder
from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import SpeechEncoderConfig
from posecast.errors import CheckpointMismatch
from posecast.export import export_speech_encoder, shrink_weights
from posecast.speech_encoder_ensemble import join_speech_encoders

WIDE = SpeechEncoderConfig(
    width=24, num_blocks=2, dilations=(1, 2), look_aheads_frames=(0, 1, 2, 3)
)
NARROW = SpeechEncoderConfig(
    width=16, num_blocks=1, dilations=(4,), look_aheads_frames=(0, 1, 2, 3)
)


def export(config, path, seed):
    torch.manual_seed(seed)
    export_speech_encoder(SpeechEncoderNetwork(config).eval(), path)
    return path


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoders")
    return [export(WIDE, folder / "wide.onnx", 1), export(NARROW, folder / "narrow.onnx", 2)]


@pytest.fixture(scope="module")
def joined(paths):
    path = paths[0].parent / "joined.onnx"
    join_speech_encoders(paths, path)
    return path


def listen(path, blocks, look_ahead_frames=3):
    """Features of a stream that comes in blocks."""
    encoder = OnnxSpeechEncoder(path, WIDE)
    state = encoder.start(look_ahead_frames)
    heard = []
    for samples in blocks:
        features, state = encoder.encode(samples, state)
        heard.append(features)
    return np.concatenate(heard)


@pytest.fixture(scope="module")
def blocks():
    samples = np.random.default_rng(3).normal(0, 0.1, 12 * 640).astype(np.float32)
    return np.split(samples, [640, 3 * 640, 8 * 640])


@pytest.mark.parametrize("look_ahead_frames", [0, 3])
def test_features_are_the_mean_of_what_each_hears(paths, joined, blocks, look_ahead_frames):
    each = [listen(path, blocks, look_ahead_frames) for path in paths]
    assert np.abs(each[0] - each[1]).max() > 0.05
    together = listen(joined, blocks, look_ahead_frames)
    np.testing.assert_allclose(together, np.mean(each, axis=0), atol=1e-6)


def test_blocks_of_any_length_give_what_the_whole_gives(joined, blocks):
    whole = listen(joined, [np.concatenate(blocks)])
    np.testing.assert_allclose(listen(joined, blocks), whole, atol=1e-5)


def test_several_streams_are_heard_at_once(joined, blocks):
    encoder = OnnxSpeechEncoder(joined, WIDE)
    both = encoder.encode_batch([blocks[1], blocks[1][::-1].copy()], [encoder.start(3)] * 2)
    alone, _ = encoder.encode(blocks[1], encoder.start(3))
    np.testing.assert_allclose(both[0][0], alone, atol=1e-5)
    assert np.abs(both[1][0] - alone).max() > 1e-3


def test_one_encoder_stays_what_it_is(paths, blocks, tmp_path):
    join_speech_encoders(paths[:1], tmp_path / "one.onnx")
    np.testing.assert_allclose(
        listen(tmp_path / "one.onnx", blocks), listen(paths[0], blocks), atol=1e-6
    )


def test_a_file_may_be_joined_in_place_and_with_small_weights(paths, joined, blocks, tmp_path):
    own = tmp_path / "speech_encoder.onnx"
    own.write_bytes(paths[0].read_bytes())
    shrink_weights(own)
    join_speech_encoders([own, paths[1]], own)
    np.testing.assert_allclose(listen(own, blocks), listen(joined, blocks), atol=5e-3)


def test_encoders_of_other_look_aheads_or_features_are_refused(paths, tmp_path):
    other = export(SpeechEncoderConfig(width=16, num_blocks=1, dilations=(1,)), tmp_path / "o", 1)
    with pytest.raises(CheckpointMismatch, match="columns"):
        join_speech_encoders([paths[0], other], tmp_path / "joined.onnx")
