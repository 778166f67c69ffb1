"""The torch denoiser: stand-ins, short windows, the aligned path and the options."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from posecast.denoising.torch_denoiser import TorchDenoiser
from posecast.denoising.window_padding import fit_window
from posecast.errors import InvalidRequest

RNG = np.random.default_rng(2)
MOTION = RNG.standard_normal((8, 12, 5), dtype=np.float32)
STEPS = np.arange(1, 9)
VARIANTS = pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="published layout"),
        pytest.param({"pre_norm": True}, id="pre_norm"),
        pytest.param({"speech_skip": True}, id="speech_skip"),
        pytest.param({"speech_dim": 16}, id="speech as wide as the transformer"),
        pytest.param({"shape_dim": 0}, id="no shape"),
        pytest.param({"style_dim": 0}, id="no style"),
        pytest.param({"shape_dim": 0, "style_dim": 0}, id="no person"),
        pytest.param({"learned_positions": False}, id="fixed positions"),
        pytest.param({"uses_indicator": False}, id="no indicator"),
        pytest.param({"alignment_width": 3}, id="alignment 3"),
        pytest.param({"alignment_width": 0}, id="no alignment"),
    ],
)


@pytest.fixture
def setup(tiny_config, tiny_network, tiny_conditions):
    """Makes a denoiser and conditions for it."""

    def make(num_frames=12, **changes):
        config = tiny_config(**changes)
        return TorchDenoiser(tiny_network(config)), tiny_conditions(config, num_frames)

    return make


@VARIANTS
@pytest.mark.parametrize("pads", [True, False], ids=["padded", "short"])
def test_every_variant_takes_full_and_short_windows(setup, changes, pads):
    for num_frames in (12, 5, 1):
        denoiser, conditions = setup(num_frames, pads_windows=pads, **changes)

        prediction = denoiser.predict(MOTION[:, :num_frames], STEPS, conditions)

        assert prediction.shape == (8, num_frames, 5)
        assert prediction.dtype == np.float32
        assert np.isfinite(prediction).all()


@VARIANTS
def test_current_frames_come_out_as_among_all_frames(
    tiny_config, tiny_network, tiny_conditions, changes
):
    config = tiny_config(pads_windows=False, **changes)
    network = tiny_network(config).eval()
    inputs = [
        torch.from_numpy(value)
        for value in fit_window(config, MOTION[:, :5], STEPS, tiny_conditions(config, 5)).values()
    ]

    with torch.no_grad():
        alone, among_all = network(*inputs), network.predict_all(*inputs)

    assert alone.shape == (8, 5, 5)
    assert among_all.shape == (8, config.previous_frames + 5, 5)
    # The same sums for fewer tokens, in products of another height.
    torch.testing.assert_close(alone, among_all[:, config.previous_frames :], atol=1e-5, rtol=0)


@VARIANTS
def test_every_parameter_is_used_in_training(tiny_config, tiny_network, tiny_conditions, changes):
    config = tiny_config(**changes)
    network, given = tiny_network(config), tiny_conditions(config, 12)
    values = (
        given.speech,
        given.style,
        given.shape,
        given.previous_motion,
        given.previous_speech,
        given.indicator,
        given.has_speech.astype(np.float32),
        given.has_style.astype(np.float32),
        given.has_previous.astype(np.float32),
    )
    inputs = [torch.from_numpy(value) for value in (MOTION, STEPS, *values)]

    network.predict_all(*inputs).square().sum().backward()

    idle = [
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().max() > 0
    ]
    if config.pre_norm:  # in the last layer the person alone would ask, and nobody reads it
        idle = [name for name in idle if "layers.1.norm2" not in name]
    assert not idle


@pytest.mark.parametrize("pre_norm", [False, True], ids=["post_norm", "pre_norm"])
@pytest.mark.parametrize("num_frames", [12, 4])
def test_aligned_path_equals_the_mask(
    tiny_config, tiny_network, tiny_conditions, pre_norm, num_frames
):
    config = tiny_config(pre_norm=pre_norm, pads_windows=False)
    network, conditions = tiny_network(config), tiny_conditions(config, num_frames)
    motion = MOTION[:, :num_frames]

    short_way = TorchDenoiser(network).predict(motion, STEPS, conditions)
    network.denoising_net.takes_aligned_path = False
    masked = TorchDenoiser(network).predict(motion, STEPS, conditions)

    np.testing.assert_allclose(short_way, masked, atol=2e-6)  # the same sums in another order


@VARIANTS
@pytest.mark.parametrize("num_layers", [1, 2])
def test_rows_of_motion_are_repeated_for_the_terms(
    tiny_config, tiny_network, tiny_conditions, changes, num_layers
):
    """Two windows in four terms of guidance, which differ in speech and style alone."""
    config = tiny_config(num_layers=num_layers, **changes)
    network, given = tiny_network(config), tiny_conditions(config, 12)
    rows = np.arange(8) % 2
    given = replace(
        given,
        **{
            name: getattr(given, name)[rows]
            for name in ("shape", "previous_motion", "indicator", "has_previous")
        },
    )
    inputs = [
        torch.from_numpy(value) for value in fit_window(config, MOTION[rows], STEPS, given).values()
    ]

    with torch.no_grad():
        expected = network(*inputs)
        found = network(inputs[0][:2], *inputs[1:])

    assert found.shape == expected.shape
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=0)  # sums in another order


def test_a_padded_window_is_a_full_one_with_indicator_0(setup):
    denoiser, short = setup(5)
    full_motion = np.zeros((8, 12, 5), dtype=np.float32)
    full_motion[:, :5] = MOTION[:, :5]
    full_speech = np.zeros((8, 12, 7), dtype=np.float32)
    full_speech[:, :5] = short.speech
    full_indicator = np.zeros((8, 12), dtype=np.float32)
    full_indicator[:, :5] = 1.0
    full = replace(short, speech=full_speech, indicator=full_indicator)

    padded = denoiser.predict(MOTION[:, :5], STEPS, short)
    by_hand = denoiser.predict(full_motion, STEPS, full)[:, :5]

    np.testing.assert_array_equal(padded, by_hand)
    without = replace(full, indicator=np.ones_like(full_indicator))
    assert np.abs(denoiser.predict(full_motion, STEPS, without)[:, :5] - padded).max() > 1e-4


@pytest.mark.parametrize(
    ("flag", "withheld"),
    [
        pytest.param("has_speech", ["speech"], id="speech"),
        pytest.param("has_style", ["style"], id="style"),
        pytest.param("has_previous", ["previous_motion", "previous_speech"], id="previous"),
    ],
)
def test_a_withheld_condition_has_no_say(setup, flag, withheld):
    denoiser, conditions = setup()
    changed = replace(
        conditions, **{name: np.full_like(getattr(conditions, name), np.nan) for name in withheld}
    )

    before = denoiser.predict(MOTION, STEPS, conditions)
    after = denoiser.predict(MOTION, STEPS, changed)

    is_given = getattr(conditions, flag)
    np.testing.assert_array_equal(before[~is_given], after[~is_given])
    assert np.isnan(after[is_given]).all()


def test_withheld_speech_leaves_the_previous_speech(setup):
    """The null entry of guidance hears the real frames before the window."""
    denoiser, conditions = setup()
    changed = replace(conditions, previous_speech=conditions.previous_speech + 1.0)

    moved = np.abs(
        denoiser.predict(MOTION, STEPS, conditions) - denoiser.predict(MOTION, STEPS, changed)
    ).max(axis=(1, 2))

    hears_past_alone = ~conditions.has_speech & conditions.has_previous
    assert (moved[hears_past_alone] > 1e-4).all()
    assert (moved[~conditions.has_previous] == 0).all()


def test_a_frame_hears_its_own_speech_directly(setup):
    """With alignment 1, other frames learn of it through the person and self-attention alone."""
    denoiser, conditions = setup()
    changed = replace(conditions, speech=conditions.speech.copy())
    changed.speech[:, 6] += 1.0

    moved = np.abs(
        denoiser.predict(MOTION, STEPS, conditions) - denoiser.predict(MOTION, STEPS, changed)
    )[conditions.has_speech].mean(axis=(0, 2))

    assert moved.argmax() == 6


@pytest.mark.parametrize("num_frames", [0, 13])
def test_a_window_of_the_wrong_length_is_refused(setup, num_frames):
    denoiser, conditions = setup(num_frames)
    motion = np.zeros((8, num_frames, 5), dtype=np.float32)
    with pytest.raises(InvalidRequest, match=f"window of {num_frames} frames; .* 1 to 12"):
        denoiser.predict(motion, STEPS, conditions)


def test_dropout_is_off_when_serving(setup):
    denoiser, conditions = setup()

    first = denoiser.predict(MOTION, STEPS, conditions)

    np.testing.assert_array_equal(first, denoiser.predict(MOTION, STEPS, conditions))
