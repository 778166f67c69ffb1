"""Says the utterances of one stream, at the pace of a microphone or all at once."""

from __future__ import annotations

import math
from typing import Any

from posecast.transport.bench.listening import Listener
from posecast.transport.bench.load import Load, Speech
from posecast.transport.bench.record import StreamRecord, UtteranceRecord
from posecast.transport.bench.run_clock import RunClock
from posecast.v1 import face_animation_service_pb2 as service_pb2

SHORTEST_UTTERANCE_S = 0.5
"""What is left of a stream's time and is shorter than this stays unsaid."""
INTERRUPT_ANSWER_S = 5.0
"""How long the answer to an interrupt is waited for before the next utterance."""

_END_OF_UTTERANCE = service_pb2.AnimateRequest(
    end_of_utterance=service_pb2.EndOfUtterance()
).SerializeToString()


class Speaker:
    """Writes to one open call and notes when."""

    def __init__(
        self, call: Any, record: StreamRecord, listener: Listener, clock: RunClock, load: Load
    ) -> None:
        """Take what it speaks through and what it notes down in.

        Args:
            call: A call of gRPC that takes bytes.
            record: Gets the utterances and the moments of sending.
            listener: Hears the answers of the same stream.
            clock: Clock of the run.
            load: How to speak.
        """
        self._call = call
        self._record = record
        self._listener = listener
        self._clock = clock
        self._load = load

    async def speak(self, speech: Speech, lasts_s: float) -> None:
        """Say one utterance after the other.

        Args:
            speech: What to say.
            lasts_s: For how long, in seconds.
        """
        ranges = _chunk_ranges(speech, self._load, lasts_s)
        if self._load.arrival == "at-once":
            await self._speak_at_once(speech, ranges, self._clock.now_s() + lasts_s)
        else:
            await self._speak_paced(speech, ranges)

    async def _speak_paced(self, speech: Speech, ranges: list[tuple[int, int]]) -> None:
        started_s = self._clock.now_s()
        for index, (first, last) in enumerate(ranges):
            stop = (first + last) // 2 if self._load.is_interrupted(index) else last
            for chunk in range(first, stop):
                due_s = started_s + chunk * speech.chunk_s
                await self._clock.sleep_until(due_s)
                self._record.send_delays_s.append(self._clock.now_s() - due_s)
                await self._send_chunk(speech, index, chunk)
            if stop < last:
                await self._interrupt_speech(self._record.utterances[index])
            else:
                await self._end(self._record.utterances[index])
            # The next one keeps to the clock, whatever an interrupt has left out of this one.
            await self._clock.sleep_until(started_s + last * speech.chunk_s)

    async def _speak_at_once(
        self, speech: Speech, ranges: list[tuple[int, int]], until_s: float
    ) -> None:
        for index, (first, last) in enumerate(ranges):
            if self._clock.now_s() >= until_s:
                return
            for chunk in range(first, last):
                await self._send_chunk(speech, index, chunk)
            await self._end(self._record.utterances[index])
            if self._load.is_interrupted(index):
                await self._interrupt_playback(self._record.utterances[index])
            else:
                await self._play(self._record.utterances[index])

    async def _send_chunk(self, speech: Speech, index: int, chunk: int) -> None:
        message = speech.message(chunk)
        if index == len(self._record.utterances):
            now_s = self._clock.now_s()
            self._record.utterances.append(UtteranceRecord(index=index, first_audio_s=now_s))
        self._record.utterances[index].audio_s += speech.chunk_s
        await self._call.write(message)

    async def _end(self, utterance: UtteranceRecord) -> None:
        utterance.end_sent_s = self._clock.now_s()
        await self._call.write(_END_OF_UTTERANCE)

    async def _interrupt_speech(self, utterance: UtteranceRecord) -> None:
        await self._interrupt(utterance, service_pb2.Interrupt())
        await self._listener.hear_until(lambda: utterance.ended_s is not None, INTERRUPT_ANSWER_S)

    async def _play(self, utterance: UtteranceRecord) -> None:
        """Wait as long as a player needs, from the first frame to the end of the audio."""
        await self._listener.hear_until(lambda: utterance.ended_s is not None)
        await self._clock.sleep_until(utterance.shown_from_s + utterance.audio_s)

    async def _interrupt_playback(self, utterance: UtteranceRecord) -> None:
        """Play half of the audio, then ask for the face to ease from the frame to be shown next."""
        await self._listener.hear_until(lambda: utterance.first_frame_s is not None)
        await self._clock.sleep_until(utterance.shown_from_s + utterance.audio_s / 2)
        shown_s = self._clock.now_s() - utterance.shown_from_s
        next_index = int(shown_s * self._load.frame_rate_hz) + 1
        request = service_pb2.Interrupt(frame_index=next_index, utterance_index=utterance.index)
        await self._interrupt(utterance, request)
        await self._listener.hear_until(
            lambda: bool(utterance.easing) and utterance.ended_s is not None, INTERRUPT_ANSWER_S
        )

    async def _interrupt(self, utterance: UtteranceRecord, request: service_pb2.Interrupt) -> None:
        message = service_pb2.AnimateRequest(interrupt=request).SerializeToString()
        utterance.interrupt_sent_s = self._clock.now_s()
        await self._call.write(message)


def _chunk_ranges(speech: Speech, load: Load, lasts_s: float) -> list[tuple[int, int]]:
    """First chunk of each utterance and the one after its last; one begins as the warm-up ends."""
    length = round(load.utterance_s / speech.chunk_s)
    total = round(lasts_s / speech.chunk_s)
    warm = min(math.ceil(load.warm_up_s / speech.chunk_s), total)
    firsts = [*range(0, warm, length), *range(warm, total, length)]
    ranges = [(first, min(first + length, warm if first < warm else total)) for first in firsts]
    shortest = SHORTEST_UTTERANCE_S / speech.chunk_s - 1e-6
    return [(first, last) for first, last in ranges if last - first >= shortest]
