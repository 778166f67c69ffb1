"""Published checkpoints to a model package."""

from __future__ import annotations

import dataclasses
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from posecast import checkpoints
from posecast.conditioning.style import StyleBank, save_styles
from posecast.config import GuidanceMode, ModelConfig, StyleEncoderConfig
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.official.checkpoint import (
    OfficialDenoiser,
    OfficialStyleEncoder,
    load_denoiser_checkpoint,
    load_style_encoder_checkpoint,
)
from posecast.official.network_files import (
    NetworkFile,
    Precision,
    write_clip_encoder,
    write_sampler,
    write_style_encoder,
)
from posecast.official.styles import collect_styles
from posecast.rig.flame_files import read_shape
from posecast.rig.flame_statistics import FlameStatistics
from posecast.signals import FloatArray

_AUDIO_GUIDANCE, _STYLE_GUIDANCE = 1.15, 3.0  # the scales of the published demo
_SAMPLING_STEPS = 50  # DDIM; the published sampler takes all 500 steps of DDPM
_ITERATION = re.compile(r"iter_(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialFiles:
    """What a package is made from."""

    denoiser: Path
    """Checkpoint of the denoiser and its speech encoder."""
    style_encoder: Path | None
    """Checkpoint of the style encoder; None for a model without style."""
    statistics: Path
    """`stats_train.npz`."""
    styles: tuple[Path, ...] = ()
    """Style vectors: .npy files, and folders of them."""
    shape: Path | None = None
    """Whose face it is unless a request says otherwise; None for the mean of the statistics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialImport:
    """A package that was written."""

    networks: tuple[NetworkFile, ...]
    """Its networks, as they were measured."""
    styles: tuple[str, ...]
    """Names of its styles."""
    warnings: tuple[str, ...]
    """What a person should look at, one line each."""


def import_official(
    files: OfficialFiles,
    output: Path,
    *,
    name: str,
    precision: Precision = "fp32",
    guidance_mode: GuidanceMode | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> OfficialImport:
    """Write the package of published checkpoints.

    Args:
        files: What it is made from.
        output: Folder to make; it appears when all is well.
        name: Name of the model.
        precision: How weights are stored.
        guidance_mode: See `load_denoiser_checkpoint`.
        tell: Called with what is being done.

    Returns:
        What was written.

    Raises:
        InvalidRequest: If the folder is there already, or files are missing or too many.
        CheckpointMismatch: If a file is none of its kind, the files do not belong together, or a
            network's file does not do what its weights say.
    """
    with _new_folder(output) as folder:
        tell("reading the checkpoints")
        denoiser = load_denoiser_checkpoint(files.denoiser, guidance_mode)
        style_encoder = _load_style_encoder(files.style_encoder, denoiser)
        statistics = FlameStatistics.from_npz(files.statistics)
        config = _describe(name, denoiser, style_encoder)
        styles = collect_styles(files.styles, _null_style(denoiser))
        shape = statistics.shape_mean if files.shape is None else read_shape(files.shape)
        networks = _write_networks(folder, denoiser, style_encoder, precision, tell)
        _write_arrays(folder, styles, statistics, shape)
        checkpoints.write_description(
            folder,
            config,
            statistics.motion_mean(config.denoiser.motion_dim),
            statistics.motion_std(config.denoiser.motion_dim),
            _origin(files, precision),
        )
    return OfficialImport(
        networks=networks, styles=styles.names, warnings=_warnings(denoiser, style_encoder)
    )


def _load_style_encoder(
    path: Path | None, denoiser: OfficialDenoiser
) -> OfficialStyleEncoder | None:
    """The style encoder of a model that needs one, in sizes that fit."""
    has_style = denoiser.config.style_dim > 0
    if has_style != (path is not None):
        told = "needs a style encoder" if has_style else "knows no style and takes no style encoder"
        raise InvalidRequest(f"this denoiser {told}")
    if path is None:
        return None
    encoder = load_style_encoder_checkpoint(path)
    for what, given, needed in (
        ("motion columns", encoder.config.motion_dim, denoiser.config.motion_dim),
        ("style values", encoder.config.width, denoiser.config.style_dim),
    ):
        if given != needed:
            raise CheckpointMismatch(
                f"{path}: a style encoder of {given} {what}; the denoiser has {needed}"
            )
    return encoder


def _describe(
    name: str, denoiser: OfficialDenoiser, style_encoder: OfficialStyleEncoder | None
) -> ModelConfig:
    """Everything that is fixed by the weights."""
    return ModelConfig(
        name=name,
        version=str(denoiser.iteration or 0),
        motion_space="flame",
        clip_encoder=denoiser.clip_encoder,
        style_encoder=style_encoder.config if style_encoder else StyleEncoderConfig(),
        denoiser=denoiser.config,
        audio_guidance=_AUDIO_GUIDANCE,
        style_guidance=_STYLE_GUIDANCE,
        guidance_mode=denoiser.settings.guidance_mode,
        guided_conditions=denoiser.settings.guided_conditions,
        audio_padding=denoiser.settings.audio_padding,
        sampling_steps=min(_SAMPLING_STEPS, denoiser.config.num_steps),
    )


def _write_networks(
    folder: Path,
    denoiser: OfficialDenoiser,
    style_encoder: OfficialStyleEncoder | None,
    precision: Precision,
    tell: Callable[[str], None],
) -> tuple[NetworkFile, ...]:
    """Write and measure them one after the other, the largest first."""
    tell("writing and checking the speech encoder")
    written = [write_clip_encoder(denoiser, folder, precision)]
    if style_encoder is not None:
        tell("writing and checking the style encoder")
        written.append(write_style_encoder(style_encoder, folder, precision))
    tell("writing and checking the sampler")
    written.append(write_sampler(denoiser, folder, precision))
    for network in written:
        if not network.is_faithful:
            raise CheckpointMismatch(
                f"{network.name} differs from its weights by {network.difference:.2g}; "
                f"allowed: {network.bound:g}"
            )
    return tuple(written)


def _null_style(denoiser: OfficialDenoiser) -> FloatArray:
    """What the model itself takes for no style; empty for a model without styles. [style_dim]"""
    if not denoiser.config.style_dim:
        return np.zeros(0, np.float32)
    return denoiser.denoiser_state["null_style_feat"][0, 0].numpy()


def _write_arrays(
    folder: Path, styles: StyleBank, statistics: FlameStatistics, shape: FloatArray
) -> None:
    names = styles.names
    save_styles(
        folder / checkpoints.STYLES_FILE,
        {name: styles.get(name) for name in names},
        {name: styles.describe(name) for name in names},
    )
    rows: dict[str, Any] = dataclasses.asdict(statistics)
    np.savez_compressed(folder / checkpoints.STATISTICS_FILE, allow_pickle=False, **rows)
    np.save(folder / checkpoints.SHAPE_FILE, shape, allow_pickle=False)


def _origin(files: OfficialFiles, precision: Precision) -> dict[str, Any]:
    """How the package came to be, for people."""
    given = {"denoiser": files.denoiser, "statistics": files.statistics}
    if files.style_encoder is not None:
        given["style_encoder"] = files.style_encoder
    return {
        "command": "posecast import-official",
        "precision": precision,
        "files": {
            role: {"name": path.name, "sha256": checkpoints.sha256(path)}
            for role, path in given.items()
        },
    }


def _warnings(
    denoiser: OfficialDenoiser, style_encoder: OfficialStyleEncoder | None
) -> tuple[str, ...]:
    """Vectors of another style encoder have the same shape and mean nothing: no check sees it."""
    trained_with = denoiser.settings.style_encoder
    if trained_with is None or style_encoder is None:
        return ()
    said = _ITERATION.fullmatch(PurePosixPath(trained_with).stem)
    if said is None or style_encoder.iteration in (None, int(said[1])):
        return ()
    return (
        f"the denoiser was trained with the style encoder {trained_with}; the given one is of "
        f"iteration {style_encoder.iteration}: styles of another encoder have no meaning",
    )


@contextmanager
def _new_folder(output: Path) -> Iterator[Path]:
    """A folder that takes its name when all is well, and is gone otherwise.

    Raises:
        InvalidRequest: If there is something of this name, or nowhere to put it.
    """
    if output.exists():
        raise InvalidRequest(f"{output} exists already; choose another folder")
    if not output.parent.is_dir():
        raise InvalidRequest(f"{output}: the folder {output.parent} does not exist")
    folder = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        yield folder
        folder.chmod(0o755)  # temporary folders are their owner's alone
        folder.rename(output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
