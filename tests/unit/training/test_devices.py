"""Devices: their names, their number formats, batches on their way to them."""

from dataclasses import dataclass

import pytest
import torch

from posecast.errors import InvalidRequest
from posecast.training.devices import describe_machine, resolve_device, to_device
from posecast.training.loop import TrainingPlan


@dataclass(frozen=True, slots=True)
class Batch:
    motion: torch.Tensor
    pair: tuple[torch.Tensor, torch.Tensor]
    length: int


@pytest.fixture
def gpu(monkeypatch, request):
    """Makes torch say that there is a GPU, or none."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param)


def pretend_cpu(monkeypatch, *, amx=None, avx512=None):
    for name, check in (("_is_amx_tile_supported", amx), ("_is_avx512_bf16_supported", avx512)):
        if check is None:
            monkeypatch.delattr(torch.cpu, name, raising=False)
        else:
            monkeypatch.setattr(torch.cpu, name, lambda has=check: has, raising=False)


@pytest.mark.parametrize(
    ("name", "gpu", "expected"),
    [("cpu", True, "cpu"), ("cuda", True, "cuda"), ("auto", True, "cuda"), ("auto", False, "cpu")],
    indirect=["gpu"],
)
def test_devices_by_name(name, gpu, expected):
    assert resolve_device(name).type == expected


@pytest.mark.parametrize("gpu", [False], indirect=True)
def test_cuda_without_a_gpu_is_refused(gpu):
    with pytest.raises(InvalidRequest, match="'cuda', but torch finds no CUDA.*allowed: cpu, auto"):
        resolve_device("cuda")


def test_an_unknown_device_is_refused():
    with pytest.raises(InvalidRequest, match="device 'tpu'; allowed: cpu, cuda, auto"):
        resolve_device("tpu")


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        pytest.param({"amx": True, "avx512": False}, torch.bfloat16, id="amx"),
        pytest.param({"amx": False, "avx512": True}, torch.bfloat16, id="avx512_bf16"),
        pytest.param({"amx": False, "avx512": False}, torch.float32, id="neither"),
        pytest.param({}, torch.float32, id="torch cannot tell"),
    ],
)
def test_a_cpu_computes_in_bfloat16_only_where_that_is_quick(monkeypatch, checks, expected):
    pretend_cpu(monkeypatch, **checks)
    plan = TrainingPlan(steps=1, learning_rate=1e-3)
    with plan.autocast():
        made = torch.nn.functional.linear(torch.zeros(2, 2), torch.zeros(2, 2))
    assert made.dtype == expected


@pytest.mark.parametrize("gpu", [True], indirect=True)
def test_a_gpu_computes_in_bfloat16(gpu, monkeypatch):
    pretend_cpu(monkeypatch)
    asked = []
    monkeypatch.setattr(torch, "autocast", lambda *arguments: asked.append(arguments))
    TrainingPlan(steps=1, learning_rate=1e-3, device="cuda").autocast()
    assert asked == [("cuda", torch.bfloat16)]


def test_every_tensor_of_a_batch_is_moved():
    batch = Batch(torch.zeros(2, 3), (torch.zeros(1), torch.zeros(4)), 7)
    moved = to_device(batch, torch.device("meta"))
    assert (moved.motion.device.type, moved.motion.shape) == ("meta", (2, 3))
    assert [part.device.type for part in moved.pair] == ["meta", "meta"]
    assert moved.length == 7
    assert batch.motion.device.type == "cpu"


def test_a_batch_that_is_there_is_not_copied():
    batch = Batch(torch.zeros(2, 3), (torch.zeros(1), torch.zeros(4)), 7)
    assert to_device(batch, torch.device("cpu")).motion is batch.motion


def test_a_machine_is_described():
    told = describe_machine(torch.device("cpu"))
    assert told["torch"] == torch.__version__
    assert told["device"] == "cpu"
    assert told["cpu"]
