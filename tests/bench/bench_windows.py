"""What a window of a batch of streams costs: `python tests/bench/bench_windows.py`.

Prints one JSON line for each latency mode and number of streams: milliseconds of a window, that is
of a batch over its streams, as medians and minima, in parts: speech encoder with its spectra,
sampler, and the rest, which is NumPy and Python before, between and after the two. On a CPU the
networks run on one thread. A busy machine moves medians; the minima are what the code takes.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import numpy as np

from posecast.audio.clip import read_clip
from posecast.config import AnimationOptions
from posecast.session.batch import make_next_windows
from posecast.session.engine import AnimationEngine
from posecast.session.streaming import StreamingSession
from posecast.signals import FloatArray

BATCHES = {"realtime": (1, 4, 8, 12), "balanced": (1, 4)}
PARTS = ("encoder", "sampler", "rest", "total")
WARM_UP_WINDOWS = 4
"""The first ones of a stream are of other lengths, and the first of a length allocates."""


class TimedCalls:
    """Passes everything on to an object and adds up the seconds that one method takes."""

    def __init__(self, timed: Any, method: str) -> None:
        """Take an object over.

        Args:
            timed: The object.
            method: Name of the method whose calls are timed.
        """
        self._timed, self._method = timed, method
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        """The object's own, the timed method in a stopwatch."""
        found = getattr(self._timed, name)
        return self._timing(found) if name == self._method else found

    def _timing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            started_s = time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                self.seconds += time.perf_counter() - started_s

        return call


def main() -> None:
    """Measure every mode and number of streams, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="speech of each stream")
    parser.add_argument("--rate", type=int, default=30, help="frames in a second")
    parser.add_argument(
        "--batches", type=lambda text: tuple(map(int, text.split(","))), metavar="N,...",
        help="streams at a time; default: those of one core",
    )  # fmt: skip
    args = parser.parse_args()
    engine = AnimationEngine.load(args.model, args.device)
    speech, sample_rate_hz = read_speech(args.seconds)
    for mode, batches in BATCHES.items():
        for batch in args.batches or batches:
            options = AnimationOptions(mode=mode, frame_rate_hz=args.rate)
            costs = measure(engine, options, speech, sample_rate_hz, batch)
            print_line(mode, engine.device, batch, costs)


def read_speech(duration_s: float) -> tuple[FloatArray, int]:
    """The bundled speech, over and over. [S]"""
    with resources.as_file(resources.files("posecast") / "samples" / "hello.wav") as path:
        clip = read_clip(path, max_duration_s=60.0)
    return np.resize(clip.samples, round(duration_s * clip.sample_rate_hz)), clip.sample_rate_hz


def measure(
    engine: AnimationEngine,
    options: AnimationOptions,
    speech: FloatArray,
    sample_rate_hz: int,
    batch: int,
) -> list[tuple[float, ...]]:
    """Seconds of each batch, in the order of `PARTS`."""
    encoder = TimedCalls(engine.speech_encoder, "encode_batch")
    sampler = TimedCalls(engine.sampler, "sample")
    timed = dataclasses.replace(engine, speech_encoder=encoder, sampler=sampler)
    sessions = [
        StreamingSession(
            timed, dataclasses.replace(options, seed=seed), sample_rate_hz=sample_rate_hz
        )
        for seed in range(batch)
    ]
    for index, session in enumerate(sessions):
        session.take(np.roll(speech, index * sample_rate_hz // 3))  # no two say the same
    for _ in range(WARM_UP_WINDOWS):
        make_next_windows(sessions)
    costs = []
    while all(session.has_window for session in sessions):
        encoder.seconds = sampler.seconds = 0.0
        started_s = time.perf_counter()
        make_next_windows(sessions)
        total_s = time.perf_counter() - started_s
        rest_s = total_s - encoder.seconds - sampler.seconds
        costs.append((encoder.seconds, sampler.seconds, rest_s, total_s))
    return costs


def print_line(mode: str, device: str, batch: int, costs: Sequence[tuple[float, ...]]) -> None:
    """One JSON object on one line."""
    figures: dict[str, object] = {
        "bench": "window", "mode": mode, "device": device, "batch": batch
    }  # fmt: skip
    for name, seconds in zip(PARTS, zip(*costs, strict=True), strict=True):
        a_window = 1000 / batch
        figures[f"{name}_ms"] = round(statistics.median(seconds) * a_window, 3)
        figures[f"{name}_min_ms"] = round(min(seconds) * a_window, 3)
    print(json.dumps(figures | {"repeats": len(costs)}), flush=True)


if __name__ == "__main__":
    main()
