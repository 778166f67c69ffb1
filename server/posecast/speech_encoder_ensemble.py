"""Several streaming speech encoders as one ONNX file that answers with their mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import GraphProto, ModelProto, compose, helper

from posecast.conditioning.onnx_speech_encoder import (
    FEATURES_OUTPUT,
    LOOK_AHEAD_INPUT,
    MEL_INPUT,
)
from posecast.errors import CheckpointMismatch

_SHARED = (MEL_INPUT, LOOK_AHEAD_INPUT)


def join_speech_encoders(paths: Sequence[Path], output: Path) -> None:
    """Write an encoder that hears with several networks and gives the mean of their features.

    What networks that were trained apart mishear in a voice, they mishear differently.

    Args:
        paths: Files that `export.export_speech_encoder` wrote; their sizes may differ, but not the
            look-aheads nor the features.
        output: File to write; may be one of them. Its states are those of the networks in order.

    Raises:
        CheckpointMismatch: If the networks do not take or give the same.
    """
    models = [onnx.load(path) for path in paths]
    for path, model in zip(paths, models, strict=True):
        if _shared_widths(model) != _shared_widths(models[0]):
            raise CheckpointMismatch(
                f"{path} has columns {_shared_widths(model)}; expected those of {paths[0]}, "
                f"{_shared_widths(models[0])}"
            )
    first = models[0].graph
    joined = helper.make_graph(
        nodes=[],
        name="speech_encoders",
        inputs=[entry for entry in first.input if entry.name in _SHARED],
        outputs=[entry for entry in first.output if entry.name == FEATURES_OUTPUT],
    )
    prefixes = [f"member_{member}/" for member in range(len(models))]
    for prefix, model in zip(prefixes, models, strict=True):
        _add_member(joined, compose.add_prefix(model, prefix).graph, prefix)
    features = [f"{prefix}{FEATURES_OUTPUT}" for prefix in prefixes]
    joined.node.append(helper.make_node("Mean", features, [FEATURES_OUTPUT]))
    model = helper.make_model(
        joined, opset_imports=models[0].opset_import, ir_version=models[0].ir_version
    )
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, output)


def _add_member(joined: GraphProto, member: GraphProto, prefix: str) -> None:
    """Put a network beside the others; it has the inputs that they share, and its own states."""
    shared = [f"{prefix}{name}" for name in _SHARED]
    joined.node.extend(
        helper.make_node("Identity", [name], [inner])
        for name, inner in zip(_SHARED, shared, strict=True)
    )
    joined.node.extend(member.node)
    joined.initializer.extend(member.initializer)
    joined.input.extend(entry for entry in member.input if entry.name not in shared)
    joined.output.extend(
        entry for entry in member.output if entry.name != f"{prefix}{FEATURES_OUTPUT}"
    )


def _shared_widths(model: ModelProto) -> dict[str, int]:
    """Columns of what every network takes and gives."""
    entries = [*model.graph.input, *model.graph.output]
    return {
        entry.name: entry.type.tensor_type.shape.dim[-1].dim_value
        for entry in entries
        if entry.name in (*_SHARED, FEATURES_OUTPUT)
    }
