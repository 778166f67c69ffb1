"""The speech encoder's training: what each step is about, at each look-ahead, and what counts."""

import dataclasses

import numpy as np
import pytest
import torch

from posecast.config import SpeechEncoderConfig
from posecast.training import speech_encoder as stage_module
from posecast.training.phones import CHANNEL_INDEX, CLASS_INDEX, NUM_CLASSES, UNKNOWN
from posecast.training.speech_encoder import SpeechEncoderStage, compare
from posecast.training.tapes import Crop, TapeSampler

CONFIG = SpeechEncoderConfig(
    width=16, num_blocks=2, dilations=(1, 2), look_aheads_frames=(0, 1, 2, 3)
)
LOOK_AHEADS = pytest.mark.parametrize("delay", CONFIG.look_aheads_frames)


class Crops:
    """Draws the same crops in turn."""

    def __init__(self, *crops):
        self.rng = np.random.default_rng(0)
        self._crops = crops
        self._turn = -1

    def draw(self, num_hops):
        self._turn += 1
        return self._crops[self._turn % len(self._crops)]


@pytest.fixture
def stage(utterances):
    return SpeechEncoderStage(TapeSampler(utterances, np.random.default_rng(1)), CONFIG, 6)


@pytest.fixture
def batch(utterances):
    """Crops of which every label is known."""
    sampler = TapeSampler(utterances[:4], np.random.default_rng(1))
    return SpeechEncoderStage(sampler, CONFIG, 4).make_batch()


def with_look_ahead(batch, index):
    return dataclasses.replace(batch, look_ahead=torch.full_like(batch.look_ahead, index))


def test_labels_of_a_frame_are_those_before_and_after_its_instant():
    labels = np.repeat(np.arange(4), 4)  # changes at the instants of frames 1, 2 and 3
    crop = Crop(
        mel=np.zeros((16, 80), np.float32),
        tracks=np.zeros((16, 9), np.float32),
        labels=labels,
        accents=np.zeros((0, 2), np.float32),
    )
    batch = SpeechEncoderStage(Crops(crop), CONFIG, 1).make_batch()
    assert batch.labels[0].tolist() == [[0, 0], [0, 1], [1, 2], [2, 3]]


def test_most_crops_are_heard_with_the_default_look_ahead_and_some_with_each(utterances):
    crop = TapeSampler(utterances, np.random.default_rng(1)).draw(8)
    stage = SpeechEncoderStage(Crops(crop), CONFIG, 2000)
    shares = stage.make_batch().look_ahead.bincount() / 2000
    expected = [0.35 / 3, 0.35 / 3, 0.35 / 3, 0.65]
    assert shares.tolist() == pytest.approx(expected, abs=0.03)


def test_a_network_with_one_look_ahead_is_trained_with_it(utterances):
    stage = SpeechEncoderStage(
        TapeSampler(utterances, np.random.default_rng(1)), SpeechEncoderConfig(width=16), 5
    )
    assert not stage.make_batch().look_ahead.any()


@LOOK_AHEADS
def test_a_delayed_target_is_the_one_of_as_many_frames_before(batch, delay):
    delayed = stage_module._delayed(batch, torch.full((4,), delay))
    num_frames = batch.tracks.shape[1]
    for name in ("tracks", "labels", "accents", "trusted"):
        found, original = getattr(delayed, name), getattr(batch, name)
        torch.testing.assert_close(found[:, delay:], original[:, : num_frames - delay])
    assert not delayed.trusted[:, :delay].any()
    assert delayed.trusted[:, delay:].all()
    assert delayed.mel is batch.mel


def test_each_row_has_a_delay_of_its_own(batch):
    delays = torch.tensor([0, 3, 1, 2])
    mixed = stage_module._delayed(batch, delays)
    for row, delay in enumerate(delays.tolist()):
        alone = stage_module._delayed(batch, torch.full((4,), delay))
        torch.testing.assert_close(mixed.tracks[row], alone.tracks[row])
        torch.testing.assert_close(mixed.trusted[row], alone.trusted[row])


class DelayedOracle(torch.nn.Module):
    """Knows the truth, and says of each frame when so many further ones have been heard."""

    def __init__(self, batch, delay):
        super().__init__()
        self._batch, self._delay = batch, delay
        self.told = None

    def initial_state(self, batch):
        return []

    def hidden(self, mel, look_ahead, state):
        self.told = look_ahead
        return mel, state

    def heads(self, hidden):
        tracks, accents, labels = (
            torch.roll(part, self._delay, dims=1)
            for part in (self._batch.tracks, self._batch.accents, self._batch.labels)
        )
        phones = 50.0 * torch.nn.functional.one_hot(labels, NUM_CLASSES)
        return tracks, accents, phones


@LOOK_AHEADS
@pytest.mark.parametrize("answered", CONFIG.look_aheads_frames)
def test_the_network_is_asked_for_a_frame_once_its_look_ahead_is_heard(
    stage, batch, delay, answered
):
    oracle = DelayedOracle(batch, answered)
    found = stage.losses(oracle, with_look_ahead(batch, delay))
    is_right = [float(found[name]) < 1e-9 for name in ("position", "velocity", "accents")]
    assert is_right == [delay == answered] * 3
    torch.testing.assert_close(oracle.told, torch.eye(4)[delay].expand(4, -1))


def test_other_look_aheads_than_consecutive_ones_are_their_own_delay(utterances, batch):
    config = SpeechEncoderConfig(width=16, look_ahead_frames=5, look_aheads_frames=(2, 5))
    stage = SpeechEncoderStage(TapeSampler(utterances, np.random.default_rng(1)), config, 4)
    for index, delay in enumerate((2, 5)):
        found = stage.losses(DelayedOracle(batch, delay), with_look_ahead(batch, index))
        assert float(found["position"]) < 1e-9


def test_untrusted_frames_teach_nothing():
    """Other tracks, labels and accents where nothing is trusted give the same losses."""
    mel = np.random.default_rng(2).normal(size=(64, 80)).astype(np.float32)

    def losses(hidden_part):
        tracks = np.full((64, 9), 0.3, np.float32)
        labels = np.full(64, CLASS_INDEX["A"])
        tracks[:32], labels[:32] = hidden_part, UNKNOWN
        crop = Crop(mel=mel, tracks=tracks, labels=labels, accents=np.zeros((0, 2), np.float32))
        torch.manual_seed(1)
        network = stage_module.SpeechEncoderNetwork(CONFIG).eval()
        stage = SpeechEncoderStage(Crops(crop), CONFIG, 1)
        batch = with_look_ahead(stage.make_batch(), 1)
        found = stage.losses(network, batch)
        return {name: float(loss.detach()) for name, loss in found.items()}

    assert losses(0.0) == pytest.approx(losses(1.0))


def make_heads(wanted, error=0.0):
    phones = 50.0 * torch.nn.functional.one_hot(wanted.labels.clamp(min=0), NUM_CLASSES)
    return wanted.tracks + error, wanted.accents, phones


def test_the_truth_costs_nothing_but_the_smoothing_of_the_labels(batch):
    losses = compare(make_heads(batch), batch)
    assert losses.keys() == {"position", "velocity", "phones", "accents"}
    assert all(float(losses[name]) == 0 for name in ("position", "velocity", "accents"))
    tracks, accents, phones = make_heads(batch)
    wrong = compare((tracks, accents, phones.roll(1, dims=-1)), batch)
    assert float(wrong["phones"]) > 5 * float(losses["phones"])


def test_an_error_where_lips_or_teeth_touch_costs_more():
    def cost(**touching):
        tracks = torch.zeros(1, 8, 9)
        for name, value in touching.items():
            tracks[..., CHANNEL_INDEX[name]] = value
        wanted = stage_module._Batch(
            mel=torch.zeros(1, 32, 81),
            tracks=tracks,
            labels=torch.zeros(1, 8, 2, dtype=torch.int64),
            accents=torch.zeros(1, 8),
            trusted=torch.ones(1, 8, dtype=torch.bool),
            look_ahead=torch.zeros(1, dtype=torch.int64),
        )
        return float(compare(make_heads(wanted, error=0.1), wanted)["position"])

    assert cost(close=1.0) == pytest.approx(2.5 * cost())
    assert cost(labiodental=1.0) == pytest.approx(2.5 * cost())
    assert cost(jaw=1.0) == pytest.approx(cost())


def test_each_worker_has_batches_of_its_own_and_the_same_each_time(utterances):
    def first_of(worker):
        sampler = TapeSampler(utterances, np.random.default_rng(4))
        batches = SpeechEncoderStage(sampler, CONFIG, 2).open_batches(worker)
        first = next(batches)
        batches.close()
        return first.mel

    one, again, other = first_of(0), first_of(0), first_of(1)
    torch.testing.assert_close(one, again, rtol=0, atol=0)
    assert (one != other).any()
