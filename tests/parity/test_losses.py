"""Training losses, and what the network is asked in training, against the published code."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from posecast.config import DenoiserConfig
from posecast.rig.flame_statistics import FlameStatistics
from posecast.training.contrast import contrastive_loss
from posecast.training.flame.conditioning import drop_conditions
from posecast.training.flame.decoder import MotionDecoder
from posecast.training.flame.diffusion import add_noise
from posecast.training.flame.losses import ComparedWindow, LossWeights, MotionLosses

RELATIVE = 1e-4  # of the golden files: sums of float32 in another order
NAMES = {
    "noise": "simple",
    "vert": "vertices",
    "vel": "velocity",
    "smooth": "smoothness",
    "head_angle": "head_angle",
    "head_vel": "head_velocity",
    "head_smooth": "head_smoothness",
    "head_trans": "head_transition",
}
CASES = {
    "first": {"second": False, "cut": False},
    "first_trunc": {"second": False, "cut": True},
    "second": {"second": True, "cut": False},
    "second_trunc": {"second": True, "cut": True},
    "second_noconstrain": {"second": True, "cut": True, "constrains_previous": False},
    "second_l1": {"second": True, "cut": True, "criterion": "l1"},
    "eps_target": {"second": True, "cut": True, "target": "noise"},
}


@pytest.fixture(scope="module")
def reference(golden):
    return golden("losses")


@pytest.fixture(scope="module")
def make_losses(generator):
    """The published losses with a linear map in the place of FLAME."""
    matrix = torch.from_numpy(generator.normal("pub", "flame.A", (156, 15_069), 1e-3))
    rest = torch.from_numpy(generator.normal("pub", "flame.v0", (15_069,), 0.1))

    def vertices(shape, expression, pose):
        shapes = shape[:, None].expand(-1, expression.shape[1], -1)
        joined = torch.cat([shapes, expression, pose], dim=-1)
        return (rest + joined @ matrix).unflatten(-1, (-1, 3))

    def make(**options):
        decoder = MotionDecoder(FlameStatistics(**generator.make_stats("pub")))
        return MotionLosses(decoder, vertices, LossWeights(), **options)

    return make


@pytest.fixture(scope="module")
def make_window(draw, generator, reference):
    """The recipe's prediction and truth."""

    def make(*, second, cut, error_scale=1.0):
        previous = torch.from_numpy(draw("den.prev_motion", 3, 10, 54))
        clean = torch.from_numpy(draw("loss.gt", 3, 100, 54))
        wander = 0.4 * error_scale * torch.from_numpy(draw("loss.pred", 3, 110, 54))
        ends = torch.from_numpy(reference["loss_end_idx"]) if cut else torch.full((3,), 100)
        return ComparedWindow(
            prediction=wander + torch.cat([previous, clean], dim=1),
            clean=clean,
            noise=torch.from_numpy(draw("train.eps", 3, 100, 54)),
            previous=previous if second else None,
            shape=torch.from_numpy(draw("den.shape", 3, 100)),
            is_real=torch.arange(100) < ends[:, None],
        )

    return make


def wanted_losses(reference, case):
    values = dict(zip(reference["loss_names"], reference[f"loss_{case}"], strict=True))
    return {NAMES[name]: float(value) for name, value in values.items() if not np.isnan(value)}


@pytest.mark.parametrize("case", CASES)
def test_losses_are_the_published_ones(reference, make_losses, make_window, case):
    options = dict(CASES[case])
    window = make_window(second=options.pop("second"), cut=options.pop("cut"))

    found = make_losses(**options).compare(window)

    assert {name: loss.item() for name, loss in found.items()} == pytest.approx(
        wanted_losses(reference, case), rel=RELATIVE
    )


@pytest.mark.parametrize("case", [case for case in CASES if case != "eps_target"])
def test_an_error_a_thousandth_larger_is_told(reference, make_losses, make_window, case):
    """The tolerance is sharp: every loss sees it."""
    options = dict(CASES[case])
    window = make_window(second=options.pop("second"), cut=options.pop("cut"), error_scale=1.001)

    found = make_losses(**options).compare(window)

    for name, wanted in wanted_losses(reference, case).items():
        assert found[name].item() != pytest.approx(wanted, rel=RELATIVE), name


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_the_contrast_is_the_published_one(reference, temperature):
    vectors = torch.from_numpy(np.concatenate([reference["ntxent_a"], reference["ntxent_b"]]))

    found = contrastive_loss(vectors, temperature).item()
    off = contrastive_loss(vectors, temperature * 1.001).item()

    (wanted,) = reference[f"ntxent_{temperature}"]
    assert found == pytest.approx(wanted, rel=RELATIVE)
    assert off != pytest.approx(wanted, rel=RELATIVE)


@pytest.mark.parametrize("flip", [False, True], ids=["as_published", "one_condition_kept"])
def test_the_network_is_asked_the_published_question(
    draw, golden, reference, published_network, recipe_conditions, flip
):
    """Noise is added, conditions are withheld by their numbers, all 110 frames are predicted."""
    network = published_network(DenoiserConfig())
    conditions = recipe_conditions(3, golden("denoiser")["indicator"])
    step = torch.from_numpy(reference["train_t"])
    clean, noise = (torch.from_numpy(draw(n, 3, 100, 54)) for n in ("den.motion", "train.eps"))
    noisy = add_noise(network.config, clean, noise, step)
    numbers = torch.from_numpy(reference["train_flags"])[:, None].expand(-1, 2)
    keeps_speech, keeps_style = drop_conditions(numbers, "incremental")
    if flip:
        keeps_style[1] = 1 - keeps_style[1]
    given = [
        torch.from_numpy(getattr(conditions, name))
        for name in (
            "speech", "style", "shape", "previous_motion", "previous_speech", "indicator",
        )
    ]  # fmt: skip

    with torch.no_grad():
        found = network.predict_all(
            noisy, step, *given, keeps_speech, keeps_style, torch.ones(3)
        ).numpy()

    error = np.abs(found - reference["train_target"]).max()
    assert (error > 1e-2) if flip else (error < 1e-4)
