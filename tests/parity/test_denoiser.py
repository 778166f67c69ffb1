"""Single evaluations of the denoiser against the published one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.onnx_denoiser import OnnxDenoiser
from posecast.denoising.torch_denoiser import ConditionedDenoiser, DenoiserNetwork
from posecast.export import export_denoiser

TOLERANCE = 1e-4  # of the golden files; float32 in another order gives 1.4e-5
VARIANTS = pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("var_no_indicator", {"uses_indicator": False}, id="no indicator"),
        pytest.param("var_align3", {"alignment_width": 3}, id="alignment 3"),
        pytest.param("var_align0", {"alignment_width": 0}, id="all speech"),
        pytest.param("var_sinusoidal_pe", {"learned_positions": False}, id="sinusoid"),
    ],
)


@pytest.fixture(scope="module")
def evaluate(draw, golden, answer):
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
        return answer(network.denoising_net, *(values[:rows] for values in inputs))

    return run


@pytest.fixture(scope="module")
def network(placed_network):
    return placed_network(DenoiserConfig())


@pytest.fixture(scope="module")
def predict(draw, golden):
    """Asks a `Denoiser` for the current frames of the same. [B, 100, 54]"""

    def run(denoiser, steps, **changes):
        rows = len(steps)
        given = np.ones(rows, dtype=bool)
        conditions = Conditions(
            speech=draw("den.audio", 3, 100, 512)[:rows],
            style=draw("den.style", 3, 128)[:rows],
            shape=draw("den.shape", 3, 100)[:rows],
            previous_motion=draw("den.prev_motion", 3, 10, 54)[:rows],
            previous_speech=draw("den.prev_audio", 3, 10, 512)[:rows],
            indicator=golden("denoiser")["indicator"][:rows],
            has_speech=given,
            has_style=given,
            has_previous=given,
        )
        motion = draw("den.motion", 3, 100, 54)[:rows]
        conditions = replace(conditions, **changes)
        return denoiser.predict(motion, np.asarray(steps, np.int64), conditions)

    return run


@pytest.fixture(scope="module")
def served(published_denoiser_file, device):
    return OnnxDenoiser(published_denoiser_file, DenoiserConfig(), device=device)


@pytest.mark.parametrize("step", [1, 2, 50, 250, 500])
def test_prediction_is_the_published_one(golden, network, evaluate, step):
    result = evaluate(network, [step] * 3)

    np.testing.assert_allclose(result, golden("denoiser")[f"t{step}"], atol=TOLERANCE)


def test_each_row_may_have_its_own_step(golden, network, evaluate):
    reference = golden("denoiser")

    result = evaluate(network, reference["mixed_t"])

    np.testing.assert_allclose(result, reference["mixed"], atol=TOLERANCE)


@pytest.mark.parametrize("step", [1, 2, 50, 250, 500])
def test_served_prediction_is_the_published_one(golden, served, predict, step):
    """A served file gives the current frames alone."""
    result = predict(served, [step] * 3)

    np.testing.assert_allclose(result, golden("denoiser")[f"t{step}"][:, 10:], atol=TOLERANCE)


def test_each_served_row_may_have_its_own_step(golden, served, predict):
    reference = golden("denoiser")

    result = predict(served, reference["mixed_t"])

    np.testing.assert_allclose(result, reference["mixed"][:, 10:], atol=TOLERANCE)


def test_one_prediction_of_the_sampler_is_the_published_one(golden, published_sampler, predict):
    result = predict(published_sampler(), [250] * 3)

    np.testing.assert_allclose(result, golden("denoiser")["t250"][:, 10:], atol=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("speech", (1, 50, 7)),
        ("style", (1, 7)),
        ("shape", (1, 7)),
        ("previous_motion", (1, 9, 7)),
        ("previous_speech", (1, 9, 7)),
        ("indicator", (1, 50)),
    ],
)
def test_one_wrong_input_would_be_noticed(golden, draw, served, predict, name, at):
    inputs = {
        "speech": draw("den.audio", 3, 100, 512),
        "style": draw("den.style", 3, 128),
        "shape": draw("den.shape", 3, 100),
        "previous_motion": draw("den.prev_motion", 3, 10, 54),
        "previous_speech": draw("den.prev_audio", 3, 10, 512),
        "indicator": golden("denoiser")["indicator"].copy(),
    }
    inputs[name][at] = 1.0 - inputs[name][at]

    result = predict(served, [250] * 3, **{name: inputs[name]})

    assert np.abs(result - golden("denoiser")["t250"][:, 10:]).max() > 10 * TOLERANCE


@pytest.mark.parametrize("takes_aligned_path", [True, False], ids=["aligned path", "mask"])
def test_tokens_inside_are_the_published_ones(golden, network, evaluate, takes_aligned_path):
    reference, seen = golden("denoiser"), {}
    layers = network.denoising_net.transformer.layers

    def keep(name):
        def hook(_layer, inputs, output):
            for end, tokens in (("in", inputs[0]), ("out", output)):
                seen[f"{name}_{end}"] = tokens[1].cpu().numpy()

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


@VARIANTS
def test_variant_is_the_published_one(golden, placed_network, evaluate, name, changes):
    reference = golden("denoiser")
    network = placed_network(DenoiserConfig(**changes))

    result = evaluate(network, [int(reference["var_t"])] * 2)

    np.testing.assert_allclose(result, reference[name], atol=TOLERANCE)


@VARIANTS
def test_served_variant_is_the_published_one(
    golden, published_network, predict, tmp_path, device, name, changes
):
    reference, config, path = golden("denoiser"), DenoiserConfig(**changes), tmp_path / "file.onnx"
    export_denoiser(published_network(config), path)

    result = predict(OnnxDenoiser(path, config, device=device), [int(reference["var_t"])] * 2)

    np.testing.assert_allclose(result, reference[name][:, 10:], atol=TOLERANCE)


@pytest.mark.parametrize("name", ["t2", "t250", "var_align3", "var_align0", "var_sinusoidal_pe"])
def test_another_step_or_variant_would_be_noticed(golden, name):
    """The published results differ from their neighbours by far more than is tolerated."""
    reference = golden("denoiser")
    neighbour = reference["t1" if name == "t2" else "t500" if name == "t250" else "t250"]

    assert np.abs(reference[name][:2] - neighbour[:2]).max() > 10 * TOLERANCE


@pytest.mark.parametrize("width", [1, 3])
def test_alignment_mask_is_the_published_one(golden, width):
    forbidden = golden("schedule")[f"align_w{width}"].astype(bool)
    net = DenoiserNetwork(DenoiserConfig(alignment_width=width, width=16, num_layers=1))

    allowed = net._allowed_memory(torch.zeros(1, 110, 16))

    np.testing.assert_array_equal(allowed.numpy(), ~forbidden)


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
