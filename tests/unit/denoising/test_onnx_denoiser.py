"""The exported denoiser: the same numbers as torch, and what it says to a bad file."""

import numpy as np
import onnx
import pytest

from posecast.denoising.onnx_denoiser import OnnxDenoiser
from posecast.denoising.torch_denoiser import TorchDenoiser
from posecast.errors import CheckpointMismatch, InvalidRequest, ModelUnavailable
from posecast.export import export_denoiser, shrink_weights

RNG = np.random.default_rng(2)
MOTION = RNG.standard_normal((8, 12, 5), dtype=np.float32)
STEPS = np.arange(1, 9)


@pytest.fixture
def exported(tiny_config, tiny_network, tmp_path):
    """Makes a configuration, its network and the exported file."""

    def make(**changes):
        config = tiny_config(**changes)
        network = tiny_network(config)
        path = tmp_path / "denoiser.onnx"
        export_denoiser(network, path)
        return config, network, path

    return make


@pytest.mark.parametrize(
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
    ],
)
def test_onnx_matches_torch(exported, tiny_conditions, changes):
    config, network, path = exported(**changes)
    by_torch, by_onnx = TorchDenoiser(network), OnnxDenoiser(path, config)
    for num_frames in (12, 5, 1):
        for batch in (8, 1):
            conditions = tiny_conditions(config, num_frames, batch)
            motion, steps = MOTION[:batch, :num_frames], STEPS[:batch]

            expected = by_torch.predict(motion, steps, conditions)
            result = by_onnx.predict(motion, steps, conditions)

            # Two float32 implementations; the sums run in another order.
            np.testing.assert_allclose(result, expected, atol=5e-6)


def test_steps_are_looked_up_not_computed(exported, tiny_conditions):
    """What the network makes of a step depends on nothing else; it still trains on its own way."""
    config, network, path = exported(width=64)
    names = {weight.name for weight in onnx.load(path).graph.initializer}
    assert not any("diff_step_map" in name for name in names)

    assert len(network.denoising_net.diff_step_map) == 3
    by_torch, by_onnx = TorchDenoiser(network), OnnxDenoiser(path, config)
    conditions = tiny_conditions(config, 12)
    for step in range(1, config.num_steps + 1):
        asked = MOTION, np.full(8, step), conditions
        np.testing.assert_allclose(by_onnx.predict(*asked), by_torch.predict(*asked), atol=5e-6)


def test_a_file_that_repeats_motion_takes_as_many_rows_too(exported, tiny_conditions):
    config, network, path = exported()
    export_denoiser(network, path, repeats_motion=True)
    conditions = tiny_conditions(config, 12)

    expected = TorchDenoiser(network).predict(MOTION, STEPS, conditions)

    found = OnnxDenoiser(path, config).predict(MOTION, STEPS, conditions)
    np.testing.assert_allclose(found, expected, atol=5e-6)


def test_a_file_may_come_as_bytes(exported, tiny_conditions):
    config, _, path = exported()
    conditions = tiny_conditions(config, 12)

    from_path = OnnxDenoiser(path, config).predict(MOTION, STEPS, conditions)
    from_bytes = OnnxDenoiser(path.read_bytes(), config).predict(MOTION, STEPS, conditions)

    np.testing.assert_array_equal(from_path, from_bytes)


def test_shrunk_weights_are_half_as_large_and_nearly_the_same(exported, tiny_conditions):
    config, _, path = exported(width=64, num_layers=1)
    conditions = tiny_conditions(config, 12)
    before = OnnxDenoiser(path, config).predict(MOTION, STEPS, conditions)
    full_bytes = _weight_bytes(path)

    shrink_weights(path)

    assert _weight_bytes(path) < 0.56 * full_bytes  # biases stay
    after = OnnxDenoiser(path, config).predict(MOTION, STEPS, conditions)
    np.testing.assert_allclose(after, before, atol=5e-3)  # float16 keeps three digits
    assert np.abs(after - before).max() > 0


def test_weights_beyond_float16_are_kept(exported, tiny_conditions):
    config, network, path = exported()
    network.denoising_net.transformer.layers[0].linear1.weight.data[0, 0] = 1e5
    export_denoiser(network, path)

    shrink_weights(path)

    prediction = OnnxDenoiser(path, config).predict(MOTION, STEPS, tiny_conditions(config, 12))
    assert np.isfinite(prediction).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "not a usable ONNX file", id="empty"),
        pytest.param(b"PK\x03\x04 not a network", "not a usable ONNX file", id="another format"),
    ],
)
def test_a_file_that_is_no_network_is_unavailable(tiny_config, tmp_path, content, message):
    path = tmp_path / "denoiser.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=f"denoiser.onnx: {message}"):
        OnnxDenoiser(path, tiny_config())
    with pytest.raises(ModelUnavailable, match=f"a model of {len(content)} bytes: {message}"):
        OnnxDenoiser(content, tiny_config())


def test_a_truncated_file_is_unavailable(exported, tiny_config):
    _, _, path = exported()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelUnavailable, match="not a usable ONNX file"):
        OnnxDenoiser(path, tiny_config())


def test_a_missing_file_is_unavailable(tiny_config, tmp_path):
    with pytest.raises(ModelUnavailable, match="absent.onnx: No such file"):
        OnnxDenoiser(tmp_path / "absent.onnx", tiny_config())


def test_a_device_that_is_not_there_is_unavailable(exported, monkeypatch):
    config, _, path = exported()
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ModelUnavailable, match="device 'cuda'.*posecast\\[gpu\\]"):
        OnnxDenoiser(path, config, device="cuda")


def test_a_device_without_a_driver_is_unavailable(exported, monkeypatch):
    config, _, path = exported()

    class CpuOnly:
        """What onnxruntime falls back to without a driver."""

        def get_providers(self):
            return ["CPUExecutionProvider"]

    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr("onnxruntime.InferenceSession", lambda *_, **__: CpuOnly())
    with pytest.raises(ModelUnavailable, match="no usable NVIDIA GPU"):
        OnnxDenoiser(path, config, device="cuda")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"motion_dim": 6}, "noisy_motion .*6", id="motion"),
        pytest.param({"speech_dim": 9}, "speech .*9", id="speech"),
        pytest.param({"previous_frames": 4}, "previous_motion .*4", id="previous"),
        pytest.param({"style_dim": 0}, "has_style.*configuration needs", id="style"),
        pytest.param({"shape_dim": 0}, "configuration needs", id="shape"),
    ],
)
def test_a_network_of_other_sizes_is_a_mismatch(exported, tiny_config, changes, message):
    _, _, path = exported()
    with pytest.raises(CheckpointMismatch, match=message):
        OnnxDenoiser(path, tiny_config(**changes))


def test_a_window_too_long_is_refused(exported, tiny_conditions):
    config, _, path = exported(pads_windows=False)
    motion = np.zeros((8, 13, 5), dtype=np.float32)
    with pytest.raises(InvalidRequest, match="window of 13 frames"):
        OnnxDenoiser(path, config).predict(motion, STEPS, tiny_conditions(config, 13))


def _weight_bytes(path):
    return sum(len(weight.raw_data) for weight in onnx.load(path).graph.initializer)
