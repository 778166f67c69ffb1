"""How far a FLAME model's streamed motion is from the published one, choice by choice.

    PYTHONPATH=server python tests/bench/bench_streamed_difference.py PACKAGE SPEECH.wav...

Prints one JSON line for each choice that a stream makes otherwise than the published inference,
made alone, and one for what a session does with all of them: root mean square and largest
difference of the normalised motion, beside that of another seed, which shows how far faces lie
apart anyway.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from posecast.audio.clip import read_clip
from posecast.audio.resampler import Resampler
from posecast.conditioning.rolling_clip_encoder import RollingClipEncoder
from posecast.config import SAMPLES_PER_FRAME
from posecast.denoising.noise_source import SeededNoise
from posecast.denoising.reverse_process import ReverseProcess
from posecast.session.clip_options import ClipOptions
from posecast.session.clip_request import ClipRequest
from posecast.session.flame_clip import ClipModel, make_clip_motion
from posecast.session.package_clip_model import open_clip_model


class HearsBlocks:
    """A `ClipEncoder` that hears a clip as a stream is heard: in blocks, with 4 s before each."""

    def __init__(self, encoder, block_frames: int, look_ahead_frames: int) -> None:
        self.config = encoder.config
        self._rolling = RollingClipEncoder(encoder)
        self._block, self._look_ahead = block_frames, look_ahead_frames

    def encode(self, waveform: np.ndarray, num_frames: int) -> np.ndarray:
        ahead = np.zeros(self._look_ahead * SAMPLES_PER_FRAME, np.float32)
        samples = np.concatenate([waveform[0, : num_frames * SAMPLES_PER_FRAME], ahead])
        state, outputs, start = self._rolling.start(self._look_ahead), [], 0
        total = num_frames + self._look_ahead
        while start < total:
            first = self._look_ahead if start == 0 else 0
            end = min(total, start + self._block + first)
            block = samples[start * SAMPLES_PER_FRAME : end * SAMPLES_PER_FRAME]
            features, state = self._rolling.encode(block, state)
            outputs.append(features)
            start = end
        return np.concatenate(outputs)[None, self._look_ahead :]


def choices(model: ClipModel, steps: int) -> Iterator[tuple[str, ClipModel, ClipOptions]]:
    """What differs from the published inference, one at a time, then all that a stream does."""
    usual = ClipOptions(process=ReverseProcess(sampler="ddim", num_steps=steps))
    fewer = dataclasses.replace(usual, process=ReverseProcess(sampler="ddim", num_steps=10))

    def hearing(block: int, look_ahead: int) -> ClipModel:
        return dataclasses.replace(model, encoder=HearsBlocks(model.encoder, block, look_ahead))

    yield "another seed", model, usual
    yield (
        "noise of its own in each window",
        model,
        dataclasses.replace(usual, reuses_start_noise=False),
    )
    yield "each window hears its own 4 s", model, dataclasses.replace(usual, hears_whole_clip=False)
    yield "blocks of 4 s, 4 s before, 160 ms ahead", hearing(100, 4), usual
    yield "blocks of 1 s, 4 s before, 160 ms ahead", hearing(25, 4), usual
    yield "blocks of 0.12 s, 4 s before, 120 ms ahead", hearing(3, 3), usual
    yield "10 DDIM steps", model, fewer
    yield (
        "offline stream: blocks of 4 s, noise of its own",
        hearing(100, 4),
        dataclasses.replace(usual, reuses_start_noise=False),
    )


def difference(rows: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    flat = np.concatenate([(a - b).ravel() for a, b in rows])
    return {
        "rms": round(float(np.sqrt((flat**2).mean())), 4),
        "largest": round(float(np.abs(flat).max()), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("speech", type=Path, nargs="+")
    parser.add_argument("--steps", type=int, default=50, help="DDIM steps of the published side")
    args = parser.parse_args()
    _package, model = open_clip_model(args.package)
    clips = []
    for path in args.speech:
        clip = read_clip(path, max_duration_s=900.0)
        resampler = Resampler(clip.sample_rate_hz)
        clips.append(np.concatenate([resampler.push(clip.samples), resampler.finish()]))

    def motions(own: ClipModel, options: ClipOptions, seed: int) -> list[np.ndarray]:
        noise = SeededNoise(seed)
        return [
            make_clip_motion(own, ClipRequest(samples=clip, options=options), noise)[0]
            for clip in clips
        ]

    published = ClipOptions(process=ReverseProcess(sampler="ddim", num_steps=args.steps))
    reference = motions(model, published, 1)
    spread = float(np.concatenate(reference).std())
    for name, own, options in choices(model, args.steps):
        made = motions(own, options, 2 if name == "another seed" else 1)
        told = difference(list(zip(made, reference, strict=True)))
        print(json.dumps({"choice": name, **told, "std_of_motion": round(spread, 3)}), flush=True)


if __name__ == "__main__":
    main()
