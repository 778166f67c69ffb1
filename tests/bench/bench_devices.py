"""What a GPU makes of a model, against the CPU: `python tests/bench/bench_devices.py`.

Prints JSON lines. "difference": largest and mean absolute difference of what each network answers
to the very same inputs, those of a stream of the bundled speech, and of the frames when everything
runs on the device. "copies": how often one step of the sampler copies between the device and the
host, and how many of its nodes run where, from onnxruntime's profiles of two numbers of steps.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import onnxruntime as ort

from posecast import checkpoints
from posecast.audio.clip import read_clip
from posecast.checkpoints import SAMPLER_FILE, STYLE_ENCODER_FILE, ModelPackage
from posecast.conditioning.onnx_style_encoder import OnnxStyleEncoder
from posecast.config import FRAMES_PER_WINDOW, AnimationOptions
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.window_sampler import WindowSampler
from posecast.rig.retarget import MotionScale
from posecast.session.engine import AnimationEngine
from posecast.session.streaming import StreamingSession
from posecast.session.style_extraction import cut_windows, motion_of
from posecast.signals import FaceFrames, Waveform

CHUNK_S = 0.02
FEW_STEPS, MORE_STEPS = 4, 12
"""Of the two profiles; what differs between them is what steps cost."""
COPIES = ("MemcpyToHost", "MemcpyFromHost")


class Compared:
    """Answers as one network does, and notes how far another is from it."""

    def __init__(self, reference: Any, other: Any, method: str, parts: Callable[..., list]) -> None:
        """Compare two networks.

        Args:
            reference: Whose answers count.
            other: Is asked the same.
            method: What is compared.
            parts: The arrays of an answer.
        """
        self._reference, self._other = reference, other
        self._method, self._parts = method, parts
        self.last_call: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
        self.differences: list[np.ndarray] = []
        self.largest_value = 0.0

    def __getattr__(self, name: str) -> Any:
        """The reference's own; the compared method asks both."""
        found = getattr(self._reference, name)
        return self._ask_both if name == self._method else found

    def _ask_both(self, *args: Any, **options: Any) -> Any:
        self.last_call = (args, options)
        answers = [
            getattr(network, self._method)(*args, **options)
            for network in (self._reference, self._other)
        ]
        for expected, found in zip(*map(self._parts, answers), strict=True):
            self.differences.append(np.abs(found - expected).ravel())
            self.largest_value = max(self.largest_value, float(np.abs(expected).max(initial=0.0)))
        return answers[0]


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument("--device", default="cuda", choices=("cpu", "cuda"), help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=12.0, help="length of the speech")
    args = parser.parse_args()
    package = checkpoints.load_package(args.model)
    # A network that is wrong on the device is served another way, and standard error tells of it.
    reference, other = (AnimationEngine.load(args.model, name) for name in ("cpu", args.device))
    speech = read_speech(args.seconds)
    for mode in FRAMES_PER_WINDOW:
        options = AnimationOptions(seed=1, mode=mode)
        frames, sampler = compare_stream(reference, other, options, speech)
    compare_style_encoders(package, frames, args.device)
    count_copies(package, sampler, args.device)


def compare_stream(
    reference: AnimationEngine, other: AnimationEngine, options: AnimationOptions, speech: Waveform
) -> tuple[FaceFrames, Compared]:
    """One utterance; gives the CPU's frames and what its sampler was asked."""
    encoder = Compared(
        reference.speech_encoder,
        other.speech_encoder,
        "encode_batch",
        lambda rows: [part for features, state in rows for part in (features, *state.layers)],
    )
    sampler = Compared(
        reference.sampler,
        other.sampler,
        "sample",
        lambda windows: [windows.motion, windows.first_clean],
    )
    compared = dataclasses.replace(reference, speech_encoder=encoder, sampler=sampler)
    expected, found = (animate(engine, options, speech) for engine in (compared, other))
    for stage, network in (("speech encoder", encoder), ("sampler", sampler)):
        differences = np.concatenate(network.differences)
        tell_difference(stage, options.mode, other.device, differences, network.largest_value)
    for part in ("weights", "head"):
        values = getattr(expected, part)
        differences = np.abs(getattr(found, part) - values).ravel()
        tell_difference(
            f"frames, {part}", options.mode, other.device, differences, np.abs(values).max()
        )
    return expected, sampler


def animate(engine: AnimationEngine, options: AnimationOptions, speech: Waveform) -> FaceFrames:
    """All frames of one utterance."""
    rate_hz = speech.sample_rate_hz
    session = StreamingSession(engine, options, sample_rate_hz=rate_hz)
    chunk_samples = round(CHUNK_S * rate_hz)
    made = [
        session.push(speech.samples[start : start + chunk_samples])
        for start in range(0, len(speech.samples), chunk_samples)
    ]
    made.append(session.finish())
    return FaceFrames(
        first_index=0,
        frame_rate_hz=made[0].frame_rate_hz,
        weights=np.concatenate([frames.weights for frames in made]),
        head=np.concatenate([frames.head for frames in made]),
    )


def compare_style_encoders(package: ModelPackage, frames: FaceFrames, device: str) -> None:
    """Style vectors of what the model itself made."""
    scale = MotionScale(mean=package.motion_mean, std=package.motion_std)
    windows = cut_windows(scale.normalise(motion_of(frames)))
    expected, found = (
        OnnxStyleEncoder(
            package.path(STYLE_ENCODER_FILE), package.config.style_encoder, device=name
        ).encode(windows)
        for name in ("cpu", device)
    )
    differences = np.abs(found - expected).ravel()
    tell_difference("style encoder", None, device, differences, np.abs(expected).max())


def count_copies(package: ModelPackage, asked: Compared, device: str) -> None:
    """What one step of the sampler copies, and what runs where."""
    args, options = asked.last_call
    few, more = (
        profile(
            package,
            device,
            lambda sampler, k=k: sampler.sample(*args, **options | {"num_steps": k}),
        )
        for k in (FEW_STEPS, MORE_STEPS)
    )
    in_a_step = {
        node: (count - few[node]) / (MORE_STEPS - FEW_STEPS)
        for node, count in more.items()
        if count != few[node]
    }
    providers: Counter[str] = Counter()
    for (_, provider), count in in_a_step.items():
        providers[provider] += count
    print_line(
        bench="copies",
        device=device,
        copies_in_a_step=sum(n for (op, _), n in in_a_step.items() if op in COPIES),
        copies_in_all=sum(n for (op, _), n in more.items() if op in COPIES),
        nodes_in_a_step=dict(providers),
        on_the_cpu_in_a_step={
            op: n for (op, provider), n in in_a_step.items() if provider.startswith("CPU")
        },
        steps=MORE_STEPS,
    )


def profile(
    package: ModelPackage, device: str, run: Callable[[WindowSampler], Any]
) -> Counter[tuple[str, str]]:
    """Nodes that one evaluation ran, by operator and provider."""
    with tempfile.TemporaryDirectory() as folder, profiled_sessions(Path(folder)) as sessions:
        run(OnnxSampler(package.path(SAMPLER_FILE), package.config.denoiser, device=device))
        (session,) = sessions
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    return Counter(
        (event["args"]["op_name"], event["args"]["provider"])
        for event in events
        if event["cat"] == "Node" and event["name"].endswith("_kernel_time")
    )


@contextmanager
def profiled_sessions(folder: Path) -> Iterator[list[ort.InferenceSession]]:
    """Sessions as they are served, except that they keep a profile; those that were opened."""
    opened: list[ort.InferenceSession] = []
    usual_options, usual_session = ort.SessionOptions, ort.InferenceSession

    def options() -> ort.SessionOptions:
        made = usual_options()
        made.enable_profiling, made.profile_file_prefix = True, str(folder / "profile")
        return made

    def session(*args: Any, **given: Any) -> ort.InferenceSession:
        opened.append(usual_session(*args, **given))
        return opened[-1]

    with (
        mock.patch.object(ort, "SessionOptions", options),
        mock.patch.object(ort, "InferenceSession", session),
    ):
        yield opened


def read_speech(duration_s: float) -> Waveform:
    """The bundled speech, over and over."""
    with resources.as_file(resources.files("posecast") / "samples" / "hello.wav") as path:
        clip = read_clip(path, max_duration_s=60.0)
    samples = np.resize(clip.samples, round(duration_s * clip.sample_rate_hz))
    return Waveform(samples=samples, sample_rate_hz=clip.sample_rate_hz)


def tell_difference(
    stage: str, mode: str | None, device: str, differences: np.ndarray, largest_value: float
) -> None:
    """One JSON line about differences from the CPU."""
    print_line(
        bench="difference",
        stage=stage,
        mode=mode,
        device=device,
        largest=float(f"{differences.max():.3g}"),
        mean=float(f"{differences.mean():.3g}"),
        largest_value=float(f"{largest_value:.3g}"),
        numbers=len(differences),
    )


def print_line(**figures: object) -> None:
    """One JSON object on one line."""
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
