"""The judge: perfect networks pass, those that know nothing do not."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.errors import InvalidRequest
from posecast.training.flame import judge
from posecast.training.flame.judge import measure_obedience, measure_retrieval
from posecast.training.flame.network import FlameTrainingNetwork


class Mean(nn.Module):
    """Rests of faces differ between persons, so the mean face tells them apart."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, motion):
        return torch.cat(
            [self.scale * motion.mean(dim=1), torch.rand(len(motion), 1) - 0.5], dim=-1
        )


def test_styles_that_tell_persons_apart_find_them(data):
    rows = data.supply("test", 54, 2, 0)
    torch.manual_seed(1)

    knowing = measure_retrieval(Mean(1.0), rows, 100)
    clueless = np.mean([measure_retrieval(Mean(0.0), rows, 100).found for _ in range(200)])

    assert (knowing.found, knowing.chance, knowing.num_persons) == (1.0, 0.5, 2)
    assert clueless == pytest.approx(0.5, abs=0.15)


def test_a_person_with_one_video_is_told(data):
    rows = data.supply("test", 54, 2, 0)
    with pytest.raises(InvalidRequest, match="a person with one video"):
        measure_retrieval(Mean(1.0), dataclasses.replace(rows, keys=rows.keys[:1]), 100)


@pytest.mark.parametrize("is_right", [True, False])
def test_motion_of_the_right_sound_is_nearer_than_of_another(
    data, tiny_training, tiny_style, monkeypatch, is_right
):
    """A sampler that cheats: it returns the truth of each clip, or of the person's other clip."""
    rows = data.supply("test", 54, 2, 0)
    frames = tiny_training.config.window_frames
    keys = rows.keys
    order = keys if is_right else [keys[index] for index in (1, 0, 3, 2)]
    truth = [rows.motion(data.clips.coefficients(key, 0, frames)).numpy() for key in order]
    asked = []

    def cheat(denoiser, conditions, noise, **_):
        asked.append(conditions)
        return np.stack(truth)

    monkeypatch.setattr(judge, "ddim", cheat)
    network = FlameTrainingNetwork(
        ConditionedDenoiser(tiny_training.config), ClipEncoderNetwork(tiny_training.clip_encoder)
    )

    found = measure_obedience(network, StyleEncoderNetwork(tiny_style), rows, (0, 1, 53))

    assert found.num_clips == 4
    right, wrong = (found.correlation, found.distance), (
        found.shuffled_correlation, found.shuffled_distance,
    )  # fmt: skip
    assert (right if is_right else wrong) == pytest.approx((1.0, 0.0), abs=1e-5)
    assert found.preferred == float(is_right)
    (conditions,) = asked
    assert conditions.speech.shape == (4, frames, 16)
    assert not conditions.has_previous.any()


def test_an_untrained_network_obeys_nothing(data, tiny_training, tiny_style):
    torch.manual_seed(2)
    network = FlameTrainingNetwork(
        ConditionedDenoiser(tiny_training.config), ClipEncoderNetwork(tiny_training.clip_encoder)
    )
    rows = data.supply("test", 54, 2, 0)

    found = measure_obedience(
        network, StyleEncoderNetwork(tiny_style), rows, (0, 1, 53), num_steps=2
    )

    assert abs(found.correlation) < 0.6
    assert found.distance > 0.5
