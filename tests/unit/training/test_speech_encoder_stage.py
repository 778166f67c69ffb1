"""The speech encoder's training: what each step is about, at each look-ahead, and what counts."""

import dataclasses

import numpy as np
import pytest
import torch

from posecast.config import SpeechEncoderConfig
from posecast.training import speech_encoder as stage_module
from posecast.training.articulation import CRISPNESS
from posecast.training.loop import TrainingPlan
from posecast.training.phones import CHANNEL_INDEX, CLASS_INDEX, NUM_CLASSES, UNKNOWN
from posecast.training.speech_encoder import (
    CROP_HOPS,
    SpeechEncoderRecipe,
    SpeechEncoderStage,
    compare,
    train_speech_encoder,
)
from posecast.training.tape_bank import TapeBank
from posecast.training.tapes import Crop, TapeSampler

CONFIG = SpeechEncoderConfig(
    width=16, num_blocks=2, dilations=(1, 2), look_aheads_frames=(0, 1, 2, 3)
)
LOOK_AHEADS = pytest.mark.parametrize("delay", CONFIG.look_aheads_frames)


CPU = torch.device("cpu")


def make_stage(*tapes, config=CONFIG, batch_size=4, gently=False, **options):
    """A stage that cuts its crops from these tapes as they are."""
    recipe = SpeechEncoderRecipe(batch_size=batch_size, gently=gently)
    return SpeechEncoderStage(TapeBank(tapes, CPU, tempo_range=0.0), config, recipe, **options)


def draw_tapes(utterances, seed=1, num_hops=600):
    sampler = TapeSampler(utterances, np.random.default_rng(seed))
    return [sampler.draw(num_hops) for _ in range(4)]


@pytest.fixture
def stage(utterances):
    return make_stage(*draw_tapes(utterances), batch_size=6)


@pytest.fixture
def batch(utterances):
    """Crops of which every label is known."""
    return make_stage(*draw_tapes(utterances[:4])).make_batch()


def with_look_ahead(batch, index):
    return dataclasses.replace(batch, look_ahead=torch.full_like(batch.look_ahead, index))


def test_labels_of_a_frame_are_those_before_and_after_its_instant(monkeypatch):
    monkeypatch.setattr(stage_module, "CROP_HOPS", 16)
    labels = np.repeat(np.arange(4), 4)  # changes at the instants of frames 1, 2 and 3
    crop = Crop(
        mel=np.zeros((16, 80), np.float32),
        tracks=np.zeros((16, 9), np.float32),
        labels=labels,
        accents=np.zeros((0, 2), np.float32),
    )
    batch = make_stage(crop).make_batch()
    assert batch.labels[0].tolist() == [[0, 0], [0, 1], [1, 2], [2, 3]]


def test_most_crops_are_heard_with_the_default_look_ahead_and_some_with_each(
    utterances, monkeypatch
):
    monkeypatch.setattr(stage_module, "CROP_HOPS", 16)
    stage = make_stage(*draw_tapes(utterances, num_hops=16), batch_size=2000)
    shares = stage.make_batch().look_ahead.bincount() / 2000
    expected = [0.35 / 3, 0.35 / 3, 0.35 / 3, 0.65]
    assert shares.tolist() == pytest.approx(expected, abs=0.03)


def test_a_network_with_one_look_ahead_is_trained_with_it(utterances):
    stage = make_stage(*draw_tapes(utterances), config=SpeechEncoderConfig(width=16))
    assert not stage.make_batch().look_ahead.any()


@pytest.fixture
def heard(monkeypatch):
    """What the augmentation was given; it does nothing to the spectra."""
    calls = []

    def augment(mel, generator, *, gently, sounds):
        calls.append((mel, gently, sounds))
        return mel

    monkeypatch.setattr(stage_module, "augment", augment)
    return calls


def test_sounds_to_mix_in_come_from_their_own_bank(utterances, heard):
    tapes = draw_tapes(utterances)
    ring = Crop(
        mel=np.full((500, 80), 3.0, np.float32),
        tracks=np.zeros((500, 9), np.float32),
        labels=np.zeros(500, np.int64),
        accents=np.zeros((0, 2), np.float32),
    )
    make_stage(*tapes, sounds=TapeBank([ring], CPU)).make_batch()
    make_stage(*tapes).make_batch()
    (mel, _, sounds), (_, _, none) = heard
    assert mel.shape == sounds.shape == (4, CROP_HOPS, 80)
    assert (sounds == 3).all()
    assert not (mel == 3).all(dim=2).any()
    assert none is None


def test_crops_that_are_gently_changed_have_no_holes(utterances, heard):
    tapes = draw_tapes(utterances)
    for gently in (True, False):
        batch = make_stage(*tapes, batch_size=12, gently=gently).make_batch()
        mel, told, _ = heard[-1]
        is_whole = (batch.mel == stage_module.normalise_levels(mel)).all()
        assert told == gently == is_whole


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
    stage = make_stage(*draw_tapes(utterances), config=config)
    for index, delay in enumerate((2, 5)):
        found = stage.losses(DelayedOracle(batch, delay), with_look_ahead(batch, index))
        assert float(found["position"]) < 1e-9


def test_untrusted_frames_teach_nothing(monkeypatch):
    """Other tracks, labels and accents where nothing is trusted give the same losses."""
    monkeypatch.setattr(stage_module, "CROP_HOPS", 64)
    mel = np.random.default_rng(2).normal(size=(64, 80)).astype(np.float32)

    def losses(hidden_part):
        tracks = np.full((64, 9), 0.3, np.float32)
        labels = np.full(64, CLASS_INDEX["A"])
        tracks[:32], labels[:32] = hidden_part, UNKNOWN
        crop = Crop(mel=mel, tracks=tracks, labels=labels, accents=np.zeros((0, 2), np.float32))
        torch.manual_seed(1)
        network = stage_module.SpeechEncoderNetwork(CONFIG).eval()
        stage = make_stage(crop, batch_size=1)
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
    tapes = draw_tapes(utterances)

    def first_of(worker, seed=4):
        batches = make_stage(*tapes, seed=seed).open_batches(worker)
        first = next(batches)
        batches.close()
        return first.mel

    one, again, other, reseeded = first_of(0), first_of(0), first_of(1), first_of(0, seed=5)
    torch.testing.assert_close(one, again, rtol=0, atol=0)
    assert (one != other).any()
    assert (one != reseeded).any()


def test_a_training_draws_no_more_tapes_than_it_cuts_crops(utterances, tmp_path, monkeypatch):
    filled = []

    def fill_bank(sampler, num_tapes, device, *, workers=1, crispness=CRISPNESS):
        filled.append((num_tapes, workers, crispness))
        return TapeBank([sampler.draw(CROP_HOPS) for _ in range(2)], device)

    monkeypatch.setattr(stage_module, "fill_bank", fill_bank)
    plan = TrainingPlan(steps=2, learning_rate=1e-3)
    sampler = TapeSampler(utterances, np.random.default_rng(1))
    for most, drawn in ((500, 40), (20, 20)):
        recipe = SpeechEncoderRecipe(batch_size=20, num_tapes=most, sounds=sampler, crispness=0.75)
        filled.clear()
        train_speech_encoder(sampler, CONFIG, plan, tmp_path / f"{most}.pt", recipe)
        assert filled == [(drawn, 1, 0.75), (drawn // 20, 1, CRISPNESS)]


def test_the_recipe_tells_how_much_is_dropped(utterances, tmp_path, monkeypatch):
    trained = []

    def optimise(network, *arguments):
        trained.append(network)
        return network

    monkeypatch.setattr(stage_module, "optimise", optimise)
    sampler = TapeSampler(utterances, np.random.default_rng(1))
    plan = TrainingPlan(steps=1, learning_rate=1e-3)
    recipe = SpeechEncoderRecipe(batch_size=1, dropout=0.3)
    train_speech_encoder(sampler, CONFIG, plan, tmp_path / "run.pt", recipe)
    assert {block.dropout.p for block in trained[0].blocks} == {0.3}


def test_a_training_begins_with_the_weights_of_another(utterances, tmp_path):
    sampler = TapeSampler(utterances, np.random.default_rng(1))
    recipe = SpeechEncoderRecipe(batch_size=2, num_tapes=4)
    plan = TrainingPlan(steps=1, learning_rate=1e-12, seed=1)
    other = dataclasses.replace(plan, learning_rate=1e-3, seed=2)
    first = train_speech_encoder(sampler, CONFIG, other, tmp_path / "first.pt", recipe)

    def train(name, **options):
        path = tmp_path / name
        network = train_speech_encoder(sampler, CONFIG, plan, path, recipe, **options)
        return network.state_dict()["norm.weight"], network.state_dict()["patch.weight"]

    for found, expected in zip(
        train("second.pt", begin_with=tmp_path / "first.pt"),
        (first.state_dict()["norm.weight"], first.state_dict()["patch.weight"]),
        strict=True,
    ):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert (train("third.pt")[1] - first.state_dict()["patch.weight"]).abs().max() > 1e-3


@pytest.mark.gpu
def test_a_gpu_makes_its_own_batches_and_learns_from_them(utterances, tmp_path):
    sampler = TapeSampler(utterances, np.random.default_rng(1))
    plan = TrainingPlan(steps=2, learning_rate=1e-3, device="cuda", workers=2)
    recipe = SpeechEncoderRecipe(batch_size=4, num_tapes=8, sounds=sampler)
    train_speech_encoder(sampler, CONFIG, plan, tmp_path / "run.pt", recipe)
    assert (tmp_path / "run.pt").exists()
