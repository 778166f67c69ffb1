"""The same speech through both contracts of a server: `python tests/bench/bench_a2f.py`.

Prints one JSON line for the whole time of a clip that is sent at once, through `Animate` and
through Audio2Face-3D's `ProcessAudioStream` by turns, with their ratio; one for the first frame of
each; and one for a clip of 300 s that is written as a whole before anything is read.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources

import grpc
import numpy as np

from posecast.audio.clip import read_clip
from posecast.nvidia_ace import a2f_controller_pb2 as a2f
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb

ANIMATE = "/posecast.v1.FaceAnimationService/Animate"
PROCESS = "/nvidia_ace.services.a2f_controller.v1.A2FControllerService/ProcessAudioStream"
SAMPLE_RATE_HZ = 16_000
FRAME_RATE_HZ = 30
CHUNK_BYTES = 2 * SAMPLE_RATE_HZ  # 1 s, as NVIDIA's sample client sends
BURST_S = 300
Run = tuple[float, float, int]
"""Seconds from the first audio to the first frame and to the end, and the number of messages."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the clip")
    parser.add_argument("--repeats", type=int, default=9, help="runs, of which the median counts")
    args = parser.parse_args()
    with serving(args.model) as (channel, _):
        run(
            channel, PROCESS, a2f_requests(read_speech(2.0))
        )  # the first stream of a server is slower
        bench_whole(channel, args.seconds, args.repeats)
        bench_first(channel, args.repeats)
        bench_burst(channel)


def bench_whole(channel: grpc.Channel, seconds: float, repeats: int) -> None:
    """The whole time of a clip, by turns, so that what else the machine does falls on both."""
    speech = read_speech(seconds)
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(run(channel, ANIMATE, animate_requests(speech)))
        theirs.append(run(channel, PROCESS, a2f_requests(speech)))
    ratios = [b[1] / a[1] for a, b in zip(ours, theirs, strict=True)]
    animate_s, a2f_s = ([total_s for _, total_s, _ in runs] for runs in (ours, theirs))
    print_line(
        bench="whole clip",
        clip_s=seconds,
        animate_s=statistics.median(animate_s),
        a2f_s=statistics.median(a2f_s),
        ratio=statistics.median(ratios),
        ratio_of_fastest=min(a2f_s) / min(animate_s),  # what other work on the machine spoils least
        messages=[ours[0][2], theirs[0][2]],
        repeats=repeats,
    )


def bench_first(channel: grpc.Channel, repeats: int) -> None:
    """From the first audio to the first frame, all speech there at once."""
    speech = read_speech(6.0)
    ours, theirs = [], []
    for _ in range(5 * repeats):
        ours.append(run(channel, ANIMATE, animate_requests(speech))[0])
        theirs.append(run(channel, PROCESS, a2f_requests(speech))[0])
    print_line(
        bench="first frame",
        animate_ms=statistics.median(ours) * 1000,
        a2f_ms=statistics.median(theirs) * 1000,
        repeats=5 * repeats,
    )


def bench_burst(channel: grpc.Channel) -> None:
    """A client that sends everything, half-closes, and only then begins to read."""
    speech = read_speech(BURST_S)
    is_sent = time.perf_counter()

    def requests() -> Iterator[bytes]:
        nonlocal is_sent
        yield from a2f_requests(speech)
        is_sent = time.perf_counter()

    started_s = time.perf_counter()
    responses = stream(channel, PROCESS)(requests())
    while is_sent <= started_s:
        time.sleep(0.01)
    parts = [a2f.AnimationDataStream.FromString(message) for message in responses]
    print_line(
        bench="burst",
        clip_s=BURST_S,
        sent_s=is_sent - started_s,
        total_s=time.perf_counter() - started_s,
        frames=sum(part.HasField("animation_data") for part in parts),
        last=parts[-1].WhichOneof("stream_part"),
        code=a2f.Status.Code.Name(parts[-1].status.code),
    )


def run(channel: grpc.Channel, method: str, requests: Iterator[bytes]) -> Run:
    """One stream. The client parses nothing: it would be the slower side."""
    config = next(requests)
    started_s = time.perf_counter()
    times_s = []

    def sent() -> Iterator[bytes]:
        yield config
        yield from requests

    for _ in stream(channel, method)(sent()):
        times_s.append(time.perf_counter() - started_s)  # noqa: PERF401 - as it comes
    return times_s[1], times_s[-1], len(times_s)  # the header is the first


def stream(channel: grpc.Channel, method: str) -> Callable[..., Iterator[bytes]]:
    """A call whose messages are bytes."""
    return channel.stream_stream(method, request_serializer=bytes, response_deserializer=bytes)  # type: ignore[return-value]  # the stubs say Any


def animate_requests(speech: bytes) -> Iterator[bytes]:
    """What a client of ours sends that wants what the other contract gives: audio and 30 fps."""
    config = pb.AnimateConfig(
        audio_format=audio_pb2.AudioFormat(
            encoding=audio_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=SAMPLE_RATE_HZ
        ),
        settings=pb.AnimationSettings(seed=1, frame_rate_hz=FRAME_RATE_HZ),
        returns_audio=True,
    )
    yield pb.AnimateRequest(config=config).SerializeToString()
    for chunk in chunks_of(speech):
        yield pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=chunk)).SerializeToString()
    yield pb.AnimateRequest(end_of_utterance=pb.EndOfUtterance()).SerializeToString()


def a2f_requests(speech: bytes) -> Iterator[bytes]:
    """What a client of Audio2Face-3D sends."""
    header = a2f.AudioStreamHeader(
        audio_header=a2f.AudioHeader(
            channel_count=1, samples_per_second=SAMPLE_RATE_HZ, bits_per_sample=16
        )
    )
    header.face_params.integer_params["seed"] = 1
    yield a2f.AudioStream(audio_stream_header=header).SerializeToString()
    for chunk in chunks_of(speech):
        audio = a2f.AudioWithEmotion(audio_buffer=chunk)
        yield a2f.AudioStream(audio_with_emotion=audio).SerializeToString()
    yield a2f.AudioStream(end_of_audio=a2f.AudioStream.EndOfAudio()).SerializeToString()


def chunks_of(speech: bytes) -> Iterator[bytes]:
    """The speech second by second."""
    for start in range(0, len(speech), CHUNK_BYTES):
        yield speech[start : start + CHUNK_BYTES]


@contextmanager
def serving(model: str) -> Iterator[tuple[grpc.Channel, subprocess.Popen[bytes]]]:
    """A server process, and a channel to its port for clients of Audio2Face-3D."""
    port = free_port()
    command = [sys.executable, "-m", "posecast", "serve", "--model", model, "--device", "cpu"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--a2f", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=60)
            yield channel, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_speech(duration_s: float) -> bytes:
    """The bundled speech, over and over, as 16-bit PCM at 16 kHz."""
    with resources.as_file(resources.files("posecast") / "samples" / "hello.wav") as path:
        clip = read_clip(path, max_duration_s=60.0)
    samples = np.resize(clip.samples, round(duration_s * SAMPLE_RATE_HZ))
    return (samples * 32_767).astype("<i2").tobytes()


def print_line(**figures: object) -> None:
    """One JSON object on one line."""
    rounded = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in figures.items()
    }
    print(json.dumps(rounded), flush=True)


if __name__ == "__main__":
    main()
