"""What the published model costs: `python tests/bench/bench_official.py [--device cuda]`.

Prints JSON lines: one guided step (three terms) of a plain implementation, of ours in torch and of
ours as served; a window of 4 s in several numbers of steps; and the speech encoder apart. All run
in turns, on a CPU on one thread, with the weights of the parity recipe, which cost what the
published ones do. Wall times are medians and minima; `cpu_ms` is the processor's time alone, which
other load on the machine moves least; ratios are of it, or with a GPU of wall times.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from torch import Tensor, nn

from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.conditioning.torch_clip_encoder import TorchClipEncoder
from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.config import ClipEncoderConfig, DenoiserConfig
from posecast.denoising.denoiser import Conditions, stack_conditions
from posecast.denoising.guidance import Guidance, Threshold, terms_for, withhold
from posecast.denoising.noise_source import SeededNoise
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.reverse_process import ReverseProcess
from posecast.denoising.sampler import GuidedPrediction
from posecast.denoising.torch_denoiser import ConditionedDenoiser, TorchDenoiser
from posecast.export import export_clip_encoder, export_denoiser
from posecast.nn import sinusoid_table
from posecast.sampler_graph import export_sampler

PARITY = Path(__file__).parents[1] / "assets" / "parity"
CONFIG = DenoiserConfig()
SHAPE = (1, CONFIG.window_frames, CONFIG.motion_dim)
GUIDANCE = Guidance()
STEPS_IN_A_ROUND = 25
NOISE = SeededNoise(1)


class PlainDenoiser(nn.Module):
    """The published network out of torch's own parts, evaluated as it is written down.

    Every frame attends to all speech through a mask, and nothing is kept from one step to the next.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        """Load published weights strictly."""
        super().__init__()
        width = CONFIG.width
        layer = nn.TransformerDecoderLayer(
            width, CONFIG.num_heads, 4 * width, activation="gelu", batch_first=True
        )
        self.transformer = nn.TransformerDecoder(layer, CONFIG.num_layers)
        self.diff_step_map = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)
        )
        self.person_proj = nn.Linear(CONFIG.shape_dim + CONFIG.style_dim, width)
        self.feature_proj = nn.Linear(CONFIG.motion_dim + 1, width)
        self.PE = nn.Parameter(torch.empty(1, 111, width))
        self.motion_dec = nn.Sequential(
            nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, CONFIG.motion_dim)
        )
        prefix = "denoising_net."
        own = {n.removeprefix(prefix): w for n, w in weights.items() if n.startswith(prefix)}
        self.load_state_dict(own, strict=True)
        frame = torch.arange(110)
        forbidden = torch.cat([torch.zeros(1, 110) > 0, frame[:, None] != frame[None]])
        self.register_buffer("_steps", sinusoid_table(CONFIG.num_steps + 1, width))
        self.register_buffer("_forbidden", forbidden)

    def forward(self, motion: Tensor, step: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """Predict previous and current frames. [B, 110, M]"""
        person = self.person_proj(torch.cat([given["shape"], given["style"]], dim=-1))
        person = person + self.diff_step_map(self._steps[step])
        frames = torch.cat([given["previous_motion"], motion], dim=1)
        indicator = torch.cat([motion.new_zeros(len(motion), 10), given["indicator"]], dim=1)
        frames = self.feature_proj(torch.cat([frames, indicator[..., None]], dim=-1))
        tokens = torch.cat([person[:, None], frames], dim=1) + self.PE
        memory = torch.cat([given["previous_speech"], given["speech"]], dim=1)
        tokens = self.transformer(tokens, memory, memory_mask=self._forbidden)
        return self.motion_dec(tokens[:, 1:])


@dataclass
class Cost:
    """Times of one thing that was measured."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def take(self, function: Callable[[], Any], parts: int = 1) -> None:
        """Run once; the time is that of one of several equal parts."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        function()
        self.wall_s.append((time.perf_counter() - wall_s) / parts)
        self.cpu_s.append((time.process_time() - cpu_s) / parts)

    def median_s(self, device: str) -> float:
        """What ratios are made of."""
        return statistics.median(self.cpu_s if device == "cpu" else self.wall_s)

    def figures(self) -> dict[str, float]:
        """In milliseconds."""
        return {
            "ms": round(1000 * statistics.median(self.wall_s), 1),
            "min_ms": round(1000 * min(self.wall_s), 1),
            "cpu_ms": round(1000 * statistics.median(self.cpu_s), 1),
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured in turn")
    parser.add_argument("--steps", default="10,20,50,500", help="of a window, separated by commas")
    parser.add_argument("--no-speech", action="store_true", help="leave the speech encoder out")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="(%(default)s)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.backends.cudnn.allow_tf32 = False  # as in what is served
    with tempfile.TemporaryDirectory() as folder:
        sampler, plain = measure_steps(Path(folder), args.rounds, args.device)
        for num_steps in map(int, args.steps.split(",")):
            measure_window(sampler, num_steps, plain, args.device)
        if not args.no_speech:
            measure_speech(Path(folder), args.rounds, args.device)


def tell(bench: str, **figures: object) -> None:
    """One JSON object on one line."""
    print(json.dumps({"bench": bench, **figures, "load": round(os.getloadavg()[0], 1)}), flush=True)


def measure_steps(folder: Path, rounds: int, device: str) -> tuple[OnnxSampler, Cost]:
    """Guided steps of implementations that agree; gives the served one and the plain cost."""
    weights = recipe_weights(of_audio=False)
    network = ConditionedDenoiser(CONFIG)
    network.load_state_dict(weights, strict=True)
    sampler = export(network, folder, device)
    conditions, motion = make_conditions(), NOISE.start(0, SHAPE)
    served_weights = TorchDenoiser(network, device)
    plain = plain_step(PlainDenoiser(weights).eval().to(device), network, conditions, motion)
    in_torch = GuidedPrediction(served_weights, conditions, motion, GUIDANCE)
    found = {"plain": plain(), "torch": in_torch(motion, 250)}
    found["served"] = one_by_one(sampler, conditions, motion)()
    for name, prediction in found.items():
        np.testing.assert_allclose(prediction, found["plain"], atol=1e-4, err_msg=name)

    process = ReverseProcess(sampler="ddim", num_steps=STEPS_IN_A_ROUND)
    bounded = Guidance(threshold=Threshold())
    runs: dict[str, tuple[Callable[[], Any], int]] = {
        "plain torch": (plain, 1),
        "torch": (lambda: in_torch(motion, 250), 1),
        "served graph, nothing kept": (one_by_one(sampler, conditions, motion), 1),
        "served graph": (lambda: run(sampler, process, GUIDANCE), STEPS_IN_A_ROUND),
        "served graph with threshold": (lambda: run(sampler, process, bounded), STEPS_IN_A_ROUND),
    }
    costs = {name: Cost() for name in runs}
    for _ in range(rounds):
        for name, (function, parts) in runs.items():
            costs[name].take(function, parts)
    for name, cost in costs.items():
        ratio = costs["plain torch"].median_s(device) / cost.median_s(device)
        figures = cost.figures() | {"times_plain": round(ratio, 2)}
        tell("guided step", implementation=name, device=device, **figures)
    return sampler, costs["plain torch"]


def measure_window(sampler: OnnxSampler, num_steps: int, plain: Cost, device: str) -> None:
    """A window of 4 s; all steps are the published DDPM, fewer are DDIM."""
    is_published = num_steps == CONFIG.num_steps
    process = (
        ReverseProcess() if is_published else ReverseProcess(sampler="ddim", num_steps=num_steps)
    )
    cost = Cost()
    for _ in range(1 if is_published else 3):
        cost.take(lambda: run(sampler, process, GUIDANCE))
    window_s = cost.median_s(device)
    tell(
        "window of 4 s",
        sampler=process.sampler,
        num_steps=num_steps,
        device=device,
        **cost.figures(),
        real_time_factor=round(window_s / 4.0, 3),
        times_plain_500=round(CONFIG.num_steps * plain.median_s(device) / window_s, 1),
    )


def measure_speech(folder: Path, rounds: int, device: str) -> None:
    """The speech encoder on 4 s."""
    network = ClipEncoderNetwork(ClipEncoderConfig())
    network.load_state_dict(recipe_weights(of_audio=True), strict=True)
    export_clip_encoder(network.eval(), folder / "clip_encoder.onnx")
    waveform = np.random.default_rng(1).standard_normal((1, 64_000), dtype=np.float32)
    encoders = {
        "torch": TorchClipEncoder(network.to(device)),
        "served": OnnxClipEncoder(folder / "clip_encoder.onnx", network.config, device=device),
    }
    costs = {name: Cost() for name in encoders}
    for _ in range(rounds):
        for name, encoder in encoders.items():
            costs[name].take(lambda encoder=encoder: encoder.encode(waveform, 100))
    for name, cost in costs.items():
        tell("speech features of 4 s", implementation=name, device=device, **cost.figures())


def recipe_weights(*, of_audio: bool) -> dict[str, Tensor]:
    """The denoiser's weights, or those of the speech encoder in its file."""
    spec = importlib.util.spec_from_file_location("parity_gen", PARITY / "parity_gen.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    shapes = generator.load_shapes(PARITY / "shapes_dpt_head.json")
    kept = {name: shape for name, shape in shapes.items() if name.startswith("audio_") == of_audio}
    weights = generator.make_weights("pub-dpt-head", kept)
    return {name: torch.from_numpy(values) for name, values in weights.items()}


def export(network: ConditionedDenoiser, folder: Path, device: str) -> OnnxSampler:
    """The network as it is served."""
    export_denoiser(network, folder / "denoiser.onnx", repeats_motion=True)
    export_sampler(folder / "denoiser.onnx", folder / "sampler.onnx", for_clips=True)
    return OnnxSampler(folder / "sampler.onnx", CONFIG, device=device)


def make_conditions() -> Conditions:
    """One window with everything given."""
    rng, given = np.random.default_rng(2), np.array([True])
    sizes = {
        "speech": (100, CONFIG.speech_dim),
        "style": (CONFIG.style_dim,),
        "shape": (CONFIG.shape_dim,),
        "previous_motion": (10, CONFIG.motion_dim),
        "previous_speech": (10, CONFIG.speech_dim),
    }
    drawn = {
        name: rng.standard_normal((1, *size), dtype=np.float32) for name, size in sizes.items()
    }
    return Conditions(
        **drawn,
        indicator=np.ones((1, 100), np.float32),
        has_speech=given,
        has_style=given,
        has_previous=given,
    )


def run(sampler: OnnxSampler, process: ReverseProcess, guidance: Guidance) -> None:
    """One window, as a clip asks for it."""
    sampler.run(
        process,
        make_conditions(),
        NOISE.start(0, SHAPE),
        step_noise=lambda step: NOISE.step(0, step, SHAPE),
        guidance=guidance,
    )


def one_by_one(
    sampler: OnnxSampler, conditions: Conditions, motion: np.ndarray
) -> Callable[[], np.ndarray]:
    """A guided step that computes anew what no step changes."""
    predict = GuidedPrediction(sampler, conditions, motion, GUIDANCE)
    return lambda: predict(motion, 250)


def plain_step(
    plain: PlainDenoiser, network: ConditionedDenoiser, conditions: Conditions, motion: np.ndarray
) -> Callable[[], np.ndarray]:
    """A guided step of the plain implementation, its conditions prepared beforehand."""
    terms = terms_for(GUIDANCE, conditions)
    rows = stack_conditions(withhold(conditions, terms))
    device = network.null_style_feat.device
    given = {
        name: torch.from_numpy(getattr(rows, name).copy()).to(device)
        for name in ("speech", "style", "shape", "previous_motion", "previous_speech", "indicator")
    }
    with torch.no_grad():
        given["speech"][~rows.has_speech] = network.null_audio_feat.expand(1, 100, -1)
        given["style"][~rows.has_style] = network.null_style_feat[:, 0]
    weights = torch.tensor([term.weight for term in terms], device=device)[:, None, None, None]
    noisy = torch.from_numpy(np.concatenate([motion] * len(terms))).to(device)
    step = torch.full((len(noisy),), 250, device=device)

    def predict() -> np.ndarray:
        with torch.no_grad():
            predictions = plain(noisy, step, given)[:, 10:]
        return (weights * predictions.unflatten(0, (len(terms), -1))).sum(dim=0).cpu().numpy()

    return predict


if __name__ == "__main__":
    main()
