"""Tensors of a published checkpoint, taken out, renamed, and each matched with a network's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from posecast.errors import CheckpointMismatch

_NAMES_TOLD = 4
_OLDER_ENDINGS = {
    "pos_conv_embed.conv.weight_g": "pos_conv_embed.conv.parametrizations.weight.original0",
    "pos_conv_embed.conv.weight_v": "pos_conv_embed.conv.parametrizations.weight.original1",
}
"""What older versions of torch call the two factors of the positional convolution. A loader that
only drops the old names keeps the public value of a tensor that was fine-tuned."""


def take_state(content: Mapping[str, Any], section: str) -> dict[str, Tensor]:
    """The tensors of a checkpoint under their present names.

    Args:
        content: What `unpickling.read_checkpoint` read.
        section: Where the state dict is.

    Returns:
        Tensors by name.

    Raises:
        CheckpointMismatch: If there is none, or it holds anything else than tensors.
    """
    stored = content.get(section)
    if not isinstance(stored, dict):
        found = ", ".join(map(str, content)) or "nothing"
        raise CheckpointMismatch(f"no state dict under {section!r}; the file has: {found}")
    state: dict[str, Tensor] = {}
    for name, value in stored.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise CheckpointMismatch(
                f"{section}: {name!r} is a {type(value).__name__}; expected a tensor"
            )
        present = _present_name(name)
        if present in state:
            raise CheckpointMismatch(f"{section}: {present} is there under two names")
        state[present] = value.detach()
    return state


def shape_of(state: Mapping[str, Tensor], name: str, num_axes: int) -> tuple[int, ...]:
    """Shape of one tensor.

    Raises:
        CheckpointMismatch: If it is missing or has another number of axes.
    """
    if name not in state:
        raise CheckpointMismatch(f"it lacks the tensor {name}")
    shape = tuple(state[name].shape)
    if len(shape) != num_axes or not all(shape):
        raise CheckpointMismatch(f"{name} has shape {shape}; expected {num_axes} axes")
    return shape


def count_layers(state: Mapping[str, Tensor], prefix: str) -> int:
    """How many numbered layers have tensors under a prefix that ends in a dot; at least one.

    Raises:
        CheckpointMismatch: If there is none, or numbers are left out.
    """
    numbers = {
        name.removeprefix(prefix).partition(".")[0] for name in state if name.startswith(prefix)
    }
    if not numbers or numbers != set(map(str, range(len(numbers)))):
        told = ", ".join(sorted(numbers)) or "none"
        raise CheckpointMismatch(f"layers {prefix}*: {told}; expected 0, 1, 2 and so on")
    return len(numbers)


def check_fits(state: Mapping[str, Tensor], network: nn.Module) -> None:
    """Compare tensors with what a network needs: all names, all shapes, finite float32.

    Args:
        state: Tensors by name.
        network: Of the same sizes; its own values do not matter, it may be on torch's `meta`
            device.

    Raises:
        CheckpointMismatch: If one is unknown, missing, of another shape or not finite.
    """
    needed = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    _refuse("unknown tensors", (name for name in state if name not in needed))
    _refuse("missing tensors", (name for name in needed if name not in state))
    _refuse(
        "tensors of another shape",
        (
            f"{name} {tuple(value.shape)}, expected {needed[name]}"
            for name, value in state.items()
            if tuple(value.shape) != needed[name]
        ),
    )
    _refuse(
        "tensors that are not float32",
        (name for name, value in state.items() if value.dtype != torch.float32),
    )
    _refuse(
        "tensors with values that are not finite",
        (name for name, value in state.items() if not value.isfinite().all()),
    )


def _present_name(name: str) -> str:
    for older, present in _OLDER_ENDINGS.items():
        if name.endswith(older):
            return name.removesuffix(older) + present
    return name


def _refuse(what: str, names: Iterable[str]) -> None:
    found = list(names)
    if found:
        more = f" and {len(found) - _NAMES_TOLD} more" if len(found) > _NAMES_TOLD else ""
        raise CheckpointMismatch(f"{what}: {'; '.join(found[:_NAMES_TOLD])}{more}")
