"""A stream that goes on for hours: `python tests/bench/bench_long.py --frames 2000000`.

One client sends speech at once, utterance after utterance, on one stream of a server of its own,
and checks every frame that comes back. Prints a JSON line now and then and one at the end: frames
that were expected and came, gaps in their indices, the server's memory as it went, the head's
range, and the largest steps of head and lips across the borders of windows and within them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import grpc
import numpy as np
import psutil
from bench_server import print_line, read_speech, serving

from posecast.audio.pcm import AudioFormat
from posecast.config import FRAME_RATE_HZ, AnimationOptions
from posecast.rig.arkit import CURVE_INDEX, LIP_CURVES
from posecast.rig.head_pose import yaw_pitch_roll_deg_from_quaternion
from posecast.session.timeline import choose_schedule
from posecast.signals import FaceFrames
from posecast.transport import codec, settings_codec
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc

_LIPS = [CURVE_INDEX[name] for name in LIP_CURVES]
_REPORT_FRAMES = 100_000


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument("--frames", type=int, default=2_000_000, help="how many to ask for")
    parser.add_argument("--utterance-seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=int, default=60)
    parser.add_argument("--mode", default="balanced")
    parser.add_argument("--steps", type=int, help="diffusion steps, fewer run quicker")
    args = parser.parse_args()
    options = AnimationOptions(
        seed=1, mode=args.mode, frame_rate_hz=args.rate, sampling_steps=args.steps
    )
    with serving(args.model) as (process, address, _):
        run(address, options, args, psutil.Process(process.pid))


def run(
    address: str, options: AnimationOptions, args: argparse.Namespace, server: psutil.Process
) -> None:
    """Stream, check and report."""
    frames_each = round(args.utterance_seconds * options.frame_rate_hz)
    num_utterances = -(-args.frames // frames_each)
    check = Check(options)
    memory_mib: list[float] = []
    started_s = time.perf_counter()
    with grpc.insecure_channel(address) as channel:
        stub = service_grpc.FaceAnimationServiceStub(channel)
        for response in stub.Animate(requests(options, args.utterance_seconds, num_utterances)):
            check.add(response)
            if check.num_frames // _REPORT_FRAMES > len(memory_mib):
                memory_mib.append(server.memory_info().rss / 2**20)
                print_line(frames=check.num_frames, memory_mib=memory_mib[-1])
    elapsed_s = time.perf_counter() - started_s
    print_line(
        bench="long stream",
        mode=options.mode,
        frame_rate_hz=options.frame_rate_hz,
        sampling_steps=options.sampling_steps,
        frames_expected=num_utterances * frames_each,
        frames=check.num_frames,
        media_hours=check.num_frames / options.frame_rate_hz / 3600,
        elapsed_s=elapsed_s,
        times_real_time=check.num_frames / options.frame_rate_hz / elapsed_s,
        gaps=check.num_gaps,
        utterances=check.num_ends,
        memory_mib=[round(value, 1) for value in memory_mib],
        **check.figures(),
    )


def requests(
    options: AnimationOptions, utterance_s: float, num_utterances: int
) -> Iterator[service_pb2.AnimateRequest]:
    """The bundled speech, each utterance from another place of it."""
    speech = read_speech(utterance_s)
    audio_format = AudioFormat("pcm_s16le", speech.sample_rate_hz, 1)
    pcm = (speech.samples * 32767).astype("<i2")
    yield service_pb2.AnimateRequest(
        config=service_pb2.AnimateConfig(
            audio_format=codec.audio_format_message(audio_format),
            settings=settings_codec.options_message(options),
        )
    )
    for index in range(num_utterances):
        data = np.roll(pcm, -index * 9973).tobytes()
        for start in range(0, len(data), 65_536):
            chunk = audio_pb2.AudioChunk(data=data[start : start + 65_536])
            yield service_pb2.AnimateRequest(audio=chunk)
        yield service_pb2.AnimateRequest(end_of_utterance=service_pb2.EndOfUtterance())


class Check:
    """Looks at every frame and keeps a few numbers of it."""

    def __init__(self, options: AnimationOptions) -> None:
        schedule = choose_schedule(options)
        self._rate_hz = options.frame_rate_hz
        self._borders = [schedule.window(index).first_frame for index in range(1, 2000)]
        self._parts: list[FaceFrames] = []
        self._expected = 0
        self.num_frames = self.num_gaps = self.num_ends = 0
        self._lowest, self._highest = np.full(3, np.inf), np.full(3, -np.inf)
        self._steps: dict[str, list[float]] = {"border": [], "within": []}
        self._head_steps: dict[str, list[float]] = {"border": [], "within": []}

    def add(self, response: service_pb2.AnimateResponse) -> None:
        """Take the next part of the answer."""
        match response.WhichOneof("part"):
            case "frames":
                frames = codec.frames_from(response.frames, frame_rate_hz=self._rate_hz)
                self.num_gaps += frames.first_index != self._expected
                self._expected = frames.first_index + len(frames)
                self.num_frames += len(frames)
                self._parts.append(frames)
            case "end":
                self.num_gaps += response.end.num_frames != self._expected
                self.num_ends += 1
                self._look_at_utterance()
                self._expected = 0

    def _look_at_utterance(self) -> None:
        weights = np.concatenate([part.weights for part in self._parts])
        head = np.concatenate([part.head for part in self._parts])
        self._parts = []
        angles = yaw_pitch_roll_deg_from_quaternion(head)
        self._lowest = np.minimum(self._lowest, angles.min(axis=0))
        self._highest = np.maximum(self._highest, angles.max(axis=0))
        middles = (np.arange(len(head) - 1) + 0.5) * FRAME_RATE_HZ / self._rate_hz
        is_border = np.isin(np.floor(middles).astype(int) + 1, self._borders)
        lips = np.abs(np.diff(weights[:, _LIPS], axis=0)).max(axis=1)
        turns = np.abs(np.diff(angles, axis=0)).max(axis=1)
        for kept, steps in ((self._steps, lips), (self._head_steps, turns)):
            kept["border"].append(float(steps[is_border].max()))
            kept["within"].append(float(steps[~is_border].max()))

    def figures(self) -> dict[str, object]:
        """What was seen of head and seams."""
        return {
            "head_lowest_deg": self._lowest.round(2).tolist(),
            "head_highest_deg": self._highest.round(2).tolist(),
            "largest_lip_step_at_borders": max(self._steps["border"]),
            "largest_lip_step_within": max(self._steps["within"]),
            "largest_head_step_at_borders_deg": max(self._head_steps["border"]),
            "largest_head_step_within_deg": max(self._head_steps["within"]),
        }


if __name__ == "__main__":
    main()
