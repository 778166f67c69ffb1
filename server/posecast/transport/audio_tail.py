"""The audio of an utterance on its way back to the client, cut where the frames begin."""

from __future__ import annotations

from posecast.audio.pcm import AudioFormat


class AudioTail:
    """Raw audio that came in and whose frames have not left yet."""

    def __init__(
        self, audio_format: AudioFormat, frame_rate_hz: int, *, is_rounded: bool = False
    ) -> None:
        """Start an utterance.

        Args:
            audio_format: How the client's bytes are to be read.
            frame_rate_hz: Rate of the frames.
            is_rounded: Whether a frame begins at the sample that is nearest to its time; else at
                the last one that is not behind it.
        """
        self._format = audio_format
        self._frame_rate_hz = frame_rate_hz
        self._shift = frame_rate_hz // 2 if is_rounded else 0
        self._waiting = bytearray()
        self._num_taken = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes of the utterance."""
        self._waiting += data

    def take_up_to(self, frame_index: int) -> bytes:
        """The bytes before a frame that were not taken yet; the frame's first sample is exact."""
        position = frame_index * self._format.sample_rate_hz + self._shift
        num_samples = position // self._frame_rate_hz
        end = num_samples * self._format.bytes_per_frame - self._num_taken
        return self._take(max(0, end))

    def take_rest(self) -> bytes:
        """All that is left."""
        return self._take(len(self._waiting))

    def _take(self, num_bytes: int) -> bytes:
        taken = bytes(self._waiting[:num_bytes])
        del self._waiting[:num_bytes]
        self._num_taken += len(taken)
        return taken
