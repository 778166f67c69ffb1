"""The sampler's graph: the numbers of the loop over the denoiser, in one evaluation."""

import threading

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from posecast.denoising.guidance import Guidance, Threshold
from posecast.denoising.onnx_denoiser import OnnxDenoiser
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.window_sampler import DdimSampler
from posecast.errors import CheckpointMismatch, InvalidRequest, ModelUnavailable
from posecast.export import export_denoiser, shrink_weights
from posecast.sampler_graph import export_sampler

RNG = np.random.default_rng(2)
NOISE = RNG.standard_normal((8, 12, 5), dtype=np.float32)
THREE_TERMS = Guidance(audio_scale=1.5, style_scale=2.0)
ONE_TERM = Guidance(audio_scale=1.0, style_scale=1.0)
LAYOUTS = pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="published layout"),
        pytest.param({"pads_windows": False}, id="short windows"),
        pytest.param(
            {"pre_norm": True, "speech_skip": True, "shape_dim": 0, "pads_windows": False},
            id="default model",
        ),
        pytest.param({"style_dim": 0, "shape_dim": 0}, id="no person"),
        pytest.param({"alignment_width": 3, "pads_windows": False}, id="alignment 3"),
        pytest.param({"alignment_width": 0, "learned_positions": False}, id="all speech"),
        pytest.param({"uses_indicator": False, "pads_windows": False}, id="no indicator"),
        pytest.param({"target": "noise"}, id="noise"),
    ],
)
SHORT = {"pads_windows": False}


@pytest.fixture
def exported(tiny_config, tiny_network, tmp_path):
    """Makes a configuration, the denoiser's file and the sampler's file."""

    def make(**changes):
        config = tiny_config(**changes)
        denoiser, sampler = tmp_path / "denoiser.onnx", tmp_path / "sampler.onnx"
        export_denoiser(tiny_network(config), denoiser)
        export_sampler(denoiser, sampler)
        return config, denoiser, sampler

    return make


def tolerance(expected):
    """The shares of an update are rounded once, not factor by factor; motion of target `noise` is
    divided by a small alpha_bar and grows large."""
    return 1e-5 * max(1.0, float(np.abs(expected).max()))


def assert_same_windows(found, expected):
    for name in ("motion", "first_clean"):
        theirs = getattr(expected, name)
        np.testing.assert_allclose(getattr(found, name), theirs, atol=tolerance(theirs))


@LAYOUTS
@pytest.mark.parametrize("guidance", [ONE_TERM, THREE_TERMS], ids=["one term", "three terms"])
def test_the_graph_matches_the_loop(exported, tiny_conditions, changes, guidance):
    config, denoiser, path = exported(**changes)
    in_loop, in_graph = DdimSampler(OnnxDenoiser(denoiser, config)), OnnxSampler(path, config)
    for num_frames, batch, num_steps in ((12, 8, 2), (5, 1, 5), (1, 3, 1)):
        conditions = tiny_conditions(config, num_frames, batch)
        noise = NOISE[:batch, :num_frames]
        asked = {"num_steps": num_steps, "guidance": guidance}

        expected = in_loop.sample(conditions, noise, **asked)
        found = in_graph.sample(conditions, noise, **asked)

        assert found.motion.shape == found.first_clean.shape == noise.shape
        assert_same_windows(found, expected)


@LAYOUTS
def test_a_single_prediction_matches_the_denoiser(exported, tiny_conditions, changes):
    config, denoiser, path = exported(**changes)
    conditions = tiny_conditions(config, 5)
    steps = np.arange(1, 9)  # every row has its own

    expected = OnnxDenoiser(denoiser, config).predict(NOISE[:, :5], steps, conditions)
    found = OnnxSampler(path, config).predict(NOISE[:, :5], steps, conditions)

    # The same network, optimised as the body of a scan.
    np.testing.assert_allclose(found, expected, atol=5e-6)


def test_the_threshold_is_kept_step_by_step(exported, tiny_conditions):
    config, denoiser, path = exported()
    conditions = tiny_conditions(config, 12)
    bounded = Guidance(audio_scale=1.5, threshold=Threshold(ratio=0.5, low=0.1, high=0.5))
    free = Guidance(audio_scale=1.5)

    expected = DdimSampler(OnnxDenoiser(denoiser, config)).sample(
        conditions, NOISE, num_steps=3, guidance=bounded
    )
    sampler = OnnxSampler(path, config)

    assert_same_windows(sampler.sample(conditions, NOISE, num_steps=3, guidance=bounded), expected)
    unbounded = sampler.sample(conditions, NOISE, num_steps=3, guidance=free)
    assert np.abs(unbounded.motion - expected.motion).max() > 0.1


def test_shrunk_weights_are_sampled_with(exported, tiny_conditions):
    config, denoiser, path = exported(width=64, num_layers=1)
    conditions = tiny_conditions(config, 12)
    shrink_weights(denoiser)
    export_sampler(denoiser, path)
    asked = {"num_steps": 2, "guidance": THREE_TERMS}

    expected = DdimSampler(OnnxDenoiser(denoiser, config)).sample(conditions, NOISE, **asked)

    assert_same_windows(OnnxSampler(path, config).sample(conditions, NOISE, **asked), expected)


def test_weights_are_stored_once(exported):
    _, denoiser, path = exported(width=64)
    assert path.stat().st_size < denoiser.stat().st_size + 8_000  # a dozen nodes more
    scans = [node for node in onnx.load(path).graph.node if node.op_type == "Scan"]
    assert len(scans) == 1
    assert not scans[0].attribute[0].g.initializer


def test_what_no_step_changes_is_outside_the_steps(exported):
    """Keys and values of the speech depend on nothing that changes."""
    _, denoiser, path = exported()
    products = [node for node in onnx.load(denoiser).graph.node if node.op_type == "MatMul"]
    outside = [node for node in onnx.load(path).graph.node if node.op_type == "MatMul"]
    assert 3 <= len(outside) < len(products)  # the speech's projection, keys and values of 2 layers


def test_steps_ask_for_no_sizes_but_the_motions(exported):
    """Each question costs a node or five in every step, a sixth of a live window's time."""
    _, _, path = exported(**SHORT)
    scan = next(node for node in onnx.load(path).graph.node if node.op_type == "Scan")
    body = next(part.g for part in scan.attribute if part.name == "body")
    asked = [node.input[0] for node in body.node if node.op_type == "Shape"]
    assert asked == ["motion"]


@pytest.mark.parametrize("num_steps", [1, 2, 7])
def test_all_steps_are_one_evaluation_of_the_hosts_arrays(
    exported, tiny_conditions, monkeypatch, num_steps
):
    """What is bound on a GPU may be copied before it is filled, and what is fed may not."""
    config, _, path = exported()
    sampler = OnnxSampler(path, config)
    fed = []

    def run(session, names, feeds):
        fed.append(feeds)
        return evaluate(session, names, feeds)

    evaluate = ort.InferenceSession.run
    monkeypatch.setattr(ort.InferenceSession, "run", run)
    sampler.sample(tiny_conditions(config, 12), NOISE, num_steps=num_steps, guidance=THREE_TERMS)

    (feeds,) = fed
    assert set(feeds) == {given.name for given in onnx.load(path).graph.input}
    assert all(isinstance(values, np.ndarray) for values in feeds.values())


def test_a_result_is_not_changed_by_the_next_call(exported, tiny_conditions):
    config, _, path = exported()
    sampler = OnnxSampler(path, config)
    conditions = tiny_conditions(config, 12)
    asked = {"num_steps": 2, "guidance": ONE_TERM}

    first = sampler.sample(conditions, NOISE, **asked)
    before = first.motion.copy()
    sampler.sample(conditions, -NOISE, **asked)

    np.testing.assert_array_equal(first.motion, before)
    first.motion[:] = 0  # the caller's to change
    np.testing.assert_array_equal(sampler.sample(conditions, NOISE, **asked).motion, before)


def test_inputs_are_not_changed(exported, tiny_conditions):
    config, _, path = exported(**SHORT)
    conditions, noise = tiny_conditions(config, 12), NOISE.copy()
    sampler = OnnxSampler(path, config)
    speech = conditions.speech.copy()
    for sign in (1, -1):
        sampler.sample(conditions, sign * noise, num_steps=2, guidance=ONE_TERM)
    np.testing.assert_array_equal(conditions.speech, speech)
    np.testing.assert_array_equal(noise, NOISE)


def test_concurrent_calls_do_not_mix(exported, tiny_conditions):
    config, _, path = exported(**SHORT)
    sampler = OnnxSampler(path, config)
    conditions = tiny_conditions(config, 12)
    noises = [NOISE * scale for scale in (0.5, 1.0, 2.0, 3.0)]
    alone = [
        sampler.sample(conditions, noise, num_steps=3, guidance=ONE_TERM).motion for noise in noises
    ]
    found = [[] for _ in noises]

    def work(index):
        for _ in range(20):
            sampled = sampler.sample(conditions, noises[index], num_steps=3, guidance=ONE_TERM)
            found[index].append(sampled.motion)

    threads = [threading.Thread(target=work, args=[index]) for index in range(len(noises))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for motions, expected in zip(found, alone, strict=True):
        assert len(motions) == 20
        for motion in motions:
            np.testing.assert_array_equal(motion, expected)


@pytest.mark.parametrize("num_steps", [0, 21])
def test_a_number_of_steps_out_of_range_is_refused(exported, tiny_conditions, num_steps):
    config, _, path = exported()
    with pytest.raises(InvalidRequest, match=f"{num_steps} sampling steps; allowed: 1 to 20"):
        OnnxSampler(path, config).sample(
            tiny_conditions(config, 12), NOISE, num_steps=num_steps, guidance=ONE_TERM
        )


def test_noise_that_does_not_fit_is_refused(exported, tiny_conditions):
    config, _, path = exported()
    with pytest.raises(InvalidRequest, match=r"\(8, 12, 5\); expected \(8, 11, 5\)"):
        OnnxSampler(path, config).sample(
            tiny_conditions(config, 11), NOISE, num_steps=2, guidance=ONE_TERM
        )


def test_a_window_too_long_is_refused(exported, tiny_conditions):
    config, _, path = exported(**SHORT)
    with pytest.raises(InvalidRequest, match="window of 13 frames"):
        OnnxSampler(path, config).sample(
            tiny_conditions(config, 13),
            np.zeros((8, 13, 5), np.float32),
            num_steps=2,
            guidance=ONE_TERM,
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"motion_dim": 6}, "motion .*6", id="motion"),
        pytest.param({"speech_dim": 9}, "speech .*9", id="speech"),
        pytest.param({"style_dim": 0}, "has_style.*configuration needs", id="style"),
    ],
)
def test_a_graph_of_other_sizes_is_a_mismatch(exported, tiny_config, changes, message):
    _, _, path = exported()
    with pytest.raises(CheckpointMismatch, match=message):
        OnnxSampler(path, tiny_config(**changes))


def test_a_denoiser_alone_is_no_sampler(exported):
    config, denoiser, _ = exported()
    with pytest.raises(CheckpointMismatch, match="noisy_motion.*configuration needs"):
        OnnxSampler(denoiser, config)


def test_a_missing_file_is_unavailable(tiny_config, tmp_path):
    with pytest.raises(ModelUnavailable, match="absent.onnx: No such file"):
        OnnxSampler(tmp_path / "absent.onnx", tiny_config())


@pytest.mark.gpu
def test_a_gpu_samples_what_the_cpu_samples(exported, tiny_conditions):
    config, _, path = exported(width=64, **SHORT)
    try:
        on_gpu = OnnxSampler(path, config, device="cuda")
    except ModelUnavailable as error:
        pytest.skip(str(error))
    conditions = tiny_conditions(config, 12)
    asked = {"num_steps": 3, "guidance": THREE_TERMS}

    expected = OnnxSampler(path, config).sample(conditions, NOISE, **asked)
    found = on_gpu.sample(conditions, NOISE, **asked)

    # float32 without TF32 on both; a GPU sums in another order, guidance weighs by up to 2.
    np.testing.assert_allclose(found.motion, expected.motion, atol=1e-4)
    np.testing.assert_allclose(found.first_clean, expected.first_clean, atol=1e-4)
