"""Tapes with the features that the server would compute for them, at every look-ahead."""

import dataclasses
import sys

import numpy as np
import pytest
import torch

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import SpeechEncoderConfig
from posecast.training import encoded_tapes
from posecast.training.augment import normalise_levels
from posecast.training.encoded_tapes import TAPE_FRAMES, encode_tapes
from posecast.training.tapes import TapeSampler

CONFIG = SpeechEncoderConfig(
    width=16, num_blocks=2, dilations=(1, 2), look_aheads_frames=(0, 1, 2, 3)
)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    return SpeechEncoderNetwork(CONFIG).eval()


@pytest.mark.parametrize("look_ahead", CONFIG.look_aheads_frames)
def test_features_of_a_tape_are_those_of_its_frames(utterances, network, monkeypatch, look_ahead):
    monkeypatch.setattr(encoded_tapes, "augment", lambda mel, generator: mel)
    crops = [TapeSampler(utterances, np.random.default_rng(1)).draw(4 * TAPE_FRAMES)]
    (tape,) = encoded_tapes._encode(crops, [network], look_ahead, torch.Generator())
    with torch.no_grad():
        outputs, *_ = network(
            normalise_levels(torch.from_numpy(crops[0].mel[None])),
            torch.eye(4)[look_ahead : look_ahead + 1],
            *network.initial_state(1),
        )
    expected = outputs[0, look_ahead:].numpy()
    np.testing.assert_allclose(tape.speech, expected, atol=2e-3)  # stored in float16
    assert np.abs(tape.speech[:-1] - expected[1:]).max() > 0.02
    np.testing.assert_array_equal(tape.tracks, crops[0].frame_tracks()[: len(tape.tracks)])
    np.testing.assert_array_equal(tape.trusted, crops[0].trusted_frames()[: len(tape.trusted)])


def test_tapes_carry_as_much_of_everything(sampler, network):
    tapes = encode_tapes(sampler, [network], 30, seed=1)
    assert len(tapes) >= 30
    for tape in tapes:
        assert len(tape.speech) == len(tape.tracks) == len(tape.trusted)
        assert tape.speech.shape[1] == 64
        assert tape.speech.dtype == np.float16
    assert any(len(tape.accents) for tape in tapes)


def test_several_encoders_give_the_mean_of_their_features(utterances, network, monkeypatch):
    monkeypatch.setattr(encoded_tapes, "augment", lambda mel, generator: mel)
    torch.manual_seed(2)
    convolved = dataclasses.replace(CONFIG, width=8, conv_channels=(2, 3), conv_blocks=1)
    other = SpeechEncoderNetwork(convolved).eval()
    crops = [TapeSampler(utterances, np.random.default_rng(1)).draw(4 * TAPE_FRAMES)]
    one, two, both = (
        next(encoded_tapes._encode(crops, networks, 3, torch.Generator())).speech.astype(np.float32)
        for networks in ([network], [other], [network, other])
    )
    np.testing.assert_allclose(both, (one + two) / 2, atol=2e-3)  # stored in float16
    assert np.abs(one - two).max() > 0.02


def test_tapes_are_heard_with_every_look_ahead_and_mostly_with_the_default(
    utterances, network, monkeypatch
):
    heard = []

    def encode(crops, network, look_ahead_frames, generator):
        heard.append(look_ahead_frames)
        return iter(crops)

    monkeypatch.setattr(encoded_tapes, "_encode", encode)
    monkeypatch.setattr(encoded_tapes, "_BATCH", 1)
    monkeypatch.setattr(encoded_tapes, "TAPE_FRAMES", 1)
    encode_tapes(TapeSampler(utterances, np.random.default_rng(2)), [network], 800, seed=1)
    shares = [heard.count(frames) / 800 for frames in CONFIG.look_aheads_frames]
    # Half of them the default, the other half any, the default among them.
    assert shares == pytest.approx([0.125, 0.125, 0.125, 0.625], abs=0.04)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked")
def test_several_workers_draw_tapes_of_their_own_and_the_same_each_time(
    utterances, network, monkeypatch
):
    monkeypatch.setattr(encoded_tapes, "_BATCH", 2)

    def encode(workers):
        sampler = TapeSampler(utterances, np.random.default_rng(3))
        return encode_tapes(sampler, [network], 8, seed=5, workers=workers)

    one, again, alone = encode(2), encode(2), encode(1)
    assert len(one) == 8
    assert len({tape.tracks.tobytes() for tape in one}) == 8
    for mine, theirs in zip(one, again, strict=True):
        np.testing.assert_array_equal(mine.speech, theirs.speech)
    # The first worker begins with what a single process draws, the second with other tapes.
    drawn = [tape.accents.tobytes() for tape in alone]
    assert [tape.accents.tobytes() for tape in one[:2]] == drawn[:2]
    assert not {tape.accents.tobytes() for tape in one[2:4]} & {*drawn}


def test_the_seeds_alone_decide(utterances, network):
    one, again = (
        encode_tapes(TapeSampler(utterances, np.random.default_rng(3)), [network], 2, seed=5)[0]
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.speech, again.speech)
    np.testing.assert_array_equal(one.accents, again.accents)
