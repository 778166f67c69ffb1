"""What the network is asked for both windows of a pair."""

import dataclasses

import pytest
import torch
from torch import nn

from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.errors import InvalidRequest
from posecast.training.flame.losses import LossWeights, MotionLosses
from posecast.training.flame.network import FlameTrainingNetwork
from posecast.training.flame.pair_losses import PairLosses, PairTraining, WindowPairs

BATCH, FRAMES, PREVIOUS = 3, 10, 4
UNCUT = PairTraining(cut_probabilities=(0.0, 0.0), guided=())
NO_VERTICES = LossWeights(vertices=0, velocity=0)


class FakeSpeech(nn.Module):
    """Features are the mean of a frame's samples, scaled; counts what was heard."""

    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))
        self.heard = []

    def forward(self, padded, num_frames):
        self.heard.append((padded.shape[1], num_frames, torch.is_grad_enabled()))
        samples = padded[:, 40:-40].reshape(len(padded), num_frames, 640)
        return samples.mean(dim=-1, keepdim=True) * self.scale


class FakeStyle(nn.Module):
    """A style is the mean of the clip's first columns."""

    def forward(self, motion):
        return motion.mean(dim=1)[:, :8]


@pytest.fixture
def pairs():
    torch.manual_seed(5)
    frames = torch.arange(1, 2 * FRAMES + 1).float()
    return WindowPairs(
        motion=torch.randn(BATCH, 2 * FRAMES, 54),
        waveform=frames.repeat_interleave(640).expand(BATCH, -1).clone(),
        shape=torch.randn(BATCH, 100),
    )


class Recorder(ConditionedDenoiser):
    """Keeps what it is asked."""

    def __init__(self, config):
        super().__init__(config)
        self.asked = []

    def predict_all(self, *inputs):
        names = (
            "noisy", "step", "speech", "style", "shape", "previous_motion", "previous_speech",
            "indicator", "has_speech", "has_style", "has_previous",
        )  # fmt: skip
        self.asked.append(dict(zip(names, inputs, strict=True)))
        return super().predict_all(*inputs)


@pytest.fixture
def network(tiny_denoiser):
    torch.manual_seed(6)
    return FlameTrainingNetwork(Recorder(tiny_denoiser), FakeSpeech(tiny_denoiser.speech_dim))


def run(network, pairs, training=UNCUT, style=None, weights=NO_VERTICES):
    losses = MotionLosses(None, None, weights)
    return PairLosses(losses, training, style or FakeStyle())(network, pairs)


def test_the_second_window_goes_on_from_the_truth_of_the_first(network, pairs):
    run(network, pairs)

    first, second = network.denoiser.asked
    assert (first["has_previous"] == 0).all()
    assert (second["has_previous"] == 1).all()
    truth = pairs.motion[:, FRAMES - PREVIOUS : FRAMES]
    assert torch.equal(second["previous_motion"], truth)
    assert torch.equal(second["previous_speech"], first["speech"][:, -PREVIOUS:])
    assert not second["previous_speech"].requires_grad
    assert first["speech"].requires_grad
    assert second["speech"].requires_grad
    for asked in (first, second):
        assert torch.equal(asked["shape"], pairs.shape)
        assert (asked["indicator"] == 1).all()


def test_each_window_hears_itself_and_has_the_style_of_the_other(network, pairs):
    run(network, pairs)

    first, second = network.denoiser.asked
    torch.testing.assert_close(first["speech"][0, :, 0], torch.arange(1.0, 11))
    torch.testing.assert_close(second["speech"][0, :, 0], torch.arange(11.0, 21))
    assert network.clip_encoder.heard == [(6480, 10, True), (6480, 10, True)]
    assert torch.equal(first["style"], pairs.motion[:, FRAMES:].mean(dim=1)[:, :8])
    assert torch.equal(second["style"], pairs.motion[:, :FRAMES].mean(dim=1)[:, :8])


def test_windows_may_hear_each_other(network, pairs):
    run(network, pairs, dataclasses.replace(UNCUT, hears_both=True))

    first, second = network.denoiser.asked
    torch.testing.assert_close(first["speech"][0, :, 0], torch.arange(1.0, 11))
    torch.testing.assert_close(second["speech"][0, :, 0], torch.arange(11.0, 21))
    assert network.clip_encoder.heard == [(12_880, 20, True)]
    assert second["speech"].requires_grad


@pytest.mark.parametrize("hears_both", [False, True])
def test_a_cut_first_window_leaves_what_the_second_goes_on_from(network, pairs, hears_both):
    training = PairTraining(cut_probabilities=(1.0, 0.0), guided=(), hears_both=hears_both)

    run(network, pairs, training)

    first, second = network.denoiser.asked
    kept = first["indicator"].sum(dim=1).long()
    assert ((kept >= 1) & (kept < FRAMES)).all()
    frames = torch.arange(1, FRAMES + 1)
    for row, end in enumerate(kept):
        wanted = torch.where(frames <= end, frames, 0).float()
        torch.testing.assert_close(first["speech"][row, :, 0], wanted)
    assert torch.equal(second["previous_motion"], pairs.motion[:, FRAMES - PREVIOUS : FRAMES])
    torch.testing.assert_close(second["previous_speech"][0, :, 0], torch.arange(7.0, 11))
    assert not second["previous_speech"].requires_grad
    assert second["speech"].requires_grad
    torch.testing.assert_close(second["speech"][0, :, 0], torch.arange(11.0, 21))


@pytest.mark.parametrize("hears_both", [False, True])
def test_a_cut_second_window_is_heard_up_to_its_end(network, pairs, hears_both):
    training = PairTraining(
        cut_probabilities=(0.0, 1.0), pad_mode="replicate", guided=(), hears_both=hears_both
    )

    run(network, pairs, training)

    _, second = network.denoiser.asked
    kept = second["indicator"].sum(dim=1).long()
    assert ((kept >= 1) & (kept < FRAMES)).all()
    frames = torch.arange(11, 21)
    for row, end in enumerate(kept):
        wanted = torch.where(frames <= 10 + end, frames, 10 + end).float()
        torch.testing.assert_close(second["speech"][row, :, 0], wanted)


def test_conditions_are_withheld_row_by_row(network, pairs):
    for _ in range(40):
        run(network, pairs, PairTraining())

    asked = network.denoiser.asked
    style = torch.cat([one["has_style"] for one in asked])
    speech = torch.cat([one["has_speech"] for one in asked])
    assert 0.4 < style.mean() < 0.7
    assert style.mean() < speech.mean() < 1
    assert not (style > speech).any()
    assert any(0 < one["has_style"].sum() < BATCH for one in asked)
    steps = torch.cat([one["step"] for one in asked])
    assert (steps.min(), steps.max()) == (1, 5)
    assert any(len(set(one["step"].tolist())) > 1 for one in asked)


def test_losses_of_both_windows_are_averaged_but_for_the_transition(network, pairs, monkeypatch):
    def ones(_, window):
        losses = {"simple": window.prediction.sum() * 0 + 1.0}
        return losses | ({} if window.previous is None else {"head_transition": torch.tensor(3.0)})

    monkeypatch.setattr(MotionLosses, "forward", ones)

    assert {name: loss.item() for name, loss in run(network, pairs).items()} == {
        "simple": 1.0,
        "head_transition": 3.0,
    }


def test_gradients_reach_denoiser_and_speech_encoder_but_no_style_encoder(network, pairs):
    class Style(FakeStyle):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(8))

        def forward(self, motion):
            return super().forward(motion) * self.scale

    style = Style()
    sum(run(network, pairs, style=style).values()).backward()

    assert style.scale.grad is None
    assert not style.training
    assert network.clip_encoder.scale.grad.abs().sum() > 0
    without = {"null_audio_feat", "null_style_feat"}  # nothing was withheld
    for name, parameter in network.denoiser.named_parameters():
        assert (parameter.grad is None or not parameter.grad.any()) == (name in without), name


def test_a_model_without_style_needs_none(tiny_denoiser, pairs):
    config = dataclasses.replace(tiny_denoiser, style_dim=0)
    network = FlameTrainingNetwork(Recorder(config), FakeSpeech(config.speech_dim))
    losses = PairLosses(MotionLosses(None, None, NO_VERTICES), UNCUT, None)

    losses(network, pairs)

    assert network.denoiser.asked[0]["style"].shape == (BATCH, 0)


def test_settings_that_cannot_be_are_refused(pairs):
    for options, told in (
        ({"cut_probabilities": (0.3, 1.5)}, "1.5; allowed: 0 to 1"),
        ({"pad_mode": "mirror"}, "'mirror'; allowed: zero, replicate"),
        ({"guided": ("pose",)}, "'pose'"),
    ):
        with pytest.raises(InvalidRequest, match=told):
            PairTraining(**options)
    with pytest.raises(InvalidRequest, match="a Linear; expected a FlameTrainingNetwork"):
        run(nn.Linear(1, 1), pairs)


def test_sound_is_padded_as_at_inference(tiny_denoiser):
    """Each end is lengthened by 40 samples for whole frames; the rest stays as it is."""
    network = FlameTrainingNetwork(ConditionedDenoiser(tiny_denoiser), FakeSpeech(16))
    waveform = torch.arange(6400.0)[None]

    features = network.hear(waveform, 10)

    torch.testing.assert_close(features[0, :, 0], waveform.reshape(10, 640).mean(dim=1))
