"""Steps as inputs of the sampler's graph."""

import numpy as np
import pytest

from posecast.denoising.graph_steps import GraphSteps
from posecast.denoising.guidance import Threshold
from posecast.denoising.reverse_process import StepShares

MOTION = np.random.default_rng(1).standard_normal((2, 6, 3), dtype=np.float32)


def shares(num_steps=2, of_noise=0.5):
    return StepShares(
        steps=np.arange(num_steps, 0, -1),
        of_prediction=np.full(num_steps, 0.25, np.float32),
        of_motion=np.full(num_steps, 0.75, np.float32),
        of_noise=np.full(num_steps, of_noise, np.float32),
    )


@pytest.mark.parametrize("ratio", [0.0, 0.31, 0.5, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("num_values", [1, 2, 18, 5400])
def test_the_sum_of_largest_values_is_the_quantile(ratio, num_values):
    values = np.abs(np.random.default_rng(2).standard_normal(num_values))
    motion = np.zeros((1, num_values, 1), np.float32)
    steps = GraphSteps(
        shares=shares(), weights=[1.0], threshold=Threshold(ratio=ratio, low=0.5, high=2.0)
    )

    inputs = steps.inputs(1, motion, num_values)

    weights = inputs["quantile_weights"]
    largest = np.sort(values)[::-1][: len(weights)]
    assert float(largest @ weights[:, 0]) == pytest.approx(np.quantile(values, ratio), abs=1e-6)
    np.testing.assert_array_equal(inputs["bound_limits"], np.float32([0.5, 2.0]))


def test_without_a_threshold_nothing_is_bounded():
    inputs = GraphSteps(shares=shares(), weights=[1.0]).inputs(2, MOTION, 6)
    assert inputs["bound_limits"].min() == np.finfo(np.float32).max
    assert inputs["quantile_weights"].shape == (1, 1)


def test_padding_is_a_share_of_nothing():
    noise = np.ones((2, 2, 4, 3), np.float32)
    inputs = GraphSteps(shares=shares(), weights=[1.0, 2.0], noise=noise).inputs(4, MOTION, 4)

    for name, share in (("from_prediction", 0.25), ("from_motion", 0.75)):
        np.testing.assert_array_equal(inputs[name][:, :, 0], [[share] * 4 + [0] * 2] * 2)
    np.testing.assert_array_equal(inputs["real_frames"][:, 0], [1] * 4 + [0] * 2)
    np.testing.assert_array_equal(inputs["step_noise"][:, :, :4], 0.5 * noise)
    assert not inputs["step_noise"][:, :, 4:].any()


def test_every_row_has_the_step_unless_each_has_its_own():
    common = GraphSteps(shares=shares(), weights=[1.0]).inputs(3, MOTION, 6)["steps"]
    np.testing.assert_array_equal(common, [[2, 2, 2], [1, 1, 1]])

    own = StepShares(
        steps=np.array([[5, 6, 7]]), **{
            name: np.ones(1, np.float32) for name in ("of_prediction", "of_motion", "of_noise")
        }
    )  # fmt: skip
    steps = GraphSteps(shares=own, weights=[1.0]).inputs(3, MOTION, 6)["steps"]
    np.testing.assert_array_equal(steps, [[5, 6, 7]])


def test_no_noise_is_one_zero_for_all():
    noise = GraphSteps(shares=shares(), weights=[1.0]).inputs(2, MOTION, 6)["step_noise"]
    assert noise.shape == (2, 1, 1, 1)
    assert not noise.any()
