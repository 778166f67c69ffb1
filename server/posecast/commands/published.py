"""`posecast animate --published`: a FLAME model's whole clips, as its authors make them."""

from __future__ import annotations

import argparse
import dataclasses
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posecast.config import FRAME_RATE_HZ, SAMPLE_RATE_HZ, ModelConfig
from posecast.errors import InvalidRequest
from posecast.usage import UsageMistake, checking_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from posecast.checkpoints import ModelPackage
    from posecast.conditioning.clip_encoder import ClipEncoder
    from posecast.denoising.guidance import Threshold
    from posecast.rig.flame import FlameCoefficients
    from posecast.rig.package_rig import RigFiles
    from posecast.session.clip_motion import ClipProgress
    from posecast.session.clip_options import ClipOptions
    from posecast.session.flame_clip import ClipModel
    from posecast.signals import FaceFrames, FloatArray, Waveform

FLAME_FORMAT = "flame"
NO_STYLE = "none"
_FOR_STREAMS = ("rig_map", "flame_model")
_MAX_SEED = 2**64
_CONTEXT_FRAMES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what FLAME models can do besides."""
    group = parser.add_argument_group(
        "FLAME models", "models that `posecast import-official` made of published checkpoints"
    )
    # fmt: off
    group.add_argument("--rig-map", type=Path, metavar="MAP.npz",
                       help="what `posecast rig fit` wrote; default: jaw and head alone")
    group.add_argument("--flame-model", type=Path, metavar="FILE",
                       help="your licensed FLAME model, to measure the lips on, if there is no map")
    group.add_argument("--published", action="store_true",
                       help="hear the whole clip first and take all diffusion steps, as published; "
                       "the options below are for this alone. FACE may then be coefficients: "
                       "--format flame")
    group.add_argument("--sampler", choices=("ddpm", "ddim"),
                       help="ddpm takes all steps, ddim --steps of them; default: ddim if there "
                       "are --steps")
    group.add_argument("--flexibility", type=float, default=0.0, metavar="X",
                       help="noise of ddpm, 0..1 (%(default)g)")
    group.add_argument("--threshold", metavar="RATIO[,LOW,HIGH]",
                       help="bound predictions by a quantile of theirs, e.g. 0.99 or 0.99,1,4; off")
    group.add_argument("--guidance-mode", choices=("incremental", "independent", "original"),
                       help="default: model's; `original` is the published code's own independent")
    group.add_argument("--own-context", action="store_true",
                       help="let each window hear its own 4 s alone, as in training")
    group.add_argument("--speech-chunks", metavar="FRAMES[,CONTEXT]",
                       help="hear a long clip in pieces of so many frames, with so many around each"
                       f" ({_CONTEXT_FRAMES}): less memory, other numbers; off")
    group.add_argument("--pad", choices=("zero", "replicate"),
                       help="what follows the clip in its last window; default: model's")
    group.add_argument("--repetitions", type=int, default=1, metavar="N",
                       help="animations of the clip, each of other noise (%(default)s)")
    group.add_argument("--fresh-noise", action="store_true",
                       help="start each window from noise of its own; published: all from one")
    group.add_argument("--shape", type=Path, metavar="FILE",
                       help="whose face it is: .npy, or .npz with `shape`; default: the package's")
    # fmt: on


def refuse_options(args: argparse.Namespace) -> None:
    """Refuse what only the published inference can do.

    Raises:
        UsageMistake: If there is any of it.
    """
    if args.format == FLAME_FORMAT:
        raise UsageMistake("--format flame: only for --published, which makes coefficients")
    usual = argparse.ArgumentParser()
    add_arguments(usual)
    for name, value in vars(usual.parse_args([])).items():
        if name not in _FOR_STREAMS and getattr(args, name) != value:
            raise UsageMistake(f"--{name.replace('_', '-')}: only for --published")


def rig_files(args: argparse.Namespace) -> RigFiles:
    """The user's own files.

    Raises:
        UsageMistake: If there are two.
    """
    from posecast.rig.package_rig import RigFiles

    with checking_arguments():
        return RigFiles(rig_map=args.rig_map, flame_model=args.flame_model)


def animate_published(
    args: argparse.Namespace, waveform: Waveform
) -> tuple[list[FlameCoefficients], int]:
    """Animate a clip.

    Args:
        args: What was asked for.
        waveform: The clip, at any rate.

    Returns:
        A face for each repetition, and the seed of the first.

    Raises:
        UsageMistake: If a value is out of range.
    """
    from posecast.denoising.noise_source import SeededNoise
    from posecast.session.clip_request import ClipRequest
    from posecast.session.flame_clip import animate_clip
    from posecast.session.package_clip_model import open_clip_model

    package, model = open_clip_model(args.model, device=args.device)
    with checking_arguments():
        options = _options(args, package.config)
        options.process.steps(package.config.denoiser)
        model = dataclasses.replace(model, encoder=_encoder(model.encoder, args.speech_chunks))
    seed = secrets.randbits(32) if args.seed is None else args.seed
    if not 0 <= seed < _MAX_SEED:
        raise UsageMistake(f"seed {seed}; allowed: 0 to {_MAX_SEED - 1}")
    request = ClipRequest(
        samples=_at_16_khz(waveform),
        style=_style(args.style, package, model),
        shape=_shape(args.shape, package),
        options=options,
    )
    with _progress(waveform.duration_s) as tell:
        return animate_clip(model, request, SeededNoise(seed), tell), seed


def take_of(coefficients: FlameCoefficients, files: RigFiles) -> FaceFrames:
    """ARKit curves of a face, with nothing added: no blinks, no gaze.

    Args:
        coefficients: The face.
        files: The user's own files.
    """
    from posecast.rig.package_rig import open_flame_rig
    from posecast.signals import FaceFrames

    weights, head = open_flame_rig(files).face(coefficients)
    return FaceFrames(first_index=0, frame_rate_hz=FRAME_RATE_HZ, weights=weights, head=head)


def run(args: argparse.Namespace, waveform: Waveform, write: Callable[[FaceFrames], None]) -> None:
    """Animate a clip, write it and say how it went.

    Args:
        args: What was asked for.
        waveform: The clip.
        write: Writes a take of ARKit curves.
    """
    from posecast.rig.flame_files import write_coefficients

    is_flame = args.format == FLAME_FORMAT
    if is_flame and Path(args.output).suffix.lower() != ".npz":
        raise UsageMistake(f"{args.output}: FLAME coefficients are written as .npz")
    if args.rate != FRAME_RATE_HZ:
        raise UsageMistake(f"--rate {args.rate} with --published; allowed: {FRAME_RATE_HZ}")
    if args.repetitions > 1 and not is_flame:
        raise UsageMistake("--repetitions: only --format flame holds more than one")
    started_s = time.perf_counter()
    takes, seed = animate_published(args, waveform)
    elapsed_s = time.perf_counter() - started_s
    if is_flame:
        write_coefficients(Path(args.output), takes)
    else:
        write(take_of(takes[0], rig_files(args)))
    print(
        f"posecast: {len(takes)} x {len(takes[0])} frames at {FRAME_RATE_HZ} fps "
        f"from {waveform.duration_s:.2f} s of speech in {elapsed_s:.1f} s "
        f"(real-time factor {elapsed_s / waveform.duration_s:.2f}), "
        f"style {args.style}, seed {seed}, as published",
        file=sys.stderr,
    )


def _options(args: argparse.Namespace, config: ModelConfig) -> ClipOptions:
    from posecast.denoising.guidance import Guidance
    from posecast.denoising.reverse_process import ReverseProcess
    from posecast.session.clip_options import ClipOptions

    audio, style = args.audio_guidance, args.style_guidance
    return ClipOptions(
        process=ReverseProcess(
            sampler=args.sampler or ("ddpm" if args.steps is None else "ddim"),
            num_steps=args.steps,
            flexibility=args.flexibility,
        ),
        guidance=Guidance(
            audio_scale=config.audio_guidance if audio is None else audio,
            style_scale=config.style_guidance if style is None else style,
            mode=args.guidance_mode or config.guidance_mode,
            guides_audio="audio" in config.guided_conditions,
            guides_style="style" in config.guided_conditions,
            threshold=_threshold(args.threshold),
        ),
        pad_mode=args.pad or config.audio_padding,
        hears_whole_clip=not args.own_context,
        num_repetitions=args.repetitions,
        reuses_start_noise=not args.fresh_noise,
    )


def _threshold(text: str | None) -> Threshold | None:
    from posecast.denoising.guidance import Threshold as Bound

    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 3):
        raise InvalidRequest(f"--threshold {text!r}; allowed: RATIO, or RATIO,LOW,HIGH")
    return Bound(**dict(zip(("ratio", "low", "high"), numbers, strict=False)))


def _encoder(encoder: ClipEncoder, chunks: str | None) -> ClipEncoder:
    from posecast.conditioning.chunked_clip_encoder import ChunkedClipEncoder

    if chunks is None:
        return encoder
    try:
        frames, *context = [int(part) for part in chunks.split(",")]
        (context_frames,) = context or [_CONTEXT_FRAMES]
    except ValueError:
        raise InvalidRequest(f"--speech-chunks {chunks!r}; allowed: FRAMES[,CONTEXT]") from None
    return ChunkedClipEncoder(encoder, chunk_frames=frames, context_frames=context_frames)


def _at_16_khz(waveform: Waveform) -> FloatArray:
    from posecast.audio.resampler import Resampler

    resampler = Resampler(waveform.sample_rate_hz)
    samples = np.concatenate([resampler.push(waveform.samples), resampler.finish()])
    # The resampler rounds up; a frame more or less must not hang on a rest of a sample.
    return samples[: len(waveform.samples) * SAMPLE_RATE_HZ // waveform.sample_rate_hz]


def _style(name: str, package: ModelPackage, model: ClipModel) -> FloatArray | None:
    """The vector of a named style, of a file, or of a blend; None for the null style."""
    from posecast import checkpoints
    from posecast.conditioning.style import load_styles
    from posecast.conditioning.style_file import including_style_files

    style_dim = model.sampler.config.style_dim
    if not style_dim or name == NO_STYLE:
        return None
    with checking_arguments():
        styles = load_styles(package.path(checkpoints.STYLES_FILE), style_dim)
        return including_style_files(styles, name, style_dim).get(name).vector


def _shape(path: Path | None, package: ModelPackage) -> FloatArray | None:
    from posecast import checkpoints
    from posecast.rig.flame_files import read_shape

    if not package.config.denoiser.shape_dim:
        return None
    return read_shape(path or package.path(checkpoints.SHAPE_FILE))


@contextmanager
def _progress(duration_s: float) -> Iterator[Callable[[ClipProgress], None]]:
    """A bar that shows how far a clip has come."""
    from tqdm import tqdm

    with tqdm(total=round(duration_s, 1), unit="s", leave=False, disable=None) as bar:

        def tell(progress: ClipProgress) -> None:
            bar.update(progress.share * duration_s - bar.n)

        yield tell
