"""Writes the model package of trained networks."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from posecast import checkpoints
from posecast.conditioning.style import save_styles
from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import ModelConfig, SpeechEncoderConfig
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.export import (
    export_denoiser,
    export_speech_encoder,
    export_style_encoder,
    free_batch,
    shrink_weights,
)
from posecast.rig.retarget import MotionScale
from posecast.sampler_graph import export_sampler
from posecast.signals import Style
from posecast.speech_encoder_ensemble import join_speech_encoders
from posecast.training.corpus import load_corpus
from posecast.training.default_model import DEFAULT_MODEL, RunFolder
from posecast.training.loop import load_average, read_checkpoint
from posecast.training.motion import load_scale, motion_in_style
from posecast.training.style_encoder import CLIP_FRAMES, make_network
from posecast.training.styles import NAMED_STYLES
from posecast.training.tapes import TapeSampler

_CLIPS_PER_STYLE = 64


def export_run(
    run: RunFolder,
    output: Path,
    config: ModelConfig = DEFAULT_MODEL,
    *,
    join: Sequence[Path] = (),
) -> None:
    """Write the package of a finished training run.

    Args:
        run: Holds the corpus and the checkpoints; further speech encoders that it has, join.
        output: Folder of the package.
        config: Sizes that it was trained with.
        join: ONNX files of speech encoders that join, too, such as another package's.

    Raises:
        CheckpointMismatch: If a stage has not been trained.
    """
    speech_encoder = SpeechEncoderNetwork(config.speech_encoder)
    load_average(run.speech_encoder, speech_encoder)
    style_encoder = load_average(run.style_encoder, make_network(config)).encoder
    denoiser = ConditionedDenoiser(config.denoiser)
    load_average(run.denoiser, denoiser)
    scale = load_scale(run.statistics)
    others = run.other_encoders()
    sampler = TapeSampler(load_corpus(run.corpus), np.random.default_rng(0))
    styles = encode_named_styles(style_encoder, scale, sampler)
    parts = (run.speech_encoder, *others, run.style_encoder, run.denoiser)
    made_by = {
        "command": "posecast train corpus, speech-encoder, style, denoiser, export",
        "corpus": json.loads((run.corpus / "corpus.json").read_text(encoding="utf-8")),
        "steps": {path.stem: int(read_checkpoint(path)["step"]) for path in parts},
    }
    networks = (speech_encoder, style_encoder, denoiser)
    write_package(output, config, networks, scale, styles, made_by=made_by)
    if others or join:
        _join_speech_encoders(output, others, join)
        checkpoints.write_description(output, config, scale.mean, scale.std, made_by)


def _join_speech_encoders(
    package: Path, others: Mapping[Path, SpeechEncoderConfig], join: Sequence[Path]
) -> None:
    """Let further speech encoders hear with that of a package."""
    own = package / checkpoints.SPEECH_ENCODER_FILE
    with tempfile.TemporaryDirectory() as folder:
        exported = []
        for checkpoint, config in others.items():
            exported.append(Path(folder) / f"{checkpoint.stem}.onnx")
            network = load_average(checkpoint, SpeechEncoderNetwork(config))
            export_speech_encoder(network, exported[-1])
            shrink_weights(exported[-1])
        join_speech_encoders([own, *exported, *join], own)


@torch.no_grad()
def encode_named_styles(
    encoder: nn.Module, scale: MotionScale, sampler: TapeSampler
) -> dict[str, Style]:
    """Mean vector of many clips in each named style.

    Args:
        encoder: The trained style encoder.
        scale: Units of its motion.
        sampler: Speech for the clips.

    Returns:
        Styles by name.
    """
    rng = sampler.rng
    crops = [sampler.draw(4 * CLIP_FRAMES) for _ in range(_CLIPS_PER_STYLE)]
    styles = {}
    for name, named in NAMED_STYLES.items():
        clips = np.stack([motion_in_style(crop, named.parameters, rng) for crop in crops])
        vectors = encoder(torch.from_numpy(scale.normalise(clips)))
        styles[name] = Style(
            vector=vectors.mean(dim=0).numpy(),
            blink_rate_hz=named.parameters.blink_rate_hz,
            gaze_range=named.parameters.gaze_range,
            head_wander_rad=named.parameters.head_amplitude_rad,
            head_tempo_hz=named.parameters.head_tempo_hz,
        )
    return styles


def write_package(
    folder: Path,
    config: ModelConfig,
    networks: tuple[SpeechEncoderNetwork, StyleEncoderNetwork, ConditionedDenoiser],
    scale: MotionScale,
    styles: dict[str, Style],
    *,
    made_by: dict[str, Any],
) -> None:
    """Export networks and write them with everything that belongs to them.

    Args:
        folder: The package.
        config: Sizes, conventions and defaults.
        networks: Speech encoder, style encoder, denoiser.
        scale: Units of the motion.
        styles: Styles by name.
        made_by: How the weights came to be, for people.
    """
    folder.mkdir(parents=True, exist_ok=True)
    speech_encoder, style_encoder, denoiser = networks
    export_speech_encoder(speech_encoder.eval(), folder / checkpoints.SPEECH_ENCODER_FILE)
    export_style_encoder(style_encoder.eval(), folder / checkpoints.STYLE_ENCODER_FILE)
    export_denoiser(denoiser.eval(), folder / checkpoints.DENOISER_FILE)
    for name in (
        checkpoints.SPEECH_ENCODER_FILE,
        checkpoints.STYLE_ENCODER_FILE,
        checkpoints.DENOISER_FILE,
    ):
        shrink_weights(folder / name)
    _put_sampler_for_denoiser(folder)
    descriptions = {
        name: NAMED_STYLES[name].description if name in NAMED_STYLES else name for name in styles
    }
    save_styles(folder / checkpoints.STYLES_FILE, styles, descriptions)
    checkpoints.write_description(folder, config, scale.mean, scale.std, made_by)


def upgrade_package(folder: Path) -> None:
    """Give a package of version 2.0.0 the files of this one, in place, with the same weights.

    The denoiser becomes a sampler, and the speech encoder takes several streams at once.

    Args:
        folder: The package; one that is up to date stays as it is.

    Raises:
        ModelUnavailable: If there is no such package.
        CheckpointMismatch: If a file of it is missing or damaged.
    """
    package = checkpoints.load_package(folder)
    if package.motion_file == checkpoints.SAMPLER_FILE:
        return
    description = json.loads((folder / checkpoints.DESCRIPTION_FILE).read_text(encoding="utf-8"))
    free_batch(folder / checkpoints.SPEECH_ENCODER_FILE)
    _put_sampler_for_denoiser(folder)
    checkpoints.write_description(
        folder,
        package.config,
        package.motion_mean,
        package.motion_std,
        description.get("made_by", {}),
    )


def _put_sampler_for_denoiser(folder: Path) -> None:
    denoiser = folder / checkpoints.DENOISER_FILE
    export_sampler(denoiser, folder / checkpoints.SAMPLER_FILE)
    denoiser.unlink()
