"""Windows sampled over any denoiser: the numbers of `ddim`, and the first prediction beside."""

import numpy as np
import pytest

from posecast.denoising.guidance import Guidance
from posecast.denoising.sampler import ddim
from posecast.denoising.torch_denoiser import TorchDenoiser
from posecast.denoising.window_sampler import DdimSampler
from posecast.errors import InvalidRequest

NOISE = np.random.default_rng(3).standard_normal((8, 12, 5), dtype=np.float32)
GUIDANCE = Guidance(audio_scale=1.5, style_scale=2.0)


@pytest.fixture
def denoiser(tiny_config, tiny_network):
    return TorchDenoiser(tiny_network(tiny_config()))


@pytest.mark.parametrize("num_steps", [1, 2, 5])
def test_motion_is_exactly_that_of_ddim(denoiser, tiny_conditions, num_steps):
    conditions = tiny_conditions(denoiser.config, 12)
    expected = ddim(denoiser, conditions, NOISE, num_steps=num_steps, guidance=GUIDANCE)

    sampled = DdimSampler(denoiser).sample(
        conditions, NOISE, num_steps=num_steps, guidance=GUIDANCE
    )

    np.testing.assert_array_equal(sampled.motion, expected)


@pytest.mark.parametrize("target", ["sample", "noise"])
def test_first_clean_is_what_one_step_would_give(
    tiny_config, tiny_conditions, gaussian_denoiser, target
):
    """The last jump of DDIM is to the clean motion itself."""
    config = tiny_config(target=target)
    denoiser = gaussian_denoiser(config, deviation=0.5)
    conditions = tiny_conditions(config, 12, 2)
    sampler = DdimSampler(denoiser)

    in_three = sampler.sample(conditions, NOISE[:2], num_steps=3, guidance=Guidance())
    in_one = sampler.sample(conditions, NOISE[:2], num_steps=1, guidance=Guidance())

    np.testing.assert_allclose(in_three.first_clean, in_one.motion, rtol=1e-6)
    assert np.abs(in_three.first_clean - in_three.motion).max() > 0.1


def test_motion_and_first_clean_share_no_memory(denoiser, tiny_conditions):
    """A session overwrites columns of the one with the other's."""
    conditions = tiny_conditions(denoiser.config, 12)

    sampled = DdimSampler(denoiser).sample(conditions, NOISE, num_steps=1, guidance=GUIDANCE)

    assert not np.shares_memory(sampled.motion, sampled.first_clean)


def test_a_number_of_steps_out_of_range_is_refused(denoiser, tiny_conditions):
    conditions = tiny_conditions(denoiser.config, 12)
    with pytest.raises(InvalidRequest, match="21 sampling steps; allowed: 1 to 20"):
        DdimSampler(denoiser).sample(conditions, NOISE, num_steps=21, guidance=GUIDANCE)


def test_the_configuration_is_the_denoisers(denoiser):
    assert DdimSampler(denoiser).config is denoiser.config
