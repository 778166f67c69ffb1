"""Opening networks: what a GPU is asked for, what is said without one, threads of a CPU."""

import numpy as np
import pytest
import torch
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from posecast.errors import InvalidRequest, ModelUnavailable
from posecast.export import export_module
from posecast.onnx_session import default_threads, open_session


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "network.onnx"
    export_module(torch.nn.Linear(3, 2).eval(), {"x": torch.zeros(1, 3)}, ["y"], {}, path)
    return path


class FakeSession:
    """A session that tells which providers it was asked for, and has those it is given."""

    asked = None
    providers = ()

    def __init__(self, content, options, providers, enable_fallback):
        type(self).asked = providers
        self.enable_fallback = enable_fallback
        self.options = options

    def get_providers(self):
        return list(self.providers)


@pytest.fixture
def cuda_build(monkeypatch):
    """An onnxruntime that was built for CUDA; the test says what its sessions end up with."""
    monkeypatch.setattr(
        "onnxruntime.get_available_providers",
        lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"],
    )
    monkeypatch.setattr("onnxruntime.InferenceSession", FakeSession)
    monkeypatch.setattr("onnxruntime.preload_dlls", lambda: None)
    return FakeSession


def test_a_gpu_is_asked_for_full_precision_and_small_arenas(monkeypatch, cuda_build, network):
    monkeypatch.setattr(cuda_build, "providers", ["CUDAExecutionProvider", "CPUExecutionProvider"])

    open_session(network, device="cuda")

    (name, options), fallback = cuda_build.asked
    assert (name, fallback) == ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert options == {
        "device_id": "0",
        "arena_extend_strategy": "kSameAsRequested",
        "cudnn_conv_algo_search": "HEURISTIC",
        "use_tf32": "0",
    }


def test_a_cuda_build_without_a_driver_is_unavailable(monkeypatch, cuda_build, network):
    """onnxruntime falls back by itself and says so in its log alone."""
    monkeypatch.setattr(cuda_build, "providers", ["CPUExecutionProvider"])
    with pytest.raises(ModelUnavailable, match="'cuda': no usable NVIDIA GPU or driver"):
        open_session(network, device="cuda")


def test_libraries_in_wheels_are_loaded_before_the_session(monkeypatch, cuda_build, network):
    happened = []
    monkeypatch.setattr("onnxruntime.preload_dlls", lambda: happened.append("libraries"))
    monkeypatch.setattr(cuda_build, "get_providers", lambda _: happened.append("session") or [])

    with pytest.raises(ModelUnavailable):
        open_session(network, device="cuda")
    assert happened == ["libraries", "session"]


def test_a_cpu_needs_no_libraries_of_a_gpu(monkeypatch, cuda_build, network):
    monkeypatch.setattr("onnxruntime.preload_dlls", lambda: pytest.fail("loaded"))
    open_session(network)


def test_a_missing_library_is_told_in_the_error_alone(monkeypatch, cuda_build, network, capsys):
    """onnxruntime prints it to the standard output."""
    monkeypatch.setattr(
        "onnxruntime.preload_dlls", lambda: print("Failed to load libcublas.so.13: why\nmore")
    )
    with pytest.raises(ModelUnavailable, match=r"\(Failed to load libcublas.so.13: why\)$"):
        open_session(network, device="cuda")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(RuntimeError("CUDA failure 35: driver\nmore"), id="C++"),
        pytest.param(ort_errors.EPFail("CUDA failure 35: driver\nmore"), id="provider"),
    ],
)
def test_a_gpu_that_fails_is_unavailable(monkeypatch, cuda_build, network, failure):
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr(cuda_build, "__init__", fail)
    with pytest.raises(
        ModelUnavailable, match=r"no usable NVIDIA GPU.*\(CUDA failure 35: driver\)$"
    ):
        open_session(network, device="cuda")


def test_an_error_of_the_cpu_is_not_blamed_on_a_gpu(monkeypatch, cuda_build, network):
    def fail(*_, **__):
        raise RuntimeError("out of threads")

    monkeypatch.setattr(cuda_build, "__init__", fail)
    with pytest.raises(RuntimeError, match="out of threads"):
        open_session(network)


def test_onnxruntime_does_not_fall_back_by_itself(monkeypatch, cuda_build, network):
    """It would print to the standard output."""
    monkeypatch.setattr(cuda_build, "providers", ["CUDAExecutionProvider"])
    assert open_session(network, device="cuda").enable_fallback == 0


def test_a_build_without_cuda_is_unavailable(monkeypatch, network):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ModelUnavailable, match="device 'cuda'.*posecast\\[gpu\\]"):
        open_session(network, device="cuda")


def test_a_cpu_is_asked_for_nothing_else(network):
    session = open_session(network)
    assert session.get_providers() == ["CPUExecutionProvider"]
    (y,) = session.run(None, {"x": np.zeros((1, 3), np.float32)})
    assert y.shape == (1, 2)


def test_threads_are_those_that_were_asked_for(network):
    options = open_session(network, num_threads=3).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)


@pytest.mark.parametrize(
    ("cores", "threads"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (16, 8), (128, 8)]
)
def test_threads_are_half_of_the_cores(cores, threads):
    assert default_threads(cores) == threads


@pytest.mark.parametrize("cores", [0, -1])
def test_no_cores_are_refused(cores):
    with pytest.raises(InvalidRequest, match=f"{cores} cores; allowed: 1 and more"):
        default_threads(cores)
