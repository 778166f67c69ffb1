"""Guided sampling loops against the published ones."""

from dataclasses import replace

import numpy as np
import pytest

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.guidance import Guidance, Threshold
from posecast.denoising.process_sampler import LoopSampler
from posecast.denoising.reverse_process import ReverseProcess
from posecast.denoising.sampler import GuidedPrediction, ddpm, posterior_mean, schedule_of
from posecast.denoising.torch_denoiser import TorchDenoiser
from posecast.denoising.window_padding import fit_window

PUBLISHED = Guidance(audio_scale=1.15, style_scale=3.0)
THRESHOLD = Threshold(ratio=0.99, low=1.0, high=4.0)
ORIGINAL = replace(PUBLISHED, mode="original")

# Ten steps are huge ones: float64 itself differs from the golden files by 9e-4.
SHORT_MAX, SHORT_MEAN = 5e-3, 5e-4
SINGLE = 1e-4  # a single step; float32 in another order gives 2e-5
FULL = 1e-3  # 500 steps add up

SHORT_CASES = {
    "incremental": (PUBLISHED, {}),
    "incremental_noprev": (PUBLISHED, {}),
    "independent": (ORIGINAL, {}),
    "dyn": (replace(PUBLISHED, threshold=THRESHOLD), {}),
    "dyn_tight": (replace(PUBLISHED, threshold=Threshold(ratio=0.9, low=0.5, high=1.2)), {}),
    "independent_dyn": (replace(ORIGINAL, threshold=THRESHOLD), {}),
    "flex05": (PUBLISHED, {"flexibility": 0.5}),
    "flex1": (PUBLISHED, {"flexibility": 1.0}),
    "nocfg": (Guidance(guides_audio=False, guides_style=False), {}),
    "style_only": (Guidance(style_scale=2.5, guides_audio=False), {}),
    "audio_only": (Guidance(audio_scale=1.7, guides_style=False), {}),
    "scalar_scale": (Guidance(audio_scale=1.15, style_scale=1.15), {}),
    "null_style_audio_only": (Guidance(audio_scale=1.15, guides_style=False), {}),
}
IN_TORCH_TOO = ("incremental", "independent_dyn", "flex05", "nocfg")


@pytest.fixture(scope="module")
def step_noise(generator):
    """Makes the first rows of the recorded step noise of window 0."""

    def make(batch, rows=None):
        return lambda step: generator.noise("pub", 0, step, (batch, 100, 54))[:rows]

    return make


@pytest.fixture(scope="module")
def short_conditions(recipe_conditions):
    indicator = np.zeros((2, 100), dtype=np.float32)
    indicator[:, :71] = 1.0

    def make(name):
        withheld = np.zeros(2, dtype=bool)
        changes = {
            "incremental_noprev": {"has_previous": withheld},
            "null_style_audio_only": {"has_style": withheld},
        }
        return recipe_conditions(2, indicator, **changes.get(name, {}))

    return make


@pytest.fixture(scope="module")
def short_denoiser(published_network, device):
    return TorchDenoiser(published_network(DenoiserConfig(num_steps=10)), device)


@pytest.fixture(scope="module")
def short_samplers(short_denoiser, published_sampler):
    """The loop over the torch network, and the served graph."""
    return {"torch": LoopSampler(short_denoiser), "graph": published_sampler(num_steps=10)}


@pytest.fixture(scope="module", params=["torch", "graph"])
def full_denoiser(request, published_network, published_sampler, device):
    if request.param == "graph":
        return published_sampler()
    return TorchDenoiser(published_network(DenoiserConfig()), device)


def test_order_of_conditions_does_not_matter(golden):
    """Ours have no order; the published result for the other order is the one we reproduce."""
    reference = golden("sampler_short")
    np.testing.assert_array_equal(reference["swapped_order"], reference["incremental"])


def first_rows(conditions, rows):
    """The conditions of the first repetitions."""
    return Conditions(
        **{name: getattr(conditions, name)[:rows] for name in Conditions.__dataclass_fields__}
    )


@pytest.fixture(scope="module")
def run_short(draw, short_conditions, step_noise):
    """Runs ten steps of the first repetitions, with changes to what is asked for."""

    def run(sampler, name, *, rows=1, **changes):
        guidance, options = SHORT_CASES.get(name, (PUBLISHED, {}))
        asked = {
            "conditions": first_rows(short_conditions(name), rows),
            "start_noise": draw("xT", 2, 100, 54)[:rows],
            "step_noise": step_noise(2, rows),
            "guidance": guidance,
            **changes,
        }
        return sampler.run(ReverseProcess(**options), **asked)

    return run


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        *((name, "graph") for name in SHORT_CASES),
        # The loops differ in nothing but the network's backend: the rest is for patient machines.
        *((name, "torch") for name in IN_TORCH_TOO),
        *(
            pytest.param(name, "torch", marks=pytest.mark.slow)
            for name in SHORT_CASES
            if name not in IN_TORCH_TOO
        ),
    ],
)
def test_ten_step_loop_is_the_published_one(golden, short_samplers, run_short, name, backend):
    # Rows do not depend on each other, and the network is large: one case runs both repetitions.
    rows = 2 if name == "incremental" else 1

    motion = run_short(short_samplers[backend], name, rows=rows)

    expected = golden("sampler_short")[name][:rows]
    np.testing.assert_allclose(motion, expected, atol=SHORT_MAX, rtol=0)
    assert np.abs(motion - expected).mean() < SHORT_MEAN


@pytest.mark.parametrize("name", ["incremental", "dyn"])
def test_every_state_of_ten_steps_is_the_published_one(
    golden, draw, short_denoiser, short_conditions, step_noise, name
):
    start, states = draw("xT", 2, 100, 54)[:1], {}

    ddpm(
        short_denoiser,
        first_rows(short_conditions(name), 1),
        start,
        step_noise=step_noise(2, 1),
        guidance=SHORT_CASES[name][0],
        on_step=states.__setitem__,
    )

    trajectory = np.stack([start[0], *(states[step][0] for step in range(9, -1, -1))])
    np.testing.assert_allclose(trajectory, golden("sampler_short")[f"{name}_traj"], atol=SHORT_MAX)


@pytest.mark.parametrize("backend", ["torch", "graph"])
def test_ten_step_loop_with_noise_target_is_the_published_one(
    golden, published_network, published_sampler, run_short, device, backend
):
    changes = {"num_steps": 10, "target": "noise"}
    expected = golden("sampler_short")["target_noise"][:1]
    if backend == "graph":
        sampler = published_sampler(**changes)
    else:
        network = published_network(DenoiserConfig(**changes))
        sampler = LoopSampler(TorchDenoiser(network, device))

    motion = run_short(sampler, "target_noise")

    np.testing.assert_allclose(motion, expected, atol=SHORT_MAX * np.abs(expected).max(), rtol=0)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"guidance": replace(PUBLISHED, audio_scale=1.2)}, id="scale of speech"),
        pytest.param({"guidance": replace(PUBLISHED, threshold=THRESHOLD)}, id="threshold"),
        pytest.param({"step_noise": lambda _: np.zeros((1, 100, 54), np.float32)}, id="no noise"),
    ],
)
def test_one_wrong_setting_would_be_noticed(golden, published_sampler, run_short, changes):
    motion = run_short(published_sampler(num_steps=10), "incremental", **changes)

    assert np.abs(motion - golden("sampler_short")["incremental"][:1]).max() > 2 * SHORT_MAX


@pytest.mark.parametrize("name", ["dyn_net_first", "incremental_net_first", "incremental_net250"])
def test_raw_predictions_are_the_published_ones(
    golden, draw, placed_network, short_conditions, recipe_conditions, answer, name
):
    """Previous frames too. The published code adds its guidance up in the null row's memory.

    So that row holds the guided prediction, unless a threshold made a copy of it before.
    """
    network = placed_network(DenoiserConfig())

    def predict_all(speech, style):
        """Previous and current frames of one row. [110, 54]"""
        given = conditions.keeping(speech=speech, style=style)
        inputs = fit_window(network.config, motion, np.array([step]), given)
        return answer(network.predict_all, *inputs.values())[0]

    if name == "incremental_net250":
        reference, step, conditions = golden("sampler_full"), 250, recipe_conditions(1)
        motion = reference["incremental_x250"]
    else:
        reference, step = golden("sampler_short"), 10
        conditions, motion = first_rows(short_conditions("dyn"), 1), draw("xT", 2, 100, 54)[:1]
    raw = np.stack([predict_all(*kept) for kept in [(False, False), (True, False), (True, True)]])
    if name != "dyn_net_first":
        null, heard, styled = raw[:, 10:]  # guidance is of current frames alone
        raw[0, 10:] = null + 1.15 * (heard - null) + 3.0 * (styled - heard)

    np.testing.assert_allclose(raw, reference[name], atol=SINGLE)


def test_the_intended_independent_guidance_is_another_one(draw, short_denoiser, short_conditions):
    """The aliased formula is for golden files alone: the difference is no rounding."""
    conditions, noise = short_conditions("independent"), draw("xT", 2, 100, 54)

    aliased, intended = (
        GuidedPrediction(short_denoiser, conditions, noise, replace(PUBLISHED, mode=mode))(noise, 9)
        for mode in ("original", "independent")
    )

    assert np.abs(aliased - intended).max() > 0.1


@pytest.mark.parametrize("step", [500, 499, 400, 250, 100, 10, 2, 1])
def test_single_step_of_500_is_the_published_one(
    golden, recipe_conditions, full_denoiser, step_noise, step
):
    reference = golden("sampler_full")
    motion = reference[f"incremental_x{step}"]
    predict = GuidedPrediction(full_denoiser, recipe_conditions(1), motion, PUBLISHED)

    earlier = posterior_mean(full_denoiser.config, motion, predict(motion, step), step)
    if step > 1:
        sigma = np.float32(schedule_of(full_denoiser.config).sigma(step))
        earlier = earlier + sigma * step_noise(1)(step)

    np.testing.assert_allclose(earlier, reference[f"incremental_x{step - 1}"], atol=SINGLE)


def test_the_served_predictions_at_step_250_are_the_published_ones(
    golden, recipe_conditions, published_sampler
):
    """Current frames alone, in three calls, and guided in one."""
    expected = golden("sampler_full")["incremental_net250"][:, 10:]
    motion, conditions = golden("sampler_full")["incremental_x250"], recipe_conditions(1)
    served = published_sampler()

    guided = GuidedPrediction(served, conditions, motion, PUBLISHED)(motion, 250)[0]
    heard, styled = (
        served.predict(motion, np.array([250]), conditions.keeping(speech=True, style=style))
        for style in (False, True)
    )

    np.testing.assert_allclose(guided, expected[0], atol=SINGLE)
    np.testing.assert_allclose(heard[0], expected[1], atol=SINGLE)
    np.testing.assert_allclose(styled[0], expected[2], atol=SINGLE)


@pytest.mark.slow  # 1500 evaluations of the full-size network on one core
@pytest.mark.timeout(1800)
def test_every_state_of_500_steps_is_the_published_one(
    golden, draw, recipe_conditions, published_network, step_noise, device
):
    reference, states = golden("sampler_full"), {}

    motion = ddpm(
        TorchDenoiser(published_network(DenoiserConfig()), device),
        recipe_conditions(1),
        draw("xT", 1, 100, 54),
        step_noise=step_noise(1),
        guidance=PUBLISHED,
        on_step=states.__setitem__,
    )

    for step in reference["steps"]:
        if step < 500:
            expected = reference[f"incremental_x{step}"]
            np.testing.assert_allclose(states[int(step)], expected, atol=FULL, err_msg=str(step))
    np.testing.assert_allclose(motion, reference["incremental_x0"], atol=FULL)


@pytest.mark.slow  # as many evaluations, in twenty parts
@pytest.mark.timeout(1800)
def test_500_steps_in_the_graph_are_the_published_ones(
    golden, draw, recipe_conditions, published_sampler, step_noise
):
    motion = published_sampler().run(
        ReverseProcess(),
        recipe_conditions(1),
        draw("xT", 1, 100, 54),
        step_noise=step_noise(1),
        guidance=PUBLISHED,
    )

    np.testing.assert_allclose(motion, golden("sampler_full")["incremental_x0"], atol=FULL)
