"""A machine with onnxruntime-gpu and no usable driver: `auto` serves on the CPU and says why."""

import logging

import onnxruntime
import pytest

from posecast.errors import ModelUnavailable
from posecast.session.engine import AnimationEngine


@pytest.fixture(params=["raises", "falls back"])
def driverless(request, monkeypatch):
    """What onnxruntime-gpu does there: raises, or quietly leaves the provider out."""
    open_network = onnxruntime.InferenceSession

    def open_without_driver(content, options, providers, **arguments):
        if providers != ["CPUExecutionProvider"]:
            if request.param == "raises":
                raise RuntimeError("CUDA failure 35: CUDA driver version is insufficient")
            providers = ["CPUExecutionProvider"]
        return open_network(content, options, providers=providers, **arguments)

    monkeypatch.setattr(
        "onnxruntime.get_available_providers",
        lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"],
    )
    monkeypatch.setattr("onnxruntime.InferenceSession", open_without_driver)


@pytest.mark.usefixtures("driverless")
def test_auto_serves_on_the_cpu_and_says_why(tiny_package, caplog, capfd):
    with caplog.at_level(logging.WARNING):
        engine = AnimationEngine.load(tiny_package, device="auto")

    assert engine.device == "cpu"
    assert "the networks run on the CPU: device 'cuda': no usable NVIDIA GPU" in caplog.text
    assert capfd.readouterr().out == ""  # a take may go there


@pytest.mark.usefixtures("driverless")
def test_a_gpu_that_was_asked_for_is_missed(tiny_package):
    with pytest.raises(ModelUnavailable, match="no usable NVIDIA GPU or driver"):
        AnimationEngine.load(tiny_package, device="cuda")
