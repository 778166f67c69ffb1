"""Speech features of a whole clip to normalised motion, window after window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from posecast.denoising.denoiser import Conditions
from posecast.denoising.noise_source import NoiseSource
from posecast.denoising.process_sampler import ProcessSampler
from posecast.errors import InvalidRequest
from posecast.session.clip_options import ClipOptions
from posecast.session.clip_plan import ClipPlan
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipProgress:
    """How far the animation of a clip has come."""

    window_index: int
    """The window that is being made."""
    num_windows: int
    """Windows of the clip."""
    num_steps_done: int
    """Steps of this window that are done."""
    num_steps: int
    """Steps of a window."""

    @property
    def share(self) -> float:
        """Share of the work that is done, 0..1."""
        done = self.window_index + self.num_steps_done / self.num_steps
        return done / self.num_windows


OnClipProgress = Callable[[ClipProgress], None]
"""Is told now and then; what it raises ends the animation, which keeps nothing."""


class ClipMotion:
    """The windows of one clip; each knows of the one before by its last frames alone.

    Source:
        DiffPoseTalk, arXiv:2310.00434, inference on long audio.
    """

    def __init__(
        self,
        sampler: ProcessSampler,
        plan: ClipPlan,
        *,
        style: FloatArray | None,
        shape: FloatArray,
        options: ClipOptions,
        noise: NoiseSource,
    ) -> None:
        """Take what the windows are made of, beside the speech.

        Args:
            sampler: Denoiser and loop.
            plan: The windows.
            style: Style vector; None for the model's own stand-in. [style_dim]
            shape: Normalised identity; width 0 for a model that needs none. [shape_dim]
            options: Process, guidance, repetitions.
            noise: Where noise comes from.

        Raises:
            InvalidRequest: If style or shape do not fit the model, or the process its schedule.
        """
        for name, values, width in (
            ("style", style, sampler.config.style_dim),
            ("shape", shape, sampler.config.shape_dim),
        ):
            if values is not None and values.shape != (width,):
                raise InvalidRequest(f"{name} of shape {values.shape}; this model takes ({width},)")
        self._sampler, self._plan = sampler, plan
        self._style, self._shape = style, shape
        self._options, self._noise = options, noise
        self._num_steps = len(options.process.steps(sampler.config))
        self._noise_shape = (options.num_repetitions, plan.window_frames, sampler.config.motion_dim)

    def windows(self, speech: FloatArray, on_progress: OnClipProgress) -> Iterator[FloatArray]:
        """Make the windows in order, each when it is asked for.

        Args:
            speech: Features of all windows. [W T, D]
            on_progress: Told of steps that are done.

        Yields:
            Normalised motion of a window, padded frames included. [N, T, M]
        """
        previous: FloatArray | None = None
        for index in range(self._plan.num_windows):
            previous = self._sampler.run(
                self._options.process,
                self._conditions(speech, index, previous),
                # Published: all windows start alike. With the cosine schedule it hardly matters.
                self._noise.start(
                    0 if self._options.reuses_start_noise else index, self._noise_shape
                ),
                step_noise=partial(self._step_noise, index),
                guidance=self._options.guidance,
                on_progress=partial(self._tell, on_progress, index),
            )
            yield previous

    def _conditions(
        self, speech: FloatArray, index: int, previous: FloatArray | None
    ) -> Conditions:
        config, style = self._sampler.config, self._style
        frames = self._plan.frames_of(index)
        before = slice(max(0, frames.start - config.previous_frames), frames.start)
        motion, heard = self._stand_ins() if previous is None else (previous, speech[before])
        repeat = partial(_repeat, num_rows=self._noise_shape[0])
        return Conditions(
            speech=repeat(speech[frames]),
            style=repeat(np.zeros(config.style_dim, np.float32) if style is None else style),
            shape=repeat(self._shape),
            previous_motion=motion[:, -config.previous_frames :],
            previous_speech=repeat(heard),
            indicator=repeat(self._plan.indicator_of(index)),
            has_speech=repeat(np.True_),
            has_style=repeat(np.bool_(style is not None)),
            has_previous=repeat(np.bool_(previous is not None)),
        )

    def _stand_ins(self) -> tuple[FloatArray, FloatArray]:
        """Motion and speech of no frames; the network has learned ones for them."""
        config = self._sampler.config
        motion = np.zeros(
            (self._noise_shape[0], config.previous_frames, config.motion_dim), np.float32
        )
        return motion, np.zeros((config.previous_frames, config.speech_dim), np.float32)

    def _step_noise(self, index: int, step: int) -> FloatArray:
        return self._noise.step(index, step, self._noise_shape)

    def _tell(self, on_progress: OnClipProgress, index: int, num_done: int) -> None:
        on_progress(
            ClipProgress(
                window_index=index,
                num_windows=self._plan.num_windows,
                num_steps_done=num_done,
                num_steps=self._num_steps,
            )
        )


def _repeat(values: Any, num_rows: int) -> Any:
    """The same for every repetition. [...] -> [N, ...]"""
    return np.repeat(values[None], num_rows, axis=0)
