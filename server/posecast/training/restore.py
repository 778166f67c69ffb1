"""Reads the weights of a speech encoder back from a model package, to train it further."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto, numpy_helper
from torch import Tensor

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.errors import CheckpointMismatch

_HALF = "_half"


def restore_speech_encoder(path: Path, network: SpeechEncoderNetwork, *, member: int = 1) -> None:
    """Put the weights of an exported speech encoder into a network.

    Args:
        path: `speech_encoder.onnx` of a package, of one network or of several.
        network: A network of the same sizes; its weights are replaced.
        member: Which of the networks whose mean the file gives, counted from 1.

    Raises:
        CheckpointMismatch: If the file cannot be read, or holds no such network of these sizes.
    """
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf has errors of its own, and which ones depends on its kind
        raise CheckpointMismatch(f"{path}: not a speech encoder: {error}") from error
    weights = _weights_of(model, f"member_{member - 1}/")
    if not weights and member == 1:
        weights = _weights_of(model, "")
    expected = network.state_dict()
    layers = {name for name in weights if name.endswith((".weight", ".bias"))}
    for name in (*expected, *sorted(layers - set(expected))):
        found, wanted = _shape_of(weights, name), _shape_of(expected, name)
        if found != wanted:
            raise CheckpointMismatch(
                f"{path}: network {member}: {name} is {found or 'missing'}; expected "
                f"{wanted or 'none'}"
            )
    network.load_state_dict({name: weights[name] for name in expected})


def _weights_of(model: ModelProto, prefix: str) -> dict[str, Tensor]:
    """Parameters by their names in torch, of the network whose names have a prefix."""
    stored = {}
    for entry in model.graph.initializer:
        if entry.name.startswith(prefix):
            values = numpy_helper.to_array(entry).astype(np.float32)
            stored[entry.name.removesuffix(_HALF)] = torch.from_numpy(values)
    weights = {name.removeprefix(prefix): values for name, values in stored.items()}
    for node in model.graph.node:
        # The export names a product after its layer, and its transposed matrix after nothing.
        if node.op_type == "MatMul" and node.input[1] in stored:
            layer = node.name.removeprefix(prefix).strip("/").split("/")[:-1]
            weights[".".join([*layer, "weight"])] = stored[node.input[1]].T.contiguous()
        elif node.op_type == "Identity" and node.input[0] in stored:  # equal weights are kept once
            weights[node.output[0].removeprefix(prefix)] = stored[node.input[0]]
    return weights


def _shape_of(weights: Mapping[str, Tensor], name: str) -> tuple[int, ...] | None:
    return tuple(weights[name].shape) if name in weights else None
