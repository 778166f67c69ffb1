"""One utterance, streamed: audio goes in in chunks of any size, frames come out."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from posecast.audio.resampler import Resampler
from posecast.conditioning.speech_encoder import SpeechEncoderState
from posecast.config import SAMPLE_RATE_HZ, AnimationOptions
from posecast.denoising.window_sampler import SampledWindows
from posecast.errors import InvalidRequest
from posecast.rig.accent_gestures import AccentGestures
from posecast.rig.adjuster import FaceAdjuster
from posecast.rig.arkit import NUM_CURVES
from posecast.rig.easing import EaseOver
from posecast.rig.frame_rate import FrameRateConverter
from posecast.rig.life import Life
from posecast.session.batch import make_next_windows
from posecast.session.engine import AnimationEngine
from posecast.session.motion import MotionSettings, MotionStream, WindowRequest
from posecast.session.speech_features import (
    SpeechBlock,
    SpeechFeatureStream,
    choose_look_ahead,
    closing_of,
)
from posecast.session.style_choice import choose_style
from posecast.session.timeline import (
    Window,
    choose_schedule,
    count_model_frames,
    count_output_frames,
)
from posecast.signals import FaceFrames, FloatArray, Style, join_frames

ShownFace = tuple[FloatArray, FloatArray]
"""Weights [C] and head quaternion [4] of the frame that was shown last."""


class StreamingSession:
    """State of one utterance; the engine is shared, everything else dies with the session.

    The frames depend on the audio, the options and the seed, never on how the audio was cut. Either
    `push` and `finish` make the frames at once, or `take` and `end` only take audio in, and whoever
    owns the device makes windows of many sessions together (`batch.make_next_windows`).
    """

    def __init__(
        self,
        engine: AnimationEngine,
        options: AnimationOptions,
        *,
        sample_rate_hz: int,
        style: Style | None = None,
    ) -> None:
        """Start an utterance.

        Args:
            engine: The loaded model.
            options: What this stream chose.
            sample_rate_hz: Rate of the audio that will be pushed.
            style: Taken as it is, in the place of what the options say of style.

        Raises:
            InvalidRequest: If the rate is out of range or the style is unknown or does not fit.
        """
        style = choose_style(engine.styles, options) if style is None else style
        _check_style(engine, style)
        self.engine = engine
        self.seed = secrets.randbits(64) if options.seed is None else options.seed
        self._sample_rate_hz = sample_rate_hz
        self._frame_rate_hz = options.frame_rate_hz
        self._schedule = choose_schedule(options)
        self._resampler = Resampler(sample_rate_hz)
        look_ahead_frames = choose_look_ahead(engine.speech_encoder.config, options)
        self._speech = SpeechFeatureStream(engine.speech_encoder, look_ahead_frames)
        self._contact = engine.config.contact(look_ahead_frames)
        settings = MotionSettings.of(engine.config, options, style=style, seed=self.seed)
        self._motion = MotionStream(
            engine.config.denoiser, engine.config, settings, shape=engine.shape
        )
        self._converter = FrameRateConverter(options.frame_rate_hz)
        self._life = Life(self.seed, style)
        self._gestures = _gestures_of(engine, style, self.seed)
        self._adjuster = FaceAdjuster(options.adjustments, options.frame_rate_hz)
        self._opening: EaseOver | None = None
        self._num_samples = 0
        self._num_windows = 0
        self._num_frames = 0
        self._num_full_windows = 0
        self._first_frame_of_rest = 0
        self._num_model_frames: int | None = None

    @property
    def next_window(self) -> Window:
        """The window that comes next.

        Once the utterance has ended, all frames that have not been heard in full are one window, so
        that its tail comes at once. Which ones these are depends on the audio alone.
        """
        window = self._schedule.window(self._num_windows)
        if self._num_model_frames is None or self._num_windows < self._num_full_windows:
            return window
        left = max(0, self._num_model_frames - self._first_frame_of_rest)
        return replace(
            window,
            first_frame=self._first_frame_of_rest,
            num_frames=min(left, self.engine.config.denoiser.window_frames),
        )

    @property
    def num_missing(self) -> int:
        """Samples, at the rate of the audio, that the next window still lacks; 0 if it has all.

        The resampler hears a few milliseconds ahead, so that it may lack some more after them.
        """
        missing = self._speech.count_missing(self.next_window)
        return -(-missing * self._sample_rate_hz // SAMPLE_RATE_HZ)

    @property
    def has_window(self) -> bool:
        """Whether the next window can be made now."""
        window = self.next_window
        return window.num_frames > 0 and self._speech.count_missing(window) == 0

    @property
    def has_ended(self) -> bool:
        """Whether no more audio can come."""
        return self._num_model_frames is not None

    @property
    def is_complete(self) -> bool:
        """Whether the utterance has ended and all its frames are made."""
        return self._num_model_frames is not None and self.next_window.num_frames == 0

    @property
    def batch_key(self) -> Hashable:
        """Sessions of equal keys are best made together."""
        return self.next_window.num_frames

    def push(self, samples: FloatArray) -> FaceFrames:
        """Take the next audio.

        Args:
            samples: Mono audio, any length. [S]

        Returns:
            The frames that this completes, perhaps none.

        Raises:
            InvalidRequest: If the session is finished.
        """
        self.take(samples)
        return self._make_windows()

    def finish(self) -> FaceFrames:
        """End the utterance.

        Returns:
            The remaining frames; with them every sample is covered.

        Raises:
            InvalidRequest: If the session is finished already.
        """
        return join_frames([self.end(), self._make_windows()])

    def take(self, samples: FloatArray) -> None:
        """Take the next audio in and make nothing of it yet.

        Args:
            samples: Mono audio, any length. [S]

        Raises:
            InvalidRequest: If the session is finished.
        """
        self._refuse_if_finished()
        self._num_samples += len(samples)
        self._speech.push(self._resampler.push(samples))

    def end(self) -> FaceFrames:
        """Take no more audio; windows that are left can be made.

        Returns:
            The remaining frames if no window is left, else none.

        Raises:
            InvalidRequest: If the session is finished already.
        """
        self._refuse_if_finished()
        self._num_full_windows = self._count_full_windows()
        self._first_frame_of_rest = self._schedule.window(self._num_full_windows).first_frame
        self._speech.push(self._resampler.finish())
        self._num_model_frames = count_model_frames(self._num_outputs, self._frame_rate_hz)
        if self.next_window.num_frames == 0:
            return self._dress(*self._converter.finish(self._num_outputs))
        # Silence follows the utterance, as far as the last window hears.
        whole = Window(index=0, first_frame=0, num_frames=self._num_model_frames)
        self._speech.pad_to_window(whole)
        return self._no_frames()

    def ease_from(self, shown: ShownFace) -> None:
        """Let the first frames ease over from a face that was shown before; call it before them."""
        self._opening = EaseOver(*shown, frame_rate_hz=self._frame_rate_hz)

    def change(self, options: AnimationOptions, style: Style, *, seed: int) -> None:
        """Let other choices take over with the next window, without a jump.

        Args:
            options: The new ones; frame rate, mode, window and look-ahead stay the session's.
            style: The new style.
            seed: The new seed of this utterance.

        Raises:
            InvalidRequest: If the style does not fit the model.
        """
        _check_style(self.engine, style)
        self._motion.change(MotionSettings.of(self.engine.config, options, style=style, seed=seed))
        self._life.change(seed, style)
        if self._gestures is not None and self.engine.styles.gestures is not None:
            self._gestures.change(seed, self.engine.styles.gestures.of(style))
        self._adjuster.change(options.adjustments)

    def next_block(self) -> SpeechBlock:
        """What the speech encoder is to hear for the next window; asking changes nothing."""
        return self._speech.block(self.next_window)

    def motion_requests(self, window: Window, speech: FloatArray) -> list[WindowRequest]:
        """What is to be sampled for the next window; asking changes nothing."""
        return self._motion.requests(window, speech)

    def accept(
        self,
        block: SpeechBlock,
        heard: tuple[FloatArray, SpeechEncoderState],
        speech: FloatArray,
        sampled: Sequence[SampledWindows],
    ) -> FaceFrames:
        """Make frames of what the networks answered, and go on to the next window.

        Args:
            block: What `next_block` told.
            heard: The encoder's outputs and its new state.
            speech: The features of the window. [T, D]
            sampled: An answer to each of `motion_requests`.

        Returns:
            The frames that are settled now, perhaps none.
        """
        self._speech.accept(block, *heard)
        if block.window.index >= self._num_full_windows:
            self._first_frame_of_rest = block.window.first_frame + block.window.num_frames
        motion = self._motion.accept(speech, sampled)
        self._num_windows += 1
        closing = closing_of(self.engine.config, speech)
        weights, head = self.engine.rig.face(motion, self._contact, closing)
        head = self._life.turn_head(head, weights)
        if self._gestures is not None:
            accents = speech[:, self.engine.config.accent_column]
            head = self._gestures.add_to(weights, head, accents)
        frames = self._dress(*self._converter.push(weights, head))
        if not self.is_complete:
            return frames
        return join_frames([frames, self._dress(*self._converter.finish(self._num_outputs))])

    @property
    def _num_outputs(self) -> int:
        return count_output_frames(self._num_samples, self._sample_rate_hz, self._frame_rate_hz)

    def _count_full_windows(self) -> int:
        """Windows that can be made, or were, of the audio so far."""
        index = self._num_windows
        while self._speech.count_missing(self._schedule.window(index)) == 0:
            index += 1
        return index

    def _refuse_if_finished(self) -> None:
        if self._num_model_frames is not None:
            raise InvalidRequest("the utterance is finished; start a new session")

    def _make_windows(self) -> FaceFrames:
        parts = [self._no_frames()]
        while self.has_window:
            parts += make_next_windows([self])
        return join_frames(parts)

    def _no_frames(self) -> FaceFrames:
        return self._dress(np.zeros((0, NUM_CURVES), np.float32), np.zeros((0, 4), np.float32))

    def _dress(self, weights: FloatArray, head: FloatArray) -> FaceFrames:
        """Frames at the output rate, with all that is added to the face of the model."""
        first_index = self._num_frames
        if len(weights):
            times_s = (first_index + np.arange(len(weights))) / self._frame_rate_hz
            self._life.move_eyes(weights, times_s)
            np.abs(weights, out=weights)  # clients print the sign of a negative zero
            weights, head = self._adjuster.apply(weights, head)
            if self._opening is not None:
                weights, head = self._opening.apply(weights, head)
        self._num_frames += len(weights)
        return FaceFrames(
            first_index=first_index,
            frame_rate_hz=self._frame_rate_hz,
            weights=weights,
            head=head,
        )


def _gestures_of(engine: AnimationEngine, style: Style, seed: int) -> AccentGestures | None:
    """What head and brows do at accents, for a model that hears them."""
    readout = engine.styles.gestures
    if readout is None or engine.config.accent_column is None:
        return None
    return AccentGestures(seed, readout.of(style))


def _check_style(engine: AnimationEngine, style: Style) -> None:
    expected = (engine.config.denoiser.style_dim,)
    if style.vector.shape != expected:
        raise InvalidRequest(
            f"style vector of shape {style.vector.shape}; this model takes {expected}"
        )
