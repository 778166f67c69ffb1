"""`posecast animate`: a speech file in, a take out."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from posecast.commands import published
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest, PosecastError
from posecast.plot import check_can_plot, plot_take
from posecast.takes import WRITTEN_FORMATS, WrittenFormat, encode_take, written_format_of
from posecast.unity_anim import UnityTarget
from posecast.usage import (
    UsageMistake,
    add_animation_arguments,
    animation_options,
    checking_arguments,
)

if TYPE_CHECKING:
    from posecast.session.engine import AnimationEngine
    from posecast.signals import FaceFrames, Waveform

PIPE = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the input, the output and what may be chosen."""
    parser.add_argument("speech", metavar="SPEECH", help="WAV, FLAC or Ogg file; - reads a pipe")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FACE", help="take to write; - writes a pipe"
    )
    parser.add_argument(
        "--format", choices=(*WRITTEN_FORMATS, published.FLAME_FORMAT),
        help="livelink: CSV for Unreal's importer, best named SLATE_TAKE_SUBJECT.csv, e.g. "
        "intro_1_Anna.csv; anim: animation clip for Unity; glb, gltf, usda: our head, animated; "
        "default: by the suffix of FACE; curves for a pipe",
    )  # fmt: skip
    add_animation_arguments(parser, seed=None)
    parser.add_argument("--plot", type=Path, metavar="PNG", help="also draw a picture")
    parser.add_argument(
        "--max-clip-seconds", type=float, default=900.0, metavar="S",
        help="longest clip that is taken (%(default)s)",
    )  # fmt: skip
    unity = parser.add_argument_group("animation clips for Unity", "--format anim, or FACE.anim")
    unity.add_argument(
        "--unity-mesh", action="append", metavar="PATH",
        help="object with the blend shapes, as seen from the Animator, e.g. Armature/Wolf3D_Head; "
        "may be given several times; default: the Animator's own object",
    )  # fmt: skip
    unity.add_argument(
        "--unity-head", metavar="PATH", help="head bone, to be turned too; default: none"
    )
    published.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Read the clip, animate it, write the take and say how it went."""
    _check_paths(args)
    if args.published:
        _run_published(args)
    else:
        published.refuse_options(args)
        _run_as_streamed(args)


def _run_as_streamed(args: argparse.Namespace) -> None:
    """Make the frames that a stream of the same clip has."""
    options = animation_options(args)
    take_format = _take_format(args)
    waveform = _read_speech(args)
    engine = _load_engine(args, options)
    started_s = time.perf_counter()
    frames = _animate(engine, waveform, options)
    elapsed_s = time.perf_counter() - started_s
    _write(args, frames, take_format)
    if args.plot:
        plot_take(waveform, frames, args.plot, title=f"{args.speech} · {options.style}")
    print(
        f"posecast: {len(frames)} frames at {frames.frame_rate_hz} fps "
        f"from {waveform.duration_s:.2f} s of speech in {elapsed_s:.2f} s "
        f"(real-time factor {elapsed_s / waveform.duration_s:.3f}), "
        f"style {_told_style(options)}, seed {options.seed}",
        file=sys.stderr,
    )


def _run_published(args: argparse.Namespace) -> None:
    """Make the frames that the authors of a FLAME model would have."""
    take_format = None if args.format == published.FLAME_FORMAT else _take_format(args)
    waveform = _read_speech(args)

    def write(frames: FaceFrames) -> None:
        if take_format is not None:
            _write(args, frames, take_format)
        if args.plot:
            plot_take(waveform, frames, args.plot, title=f"{args.speech} · {args.style}")

    published.run(args, waveform, write)


def _check_paths(args: argparse.Namespace) -> None:
    """Refuse before the work what would fail after it."""
    _unity_target(args)
    if not args.max_clip_seconds > 0:
        raise UsageMistake(f"--max-clip-seconds {args.max_clip_seconds:g}; allowed: more than 0")
    for path in [Path(args.output)] * (args.output != PIPE) + [args.plot] * bool(args.plot):
        _check_writable(path)
    if args.plot:
        with checking_arguments():
            check_can_plot(args.plot)


def _take_format(args: argparse.Namespace) -> WrittenFormat:
    if args.format:
        return args.format
    if args.output == PIPE:
        return "curves"
    with checking_arguments():
        return written_format_of(Path(args.output))


def _check_writable(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageMistake(f"{path}: the folder {path.parent} does not exist")
    if path.is_dir():
        raise UsageMistake(f"{path}: is a folder")


def _read_speech(args: argparse.Namespace) -> Waveform:
    from posecast.audio.clip import read_clip

    if args.speech != PIPE:
        return read_clip(Path(args.speech), max_duration_s=args.max_clip_seconds)
    if sys.stdin is None:
        raise InvalidRequest("standard input is closed")
    return read_clip(sys.stdin.buffer.read(), max_duration_s=args.max_clip_seconds)


def _load_engine(args: argparse.Namespace, options: AnimationOptions) -> AnimationEngine:
    from posecast.session.engine import AnimationEngine
    from posecast.session.style_choice import adopt_style_files

    engine = AnimationEngine.load(args.model, args.device, published.rig_files(args))
    with checking_arguments():
        engine = adopt_style_files(engine, options.style)
        engine.styles.get(options.style)
    return engine


def _animate(engine: AnimationEngine, waveform: Waveform, options: AnimationOptions) -> FaceFrames:
    """Animate second by second, which changes nothing but lets the progress be seen."""
    from tqdm import tqdm

    from posecast.session.streaming import StreamingSession
    from posecast.session.style_choice import choose_style
    from posecast.signals import join_frames

    session = StreamingSession(
        engine,
        options,
        sample_rate_hz=waveform.sample_rate_hz,
        style=choose_style(engine.styles, options),
    )
    parts = []
    hidden = None if waveform.duration_s >= 10 else True  # None: hidden unless it is a terminal
    with tqdm(total=round(waveform.duration_s, 1), unit="s", disable=hidden, leave=False) as bar:
        for start in range(0, len(waveform.samples), waveform.sample_rate_hz):
            chunk = waveform.samples[start : start + waveform.sample_rate_hz]
            parts.append(session.push(chunk))
            bar.update(len(chunk) / waveform.sample_rate_hz)
    return join_frames([*parts, session.finish()])


def _told_style(options: AnimationOptions) -> str:
    if options.style_strength == 1.0:
        return options.style
    return f"{options.style} at strength {options.style_strength:g}"


def _unity_target(args: argparse.Namespace) -> UnityTarget:
    with checking_arguments():
        return UnityTarget(
            name=Path(args.output).stem if args.output != PIPE else "Posecast",
            mesh_paths=tuple(args.unity_mesh or ("",)),
            head_path=args.unity_head,
        )


def _write(args: argparse.Namespace, frames: FaceFrames, take_format: WrittenFormat) -> None:
    data = encode_take(frames, take_format, unity=_unity_target(args))
    if args.output == PIPE:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(args.output).write_bytes(data)
    except OSError as error:  # a full disk does not tell of which file
        raise PosecastError(f"{args.output}: {error.strerror or error}") from error
