"""Trains the denoiser on frozen speech features, in random styles made on the fly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import DenoiserConfig, ModelConfig
from posecast.denoising.noise_schedule import build_schedule
from posecast.denoising.sampler import ddim_steps
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.rig.arkit import CURVE_INDEX, LIP_CURVES, NUM_CURVES
from posecast.rig.retarget import APERTURE_SHARES, MotionScale
from posecast.signals import FloatArray
from posecast.training.default_model import RunFolder
from posecast.training.devices import resolve_device
from posecast.training.encoded_tapes import EncodedTape, encode_tapes
from posecast.training.face_rules import add_life, animate_by_rule
from posecast.training.loop import Losses, TrainingPlan, load_average, optimise, prefetch
from posecast.training.motion import load_scale
from posecast.training.style_encoder import CLIP_FRAMES, make_network
from posecast.training.styles import StyleParameters, draw_style
from posecast.training.tapes import TapeSampler
from posecast.training.workers import jump_ahead, supply_from_forks

_CLIPS_PER_STYLE, _STYLES_AT_A_TIME = 2, 32
WINDOW_LENGTHS: tuple[tuple[float, int, int], ...] = (
    (0.20, 100, 100),
    (0.20, 25, 25),
    (0.22, 3, 3),
    (0.12, 5, 5),
    (0.14, 1, 24),
    (0.12, 26, 99),
)
"""Odds of window lengths, and from which to which: those that are served, and all others."""
_STARTS, _NULL_STYLE, _NULL_BOTH = 0.15, 0.18, 0.10
_LIP_WEIGHT, _VELOCITY_WEIGHT, _APERTURE_WEIGHT = 2.0, 1.0, 3.0
_HEAD_WEIGHT, _HEAD_VELOCITY_WEIGHT, _HEAD_SMOOTHNESS_WEIGHT = 4.0, 8.0, 2.0
"""A head that trembles is seen at once, a head a degree off is not."""
_PREVIOUS_NOISE, _STYLE_NOISE = 0.1, 0.2
_PREVIOUS_LIP_NOISE = 0.7
"""Of the lips before a window: once served, those are the network's own, and errors add up over
short windows where it trusts them. The speech tells where the lips are."""
_SERVED_EVALUATIONS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserSupply:
    """What the windows of the denoiser's training are made of."""

    num_tapes: int = 3600
    """Tapes of 8.8 s of speech to cut windows from."""
    num_styles: int = 2400
    """Random styles to draw from."""
    folds: Sequence[TapeSampler] = ()
    """Labelled speech of each fold of the voices, heard by the speech encoder that does not know
    it; without any, all speech is heard by the run's speech encoders, whose mean is served."""


@dataclass(frozen=True, slots=True)
class _Batch:
    previous: Tensor
    clean: Tensor
    previous_speech: Tensor
    speech: Tensor
    trusted: Tensor
    starts: Tensor
    styles: Tensor


@dataclass(frozen=True, slots=True)
class _SampledStyles:
    """Random styles with the vectors that the style encoder gives clips of them."""

    parameters: list[StyleParameters]
    vectors: FloatArray  # [N, clips of each, S]


def train_denoiser(
    sampler: TapeSampler,
    config: ModelConfig,
    plan: TrainingPlan,
    folder: RunFolder,
    batch_size: int,
    supply: DenoiserSupply | None = None,
    *,
    begin_with: Path | None = None,
) -> nn.Module:
    """Train the denoiser.

    Args:
        sampler: Labelled speech.
        config: Sizes.
        plan: How long and how fast.
        folder: Holds the trained encoders; the state is kept there.
        batch_size: Windows a step.
        supply: What the windows are made of.
        begin_with: Checkpoint of another training, whose averaged weights this one begins with.

    Returns:
        The moving average of the network.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    style_encoder = load_average(folder.style_encoder, make_network(config)).encoder
    scale = load_scale(folder.statistics)
    supply = supply or DenoiserSupply()
    own = config.speech_encoder
    folds = [(speech, {folder.fold_encoder(fold): own}) for fold, speech in enumerate(supply.folds)]
    heard = folds or [(sampler, {folder.speech_encoder: own, **folder.other_encoders()})]
    tapes: list[EncodedTape] = []
    for speech, encoders in heard:
        networks = [
            load_average(path, SpeechEncoderNetwork(sizes)).to(resolve_device(plan.device))
            for path, sizes in encoders.items()
        ]
        count = supply.num_tapes // len(heard)
        tapes += encode_tapes(speech, networks, count, plan.seed, workers=plan.workers)
    styles = _sample_styles(
        style_encoder, tapes, scale, supply.num_styles, sampler.rng, plan.workers
    )
    batcher = _Batcher(tapes, styles, scale, config.denoiser, sampler.rng)
    losses_of = _Losses(config.denoiser, scale)

    def open_batches(worker: int) -> Iterator[_Batch]:
        jump_ahead(sampler.rng, worker)
        return prefetch(lambda: batcher.make(batch_size))

    denoiser = ConditionedDenoiser(config.denoiser, dropout=0.0)
    if begin_with is not None:
        load_average(begin_with, denoiser).train()
    return optimise(denoiser, plan, open_batches, losses_of, folder.denoiser)


def draw_window_length(rng: np.random.Generator) -> int:
    """Length of the windows of a batch, 2..100 frames."""
    chosen = rng.choice(len(WINDOW_LENGTHS), p=[odds for odds, _, _ in WINDOW_LENGTHS])
    _, shortest, longest = WINDOW_LENGTHS[chosen]
    return int(rng.integers(shortest, longest + 1))


@torch.no_grad()
def _sample_styles(
    encoder: nn.Module,
    tapes: list[EncodedTape],
    scale: MotionScale,
    num_styles: int,
    rng: np.random.Generator,
    workers: int,
) -> _SampledStyles:
    """Encode clips of many random styles once; drawing from them costs nothing."""

    def open_clips(worker: int) -> Iterator[tuple[list[StyleParameters], FloatArray]]:
        jump_ahead(rng, worker)
        while True:
            drawn = [draw_style(rng) for _ in range(_STYLES_AT_A_TIME)]
            clips = [
                _lively_clip(tapes[rng.integers(len(tapes))], style, scale, rng)
                for style in drawn
                for _ in range(_CLIPS_PER_STYLE)
            ]
            yield drawn, np.stack(clips)

    styles: list[StyleParameters] = []
    vectors: list[FloatArray] = []
    with (
        tqdm(total=num_styles, desc="styles") as progress,
        supply_from_forks(open_clips, workers) as supply,
    ):
        while len(styles) < num_styles:
            drawn, clips = next(supply)
            styles += drawn
            vectors.append(encoder(torch.from_numpy(clips)).numpy())
            progress.update(len(drawn))
    joined = np.concatenate(vectors)
    return _SampledStyles(styles, joined.reshape(len(styles), _CLIPS_PER_STYLE, -1))


def _lively_clip(
    tape: EncodedTape, style: StyleParameters, scale: MotionScale, rng: np.random.Generator
) -> FloatArray:
    """A clip as the style encoder sees it: with nods, blinks and a wandering head. [T, 55]"""
    motion = animate_by_rule(tape.tracks[:CLIP_FRAMES], style)
    return scale.normalise(add_life(motion, tape.accents, style, rng))


def _animate(
    tape: EncodedTape,
    style: StyleParameters,
    first: int,
    total: int,
    scale: MotionScale,
) -> FloatArray:
    """Normalised motion of a stretch of tape in a style. [T, 55]"""
    return scale.normalise(animate_by_rule(tape.tracks[first : first + total], style))


class _Batcher:
    """Cuts windows of one random length out of tapes and animates them."""

    def __init__(
        self,
        tapes: list[EncodedTape],
        styles: _SampledStyles,
        scale: MotionScale,
        config: DenoiserConfig,
        rng: np.random.Generator,
    ) -> None:
        self._tapes, self._styles, self._scale = tapes, styles, scale
        self._config, self._rng = config, rng

    def make(self, batch_size: int) -> _Batch:
        rng = self._rng
        length = draw_window_length(rng)
        chosen = rng.integers(len(self._styles.parameters), size=batch_size)
        windows = [self._window(self._styles.parameters[index], length) for index in chosen]
        motion, speech, trusted, starts = (np.stack(part) for part in zip(*windows, strict=True))
        vectors = self._styles.vectors[chosen, rng.integers(_CLIPS_PER_STYLE, size=batch_size)]
        previous = self._config.previous_frames
        return _Batch(
            previous=torch.from_numpy(motion[:, :previous]),
            clean=torch.from_numpy(motion[:, previous:]),
            previous_speech=torch.from_numpy(speech[:, :previous]),
            speech=torch.from_numpy(speech[:, previous:]),
            trusted=torch.from_numpy(trusted[:, previous:]),
            starts=torch.from_numpy(starts),
            styles=torch.from_numpy(vectors),
        )

    def _window(
        self, style: StyleParameters, length: int
    ) -> tuple[FloatArray, FloatArray, FloatArray, np.float32]:
        """Motion, speech and trust of the previous and current frames; whether a stream starts."""
        tape = self._tapes[self._rng.integers(len(self._tapes))]
        previous = self._config.previous_frames
        starts = self._rng.random() < _STARTS
        latest = len(tape.speech) - length - previous
        first = 0 if starts else int(self._rng.integers(0, latest + 1))
        total = length if starts else previous + length
        motion = _animate(tape, style, first, total, self._scale)
        speech = tape.speech[first : first + total].astype(np.float32)
        trusted = tape.trusted[first : first + total].astype(np.float32)
        if starts:  # the learned start frames take the place of these zeros
            motion, speech, trusted = (
                np.concatenate([np.zeros((previous, *part.shape[1:]), np.float32), part])
                for part in (motion, speech, trusted)
            )
        return motion, speech, trusted, np.float32(starts)


class _Losses:
    """Clean-sample losses in normalised motion, with the lip aperture in curve units."""

    def __init__(self, config: DenoiserConfig, scale: MotionScale) -> None:
        schedule = build_schedule(config.schedule, config.num_steps)
        self._alpha_bars = torch.tensor(schedule.alpha_bars)
        self._num_steps = config.num_steps
        self._served_steps = torch.tensor(ddim_steps(config.num_steps, _SERVED_EVALUATIONS))
        self._weights = torch.ones(config.motion_dim)
        self._lips = [CURVE_INDEX[name] for name in LIP_CURVES]
        self._weights[self._lips] = _LIP_WEIGHT
        self._weights *= torch.from_numpy(scale.std > 0)
        self._velocity_weights = self._weights.clone()
        self._weights[NUM_CURVES:] = _HEAD_WEIGHT
        self._velocity_weights[NUM_CURVES:] = _HEAD_VELOCITY_WEIGHT
        self._aperture = torch.zeros(config.motion_dim)
        for name, share in APERTURE_SHARES.items():
            column = CURVE_INDEX[name]
            self._aperture[column] = share * float(scale.std[column])

    def __call__(self, network: nn.Module, batch: _Batch) -> Losses:
        num_rows, device = len(batch.clean), batch.clean.device
        step = self._draw_steps(num_rows).to(device)
        alpha_bar = self._alpha_bars.to(device)[step][:, None, None]
        noise = torch.randn_like(batch.clean)
        noisy = alpha_bar.sqrt() * batch.clean + (1 - alpha_bar).sqrt() * noise
        dropped = torch.rand(num_rows, device=device)
        has_speech = (dropped >= _NULL_BOTH).float()
        has_style = (dropped >= _NULL_BOTH + _NULL_STYLE).float()
        predicted = network(
            noisy,
            step,
            batch.speech,
            _perturb(batch.styles, _STYLE_NOISE),
            batch.clean.new_zeros(num_rows, 0),
            self._perturb_previous(batch.previous),
            batch.previous_speech,
            batch.clean.new_ones(batch.clean.shape[:2]),
            has_speech,
            has_style,
            1 - batch.starts,
        ).float()
        return self._compare(predicted, batch, has_speech)

    def _perturb_previous(self, previous: Tensor) -> Tensor:
        noisy = _perturb(previous, _PREVIOUS_NOISE)
        lips = previous.new_zeros(previous.shape[-1])
        lips[self._lips] = _PREVIOUS_LIP_NOISE
        return _perturb(noisy, lips)

    def _draw_steps(self, num_rows: int) -> Tensor:
        """Half of the rows at any step, half at those few that serving evaluates. [num_rows]"""
        anywhere = torch.randint(1, self._num_steps + 1, (num_rows,))
        served = self._served_steps[torch.randint(0, len(self._served_steps), (num_rows,))]
        return torch.where(torch.rand(num_rows) < 0.5, anywhere, served)

    def _compare(self, predicted: Tensor, batch: _Batch, has_speech: Tensor) -> Losses:
        trusted = batch.trusted[..., None]
        weights, velocity_weights, aperture = (
            row.to(predicted.device)
            for row in (self._weights, self._velocity_weights, self._aperture)
        )
        share = trusted.mean().clamp(min=0.1)
        error = predicted - batch.clean
        # The frame before the window counts as right, so that windows join without a step.
        joined = torch.cat([torch.zeros_like(error[:, :1]), error], dim=1)
        steady = torch.cat([(1 - batch.starts)[:, None, None] * trusted[:, :1], trusted[:, 1:]], 1)
        velocity_error = joined[:, 1:] - joined[:, :-1]
        head_error = velocity_error[..., NUM_CURVES:]
        head_acceleration_error = head_error[:, 2:] - head_error[:, 1:-1]
        aperture_error = (error * aperture).sum(dim=-1).abs() * batch.trusted * has_speech[:, None]
        return {
            "position": (error**2 * weights * trusted).mean() / share,
            "velocity": _VELOCITY_WEIGHT
            * (velocity_error**2 * velocity_weights * steady).mean()
            / share,
            # A window of two frames has none, and the mean of nothing is no number.
            "head": _HEAD_SMOOTHNESS_WEIGHT
            * (head_acceleration_error**2).sum()
            / max(1, head_acceleration_error.numel()),
            "aperture": _APERTURE_WEIGHT * aperture_error.mean() / share,
        }


def _perturb(values: Tensor, amount: float | Tensor) -> Tensor:
    """Noise on half of the rows: at run time these inputs are never quite those of training."""
    chosen = (
        (torch.rand(len(values), device=values.device) < 0.5)
        .float()
        .reshape(-1, *[1] * (values.ndim - 1))
    )
    return values + amount * chosen * torch.randn_like(values)
