"""Real-time factor of a session on one core: `python tests/bench/bench_realtime.py`.

Prints one JSON line for each latency mode. On a CPU the networks run on one thread; `cpu_factor` is
the CPU time of the whole process, which a busy machine does not change.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from importlib import resources

import numpy as np

from posecast.audio.clip import read_clip
from posecast.config import FRAMES_PER_WINDOW, AnimationOptions
from posecast.session.engine import AnimationEngine
from posecast.session.streaming import StreamingSession
from posecast.signals import FloatArray

CHUNK_S = 0.02


def main() -> None:
    """Measure every mode and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the speech")
    parser.add_argument("--repeats", type=int, default=5, help="runs, of which the median counts")
    args = parser.parse_args()
    started_s = time.perf_counter()
    engine = AnimationEngine.load(args.model, args.device)
    load_s = time.perf_counter() - started_s
    samples, sample_rate_hz = read_speech(args.seconds)
    for mode in FRAMES_PER_WINDOW:
        options = AnimationOptions(seed=1, mode=mode)
        animate(engine, options, samples[: 5 * sample_rate_hz], sample_rate_hz)  # warm up
        runs = [animate(engine, options, samples, sample_rate_hz) for _ in range(args.repeats)]
        print_line(
            bench="real-time factor",
            mode=mode,
            device=engine.device,
            real_time_factor=statistics.median(run[0] for run in runs) / args.seconds,
            cpu_factor=statistics.median(run[1] for run in runs) / args.seconds,
            speech_s=args.seconds,
            repeats=args.repeats,
            load_s=load_s,
        )


def read_speech(duration_s: float) -> tuple[FloatArray, int]:
    """The bundled speech, over and over. [S]"""
    with resources.as_file(resources.files("posecast") / "samples" / "hello.wav") as path:
        clip = read_clip(path, max_duration_s=60.0)
    return np.resize(clip.samples, round(duration_s * clip.sample_rate_hz)), clip.sample_rate_hz


def animate(
    engine: AnimationEngine, options: AnimationOptions, samples: FloatArray, sample_rate_hz: int
) -> tuple[float, float]:
    """Wall and CPU seconds of one utterance in chunks of 20 ms."""
    chunk_samples = round(CHUNK_S * sample_rate_hz)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    session = StreamingSession(engine, options, sample_rate_hz=sample_rate_hz)
    for start in range(0, len(samples), chunk_samples):
        session.push(samples[start : start + chunk_samples])
    session.finish()
    return time.perf_counter() - wall_s, time.process_time() - cpu_s


def print_line(**figures: object) -> None:
    """One JSON object on one line."""
    rounded = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in figures.items()
    }
    print(json.dumps(rounded), flush=True)


if __name__ == "__main__":
    main()
