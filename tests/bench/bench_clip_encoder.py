"""What HuBERT costs whole and in chunks: `python tests/bench/bench_clip_encoder.py`.

Prints JSON lines. `time`: milliseconds for each second of audio, the least of the repeats, and the
most memory that the process has had since the network was loaded (Linux). `difference`: how far the
features of chunks are from those of the whole clip, in units of the features' own deviation.
Weights of the published sizes come from the recipe in tests/assets/parity: times are those of
trained weights, differences only hint at theirs. The network runs over onnxruntime on one thread
unless told otherwise.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
from importlib import resources
from pathlib import Path

import numpy as np
import torch

from posecast.audio.clip import read_clip
from posecast.conditioning.chunked_clip_encoder import ChunkedClipEncoder
from posecast.conditioning.clip_encoder import ClipEncoder
from posecast.conditioning.clip_waveform import normalise_waveform
from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.config import FRAME_RATE_HZ, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, ClipEncoderConfig
from posecast.export import export_clip_encoder
from posecast.signals import FloatArray

ASSETS = Path(__file__).parents[1] / "assets" / "parity"


def main() -> None:
    """Measure times, then differences, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, nargs="+", default=[4, 16, 60], help="of audio")
    parser.add_argument("--chunk-frames", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--context-frames", type=int, nargs="+", default=[0, 25, 50, 100, 200])
    parser.add_argument("--timed-context-frames", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3, help="of each time")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--recordings", type=Path, nargs="+", help="joined; default: the bundled")
    parser.add_argument("--parts", choices=("time", "difference"), nargs="+")
    args = parser.parse_args()
    parts = args.parts or ("time", "difference")
    speech = read_speech(args.recordings, max(args.seconds))
    encoder = make_encoder(args.threads)
    if "time" in parts:
        Path("/proc/self/clear_refs").write_text("5")  # forgets the memory that the export took
        for chunk_frames in [*args.chunk_frames, None]:  # the whole last: memory only rises
            chunked = in_chunks(encoder, chunk_frames, args.timed_context_frames)
            for seconds in args.seconds:
                clip = normalise_waveform(speech[: seconds * SAMPLE_RATE_HZ])
                print_time(chunked, chunk_frames, clip, args.repeats)
    if "difference" in parts:
        print_differences(encoder, normalise_waveform(speech), args)


def read_speech(recordings: list[Path] | None, duration_s: int) -> FloatArray:
    """Recordings joined, over and over until there is enough. [S]"""
    if recordings:
        clips = [read_clip(path, max_duration_s=3600.0) for path in recordings]
    else:
        with resources.as_file(resources.files("posecast") / "samples" / "hello.wav") as path:
            clips = [read_clip(path, max_duration_s=60.0)]
    for clip in clips:
        if clip.sample_rate_hz != SAMPLE_RATE_HZ:
            raise SystemExit(f"{clip.sample_rate_hz} Hz; allowed: {SAMPLE_RATE_HZ} Hz")
    joined = np.concatenate([clip.samples for clip in clips])
    return np.resize(joined, duration_s * SAMPLE_RATE_HZ)


def make_encoder(num_threads: int) -> OnnxClipEncoder:
    """The published sizes with weights of the recipe."""
    spec = importlib.util.spec_from_file_location("parity_gen", ASSETS / "parity_gen.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{ASSETS / 'parity_gen.py'} cannot be read")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    with torch.device("meta"):
        network = ClipEncoderNetwork(ClipEncoderConfig())
    weights = {
        name: torch.from_numpy(generator.weight("pub-dpt-head", name, values.shape))
        for name, values in network.state_dict().items()
    }
    network.load_state_dict(weights, strict=True, assign=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip_encoder.onnx"
        export_clip_encoder(network, path)
        return OnnxClipEncoder(path, network.config, num_threads=num_threads)


def in_chunks(encoder: ClipEncoder, chunk_frames: int | None, context_frames: int) -> ClipEncoder:
    """The encoder in chunks; None for itself."""
    if chunk_frames is None:
        return encoder
    return ChunkedClipEncoder(encoder, chunk_frames=chunk_frames, context_frames=context_frames)


def encode(encoder: ClipEncoder, clip: FloatArray) -> FloatArray:
    """Features of one clip. [T, D]"""
    return encoder.encode(clip[None], len(clip) // SAMPLES_PER_FRAME)[0]


def print_time(
    encoder: ClipEncoder, chunk_frames: int | None, clip: FloatArray, repeats: int
) -> None:
    """One JSON object on one line."""
    costs_s = []
    for _ in range(repeats):
        started_s = time.perf_counter()
        encode(encoder, clip)
        costs_s.append(time.perf_counter() - started_s)
    duration_s = len(clip) / SAMPLE_RATE_HZ
    figures = {
        "bench": "clip_encoder",
        "part": "time",
        "seconds": duration_s,
        "chunk_frames": chunk_frames,
        "ms_per_second": round(1000 * min(costs_s) / duration_s, 1),
        "most_mb": most_memory_mb(),
    }
    print(json.dumps(figures), flush=True)


def most_memory_mb() -> int:
    """High-water mark of the resident memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (mark,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(mark) // 1024


def print_differences(encoder: ClipEncoder, clip: FloatArray, args: argparse.Namespace) -> None:
    """One JSON object for each chunk and context."""
    whole = encode(encoder, clip)
    deviation = float(whole.std())
    for chunk_frames in args.chunk_frames:
        for context_frames in args.context_frames:
            chunked = in_chunks(encoder, chunk_frames, context_frames)
            error = (encode(chunked, clip) - whole) / deviation
            figures = {
                "bench": "clip_encoder",
                "part": "difference",
                "seconds": len(whole) / FRAME_RATE_HZ,
                "chunk_frames": chunk_frames,
                "context_frames": context_frames,
                "rms": round(float(np.sqrt(np.mean(error**2))), 4),
                "largest": round(float(np.abs(error).max()), 3),
            }
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
