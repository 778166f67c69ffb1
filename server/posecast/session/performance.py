"""The face of one stream: utterance after utterance, what it does between them, how it stops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.rig.adjuster import FaceAdjuster
from posecast.rig.arkit import NUM_CURVES
from posecast.rig.easing import ease_to_rest
from posecast.rig.idle_life import IdleLife
from posecast.session.engine import AnimationEngine
from posecast.session.shown_frames import ShownFrames
from posecast.session.streaming import ShownFace, StreamingSession
from posecast.signals import FaceFrames, Style

_MAX_SEED = 2**64
_IDLE_SEED = 2**63
"""What is added to the seed for idle life: its eyes must not repeat those of the utterance."""


class Performance:
    """Opens the sessions of a stream's utterances and remembers what was shown.

    It makes no window itself: its sessions are handed to whoever owns the device.
    """

    def __init__(
        self,
        engine: AnimationEngine,
        options: AnimationOptions,
        *,
        style: Style,
        seed: int,
        sample_rate_hz: int,
    ) -> None:
        """Start a stream with a face at rest.

        Args:
            engine: The loaded model.
            options: What the stream chose.
            style: The style of it.
            seed: Seed of utterance 0; utterance `u` has `seed + u`, modulo 2**64.
            sample_rate_hz: Rate of its audio.
        """
        self._engine = engine
        self._options = options
        self._style = style
        self._seed = seed
        self._sample_rate_hz = sample_rate_hz
        self._shown = ShownFrames(options.frame_rate_hz)
        self._idle: IdleLife | None = None
        self._num_idle_frames = 0
        self.utterance_index = 0
        """Number of the utterance that is open, or comes next."""
        self.session: StreamingSession | None = None
        """Session of the utterance that is open."""

    def open_utterance(self) -> StreamingSession:
        """Start the next utterance; the face may idle until its first window is made."""
        self.session = StreamingSession(
            self._engine,
            replace(self._options, seed=self._utterance_seed),
            sample_rate_hz=self._sample_rate_hz,
            style=self._style,
        )
        return self.session

    def begin_speaking(self) -> None:
        """A window that may have the open utterance's first frames is being made.

        From an idle face they ease over. Idle life ends only when they are shown: if the window
        settles no frame, or an interrupt drops it, the face has not spoken and goes on idling.
        """
        if self._idle is not None and self._shown.last and self.session:
            self.session.ease_from(self._shown.last)

    def close_utterance(self) -> None:
        """End the utterance that is open, or count one that had no audio."""
        self.session = None
        self.utterance_index += 1

    def remember(self, frames: FaceFrames) -> None:
        """Take note of frames of the open utterance that are being sent."""
        self._idle = None
        self._shown.add(self.utterance_index, frames)

    def idle(self, num_frames: int) -> FaceFrames:
        """The next frames between two utterances; the first of them starts an idle time.

        Args:
            num_frames: How many, at least one.

        Returns:
            Frames whose indices count from the start of the idle time.
        """
        if self._idle is None:
            self._idle, self._num_idle_frames = self._start_idle(), 0
        weights, head = self._idle.next(num_frames)
        frames = FaceFrames(
            first_index=self._num_idle_frames,
            frame_rate_hz=self._options.frame_rate_hz,
            weights=weights,
            head=head,
        )
        self._num_idle_frames += num_frames
        self._shown.last = (weights[-1], head[-1])
        return frames

    def stop(
        self, frame_index: int | None, utterance_index: int | None
    ) -> tuple[int, FaceFrames] | None:
        """Stop speaking: drop what is open and ease to rest.

        Args:
            frame_index: Frame that shall be the first easing one; unset means the one after the
                last that was sent.
            utterance_index: Its utterance; unset means the latest that has frames.

        Returns:
            The utterance whose frames the easing ones continue, and these; None if nothing has to
            be eased.

        Raises:
            InvalidRequest: If there is no such utterance or frame.
        """
        is_silent = self.session is None or self._idle is not None
        if is_silent and frame_index is None:
            return None
        found = self._shown.before(frame_index, utterance_index)
        if found is None:
            if frame_index or utterance_index is not None:
                raise InvalidRequest(
                    f"interrupt at frame {frame_index}; no frame of this stream was sent yet"
                )
            return None
        utterance, first_index, (weights, head) = found
        frames = ease_to_rest(
            weights, head, frame_rate_hz=self._options.frame_rate_hz, first_index=first_index
        )
        self._shown.cut(utterance, first_index)
        self._shown.add(utterance, frames)
        self._idle = None
        return utterance, frames

    def change(self, options: AnimationOptions, style: Style, *, seed: int) -> None:
        """Let other choices take over with the next window, without a jump.

        Args:
            options: The new ones; frame rate, mode, window and look-ahead stay the stream's.
            style: The new style.
            seed: The new seed of utterance 0.

        Raises:
            InvalidRequest: If the style does not fit the model.
        """
        self._options, self._style, self._seed = options, style, seed
        if self._idle is not None:
            self._idle = self._start_idle()
        if self.session is not None:
            self.session.change(options, style, seed=self._utterance_seed)

    def _start_idle(self) -> IdleLife:
        weights, head = self._shown.last or _rest()
        frame_rate_hz = self._options.frame_rate_hz
        return IdleLife(
            self._style,
            (self._utterance_seed + _IDLE_SEED) % _MAX_SEED,
            frame_rate_hz=frame_rate_hz,
            weights=weights,
            head=head,
            adjuster=FaceAdjuster(self._options.adjustments, frame_rate_hz),
        )

    @property
    def _utterance_seed(self) -> int:
        return (self._seed + self.utterance_index) % _MAX_SEED


def _rest() -> ShownFace:
    return np.zeros(NUM_CURVES, np.float32), np.array([0, 0, 0, 1], np.float32)
