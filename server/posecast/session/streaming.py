"""One utterance, streamed: audio goes in in chunks of any size, frames come out."""

from __future__ import annotations

import secrets

import numpy as np

from posecast.audio.resampler import Resampler
from posecast.config import FRAMES_PER_WINDOW, AnimationOptions
from posecast.errors import InvalidRequest
from posecast.rig.arkit import NUM_CURVES
from posecast.rig.eyes import Eyes
from posecast.rig.frame_rate import FrameRateConverter
from posecast.rig.head_wander import HeadWander
from posecast.rig.retarget import face_from_motion
from posecast.session.engine import AnimationEngine
from posecast.session.motion import MotionStream
from posecast.session.speech_features import SpeechFeatureStream
from posecast.session.style_choice import choose_style
from posecast.session.timeline import (
    Window,
    count_model_frames,
    count_output_frames,
    full_window,
)
from posecast.signals import FaceFrames, FloatArray, Style


class StreamingSession:
    """State of one utterance; the engine is shared, everything else dies with the session.

    The frames depend on the audio, the options and the seed, never on how the audio was cut.
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
        if style.vector.shape != (engine.config.denoiser.style_dim,):
            raise InvalidRequest(
                f"style vector of shape {style.vector.shape}; this model takes "
                f"({engine.config.denoiser.style_dim},)"
            )
        self.seed = secrets.randbits(64) if options.seed is None else options.seed
        self._sample_rate_hz = sample_rate_hz
        self._frame_rate_hz = options.frame_rate_hz
        self._frames_per_window = FRAMES_PER_WINDOW[options.mode]
        self._scale = engine.scale
        self._contact = (engine.config.contact_from, engine.config.contact_to)
        self._resampler = Resampler(sample_rate_hz)
        self._speech = SpeechFeatureStream(engine.speech_encoder, options.look_ahead_ms)
        self._motion = MotionStream(
            engine.denoiser, engine.config, options, style=style, seed=self.seed
        )
        self._converter = FrameRateConverter(options.frame_rate_hz)
        self._eyes = Eyes(self.seed, blink_rate_hz=style.blink_rate_hz, gaze_range=style.gaze_range)
        self._wander = HeadWander(
            self.seed, amplitude_rad=style.head_wander_rad, tempo_hz=style.head_tempo_hz
        )
        self._num_samples = 0
        self._num_windows = 0
        self._num_frames = 0
        self._is_finished = False

    def push(self, samples: FloatArray) -> FaceFrames:
        """Take the next audio.

        Args:
            samples: Mono audio, any length. [S]

        Returns:
            The frames that this completes, perhaps none.

        Raises:
            InvalidRequest: If the session is finished.
        """
        self._refuse_if_finished()
        self._num_samples += len(samples)
        self._speech.push(self._resampler.push(samples))
        return self._collect(self._make_full_windows())

    def finish(self) -> FaceFrames:
        """End the utterance.

        Returns:
            The remaining frames; with them every sample is covered.

        Raises:
            InvalidRequest: If the session is finished already.
        """
        self._refuse_if_finished()
        self._is_finished = True
        self._speech.push(self._resampler.finish())
        num_outputs = count_output_frames(
            self._num_samples, self._sample_rate_hz, self._frame_rate_hz
        )
        parts = self._make_last_windows(count_model_frames(num_outputs, self._frame_rate_hz))
        parts.append(self._converter.finish(num_outputs))
        return self._collect(parts)

    def _refuse_if_finished(self) -> None:
        if self._is_finished:
            raise InvalidRequest("the utterance is finished; start a new session")

    def _make_full_windows(self) -> list[tuple[FloatArray, FloatArray]]:
        parts = []
        while self._speech.has(window := full_window(self._num_windows, self._frames_per_window)):
            parts.append(self._make(window))
        return parts

    def _make_last_windows(self, num_model_frames: int) -> list[tuple[FloatArray, FloatArray]]:
        parts = []
        window = full_window(self._num_windows, self._frames_per_window)
        while window.first_frame < num_model_frames:
            left = num_model_frames - window.first_frame
            window = Window(
                index=window.index,
                first_frame=window.first_frame,
                num_frames=min(left, window.num_frames),
            )
            self._speech.pad_to_window(window)
            parts.append(self._make(window))
            window = full_window(self._num_windows, self._frames_per_window)
        return parts

    def _make(self, window: Window) -> tuple[FloatArray, FloatArray]:
        """Weights and head pose of one window at the output rate."""
        self._num_windows += 1
        motion = self._motion.sample(window, self._speech.encode(window))
        weights, head = face_from_motion(motion, self._scale, self._contact)
        return self._converter.push(weights, self._wander.add_to(head, weights))

    def _collect(self, parts: list[tuple[FloatArray, FloatArray]]) -> FaceFrames:
        made = [part for part in parts if len(part[0])]
        no_weights, no_head = np.zeros((0, NUM_CURVES), np.float32), np.zeros((0, 4), np.float32)
        weights = np.concatenate([no_weights, *(weights for weights, _ in made)])
        head = np.concatenate([no_head, *(head for _, head in made)])
        times_s = (self._num_frames + np.arange(len(weights))) / self._frame_rate_hz
        self._eyes.add_to(weights, times_s)
        np.abs(weights, out=weights)  # clients print the sign of a negative zero
        frames = FaceFrames(
            first_index=self._num_frames,
            frame_rate_hz=self._frame_rate_hz,
            weights=weights,
            head=head,
        )
        self._num_frames += len(frames)
        return frames
