"""Speech features of one stream to normalised motion, window by window."""

from __future__ import annotations

import numpy as np

from posecast.config import AnimationOptions, ModelConfig
from posecast.denoising.denoiser import Conditions, Denoiser
from posecast.denoising.guidance import Guidance
from posecast.denoising.noise import window_noise
from posecast.denoising.sampler import ddim
from posecast.rig.arkit import CURVE_INDEX
from posecast.session.timeline import Window
from posecast.signals import FloatArray, Style


class MotionStream:
    """Motion of one utterance; it remembers the frames that the next window follows on from."""

    def __init__(
        self,
        denoiser: Denoiser,
        config: ModelConfig,
        options: AnimationOptions,
        *,
        style: Style,
        seed: int,
    ) -> None:
        """Start an utterance."""
        self._denoiser, self._style, self._seed = denoiser, style, seed
        self._guidance = Guidance(
            audio_scale=_chosen(options.audio_guidance, config.audio_guidance),
            style_scale=_chosen(options.style_guidance, config.style_guidance),
        )
        self._sampling_steps = options.sampling_steps or config.sampling_steps
        self._mean_columns = [CURVE_INDEX[name] for name in config.mean_curves]
        self._border_easing_frames = config.border_easing_frames
        self._previous_motion: FloatArray | None = None
        self._previous_speech: FloatArray | None = None

    def sample(self, window: Window, speech: FloatArray) -> FloatArray:
        """Make the motion of the next window.

        Args:
            window: Where it lies.
            speech: Its features. [T, D]

        Returns:
            Normalised motion. [T, M]
        """
        shape = (window.num_frames, self._denoiser.config.motion_dim)
        predicted: list[FloatArray] = []
        motion = ddim(
            self._denoiser,
            self._conditions(speech),
            window_noise(self._seed, window.index, shape)[None],
            num_steps=self._sampling_steps,
            guidance=self._guidance,
            on_clean=lambda _, clean: predicted.append(clean),
        )[0]
        # From noise alone the network predicts the mean of all that the speech may look like.
        motion[:, self._mean_columns] = predicted[0][0][:, self._mean_columns]
        self._ease_border(motion)
        self._remember(motion, speech)
        return motion

    def _ease_border(self, motion: FloatArray) -> None:
        """Start where the window before ended, and fade that offset: a sampled head would jump."""
        if self._previous_motion is None or not self._border_easing_frames:
            return
        step = self._previous_motion[-1] - motion[0]
        step[self._mean_columns] = 0  # lips must not be late
        fading = np.exp(-np.arange(len(motion)) / np.float32(self._border_easing_frames))
        motion += (fading[:, None] * step).astype(np.float32)

    def _conditions(self, speech: FloatArray) -> Conditions:
        config = self._denoiser.config
        previous = config.previous_frames
        motion, features = self._previous_motion, self._previous_speech
        if motion is None or features is None:
            motion = np.zeros((previous, config.motion_dim), np.float32)
            features = np.zeros((previous, config.speech_dim), np.float32)
        return Conditions(
            speech=speech[None],
            style=self._style.vector[None],
            shape=np.zeros((1, config.shape_dim), np.float32),
            previous_motion=motion[None],
            previous_speech=features[None],
            indicator=np.ones((1, len(speech)), np.float32),
            has_speech=np.array([True]),
            has_style=np.array([True]),
            has_previous=np.array([self._previous_motion is not None]),
        )

    def _remember(self, motion: FloatArray, speech: FloatArray) -> None:
        previous = self._denoiser.config.previous_frames
        self._previous_motion = _last_frames(self._previous_motion, motion, previous)
        self._previous_speech = _last_frames(self._previous_speech, speech, previous)


def _last_frames(before: FloatArray | None, now: FloatArray, count: int) -> FloatArray:
    """The last `count` frames; before frame 0 a stream is taken to have stood still in it."""
    joined = now if before is None else np.concatenate([before, now])
    missing = count - len(joined)
    if missing > 0:
        joined = np.concatenate([np.repeat(joined[:1], missing, axis=0), joined])
    return joined[-count:]


def _chosen(wanted: float | None, default: float) -> float:
    return default if wanted is None else wanted
