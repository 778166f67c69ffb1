"""Which frames, windows and audio belong together, in integers alone."""

from __future__ import annotations

from dataclasses import dataclass

from posecast.config import (
    FRAME_RATE_HZ,
    FRAMES_PER_WINDOW,
    OPENING_WINDOWS,
    SAMPLES_PER_FRAME,
    AnimationOptions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A run of model frames that are made together."""

    index: int
    """Number of the window in the utterance; with the seed it fixes the noise."""
    first_frame: int
    """Index of its first model frame."""
    num_frames: int
    """How many model frames it makes."""

    def steps_needed(self, look_ahead_frames: int) -> int:
        """Steps of the speech encoder that must have run, counted from the start."""
        return self.first_frame + self.num_frames + look_ahead_frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The windows of an utterance; each depends on nothing but its index."""

    window_frames: int
    """Model frames of a window."""
    opening: tuple[int, ...] = ()
    """Model frames of the first windows, where they are others."""

    def window(self, index: int) -> Window:
        """The window of that index when the end of the utterance does not cut it short."""
        if index < len(self.opening):
            return Window(
                index=index,
                first_frame=sum(self.opening[:index]),
                num_frames=self.opening[index],
            )
        before = sum(self.opening) + (index - len(self.opening)) * self.window_frames
        return Window(index=index, first_frame=before, num_frames=self.window_frames)


def choose_schedule(options: AnimationOptions) -> Schedule:
    """The schedule of a stream: its mode's, or windows of the number of frames that it asks for."""
    if options.window_frames is not None:
        return Schedule(window_frames=options.window_frames)
    return Schedule(
        window_frames=FRAMES_PER_WINDOW[options.mode],
        opening=OPENING_WINDOWS.get(options.mode, ()),
    )


def samples_for_steps(num_steps: int) -> int:
    """Samples at 16 kHz that so many steps of the speech encoder hear."""
    return num_steps * SAMPLES_PER_FRAME


def count_output_frames(num_samples: int, sample_rate_hz: int, frame_rate_hz: int) -> int:
    """Output frames that cover an utterance: each sample lies under one, and there is at least one.

    Args:
        num_samples: Length of the audio.
        sample_rate_hz: Its rate.
        frame_rate_hz: Output rate.
    """
    return max(1, -(-num_samples * frame_rate_hz // sample_rate_hz))


def count_model_frames(num_output_frames: int, frame_rate_hz: int) -> int:
    """Model frames that are needed to interpolate so many output frames."""
    last_numerator = (num_output_frames - 1) * FRAME_RATE_HZ
    return -(-last_numerator // frame_rate_hz) + 1
