"""Sizes of the default model and the files of a training run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from posecast.conditioning.torch_speech_encoder import NUM_ARTICULATORS
from posecast.config import (
    DenoiserConfig,
    ModelConfig,
    SpeechEncoderConfig,
    StyleEncoderConfig,
)
from posecast.rig.arkit import LIP_CURVES, MOTION_DIM
from posecast.training.phones import CLASS_INDEX, NUM_CLASSES

_SPEECH = SpeechEncoderConfig(
    width=160,
    num_blocks=6,
    dilations=(1, 1, 2, 2, 4, 4),
    look_aheads_frames=(0, 1, 2, 3),
    conv_channels=(16, 32),
    conv_blocks=4,
)
SPEECH_ENCODERS = (
    _SPEECH,
    dataclasses.replace(_SPEECH, width=128, conv_channels=(24, 48), conv_blocks=3),
)
"""Networks whose mean is served: what those that were trained apart mishear, they mishear apart."""
_STYLE_DIM = 128


def _closing_columns(phone_class: str) -> tuple[int, ...]:
    """Features that are the odds of a phone class before and after a frame's instant."""
    first = NUM_ARTICULATORS + 1 + CLASS_INDEX[phone_class]
    return first, first + NUM_CLASSES


DEFAULT_MODEL = ModelConfig(
    name="default",
    version="2.4.0",
    motion_space="arkit",
    speech_encoder=_SPEECH,
    style_encoder=StyleEncoderConfig(
        motion_dim=MOTION_DIM,
        width=_STYLE_DIM,
        num_layers=3,
        num_heads=4,
        sees_velocity=True,
        position_per_frame=True,
    ),
    denoiser=DenoiserConfig(
        motion_dim=MOTION_DIM,
        speech_dim=_SPEECH.feature_dim,
        style_dim=_STYLE_DIM,
        shape_dim=0,
        width=192,
        num_layers=4,
        num_heads=4,
        pre_norm=True,
        speech_skip=True,
        pads_windows=False,
    ),
    audio_guidance=1.0,
    style_guidance=1.0,
    sampling_steps=2,
    border_easing_frames=8.0,
    contact_from=0.8,
    contact_to=1.0,
    near_contact=(0.97, 1.0),
    closing_columns=_closing_columns("PBM"),
    closing_gain=1.0,
    accent_column=NUM_ARTICULATORS,
    mean_curves=LIP_CURVES,
)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a training run keeps its files."""

    path: Path
    """The folder."""

    @property
    def corpus(self) -> Path:
        """Shards of utterances."""
        return self.path / "corpus"

    @property
    def speech_encoder(self) -> Path:
        """Checkpoint of the speech encoder."""
        return self.path / "speech_encoder.pt"

    def member_encoder(self, member: int) -> Path:
        """Checkpoint of one of `SPEECH_ENCODERS`, counted from 1."""
        return self.speech_encoder if member == 1 else self.path / f"speech_encoder_{member}.pt"

    def other_encoders(self) -> dict[Path, SpeechEncoderConfig]:
        """Checkpoints that there are of the further `SPEECH_ENCODERS`, with their sizes."""
        members = enumerate(SPEECH_ENCODERS[1:], 2)
        paths = {self.member_encoder(member): config for member, config in members}
        return {path: config for path, config in paths.items() if path.exists()}

    def fold_encoder(self, fold: int) -> Path:
        """Checkpoint of the speech encoder that never heard the voices of a fold."""
        return self.path / f"speech_encoder_without_{fold}.pt"

    @property
    def style_encoder(self) -> Path:
        """Checkpoint of the style encoder."""
        return self.path / "style_encoder.pt"

    @property
    def denoiser(self) -> Path:
        """Checkpoint of the denoiser."""
        return self.path / "denoiser.pt"

    def checkpoint(self, stage: str) -> Path:
        """Checkpoint of a stage of `posecast train`: speech-encoder, style or denoiser."""
        files = {"speech-encoder": self.speech_encoder, "style": self.style_encoder}
        return files.get(stage, self.denoiser)

    @property
    def statistics(self) -> Path:
        """Mean and standard deviation of motion."""
        return self.path / "statistics.npz"
