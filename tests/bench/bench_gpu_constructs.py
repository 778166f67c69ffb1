"""Which way to run the sampler's graph is right on a device, and which fast: `python
tests/bench/bench_gpu_constructs.py`. A quarter of a minute on a GPU.

Prints one JSON line for each way, with the largest difference of its windows from those of the
plain graph on the CPU. "fed" is what is served; "one step" and "step by step" are what is served
where that is wrong. "bound before it is filled" is what was served until a GPU was at hand.
"unrolled" is the graph with one copy of the step for each step, in the place of the scan.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal
from unittest import mock

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

from posecast import checkpoints, onnx_session
from posecast.checkpoints import SAMPLER_FILE
from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.guidance import Guidance
from posecast.denoising.onnx_sampler import WINDOWS_OUTPUT, OnnxSampler
from posecast.denoising.window_sampler import DdimSampler
from posecast.onnx_session import open_session

Device = Literal["cpu", "cuda"]
Feeds = dict[str, NDArray[Any]]
Run = Callable[[], NDArray[Any]]
NUM_WINDOWS, NUM_FRAMES = 2, 25
REPEATS = 20


def main() -> None:
    """Try every way and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument("--device", default="cuda", choices=("cpu", "cuda"), help="(%(default)s)")
    parser.add_argument("--steps", type=int, default=4, help="(%(default)s)")
    args = parser.parse_args()
    package = checkpoints.load_package(args.model)
    content = package.path(SAMPLER_FILE).read_bytes()
    config = package.config.denoiser
    conditions, noise = draw_windows(config)
    asked = {"num_steps": args.steps, "guidance": Guidance()}

    on_cpu = OnnxSampler(content, config)
    expected, feeds = record(on_cpu, lambda: on_cpu.sample(conditions, noise, **asked))
    level = np.full(NUM_WINDOWS, config.num_steps // 2, np.int64)
    predicted = on_cpu.predict(noise, level, conditions)
    sampled = on_cpu.sample(conditions, noise, **asked).motion

    def tell(way: str, right: NDArray[Any], make: Callable[[], Run]) -> None:
        line: dict[str, object] = {"bench": "construct", "way": way, "device": args.device}
        try:
            run = make()
            found = run()
            line |= compare(found, right) | {"ms": milliseconds(run)}
        except Exception as error:
            line["error"] = str(error).partition("\n")[0]
        print(json.dumps(line), flush=True)

    for way, make in ways(content, feeds, expected.shape, args.device, args.steps).items():
        tell(way, expected, make)
    on_device = OnnxSampler(content, config, device=args.device)
    loop = DdimSampler(on_device)
    tell("one step", predicted, lambda: lambda: on_device.predict(noise, level, conditions))
    tell("step by step", sampled, lambda: lambda: loop.sample(conditions, noise, **asked).motion)


def ways(
    content: bytes, feeds: Feeds, shape: tuple[int, ...], device: Device, num_steps: int
) -> Mapping[str, Callable[[], Run]]:
    """Makes each way to run the graph."""

    def fed(model: bytes = content, **options: Any) -> Run:
        with configured(**options):
            session = open_session(model, device=device)
        return lambda: session.run([WINDOWS_OUTPUT], feeds)[0]

    level = ort.GraphOptimizationLevel
    return {
        "fed": fed,
        "fed, TF32": lambda: fed(use_tf32="1"),
        "fed, basic optimisations": lambda: fed(optimise=level.ORT_ENABLE_BASIC),
        "fed, no optimisation": lambda: fed(optimise=level.ORT_DISABLE_ALL),
        "unrolled": lambda: fed(unroll(onnx.load_from_string(content), num_steps)),
        "bound on the host": lambda: bind_on_host(content, feeds, shape, device),
        "bound after it is filled": lambda: bind(content, feeds, shape, device, fills_first=True),
        "bound before it is filled": lambda: bind(content, feeds, shape, device, fills_first=False),
    }


def configured(
    *, use_tf32: str = "0", optimise: ort.GraphOptimizationLevel | None = None
) -> mock._patch[Any]:
    """Sessions are opened with another option than served ones."""
    if optimise is None:
        changed = onnx_session._CUDA_OPTIONS | {"use_tf32": use_tf32}
        return mock.patch.object(onnx_session, "_CUDA_OPTIONS", changed)
    usual = ort.SessionOptions

    def options() -> ort.SessionOptions:
        made = usual()
        made.graph_optimization_level = optimise
        return made

    return mock.patch.object(ort, "SessionOptions", options)


def bind(
    content: bytes, feeds: Feeds, shape: tuple[int, ...], device: Device, *, fills_first: bool
) -> Run:
    """Buffers on the device for inputs and output, kept from call to call."""
    session = open_session(content, device=device)
    binding = session.io_binding()
    allocate = ort.OrtValue.ortvalue_from_shape_and_type
    inputs = {n: allocate(list(v.shape), v.dtype.type, device, 0) for n, v in feeds.items()}
    output = allocate(list(shape), np.float32, device, 0)
    binding.bind_ortvalue_output(WINDOWS_OUTPUT, output)

    def fill() -> None:
        for name, values in feeds.items():
            inputs[name].update_inplace(values)

    def bind_inputs() -> None:
        for name, buffer in inputs.items():
            binding.bind_ortvalue_input(name, buffer)
        binding.synchronize_inputs()

    if not fills_first:
        bind_inputs()

    def run() -> NDArray[Any]:
        fill()
        if fills_first:
            bind_inputs()
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return np.array(output.numpy())

    return run


def bind_on_host(content: bytes, feeds: Feeds, shape: tuple[int, ...], device: Device) -> Run:
    """The host's arrays are bound, so that onnxruntime copies each where it is needed."""
    session = open_session(content, device=device)
    output = ort.OrtValue.ortvalue_from_shape_and_type(list(shape), np.float32, device, 0)

    def run() -> NDArray[Any]:
        binding = session.io_binding()
        for name, values in feeds.items():
            binding.bind_cpu_input(name, values)
        binding.bind_ortvalue_output(WINDOWS_OUTPUT, output)
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return np.array(output.numpy())

    return run


def unroll(model: ModelProto, num_steps: int) -> bytes:
    """The graph with its scan replaced by copies of the step; initialisers are shared."""
    graph = model.graph
    at = next(index for index, node in enumerate(graph.node) if node.op_type == "Scan")
    scan = graph.node[at]
    body = next(part.g for part in scan.attribute if part.name == "body")
    before, after = list(graph.node[:at]), list(graph.node[at + 1 :])
    state, predictions, steps = scan.input[0], [], []
    for step in range(num_steps):
        index = f"unrolled_index_{step}"
        graph.initializer.append(numpy_helper.from_array(np.array(step, np.int64), index))
        nodes, state, prediction = one_step(body, scan, state, step, index)
        steps += nodes
        predictions.append(prediction)
    joined = [
        helper.make_node("Identity", [state], [scan.output[0]]),
        helper.make_node("Concat", predictions, [scan.output[1]], axis=0),
    ]
    del graph.node[:]
    graph.node.extend([*before, *steps, *joined, *after])
    return model.SerializeToString()


def one_step(
    body: GraphProto, scan: NodeProto, state: str, step: int, index: str
) -> tuple[list[NodeProto], str, str]:
    """Nodes of a step, with the names of the motion after it and of its stacked prediction."""
    names = {body.input[0].name: state}
    nodes = []
    for inside, outside in zip(body.input[1:], scan.input[1:], strict=True):
        names[inside.name] = f"{inside.name}_of_{step}"
        inputs = [outside, index]
        nodes.append(helper.make_node("Gather", inputs, [names[inside.name]], axis=0))
    for node in body.node:
        copied = NodeProto()
        copied.CopyFrom(node)
        copied.name = f"{node.name or node.op_type}_of_{step}_{len(nodes)}"
        copied.input[:] = [names.get(name, name) for name in node.input]
        names |= {name: f"{name}_of_{step}" for name in node.output}
        copied.output[:] = [names[name] for name in node.output]
        nodes.append(copied)
    after, prediction = (names[value.name] for value in body.output)
    stacked = f"{prediction}_stacked"
    nodes.append(helper.make_node("Unsqueeze", [prediction, "front"], [stacked]))
    return nodes, after, stacked


def record(sampler: OnnxSampler, sample: Callable[[], object]) -> tuple[NDArray[Any], Feeds]:
    """What the sampler's session is fed, and answers."""
    session = sampler._session
    with mock.patch.object(sampler, "_session") as recorder:
        recorder.run.side_effect = session.run
        sample()
    (names, feeds), _ = recorder.run.call_args
    return session.run(names, feeds)[0], feeds


def draw_windows(config: DenoiserConfig) -> tuple[Conditions, NDArray[Any]]:
    """Windows with everything given, and noise."""
    rng = np.random.default_rng(3)

    def draw(*shape: int) -> NDArray[Any]:
        return rng.standard_normal((NUM_WINDOWS, *shape), np.float32)

    given = np.ones(NUM_WINDOWS, np.bool_)
    conditions = Conditions(
        speech=draw(NUM_FRAMES, config.speech_dim),
        style=draw(config.style_dim),
        shape=draw(config.shape_dim),
        previous_motion=draw(config.previous_frames, config.motion_dim),
        previous_speech=draw(config.previous_frames, config.speech_dim),
        indicator=np.ones((NUM_WINDOWS, NUM_FRAMES), np.float32),
        has_speech=given,
        has_style=given,
        has_previous=given,
    )
    return conditions, draw(NUM_FRAMES, config.motion_dim)


def compare(found: NDArray[Any], right: NDArray[Any]) -> dict[str, object]:
    """How far an answer is off."""
    return {
        "largest": float(f"{np.abs(found - right).max():.3g}"),
        "largest_value": float(f"{np.abs(right).max():.3g}"),
        "is_zero": not found.any(),
    }


def milliseconds(run: Run) -> float:
    """The fastest of some calls."""
    spent_s = []
    for _ in range(REPEATS):
        began_s = time.perf_counter()
        run()
        spent_s.append(time.perf_counter() - began_s)
    return round(1e3 * min(spent_s), 3)


if __name__ == "__main__":
    main()
