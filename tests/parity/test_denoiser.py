"""Single evaluations of the denoiser against the published one."""

import numpy as np
import pytest
import torch

from posecast.config import DenoiserConfig
from posecast.denoising.torch_denoiser import ConditionedDenoiser

TOLERANCE = 1e-4  # of the golden files; float32 in another order gives 1.4e-5


@pytest.fixture(scope="module")
def evaluate(draw, golden):
    """Runs a network on the first rows of the recipe's inputs. [B, 110, 54]"""

    def run(network, steps):
        rows = len(steps)
        inputs = [
            draw("den.motion", 3, 100, 54),
            np.asarray(steps, dtype=np.int64),
            draw("den.audio", 3, 100, 512),
            draw("den.style", 3, 128),
            draw("den.shape", 3, 100),
            draw("den.prev_motion", 3, 10, 54),
            draw("den.prev_audio", 3, 10, 512),
            golden("denoiser")["indicator"],
        ]
        with torch.no_grad():
            return network.denoising_net(*(torch.from_numpy(v[:rows]) for v in inputs)).numpy()

    return run


@pytest.fixture(scope="module")
def network(published_network):
    return published_network(DenoiserConfig())


@pytest.mark.parametrize("step", [1, 2, 50, 250, 500])
def test_prediction_is_the_published_one(golden, network, evaluate, step):
    result = evaluate(network, [step] * 3)

    np.testing.assert_allclose(result, golden("denoiser")[f"t{step}"], atol=TOLERANCE)


def test_each_row_may_have_its_own_step(golden, network, evaluate):
    reference = golden("denoiser")

    result = evaluate(network, reference["mixed_t"])

    np.testing.assert_allclose(result, reference["mixed"], atol=TOLERANCE)


@pytest.mark.parametrize("takes_aligned_path", [True, False], ids=["aligned path", "mask"])
def test_tokens_inside_are_the_published_ones(golden, network, evaluate, takes_aligned_path):
    reference, seen = golden("denoiser"), {}
    layers = network.denoising_net.transformer.layers

    def keep(name):
        def hook(_layer, inputs, output):
            seen[f"{name}_in"], seen[f"{name}_out"] = inputs[0][1].numpy(), output[1].numpy()

        return hook

    hooks = [layers[index].register_forward_hook(keep(f"layer{index}")) for index in (0, 7)]
    network.denoising_net.takes_aligned_path = takes_aligned_path
    try:
        evaluate(network, [int(reference["inter_t"])] * 3)
    finally:
        network.denoising_net.takes_aligned_path = True
        for hook in hooks:
            hook.remove()

    for name in ("layer0_in", "layer0_out", "layer7_out"):
        np.testing.assert_allclose(seen[name], reference[name], atol=TOLERANCE, err_msg=name)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("var_no_indicator", {"uses_indicator": False}),
        ("var_align3", {"alignment_width": 3}),
        ("var_align0", {"alignment_width": 0}),
        ("var_sinusoidal_pe", {"learned_positions": False}),
    ],
)
def test_variant_is_the_published_one(golden, published_network, evaluate, name, changes):
    reference = golden("denoiser")
    network = published_network(DenoiserConfig(**changes))

    result = evaluate(network, [int(reference["var_t"])] * 2)

    np.testing.assert_allclose(result, reference[name], atol=TOLERANCE)


@pytest.mark.parametrize(
    "name",
    [
        "PE",
        "person_proj.weight",
        "transformer.layers.3.multihead_attn.in_proj_weight",
        "transformer.layers.7.norm3.bias",
    ],
)
def test_one_wrong_weight_would_be_noticed(golden, network, evaluate, name):
    parameter = dict(network.denoising_net.named_parameters())[name]
    # The last entry: of attention, it is in the value part, which every frame hears.
    original = parameter.data.reshape(-1)[-1].clone()
    parameter.data.reshape(-1)[-1] += 1.0
    try:
        result = evaluate(network, [250] * 3)
    finally:
        parameter.data.reshape(-1)[-1] = original

    assert np.abs(result - golden("denoiser")["t250"]).max() > 10 * TOLERANCE


def test_a_model_without_head_pose_loads_strictly(published_weights):
    network = ConditionedDenoiser(DenoiserConfig(motion_dim=51))

    network.load_state_dict(published_weights("dpt_nohead", "any"), strict=True)
