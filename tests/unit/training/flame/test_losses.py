"""Losses beside their golden numbers: what does not apply, what is cut, what is refused."""

import pytest
import torch

from posecast.errors import InvalidRequest
from posecast.training.flame.decoder import MotionDecoder
from posecast.training.flame.losses import ComparedWindow, LossWeights, MotionLosses

NO_VERTICES = LossWeights(vertices=0, velocity=0)


def make_window(width=54, *, second=True, **changes):
    torch.manual_seed(1)
    fields = {
        "prediction": torch.randn(2, 14, width),
        "clean": torch.randn(2, 10, width),
        "noise": torch.randn(2, 10, width),
        "previous": torch.randn(2, 4, width) if second else None,
        "shape": torch.randn(2, 100),
        "is_real": torch.ones(2, 10, dtype=torch.bool),
    }
    return ComparedWindow(**(fields | changes))


def test_motion_without_a_head_has_no_losses_of_heads():
    losses = MotionLosses(None, None, NO_VERTICES).compare(make_window(width=51))

    assert set(losses) == {"simple"}


def test_a_first_window_has_no_transition():
    losses = MotionLosses(None, None, NO_VERTICES)

    first, second = (set(losses.compare(make_window(second=s))) for s in (False, True))

    assert second - first == {"head_transition"}


def test_weights_weigh_and_those_of_0_leave_out():
    weights = LossWeights(
        vertices=0, velocity=0, head_angle=2.0, head_velocity=0, head_smoothness=0
    )
    losses, window = MotionLosses(None, None, weights), make_window()

    bare, weighed = losses.compare(window), losses(window)

    assert set(weighed) == {"simple", "head_angle", "head_transition"}
    assert weighed["simple"] == bare["simple"]
    assert weighed["head_angle"] == 2 * bare["head_angle"]
    assert weighed["head_transition"] == 0.5 * bare["head_transition"]


def test_what_is_cut_off_does_not_count():
    is_real = torch.arange(10) < torch.tensor([[3], [10]])
    window = make_window(is_real=is_real)
    noisy = window.prediction.clone()
    noisy[0, 4 + 3 :] += 100
    losses = MotionLosses(None, None, NO_VERTICES)

    one, other = (
        losses.compare(window),
        losses.compare(make_window(prediction=noisy, is_real=is_real)),
    )

    torch.testing.assert_close(one, other)


def test_a_window_of_which_nothing_is_left_has_losses_of_0():
    window = make_window(second=False, is_real=torch.zeros(2, 10, dtype=torch.bool))
    assert all(loss == 0 for loss in MotionLosses(None, None, NO_VERTICES).compare(window).values())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"weights": LossWeights()}, "need a FLAME model"),
        ({"criterion": "l3"}, "'l3'; allowed: l2, l1"),
        ({"target": "velocity"}, "'velocity'; allowed: sample, noise"),
    ],
    ids=["vertices", "criterion", "target"],
)
def test_losses_that_cannot_be_are_refused(options, told):
    weights = options.pop("weights", NO_VERTICES)
    with pytest.raises(InvalidRequest, match=told):
        MotionLosses(None, None, weights, **options)


def test_a_weight_that_rewards_an_error_is_refused():
    with pytest.raises(InvalidRequest, match="head_velocity -1; allowed: 0 up"):
        LossWeights(head_velocity=-1)


@pytest.mark.parametrize("width", [54, 51])
def test_motion_is_decoded_with_the_head_held_still(statistics, width):
    decoder = MotionDecoder(statistics)
    motion = torch.randn(2, 3, width)

    expression, pose = decoder(motion)

    std, mean = (torch.from_numpy(row) for row in (statistics.exp_std, statistics.exp_mean))
    torch.testing.assert_close(expression, motion[..., :50] * std + mean)
    assert (pose[..., :3] == 0).all()
    jaw = motion[..., -1] * float(statistics.pose_std[3]) + float(statistics.pose_mean[3])
    torch.testing.assert_close(pose[..., 3], jaw)
    rest = torch.from_numpy(statistics.pose_mean[4:])
    torch.testing.assert_close(pose[..., 4:], rest.expand(2, 3, 2))
    shape = torch.randn(2, 100)
    torch.testing.assert_close(
        decoder.decode_shape(shape),
        shape * torch.from_numpy(statistics.shape_std) + torch.from_numpy(statistics.shape_mean),
    )
