"""Loading a model: devices, and packages that this version cannot serve."""

import dataclasses
import json
import logging
import shutil

import numpy as np
import pytest

from posecast import checkpoints
from posecast.config import ModelConfig
from posecast.errors import CheckpointMismatch, InvalidRequest, ModelUnavailable
from posecast.session import engine as engine_module
from posecast.session.engine import AnimationEngine, choose_device


@pytest.fixture
def package(tiny_package, tmp_path):
    return shutil.copytree(tiny_package, tmp_path / "package")


def test_a_loaded_engine_knows_its_model(tiny_engine):
    assert tiny_engine.config.name == "tiny"
    assert tiny_engine.device == "cpu"
    assert tiny_engine.styles.names == ("neutral", "cheerful")
    assert tiny_engine.speech_encoder.config.width == 16
    assert tiny_engine.sampler.config.style_dim == 16


@pytest.mark.parametrize(("has_cuda", "expected"), [(True, "cuda"), (False, "cpu")])
def test_auto_takes_the_gpu_where_there_is_one(monkeypatch, has_cuda, expected):
    monkeypatch.setattr(engine_module, "has_cuda", lambda: has_cuda)
    assert choose_device("auto") == expected


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_named_device_is_taken(device):
    assert choose_device(device) == device


def test_an_unknown_device_is_refused(tiny_package):
    with pytest.raises(InvalidRequest, match="device 'tpu'; allowed: auto, cpu, cuda"):
        AnimationEngine.load(tiny_package, device="tpu")


@pytest.fixture
def broken_gpu(monkeypatch):
    """An onnxruntime that was built for CUDA on a machine without a usable GPU."""

    def refuse(*args, device, **options):
        if device == "cuda":
            raise ModelUnavailable("device 'cuda': no usable NVIDIA GPU or driver")
        return open_encoder(*args, device=device, **options)

    open_encoder = engine_module.open_speech_encoder
    monkeypatch.setattr(engine_module, "has_cuda", lambda: True)
    monkeypatch.setattr(engine_module, "open_speech_encoder", refuse)


@pytest.mark.usefixtures("broken_gpu")
def test_auto_falls_back_to_the_cpu_and_says_so(tiny_package, caplog):
    with caplog.at_level(logging.WARNING):
        assert AnimationEngine.load(tiny_package, device="auto").device == "cpu"
    assert "no usable NVIDIA GPU" in caplog.text


@pytest.mark.usefixtures("broken_gpu")
def test_a_gpu_that_was_asked_for_and_is_not_there_is_told(tiny_package):
    with pytest.raises(ModelUnavailable, match="no usable NVIDIA GPU"):
        AnimationEngine.load(tiny_package, device="cuda")


def test_a_package_whose_parts_do_not_fit_is_refused(package):
    loaded = checkpoints.load_package(package)
    config: ModelConfig = dataclasses.replace(
        loaded.config, denoiser=dataclasses.replace(loaded.config.denoiser, speech_dim=99)
    )
    checkpoints.write_description(package, config, loaded.motion_mean, loaded.motion_std, {})
    with pytest.raises(CheckpointMismatch, match="speech"):
        AnimationEngine.load(package, device="cpu")


def test_a_package_of_another_motion_width_is_refused(package):
    loaded = checkpoints.load_package(package)
    row = np.ones(54, np.float32)
    checkpoints.write_description(package, loaded.config, row, row, {})
    with pytest.raises(CheckpointMismatch, match=r"\(54,\); expected \(55,\)"):
        AnimationEngine.load(package, device="cpu")


@pytest.mark.parametrize("column", [-1, 10_000])
def test_accents_beyond_the_speech_are_refused(package, column):
    path = package / "model.json"
    description = json.loads(path.read_text())
    description["config"]["accent_column"] = column
    path.write_text(json.dumps(description))
    with pytest.raises(CheckpointMismatch, match=f"accent_column {column}; allowed: 0 to "):
        AnimationEngine.load(package)


def test_a_mean_curve_that_arkit_does_not_know_is_refused(package):
    path = package / "model.json"
    description = json.loads(path.read_text())
    description["config"]["mean_curves"] = ["jawOpen", "jawDrop"]
    path.write_text(json.dumps(description))
    with pytest.raises(CheckpointMismatch, match="mean_curves: 'jawDrop'; allowed: ARKit curves"):
        AnimationEngine.load(package)
