"""Builds the ONNX graph that samples whole windows from the graph of a denoiser.

    conditions ----> what no step changes ---+
                                             v
    start_motion --> Scan over the K steps: repeat for each term -> network -> weigh -> next motion
                                             |
                      windows <--------------+   [last motion, first prediction]

A `Scan`, not a `Loop`: it has no condition that a GPU would have to copy to the host in every step,
and the steps' inputs are slices of arrays, not computed in every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper

_CHANGING = ("noisy_motion", "step")


def export_sampler(denoiser: Path, path: Path, *, for_clips: bool = False) -> None:
    """Write the sampler of a denoiser; see `build_sampler`.

    Args:
        denoiser: File that `export.export_denoiser` wrote, shrunk or not.
        path: File to write.
        for_clips: Whether it takes noise in every step, and bounds predictions.
    """
    model = build_sampler(onnx.load(denoiser), for_clips=for_clips)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def build_sampler(denoiser: ModelProto, *, for_clips: bool = False) -> ModelProto:
    """Wrap a denoiser in a scan over diffusion steps; its weights are stored once.

    Whatever depends on neither the noisy motion nor the step is computed once, before the first.

    Inputs, for B windows and E terms of guidance, so R = E B rows, one term after another:
    `start_motion` [B, T, M]; `steps` [K, R]; `from_prediction` and `from_motion` [K, T, 1], the
    shares of the two in the motion one step on; `term_weights` [1, E]; and the conditions of the
    denoiser, R rows each. Output: `windows` [2, B, T, M], last motion and first guided prediction.

    For clips also: `step_noise`, which each step adds, [K, B, T, M] or [K, 1, 1, 1]; and the bound
    of each prediction, from `bound_limits` [2], low and high, where it lies between them a sum of
    its Q largest absolute values in falling order, with the shares `quantile_weights` [Q, 1];
    `real_frames` [T, 1] is 0 for frames that do not count.

    Args:
        denoiser: Graph whose output is `prediction`.
        for_clips: Whether the steps take these. Live windows do without: their network is so small
            that a dozen nodes more in every step would show.

    Returns:
        The graph.

    Source:
        arXiv:2010.02502, eq. 12 with sigma = 0, and arXiv:2006.11239, eq. 7 and 11, as shares of
        the prediction, of the motion and of noise.
    """
    graph = denoiser.graph
    before, in_step = _split_nodes(graph.node)
    motion = _input_named(graph, "noisy_motion")
    bound, bounded = (_bound_prediction(), "bounded") if for_clips else ([], "prediction")
    body = helper.make_graph(
        [
            _repeat_motion(motion),
            *in_step,
            *bound,
            helper.make_node("Reshape", [bounded, "term_rows"], ["term_predictions"]),
            helper.make_node("MatMul", ["term_weights", "term_predictions"], ["blended"]),
            helper.make_node("Shape", ["motion"], ["motion_shape"]),
            helper.make_node("Reshape", ["blended", "motion_shape"], ["guided"]),
            *_move_on(adds_noise=for_clips),
        ],
        "step",
        [
            _renamed(motion, "motion", "windows"),
            helper.make_tensor_value_info("step", TensorProto.INT64, ["rows"]),
            _floats("prediction_share", ["frames", 1]),
            _floats("motion_share", ["frames", 1]),
            *([_floats("noise", _noise_sizes())] if for_clips else []),
        ],
        [_renamed(motion, "next_motion", "windows"), _renamed(motion, "guided", "windows")],
    )
    main = helper.make_graph(
        [
            *before,
            *_term_shapes(),
            *(_bound_parts() if for_clips else []),
            _scan(body),
            *_join_results(),
        ],
        "sampler",
        _inputs(graph, motion, for_clips=for_clips),
        [_floats("windows", [2, *_sizes(motion, "windows")])],
        initializer=graph.initializer,
    )
    return helper.make_model(
        main, opset_imports=denoiser.opset_import, ir_version=denoiser.ir_version
    )


def _split_nodes(nodes: Sequence[NodeProto]) -> tuple[list[NodeProto], list[NodeProto]]:
    """Those that depend on neither changing input, and the others; both in order."""
    changing = set(_CHANGING)
    before, in_step = [], []
    for node in nodes:
        if changing.intersection(node.input):
            changing.update(node.output)
            in_step.append(node)
        else:
            before.append(node)
    return before, in_step


def _repeat_motion(motion: ValueInfoProto) -> NodeProto:
    """The motion as the denoiser takes it: once a term, unless it repeats motion itself."""
    if motion.type.tensor_type.shape.dim[0].dim_param == "windows":
        return helper.make_node("Identity", ["motion"], ["noisy_motion"])
    return helper.make_node("Tile", ["motion", "term_repeats"], ["noisy_motion"])


def _bound_prediction() -> list[NodeProto]:
    """Clip each row to a quantile of its own absolute values, held between two limits."""
    return [
        helper.make_node("Abs", ["prediction"], ["sizes"]),
        helper.make_node("Mul", ["sizes", "real_frames"], ["real_sizes"]),
        helper.make_node("Reshape", ["real_sizes", "flat"], ["flat_sizes"]),
        helper.make_node("TopK", ["flat_sizes", "num_largest"], ["largest", "largest_at"]),
        helper.make_node("MatMul", ["largest", "quantile_weights"], ["quantile"]),
        helper.make_node("Max", ["quantile", "low_limit"], ["not_too_low"]),
        helper.make_node("Min", ["not_too_low", "high_limit"], ["limit"]),
        helper.make_node("Unsqueeze", ["limit", "back"], ["upper"]),
        helper.make_node("Neg", ["upper"], ["lower"]),
        helper.make_node("Max", ["prediction", "lower"], ["not_below"]),
        helper.make_node("Min", ["not_below", "upper"], ["bounded"]),
    ]


def _move_on(*, adds_noise: bool) -> list[NodeProto]:
    """The motion one step on."""
    mean = "mean" if adds_noise else "next_motion"
    nodes = [
        helper.make_node("Mul", ["prediction_share", "guided"], ["kept_prediction"]),
        helper.make_node("Mul", ["motion_share", "motion"], ["kept_motion"]),
        helper.make_node("Add", ["kept_prediction", "kept_motion"], [mean]),
    ]
    if adds_noise:
        nodes.append(helper.make_node("Add", [mean, "noise"], ["next_motion"]))
    return nodes


def _term_shapes() -> list[NodeProto]:
    """How often the motion is repeated, and the shape in which predictions are weighed."""
    return [
        _constant("one", [1]),
        _constant("rest", [-1]),
        helper.make_node("Shape", ["term_weights"], ["num_terms"], start=1),
        helper.make_node("Concat", ["num_terms", "one", "one"], ["term_repeats"], axis=0),
        helper.make_node("Concat", ["num_terms", "rest"], ["term_rows"], axis=0),
    ]


def _bound_parts() -> list[NodeProto]:
    """What bounding needs that no step changes."""
    return [
        _constant("flat", [0, -1]),
        _constant("back", [2]),
        helper.make_node("Shape", ["quantile_weights"], ["num_largest"], end=1),
        helper.make_node("Split", ["bound_limits"], ["low_limit", "high_limit"]),
    ]


def _scan(body: GraphProto) -> NodeProto:
    inputs = ["start_motion", "steps", "from_prediction", "from_motion", "step_noise"]
    inputs = inputs[: len(body.input)]
    outputs = ["last_motion", "predictions"]
    return helper.make_node("Scan", inputs, outputs, body=body, num_scan_inputs=len(inputs) - 1)


def _join_results() -> list[NodeProto]:
    """One output, so that one copy brings all to the host."""
    return [
        _constant("first", [0]),
        _constant("front", [0]),
        helper.make_node("Gather", ["predictions", "first"], ["first_prediction"], axis=0),
        helper.make_node("Unsqueeze", ["last_motion", "front"], ["stacked_motion"]),
        helper.make_node("Concat", ["stacked_motion", "first_prediction"], ["windows"], axis=0),
    ]


def _inputs(graph: GraphProto, motion: ValueInfoProto, *, for_clips: bool) -> list[ValueInfoProto]:
    given = [_renamed(value, value.name, "rows") for value in graph.input]
    of_clips = [
        _floats("step_noise", ["num_steps", *_noise_sizes()]),
        _floats("quantile_weights", ["num_largest", 1]),
        _floats("bound_limits", [2]),
        _floats("real_frames", ["frames", 1]),
    ]
    return [
        _renamed(motion, "start_motion", "windows"),
        helper.make_tensor_value_info("steps", TensorProto.INT64, ["num_steps", "rows"]),
        _floats("from_prediction", ["num_steps", "frames", 1]),
        _floats("from_motion", ["num_steps", "frames", 1]),
        _floats("term_weights", [1, "terms"]),
        *(of_clips if for_clips else []),
        *(value for value in given if value.name not in _CHANGING),
    ]


def _noise_sizes() -> list[int | str]:
    """Names of their own: noise of size 1 is the same for all."""
    return ["noise_windows", "noise_frames", "noise_columns"]


def _input_named(graph: GraphProto, name: str) -> ValueInfoProto:
    return next(value for value in graph.input if value.name == name)


def _renamed(value: ValueInfoProto, name: str, batch: str) -> ValueInfoProto:
    return _floats(name, _sizes(value, batch))


def _sizes(value: ValueInfoProto, batch: str) -> list[int | str]:
    """Sizes of a value, the first one under another name."""
    sizes = [size.dim_value or size.dim_param for size in value.type.tensor_type.shape.dim]
    return [batch, *sizes[1:]]


def _floats(name: str, sizes: Iterable[int | str]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(sizes))


def _constant(name: str, values: Sequence[int]) -> NodeProto:
    tensor = helper.make_tensor(name, TensorProto.INT64, [len(values)], values)
    return helper.make_node("Constant", [], [name], value=tensor)
