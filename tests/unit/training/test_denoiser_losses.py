"""Losses of the denoiser: what costs, what does not, and what is withheld."""

import dataclasses

import numpy as np
import pytest
import torch

from posecast.config import FRAMES_PER_WINDOW, OPENING_WINDOWS
from posecast.rig.arkit import CURVE_INDEX, LIP_CURVES, MOTION_DIM, NUM_CURVES
from posecast.rig.retarget import MotionScale
from posecast.training import denoiser as denoiser_stage
from posecast.training.default_model import DEFAULT_MODEL


def make_window(starts, trusted=1.0):
    scale = MotionScale(mean=np.zeros(MOTION_DIM, np.float32), std=np.ones(MOTION_DIM, np.float32))
    torch.manual_seed(4)
    shape = (2, 5, MOTION_DIM)
    batch = denoiser_stage._Batch(
        previous=torch.zeros(2, 10, MOTION_DIM),
        clean=torch.randn(shape),
        previous_speech=torch.zeros(2, 10, 4),
        speech=torch.zeros(2, 5, 4),
        trusted=torch.full((2, 5), trusted),
        starts=torch.full((2,), float(starts)),
        styles=torch.zeros(2, 16),
    )
    return denoiser_stage._Losses(DEFAULT_MODEL.denoiser, scale), batch


def test_a_perfect_prediction_costs_nothing():
    losses_of, batch = make_window(starts=False)
    losses = losses_of._compare(batch.clean, batch, torch.ones(2))
    assert all(float(loss) == 0 for loss in losses.values())


def test_conditions_are_withheld_so_that_guidance_has_something_to_guide():
    losses_of, batch = make_window(starts=False)
    rows = denoiser_stage._Batch(
        **{
            field.name: getattr(batch, field.name)[:1].expand(
                3000, *[-1] * (getattr(batch, field.name).ndim - 1)
            )
            for field in dataclasses.fields(batch)
        }
    )
    told = {}

    def network(noisy, *inputs):
        told["speech"], told["style"], told["previous"] = inputs[-3:]
        return torch.zeros_like(noisy)

    losses_of(network, rows)
    withheld = {name: 1 - float(flags.mean()) for name, flags in told.items()}
    assert withheld["speech"] == pytest.approx(0.10, abs=0.02)
    assert withheld["style"] == pytest.approx(0.28, abs=0.03)
    assert withheld["previous"] == 0
    assert not told["style"][told["speech"] == 0].any()  # never style without speech


def test_half_of_the_steps_are_those_that_serving_evaluates():
    losses_of, _ = make_window(starts=False)
    steps = losses_of._draw_steps(4000)
    assert steps.min() >= 1
    assert steps.max() <= 500
    served = torch.isin(steps, torch.tensor([500, 375, 250, 125]))
    assert served.float().mean() == pytest.approx(0.5, abs=0.05)


def test_a_step_at_the_seam_costs_velocity_unless_the_stream_starts_there():
    seam, start = (
        losses_of._compare(batch.clean + 0.5, batch, torch.ones(2))["velocity"]
        for losses_of, batch in (make_window(starts=False), make_window(starts=True))
    )
    assert seam > 0.01
    assert start == pytest.approx(0, abs=1e-9)


def test_lips_are_not_asked_of_a_denoiser_that_hears_nothing():
    losses_of, batch = make_window(starts=False)
    losses = losses_of._compare(batch.clean + 0.5, batch, torch.zeros(2))
    assert losses["aperture"] == 0
    assert losses["position"] > 0


def test_frames_that_are_not_trusted_cost_nothing():
    losses_of, batch = make_window(starts=False, trusted=0.0)
    losses = losses_of._compare(batch.clean + 0.5, batch, torch.ones(2))
    assert all(float(loss) == pytest.approx(0, abs=1e-9) for loss in losses.values())


def test_a_trembling_head_costs_more_than_one_that_is_off():
    losses_of, batch = make_window(starts=False)
    off, trembling = batch.clean.clone(), batch.clean.clone()
    off[..., -3:] += 0.3
    trembling[:, ::2, -3:] += 0.3
    steady, shaken = (
        losses_of._compare(prediction, batch, torch.ones(2))["head"]
        for prediction in (off, trembling)
    )
    assert steady == pytest.approx(0, abs=1e-9)
    assert shaken > 0.01


def test_windows_of_every_length_are_trained_and_the_served_ones_most():
    rng = np.random.default_rng(1)
    lengths = np.array([denoiser_stage.draw_window_length(rng) for _ in range(8000)])
    assert {*lengths.tolist()} == {*range(1, 101)}
    for served, odds in ((100, 0.2), (25, 0.2), (3, 0.22 + 0.14 / 24), (5, 0.12 + 0.14 / 24)):
        assert np.mean(lengths == served) == pytest.approx(odds, abs=0.02)


def test_served_windows_are_among_those_that_are_trained_most():
    often = {
        shortest for _, shortest, longest in denoiser_stage.WINDOW_LENGTHS if shortest == longest
    }
    assert often == {*FRAMES_PER_WINDOW.values(), OPENING_WINDOWS["balanced"][0]}
    assert sum(odds for odds, _, _ in denoiser_stage.WINDOW_LENGTHS) == pytest.approx(1)


def test_lips_before_a_window_are_drowned_in_half_of_the_rows_and_the_head_hardly():
    losses_of, _ = make_window(starts=False)
    torch.manual_seed(2)
    previous = torch.zeros(400, 10, MOTION_DIM)
    noisy = losses_of._perturb_previous(previous)
    spread = noisy.std(dim=(1, 2))
    assert 0.4 < (spread > 0.3).float().mean() < 0.6
    drowned = noisy[spread > 0.3]
    lips = [CURVE_INDEX[name] for name in LIP_CURVES]
    assert drowned[..., lips].std() == pytest.approx(0.7, abs=0.05)
    assert drowned[..., NUM_CURVES:].std() < 0.11
