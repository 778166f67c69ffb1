"""Where a network trains: the device, its fast number format, and what a log says about it."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeVar, cast

import torch
from torch import Tensor

from posecast.errors import InvalidRequest

ValueT = TypeVar("ValueT")
DEVICES = ("cpu", "cuda", "auto")


def resolve_device(name: str) -> torch.device:
    """The device of a name.

    Args:
        name: `cpu`, `cuda`, or `auto` for CUDA where there is a device.

    Raises:
        InvalidRequest: If the name is unknown, or CUDA is asked for and there is none.
    """
    if name not in DEVICES:
        raise InvalidRequest(f"device {name!r}; allowed: {', '.join(DEVICES)}")
    has_cuda = name != "cpu" and torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise InvalidRequest("device 'cuda', but torch finds no CUDA device; allowed: cpu, auto")
    return torch.device("cuda" if has_cuda else "cpu")


def autocast_on(device: torch.device) -> AbstractContextManager[object]:
    """Bfloat16 where the device is quick at it, else float32.

    A CPU without instructions for bfloat16 emulates it: on one such machine it took 12 times as
    long as float32.
    """
    if device.type == "cuda" or _has_fast_bfloat16():
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def _has_fast_bfloat16() -> bool:
    # Neither function is public; a torch without them trains in float32.
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    found = [cast("Callable[[], bool] | None", getattr(torch.cpu, name, None)) for name in checks]
    return any(check is not None and check() for check in found)


def to_device(batch: ValueT, device: torch.device) -> ValueT:
    """A batch with its tensors on a device.

    Args:
        batch: A tensor, a data class or a tuple of them; anything else in it stays as it is.
        device: Where to.
    """
    if isinstance(batch, Tensor):
        return cast("ValueT", batch.to(device, non_blocking=True))
    if isinstance(batch, tuple):
        return cast("ValueT", tuple(to_device(part, device) for part in batch))
    if dataclasses.is_dataclass(batch) and not isinstance(batch, type):
        names = [field.name for field in dataclasses.fields(batch)]
        moved = {name: to_device(getattr(batch, name), device) for name in names}
        return cast("ValueT", dataclasses.replace(batch, **moved))
    return batch


def describe_machine(device: torch.device) -> dict[str, str]:
    """What ran a training: versions and names for its log."""
    is_cuda = device.type == "cuda"
    return {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name(device) if is_cuda else "cpu",
        "cpu": _cpu_model(),
        "python": platform.python_version(),
    }


def _cpu_model() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
