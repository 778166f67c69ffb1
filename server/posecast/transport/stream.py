"""The answer to one Animate or AnimateClip request: header, frames, ends."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from posecast.audio.pcm import AudioFormat, PcmDecoder
from posecast.config import AnimationOptions, ServerConfig
from posecast.session.engine import AnimationEngine
from posecast.signals import FaceFrames, FloatArray, Style, Waveform
from posecast.transport import codec
from posecast.transport.inference_worker import InferenceWorker
from posecast.transport.utterance import Utterance, with_utterance_seed
from posecast.v1 import face_animation_service_pb2 as service_pb2

JOB_S = 1
"""Most audio, in seconds, that one job brings to the device; other streams come in between."""

Send = Callable[..., Awaitable[Any]]
"""Writes one part of the answer, given by its name, and returns when there is room for the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What all streams of a server share."""

    engine: AnimationEngine
    """Networks, styles and their configuration; immutable."""
    worker: InferenceWorker
    """The device's thread."""
    config: ServerConfig
    """Limits."""


class AnimationStream:
    """Animates utterance after utterance, one job at a time, and sends what comes out.

    It waits until each part is written. A reader that is slow therefore slows its own sender,
    because no more audio is taken meanwhile, and nothing piles up here.
    """

    def __init__(
        self,
        backend: Backend,
        options: AnimationOptions,
        *,
        style: Style,
        sample_rate_hz: int,
        send: Send,
    ) -> None:
        self._backend = backend
        self._options = options
        self._style = style
        self._sample_rate_hz = sample_rate_hz
        self._send = send
        self._seed = secrets.randbits(64) if options.seed is None else options.seed
        self._utterance: Utterance | None = None
        self._utterance_index = 0
        self._num_frames = 0

    @property
    def num_frames(self) -> int:
        """Frames sent so far, of all utterances."""
        return self._num_frames

    async def send_header(self) -> None:
        """Send the header."""
        model = self._backend.engine.config
        await self._send(header=codec.header_message(model, self._options, seed=self._seed))

    async def push(self, samples: FloatArray) -> None:
        """Animate the next samples of the current utterance, opening it if there is none.

        Args:
            samples: Mono audio, `JOB_S` at most. [S]
        """
        await self._send_frames(await self._backend.worker.run(lambda: self._push(samples)))

    async def end_utterance(self) -> None:
        """Animate the tail of the current utterance and send its end."""
        utterance = self._utterance
        if utterance is not None:
            await self._send_frames(await self._backend.worker.run(utterance.finish))
        await self._send(
            end=service_pb2.UtteranceEnd(
                utterance_index=self._utterance_index,
                num_frames=utterance.num_frames if utterance else 0,
                audio_duration_s=utterance.duration_s if utterance else 0.0,
            )
        )
        self._utterance = None
        self._utterance_index += 1

    def _push(self, samples: FloatArray) -> FaceFrames:
        if self._utterance is None:
            self._utterance = Utterance(
                self._backend.engine,
                with_utterance_seed(
                    self._options, stream_seed=self._seed, index=self._utterance_index
                ),
                style=self._style,
                sample_rate_hz=self._sample_rate_hz,
                max_duration_s=self._backend.config.max_clip_s,
            )
        return self._utterance.push(samples)

    async def _send_frames(self, frames: FaceFrames) -> None:
        if len(frames) == 0:
            return
        batch = codec.batch_message(frames, utterance_index=self._utterance_index)
        await self._send(frames=batch)
        self._num_frames += len(frames)


class PcmFeed:
    """Cuts and decodes the raw audio of a live stream, utterance by utterance."""

    def __init__(self, stream: AnimationStream, audio_format: AudioFormat) -> None:
        self._stream = stream
        self._format = audio_format
        self._decoder: PcmDecoder | None = None

    @property
    def job_bytes(self) -> int:
        """Bytes of the most audio that one job brings to the device."""
        return self._format.bytes_per_frame * self._format.sample_rate_hz * JOB_S

    async def push(self, data: bytes) -> None:
        """Feed a chunk of any length; an empty one opens no utterance.

        Args:
            data: The next bytes of the current utterance.
        """
        for start in range(0, len(data), self.job_bytes):
            if self._decoder is None:
                self._decoder = PcmDecoder(self._format)
            await self._stream.push(self._decoder.decode(data[start : start + self.job_bytes]))

    async def end_utterance(self) -> None:
        """Finish the current utterance.

        Raises:
            InvalidRequest: If its audio ends inside a sample.
        """
        if self._decoder is not None:
            self._decoder.finish()
        self._decoder = None
        await self._stream.end_utterance()

    async def close(self) -> None:
        """Finish the utterance that is open, if one is."""
        if self._decoder is not None:
            await self.end_utterance()


async def feed_clip(stream: AnimationStream, waveform: Waveform) -> None:
    """Feed a whole clip as one utterance.

    Args:
        stream: Where it goes.
        waveform: The clip, of at least one sample.
    """
    job_samples = waveform.sample_rate_hz * JOB_S
    for start in range(0, len(waveform.samples), job_samples):
        await stream.push(waveform.samples[start : start + job_samples])
    await stream.end_utterance()
