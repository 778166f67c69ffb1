"""Writes networks as ONNX files for serving."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils import parametrize

from posecast.conditioning.onnx_clip_encoder import (
    FEATURES_OUTPUT,
    NUM_FRAMES_INPUT,
    WAVEFORM_INPUT,
)
from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import SAMPLES_PER_FRAME
from posecast.denoising.torch_denoiser import ConditionedDenoiser, DenoiserNetwork

OPSET = 17
DynamicAxes = Mapping[str, Mapping[int, str]]

_HALF_MAX = 65_504.0
_SMALL_BYTES = 1024
_BATCH = {0: "batch"}
_WINDOW = {0: "batch", 1: "frames"}


def export_module(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    output_names: Sequence[str],
    dynamic_axes: DynamicAxes,
    path: Path,
) -> None:
    """Trace a module into a checked ONNX file.

    Args:
        module: Takes the inputs by position; exported as it behaves in evaluation.
        inputs: Example inputs by name, in order; their fixed sizes become the file's.
        output_names: Names of the outputs, in order.
        dynamic_axes: Axes of free size, by input or output and axis number.
        path: File to write.
    """
    with warnings.catch_warnings():
        # The tracing exporter is deprecated for one that needs a further package, and the tracer
        # warns of each size that it reads; `onnx_matches_torch` tests that sizes stay free.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=list(output_names),
            dynamic_axes=_existing_axes(dynamic_axes, [*inputs, *output_names]),
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(str(path))


def export_denoiser(
    network: ConditionedDenoiser, path: Path, *, repeats_motion: bool = False
) -> None:
    """Write a denoiser; batch size and number of frames stay free.

    Inputs that the network does not use are left out. The output is `prediction`.

    Args:
        network: Weights.
        path: File to write.
        repeats_motion: Whether `noisy_motion` has as many rows as there are windows and all other
            inputs a multiple; `sampler_graph.export_sampler` makes use of it.
    """
    inputs = _denoiser_inputs(network)
    axes = dict.fromkeys(inputs, _BATCH) | dict.fromkeys(
        ("noisy_motion", "speech", "indicator", "prediction"), _WINDOW
    )
    if repeats_motion:
        inputs["noisy_motion"] = inputs["noisy_motion"][:1]
        axes["noisy_motion"] = {0: "windows", 1: "frames"}
    with _tabulated_steps(network.denoising_net):
        export_module(_DenoiserGraph(network, list(inputs)), inputs, ["prediction"], axes, path)


@contextmanager
def _tabulated_steps(network: DenoiserNetwork) -> Iterator[None]:
    """Let the table of steps hold what the network makes of each: there are but so many."""
    before = network.step_table, network.diff_step_map
    with torch.no_grad():
        network.step_table = network.diff_step_map(network.step_table)
    network.diff_step_map = nn.Sequential()  # passes everything on
    try:
        yield
    finally:
        network.step_table, network.diff_step_map = before


def export_style_encoder(network: StyleEncoderNetwork, path: Path) -> None:
    """Write a style encoder: `motion` [B, T, M] -> `style` [B, width], batch and frames free.

    Args:
        network: Weights.
        path: File to write.
    """
    device = next(network.parameters()).device
    inputs = {"motion": torch.zeros(2, 7, network.config.motion_dim, device=device)}
    export_module(network, inputs, ["style"], {"motion": _WINDOW, "style": _BATCH}, path)


def export_speech_encoder(network: SpeechEncoderNetwork, path: Path) -> None:
    """Write a speech encoder; batch size and number of frames stay free.

    Inputs: `mel` [B, 4 T, 81], `look_ahead` [B, N] and `state_<i>`. Outputs: `features` [B, T, D]
    and `next_state_<i>`.

    Args:
        network: Weights.
        path: File to write.
    """
    device = next(network.parameters()).device
    state = [layer.to(device) for layer in network.initial_state(2)]
    inputs = {
        "mel": torch.zeros(2, 8, network.config.num_mel_bands + 1, device=device),
        "look_ahead": torch.zeros(2, len(network.config.look_aheads_frames), device=device),
    }
    inputs |= {f"state_{index}": layer for index, layer in enumerate(state)}
    outputs = ["features", *(f"next_state_{index}" for index in range(len(state)))]
    axes = dict.fromkeys([*inputs, *outputs], _BATCH) | {
        "mel": {0: "batch", 1: "hops"},
        "features": _WINDOW,
    }
    export_module(network, inputs, outputs, axes, path)


def export_clip_encoder(network: ClipEncoderNetwork, path: Path) -> None:
    """Write a speech encoder of whole clips; batch size and length stay free.

    Inputs: `waveform` [B, S'], normalised and with padded edges, and `num_frames`, an int64 without
    axes. Output: `features` [B, T, D]. Attention is onnxruntime's own operator.

    Args:
        network: Weights; the published sizes make a file of 380 MB.
        path: File to write.
    """
    device = network.audio_feature_map.weight.device
    inputs = {
        WAVEFORM_INPUT: torch.zeros(2, 4 * SAMPLES_PER_FRAME, device=device),
        NUM_FRAMES_INPUT: torch.tensor(3, device=device),
    }
    axes = {WAVEFORM_INPUT: {0: "batch", 1: "samples"}, FEATURES_OUTPUT: _WINDOW}
    export_module(_without_weight_norm(network), inputs, [FEATURES_OUTPUT], axes, path)


def free_batch(path: Path) -> None:
    """Let a network that was exported for one row take any number, in place.

    For speech encoders of packages up to 2.0.0, whose nodes read the batch from their inputs.

    Args:
        path: An ONNX file, every input and output of which has the batch in front.
    """
    model = onnx.load(path)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = _BATCH[0]
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def shrink_weights(path: Path) -> None:
    """Store large float32 weights as float16 with a cast, in place; the arithmetic stays float32.

    onnxruntime folds the casts when it loads the file. Weights beyond the range of float16 stay.

    Args:
        path: An ONNX file.
    """
    model = onnx.load(path)
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        values = _large_floats(weight)
        if values is None:
            continue
        name, half = weight.name, f"{weight.name}_half"
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _without_weight_norm(network: ClipEncoderNetwork) -> ClipEncoderNetwork:
    """The same weights, but norm and direction multiplied once instead of in every call."""
    with torch.device("meta"):
        folded = ClipEncoderNetwork(network.config)
    folded.load_state_dict(network.state_dict(), assign=True)  # shares the memory
    # Not on a deep copy: that shares the class, from which this would take the original's weight.
    parametrize.remove_parametrizations(folded.audio_encoder.encoder.pos_conv_embed.conv, "weight")
    return folded


def _existing_axes(axes: DynamicAxes, names: Sequence[str]) -> dict[str, dict[int, str]]:
    """Free axes of the inputs and outputs that the file has."""
    return {name: dict(axes[name]) for name in names if name in axes}


def _large_floats(weight: TensorProto) -> np.ndarray | None:
    """The values of a weight that is worth shrinking and fits."""
    if weight.data_type != TensorProto.FLOAT:
        return None
    values = numpy_helper.to_array(weight)
    fits = values.nbytes > _SMALL_BYTES and np.abs(values).max() <= _HALF_MAX
    return values if fits else None


class _DenoiserGraph(nn.Module):
    """Fills in the unused inputs that the file leaves out."""

    def __init__(self, network: ConditionedDenoiser, names: list[str]) -> None:
        super().__init__()
        self._network = network
        self._names = names

    def forward(self, *inputs: Tensor) -> Tensor:
        given = dict(zip(self._names, inputs, strict=True))
        absent = inputs[0].new_zeros(1, 0)
        return self._network(*(given.get(name, absent) for name in _DENOISER_INPUTS))


_DENOISER_INPUTS = (
    "noisy_motion",
    "step",
    "speech",
    "style",
    "shape",
    "previous_motion",
    "previous_speech",
    "indicator",
    "has_speech",
    "has_style",
    "has_previous",
)


def _denoiser_inputs(network: ConditionedDenoiser) -> dict[str, Tensor]:
    """Example inputs of the file, by name and in order."""
    config = network.config
    batch, frames, previous = 2, config.window_frames, config.previous_frames
    inputs = {
        "noisy_motion": torch.zeros(batch, frames, config.motion_dim),
        "step": torch.ones(batch, dtype=torch.int64),
        "speech": torch.zeros(batch, frames, config.speech_dim),
        "style": torch.zeros(batch, config.style_dim),
        "shape": torch.zeros(batch, config.shape_dim),
        "previous_motion": torch.zeros(batch, previous, config.motion_dim),
        "previous_speech": torch.zeros(batch, previous, config.speech_dim),
        "indicator": torch.ones(batch, frames),
        "has_speech": torch.ones(batch),
        "has_style": torch.ones(batch),
        "has_previous": torch.ones(batch),
    }
    absent = set()
    if not config.style_dim:
        absent |= {"style", "has_style"}
    if not config.shape_dim:
        absent |= {"shape"}
    if not config.uses_indicator:
        absent |= {"indicator"}
    device = next(network.parameters()).device
    return {name: inputs[name].to(device) for name in _DENOISER_INPUTS if name not in absent}
