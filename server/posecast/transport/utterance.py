"""One utterance: its session, its place in the stream and how long it may get."""

from __future__ import annotations

from dataclasses import replace

from posecast.config import AnimationOptions
from posecast.errors import Overloaded
from posecast.session.engine import AnimationEngine
from posecast.session.streaming import StreamingSession
from posecast.signals import FaceFrames, FloatArray, Style


class Utterance:
    """Owns the session of one utterance and counts what passes; used by one job at a time."""

    def __init__(
        self,
        engine: AnimationEngine,
        options: AnimationOptions,
        *,
        style: Style,
        sample_rate_hz: int,
        max_duration_s: float,
    ) -> None:
        self._session = StreamingSession(
            engine, options, sample_rate_hz=sample_rate_hz, style=style
        )
        self._sample_rate_hz = sample_rate_hz
        self._max_duration_s = max_duration_s
        self._num_samples = 0
        self._num_frames = 0

    @property
    def num_frames(self) -> int:
        """Frames made so far."""
        return self._num_frames

    @property
    def duration_s(self) -> float:
        """Audio received so far, in seconds."""
        return self._num_samples / self._sample_rate_hz

    def push(self, samples: FloatArray) -> FaceFrames:
        """Animate the next samples.

        Args:
            samples: Mono audio at the utterance's rate. [S]

        Returns:
            The frames that are known now, perhaps none.

        Raises:
            Overloaded: If the utterance gets longer than this server allows.
            InvalidRequest: If a sample is not a number.
        """
        self._num_samples += len(samples)
        if self.duration_s > self._max_duration_s:
            raise Overloaded(
                f"the utterance has reached {self.duration_s:.2f} s; this server allows "
                f"{self._max_duration_s:g} s (max_clip_s); send end_of_utterance before that"
            )
        return self._counted(self._session.push(samples))

    def finish(self) -> FaceFrames:
        """Animate the tail.

        Returns:
            The frames that were still missing.
        """
        return self._counted(self._session.finish())

    def _counted(self, frames: FaceFrames) -> FaceFrames:
        self._num_frames += len(frames)
        return frames


def with_utterance_seed(
    options: AnimationOptions, *, stream_seed: int, index: int
) -> AnimationOptions:
    """The options of one utterance of a stream.

    Args:
        options: The stream's options.
        stream_seed: Seed that the header told.
        index: Number of the utterance in the stream.

    Returns:
        The same options with the seed `stream_seed + index`, as the contract promises.
    """
    return replace(options, seed=(stream_seed + index) % 2**64)
