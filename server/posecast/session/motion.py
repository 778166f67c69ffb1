"""Speech features of one stream to normalised motion, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from posecast.config import AnimationOptions, DenoiserConfig, ModelConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.guidance import Guidance
from posecast.denoising.noise import window_noise
from posecast.denoising.window_sampler import SampledWindows
from posecast.rig.arkit import CURVE_INDEX
from posecast.session.timeline import Window
from posecast.signals import FloatArray, Style

FADE_FRAMES = 5
"""Frames over which settings that changed take over: 200 ms, or the whole of a shorter window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionSettings:
    """What a window is sampled with, beside the speech."""

    style: FloatArray
    """Style vector. [style_dim]"""
    seed: int
    """Seed of the noise, 0..2**64-1."""
    guidance: Guidance
    """Scales of speech and style."""
    num_steps: int
    """DDIM steps."""

    @classmethod
    def of(cls, config: ModelConfig, options: AnimationOptions, *, style: Style, seed: int) -> Self:
        """What a stream chose, and the model's defaults where it chose nothing."""
        return cls(
            style=style.vector,
            seed=seed,
            guidance=guidance_of(config, options),
            num_steps=options.sampling_steps or config.sampling_steps,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRequest:
    """One window that is to be sampled; those of equal `batch_key` can be sampled together."""

    conditions: Conditions
    """What it is conditioned on, a batch of one."""
    noise: FloatArray
    """Start noise. [T, M]"""
    num_steps: int
    """DDIM steps."""
    guidance: Guidance
    """Scales of speech and style."""

    @property
    def batch_key(self) -> tuple[int, int, Guidance]:
        """What windows must have in common to be sampled together.

        Length is exact: a short window that is padded to the length of others comes out differently
        by more than rounding, unless the model pads all its windows anyway.
        """
        return len(self.noise), self.num_steps, self.guidance


class MotionStream:
    """Motion of one utterance; it remembers the frames that the next window follows on from."""

    def __init__(
        self,
        network: DenoiserConfig,
        config: ModelConfig,
        settings: MotionSettings,
        *,
        shape: FloatArray,
    ) -> None:
        """Start an utterance.

        Args:
            network: Sizes of the denoiser.
            config: What the model does with its motion.
            settings: What the first windows are sampled with.
            shape: Whose face it is, normalised. [shape_dim]
        """
        self._network = network
        self._shape = shape[None]
        self._settings = settings
        self._former: MotionSettings | None = None
        self._mean_columns = [CURVE_INDEX[name] for name in config.mean_curves]
        self._border_easing_frames = config.border_easing_frames
        self._previous_motion: FloatArray | None = None
        self._previous_speech: FloatArray | None = None

    def change(self, settings: MotionSettings) -> None:
        """Let other settings take over with the next window."""
        if self._previous_motion is not None and self._former is None:
            self._former = self._settings
        self._settings = settings

    def requests(self, window: Window, speech: FloatArray) -> list[WindowRequest]:
        """What is to be sampled for the next window; asking changes nothing.

        Args:
            window: Where it lies.
            speech: Its features. [T, D]

        Returns:
            One request, and a second one with the former settings if they have just changed.
        """
        both = [self._settings] if self._former is None else [self._settings, self._former]
        return [self._request(settings, window, speech) for settings in both]

    def accept(self, speech: FloatArray, sampled: Sequence[SampledWindows]) -> FloatArray:
        """Make the motion of the window that `requests` was asked for, and go on behind it.

        Args:
            speech: Its features. [T, D]
            sampled: The answer to each request, a batch of one.

        Returns:
            Normalised motion. [T, M]
        """
        parts = [self._compose(windows) for windows in sampled]
        motion = parts[0]
        if len(parts) > 1:
            part = np.minimum(1, np.arange(1, len(motion) + 1) / min(len(motion) + 1, FADE_FRAMES))
            motion = parts[1] + part[:, None].astype(np.float32) * (motion - parts[1])
        self._former = None
        self._ease_border(motion)
        self._remember(motion, speech)
        return motion

    def _request(
        self, settings: MotionSettings, window: Window, speech: FloatArray
    ) -> WindowRequest:
        shape = (window.num_frames, self._network.motion_dim)
        return WindowRequest(
            conditions=self._conditions(settings.style, speech),
            noise=window_noise(settings.seed, window.index, shape),
            num_steps=settings.num_steps,
            guidance=settings.guidance,
        )

    def _compose(self, sampled: SampledWindows) -> FloatArray:
        motion = sampled.motion[0].copy()
        # From noise alone the network predicts the mean of all that the speech may look like.
        motion[:, self._mean_columns] = sampled.first_clean[0][:, self._mean_columns]
        return motion

    def _ease_border(self, motion: FloatArray) -> None:
        """Start near where the window before ended, and fade that offset: a head would jump.

        The first frame has faded a little already, so that windows of one frame move too.
        """
        if self._previous_motion is None or not self._border_easing_frames:
            return
        step = self._previous_motion[-1] - motion[0]
        step[self._mean_columns] = 0  # lips must not be late
        fading = np.exp(-np.arange(1, len(motion) + 1) / np.float32(self._border_easing_frames))
        motion += (fading[:, None] * step).astype(np.float32)

    def _conditions(self, style: FloatArray, speech: FloatArray) -> Conditions:
        network = self._network
        previous = network.previous_frames
        motion, features = self._previous_motion, self._previous_speech
        if motion is None or features is None:
            motion = np.zeros((previous, network.motion_dim), np.float32)
            features = np.zeros((previous, network.speech_dim), np.float32)
        return Conditions(
            speech=speech[None],
            style=style[None],
            shape=self._shape,
            previous_motion=motion[None],
            previous_speech=features[None],
            indicator=np.ones((1, len(speech)), np.float32),
            has_speech=np.array([True]),
            has_style=np.array([True]),
            has_previous=np.array([self._previous_motion is not None]),
        )

    def _remember(self, motion: FloatArray, speech: FloatArray) -> None:
        previous = self._network.previous_frames
        self._previous_motion = _last_frames(self._previous_motion, motion, previous)
        self._previous_speech = _last_frames(self._previous_speech, speech, previous)


def guidance_of(config: ModelConfig, options: AnimationOptions) -> Guidance:
    """The guidance of a stream: what it chose, and the model's defaults where it chose nothing."""
    return Guidance(
        audio_scale=_chosen(options.audio_guidance, config.audio_guidance),
        style_scale=_chosen(options.style_guidance, config.style_guidance),
        mode=config.guidance_mode,
        guides_audio="audio" in config.guided_conditions,
        guides_style="style" in config.guided_conditions,
    )


def _last_frames(before: FloatArray | None, now: FloatArray, count: int) -> FloatArray:
    """The last `count` frames; before frame 0 a stream is taken to have stood still in it."""
    joined = now if before is None else np.concatenate([before, now])
    missing = count - len(joined)
    if missing > 0:
        joined = np.concatenate([np.repeat(joined[:1], missing, axis=0), joined])
    return joined[-count:]


def _chosen(wanted: float | None, default: float) -> float:
    return default if wanted is None else wanted
