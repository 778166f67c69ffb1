"""`posecast demo`: a server, a client and the bundled speech, once through."""

from __future__ import annotations

import argparse
import asyncio
import time
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from posecast.config import AnimationOptions, ServerConfig
from posecast.errors import MissingDependency
from posecast.usage import checking_arguments

if TYPE_CHECKING:
    from posecast.session.engine import AnimationEngine
    from posecast.signals import Style, Waveform
    from posecast.transport.client import StreamedAnimation

SAMPLE = "hello.wav"
LONGEST_SAMPLE_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the results go."""
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder (%(default)s)")
    parser.add_argument(
        "--style", default="neutral", metavar="STYLE",
        help="name (see `posecast style list`), FILE.npz, or blend (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="(%(default)s)"
    )


def run(args: argparse.Namespace) -> None:
    """Stream the bundled speech through a server of our own; write and tell what came back."""
    from posecast.session.engine import AnimationEngine
    from posecast.session.style_choice import adopt_style_files
    from posecast.takes import write_take

    started_s = time.perf_counter()
    waveform = _read_sample()
    engine = AnimationEngine.load(args.model, args.device)
    with checking_arguments():
        options = AnimationOptions(style=args.style, seed=args.seed)
        known = adopt_style_files(engine, options.style)
        style = known.styles.get(options.style)
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"model   {engine.config.name} {engine.config.version} on {engine.device}, "
          f"ready after {time.perf_counter() - started_s:.2f} s")  # fmt: skip
    # The server need not know the files of its client: their style goes as a vector.
    own = None if known is engine else style
    answer = asyncio.run(_stream(engine, waveform, options, own))
    _tell(waveform, answer)
    write_take(answer.frames, args.out / "face.csv")
    print(f"wrote   {args.out / 'face.csv'}")
    _plot(waveform, answer, args)


def _read_sample() -> Waveform:
    from posecast.audio.clip import read_clip

    with resources.as_file(resources.files("posecast") / "samples" / SAMPLE) as path:
        return read_clip(path, max_duration_s=LONGEST_SAMPLE_S)


async def _stream(
    engine: AnimationEngine, waveform: Waveform, options: AnimationOptions, own: Style | None
) -> StreamedAnimation:
    """Start a server on a free port, stream through it, stop it."""
    from posecast.transport.client import stream_waveform
    from posecast.transport.server import AnimationServer

    server = AnimationServer(engine, ServerConfig(port=0))
    await server.start()
    print(f"server  {server.address}, posecast.v1.FaceAnimationService")
    try:
        return await asyncio.to_thread(
            stream_waveform, server.address, waveform, options, style=own
        )
    finally:
        await server.stop()


def _tell(waveform: Waveform, answer: StreamedAnimation) -> None:
    factor = answer.total_s / waveform.duration_s
    print(f"speech  {SAMPLE}, {waveform.duration_s:.2f} s, sent in chunks of 20 ms")
    print(f"face    {len(answer.frames)} frames at {answer.frames.frame_rate_hz} fps "
          f"of 52 ARKit curves and a head rotation, seed {answer.seed}")  # fmt: skip
    print(f"speed   first frame after {answer.first_frame_s * 1000:.0f} ms, all after "
          f"{answer.total_s:.2f} s: real-time factor {factor:.3f}")  # fmt: skip


def _plot(waveform: Waveform, answer: StreamedAnimation, args: argparse.Namespace) -> None:
    from posecast.plot import plot_take

    path = args.out / "face.png"
    try:
        plot_take(waveform, answer.frames, path, title=f"{SAMPLE} · {args.style}")
    except MissingDependency as error:
        print(f"no {path.name}: {error}")
    else:
        print(f"wrote   {path}")
