"""The frames that a client may still have to show, so that it can be stopped at any of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posecast.errors import InvalidRequest
from posecast.signals import FaceFrames, FloatArray

KEPT_S = 60.0
"""What is kept. A client that is further behind is stopped from the oldest frame that is kept."""


@dataclass(slots=True)
class _Kept:
    utterance_index: int
    first_index: int
    faces: NDArray[np.float16]
    """Weights and head; half precision is finer than eyes are. [T, C + 4]"""

    @property
    def end(self) -> int:
        return self.first_index + len(self.faces)


class ShownFrames:
    """Keeps the last minute of a stream's frames, whatever utterances they are of."""

    def __init__(self, frame_rate_hz: int) -> None:
        """Start with nothing shown.

        Args:
            frame_rate_hz: Rate of the frames.
        """
        self._most_frames = round(KEPT_S * frame_rate_hz)
        self._kept: deque[_Kept] = deque()
        self._num_frames = 0
        self._sent_ends: dict[int, int] = {}
        """By utterance, how many frames its client may know of: more than kept if some were cut."""
        self.last: tuple[FloatArray, FloatArray] | None = None
        """Weights and head of the newest frame; None before the first."""

    def add(self, utterance_index: int, frames: FaceFrames) -> None:
        """Take note of consecutive frames of an utterance."""
        if not len(frames):
            return
        faces = np.concatenate([frames.weights, frames.head], axis=1).astype(np.float16)
        self._kept.append(_Kept(utterance_index, frames.first_index, faces))
        self._num_frames += len(frames)
        end = frames.first_index + len(frames)
        self._sent_ends[utterance_index] = max(end, self._sent_ends.get(utterance_index, 0))
        self.last = (frames.weights[-1], frames.head[-1])
        while self._num_frames - len(self._kept[0].faces) >= self._most_frames:
            self._num_frames -= len(self._kept.popleft().faces)
        oldest = self._kept[0].utterance_index
        if min(self._sent_ends) < oldest:
            self._sent_ends = {key: end for key, end in self._sent_ends.items() if key >= oldest}

    def before(
        self, frame_index: int | None, utterance_index: int | None
    ) -> tuple[int, int, tuple[FloatArray, FloatArray]] | None:
        """The face before a frame.

        Args:
            frame_index: The frame; unset means the one after the newest.
            utterance_index: Its utterance; unset means the newest.

        Returns:
            Utterance and index of the frame, and the face before it: at frame 0 the face of frame
            0, and at frames that are no longer kept the oldest kept one. A frame that was sent and
            cut since means the end of what is left: its client has not heard of the cut yet. None
            if nothing is kept.

        Raises:
            InvalidRequest: If the utterance has no such frame, or had its frames too long ago.
        """
        if not self._kept:
            return None
        newest = self._kept[-1]
        wanted = newest.utterance_index if utterance_index is None else utterance_index
        if frame_index is not None and frame_index <= self._sent_ends.get(wanted, -1):
            wanted, frame_index = self._what_is_left(wanted, frame_index)
        kept = [part for part in self._kept if part.utterance_index == wanted]
        if not kept:
            known = f"{self._kept[0].utterance_index} to {newest.utterance_index}"
            raise InvalidRequest(
                f"interrupt in utterance {wanted}; allowed: {known}, those of the last {KEPT_S:g} s"
            )
        end = kept[-1].end
        index = end if frame_index is None else frame_index
        if index > end:
            raise InvalidRequest(f"interrupt at frame {index}; allowed: 0 to {end}")
        part = next((part for part in kept if index <= part.end), kept[-1])
        row = part.faces[max(0, index - 1 - part.first_index)].astype(np.float32)
        head = row[-4:] / np.linalg.norm(row[-4:])
        return wanted, index, (row[:-4], head)

    def _what_is_left(self, utterance_index: int, frame_index: int) -> tuple[int, int]:
        """A frame that was sent, or the end of what is left of it and of what came before."""
        left = [part for part in self._kept if part.utterance_index <= utterance_index][-1]
        if left.utterance_index < utterance_index:
            return left.utterance_index, left.end
        return utterance_index, min(frame_index, left.end)

    def cut(self, utterance_index: int, first_index: int) -> None:
        """Forget all frames from one on: they will not be shown."""
        while self._kept:
            newest = self._kept[-1]
            later = (newest.utterance_index, newest.first_index) >= (utterance_index, first_index)
            if not later:
                break
            self._num_frames -= len(self._kept.pop().faces)
        if self._kept and self._kept[-1].utterance_index == utterance_index:
            newest = self._kept[-1]
            num_left = min(len(newest.faces), first_index - newest.first_index)
            self._num_frames -= len(newest.faces) - num_left
            newest.faces = newest.faces[:num_left]
