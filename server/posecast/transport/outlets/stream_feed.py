"""The media clock of one stream: when each of its frames would be played."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from posecast.signals import FaceFrames
from posecast.transport.outlets.pacing import PacedFrames

_MOST_UTTERANCES = 64
"""Utterances whose start is remembered, for interrupts that reach back."""


class StreamFeed:
    """Queues a stream's frames for the time at which a client that plays them would show them.

    A player begins an utterance a moment after its first frame has come, or behind the one before,
    and goes on by the frames' indices. Frames come in bursts ahead of their time. If the audio
    stalls, so that it came only when its frames were due, a player stops with it and begins anew;
    frames that only the server is late with are due at once. What is spoken goes before idle life.
    """

    def __init__(
        self,
        paced: PacedFrames[Any],
        *,
        clock: Callable[[], float],
        delay_s: float,
        on_close: Callable[[bool], None],
    ) -> None:
        """Start silent.

        Args:
            paced: Takes the frames.
            clock: Tells the time in seconds, as `time.monotonic` does.
            delay_s: How long after its first frame has come an utterance begins.
            on_close: Called at the end with whether the stream came to its own end.
        """
        self._paced = paced
        self._clock = clock
        self._delay_s = delay_s
        self._on_close = on_close
        self._starts_s: dict[int, float] = {}
        self._idle_start_s = -math.inf
        self._spoken_until_s = -math.inf

    def speak(self, utterance_index: int, frames: FaceFrames, *, arrived_s: float) -> None:
        """Take the next frames of an utterance.

        Args:
            utterance_index: Which one.
            frames: At least one, following those before.
            arrived_s: When the last audio came that they were made of.
        """
        first_s = frames.first_index / frames.frame_rate_hz
        soon_s = self._clock() + self._delay_s - first_s
        start_s = self._starts_s.get(utterance_index)
        begins = start_s is None
        if start_s is None:
            start_s = max(soon_s, self._spoken_until_s - first_s)
        elif arrived_s > start_s + first_s:
            start_s = soon_s
        self._begin(utterance_index, start_s)
        self._speak(frames, start_s, begins=begins)

    def ease(self, utterance_index: int, frames: FaceFrames) -> None:
        """Take the frames that end what is spoken, in the place of all later ones.

        Args:
            utterance_index: The utterance that they continue.
            frames: The easing ones, the last of them at rest.
        """
        now_s = self._clock() - frames.first_index / frames.frame_rate_hz
        start_s = max(self._starts_s.get(utterance_index, now_s), now_s)
        self._starts_s = {
            index: other_s for index, other_s in self._starts_s.items() if index < utterance_index
        }
        self._begin(utterance_index, start_s)
        self._speak(frames, start_s)

    def idle(self, frames: FaceFrames) -> None:
        """Take frames of idle life, numbered from the start of the idle time."""
        now_s = self._clock()
        first_s = frames.first_index / frames.frame_rate_hz
        if frames.first_index == 0:
            self._idle_start_s = max(now_s + self._delay_s, self._spoken_until_s)
        elif self._idle_start_s + first_s < now_s:  # the client read slowly, and nothing is missed
            self._idle_start_s = now_s + self._delay_s - first_s
        self._paced.add(frames, self._idle_start_s)

    def end_utterance(self) -> None:
        """Ease to rest behind what is queued, unless something else follows by then."""
        self._paced.rest(self._clock())

    def stop(self) -> None:
        """Stop speaking at the frame that is shown now, if anything is being spoken."""
        now_s = self._clock()
        if self._spoken_until_s > now_s:
            self._paced.cut(now_s)
            self._paced.rest(now_s)
            self._starts_s.clear()
            self._spoken_until_s = now_s

    def close(self, *, is_complete: bool) -> None:
        """End; the face eases to rest.

        Args:
            is_complete: Whether what is queued is still played: its client has it all. One that
                has gone plays nothing.
        """
        now_s = self._clock()
        if not is_complete:
            self._paced.cut(now_s)
        self._paced.rest(now_s)
        self._on_close(is_complete)

    def _begin(self, utterance_index: int, start_s: float) -> None:
        self._starts_s[utterance_index] = start_s
        if len(self._starts_s) > _MOST_UTTERANCES:
            del self._starts_s[min(self._starts_s)]

    def _speak(self, frames: FaceFrames, start_s: float, *, begins: bool = False) -> None:
        self._paced.add(frames, start_s, begins=begins)
        end_index = frames.first_index + len(frames)
        self._spoken_until_s = start_s + end_index / frames.frame_rate_hz
