"""What one batch of window pairs asks of the denoiser, and its losses."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from posecast.config import SAMPLES_PER_FRAME, DenoiserConfig
from posecast.errors import InvalidRequest
from posecast.training.flame.conditioning import (
    CONDITIONS,
    GuidanceTraining,
    PadMode,
    cut_off,
    draw_ends,
    drop_conditions,
)
from posecast.training.flame.diffusion import add_noise, draw_steps
from posecast.training.flame.losses import ComparedWindow, MotionLosses
from posecast.training.flame.network import FlameTrainingNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPairs:
    """A batch of clips of two windows each."""

    motion: Tensor
    """Normalised motion. [B, 2 T, M]"""
    waveform: Tensor
    """Its sound, normalised over both windows. [B, 1280 T]"""
    shape: Tensor
    """Normalised identity in the first frame. [B, 100]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTraining:
    """How windows are cut, heard and conditioned; the defaults are the published ones."""

    cut_probabilities: tuple[float, float] = (0.3, 0.4)
    """How often the clips of a batch end within their first and their second window, 0..1."""
    pad_mode: PadMode = "zero"
    """What follows an end."""
    guided: tuple[str, ...] = CONDITIONS
    """Conditions that are withheld at times, for guidance."""
    guidance: GuidanceTraining = "incremental"
    """What guidance the model is for."""
    hears_both: bool = False
    """Whether a window's speech features hear the whole pair, as they hear whole clips when a
    model is used; published models heard the window alone in training."""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        for probability in self.cut_probabilities:
            if not 0 <= probability <= 1:
                raise InvalidRequest(f"cut probability {probability}; allowed: 0 to 1")
        if self.pad_mode not in ("zero", "replicate"):
            raise InvalidRequest(f"pad mode {self.pad_mode!r}; allowed: zero, replicate")
        drop_conditions(torch.zeros(0, 2), self.guidance, self.guided)


class PairLosses:
    """Runs both windows of each pair through the network, the second after the first's truth.

    Source:
        DiffPoseTalk, arXiv:2310.00434, training; the released code for what it leaves open.
    """

    def __init__(
        self,
        losses: MotionLosses,
        training: PairTraining,
        style_encoder: nn.Module | None,
    ) -> None:
        """Choose how pairs are used.

        Args:
            losses: Compares windows.
            training: How windows are cut, heard and conditioned.
            style_encoder: Trained and frozen here; None for a model without style.
        """
        self._losses = losses
        self._training = training
        self._style_encoder = None if style_encoder is None else style_encoder.eval()

    def __call__(self, network: nn.Module, pairs: WindowPairs) -> dict[str, Tensor]:
        """Losses by name, each with its weight; those of both windows are averaged."""
        if not isinstance(network, FlameTrainingNetwork):
            raise InvalidRequest(f"a {type(network).__name__}; expected a FlameTrainingNetwork")
        self._losses.to(pairs.motion.device)
        speech = _Speech(network, pairs, self._training)
        styles = self._encode_styles(network.denoiser.config, pairs)
        totals: dict[str, Tensor] = {}
        for index in (0, 1):
            window = _predict(network, pairs, speech, styles[index], index)
            with torch.autocast(pairs.motion.device.type, enabled=False):
                losses = self._losses(window)
            for name, loss in losses.items():
                # Published so: the transition, which only the second window has, is not halved.
                share = 1.0 if name == "head_transition" else 0.5
                totals[name] = totals.get(name, 0.0) + share * loss
        return totals

    @torch.no_grad()
    def _encode_styles(self, config: DenoiserConfig, pairs: WindowPairs) -> tuple[Tensor, Tensor]:
        """A style for each window: that of the other one, so that it tells nothing of its own."""
        if self._style_encoder is None:
            nothing = pairs.motion.new_zeros(len(pairs.motion), config.style_dim)
            return nothing, nothing
        encoder = self._style_encoder.to(pairs.motion.device)
        first, second = (
            encoder(part).float() for part in torch.split(pairs.motion, config.window_frames, dim=1)
        )
        return second, first


class _Speech:
    """Speech features of the windows of a batch, cut or whole."""

    def __init__(
        self, network: FlameTrainingNetwork, pairs: WindowPairs, training: PairTraining
    ) -> None:
        self.training = training
        self._network = network
        self._frames = network.denoiser.config.window_frames
        self._pairs = pairs
        self._whole: dict[int, Tensor] = {}

    def window(self, index: int, ends: Tensor | None) -> Tensor:
        """Features of a window, of what is left of it. [B, T, D]"""
        if ends is not None:
            return self._hear(index, ends)[index]
        if index not in self._whole:
            self._whole |= self._hear(index, None)
        return self._whole[index]

    def before_second(self) -> Tensor:
        """Last features of the first window, whole; nothing is learned through them. [B, P, D]"""
        num_previous = self._network.denoiser.config.previous_frames
        if 0 in self._whole:
            return self._whole[0][:, -num_previous:].detach()
        with torch.no_grad():  # not kept: what is kept may be learned through
            return self._hear(0, None)[0][:, -num_previous:]

    def _hear(self, index: int, ends: Tensor | None) -> dict[int, Tensor]:
        """Features of the windows that were heard together, by window."""
        heard = (0, 1) if self.training.hears_both else (index,)
        first = heard[0] * self._frames
        num_frames = len(heard) * self._frames
        waveform = self._pairs.waveform[:, first * SAMPLES_PER_FRAME :]
        waveform = waveform[:, : num_frames * SAMPLES_PER_FRAME]
        if ends is not None:
            last = (index * self._frames - first + ends) * SAMPLES_PER_FRAME
            waveform = cut_off(waveform, last, self.training.pad_mode)
        features = torch.split(self._network.hear(waveform, num_frames), self._frames, dim=1)
        return dict(zip(heard, features, strict=True))


def _predict(
    network: FlameTrainingNetwork,
    pairs: WindowPairs,
    speech: _Speech,
    style: Tensor,
    index: int,
) -> ComparedWindow:
    """Let the network predict one window of each pair, all of them cut or none."""
    config, training = network.denoiser.config, speech.training
    num_rows, frames, device = len(pairs.motion), config.window_frames, pairs.motion.device
    clean = pairs.motion[:, index * frames : (index + 1) * frames]
    ends = draw_ends(num_rows, frames, training.cut_probabilities[index])
    is_real = torch.ones(num_rows, frames, dtype=torch.bool, device=device)
    if ends is not None:
        ends = ends.to(device)
        clean = cut_off(clean, ends, training.pad_mode)
        is_real = torch.arange(frames, device=device) < ends[:, None]
    features = speech.window(index, ends)
    if index:
        previous_motion = pairs.motion[:, frames - config.previous_frames : frames]
        previous_speech = speech.before_second()
    else:  # the learned start frames take the place of these zeros
        previous_motion = clean.new_zeros(num_rows, config.previous_frames, config.motion_dim)
        previous_speech = clean.new_zeros(num_rows, config.previous_frames, config.speech_dim)
    step, noise = draw_steps(config, num_rows, device), torch.randn_like(clean)
    numbers = torch.rand(num_rows, 2, device=device)
    prediction = network.denoiser.predict_all(
        add_noise(config, clean, noise, step),
        step,
        features,
        style,
        pairs.shape,
        previous_motion,
        previous_speech,
        is_real.to(clean.dtype),
        *drop_conditions(numbers, training.guidance, training.guided),
        torch.full((num_rows,), float(index), device=device),
    )
    return ComparedWindow(
        prediction=prediction.float(),
        clean=clean,
        noise=noise,
        previous=previous_motion if index else None,
        shape=pairs.shape,
        is_real=is_real,
    )
