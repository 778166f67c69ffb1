"""What a run has shown, in numbers, from the records of its streams."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from posecast.config import FRAME_RATE_HZ, LatencyMode
from posecast.transport.bench.load import Load
from posecast.transport.bench.process_use import ProcessUse
from posecast.transport.bench.record import StreamRecord, UtteranceRecord

SLACK_S = 0.1
"""What a frame may take beside the audio that its window waits for."""
OLD_WINDOW_FRAMES = {"offline": 100, "balanced": 25, "realtime": 5}
USUAL_LOOK_AHEAD_MS = 160
"""Look-ahead of servers whose header does not tell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median, a bad case and the worst, in milliseconds."""

    p50: float
    """Median."""
    p95: float
    """Of twenty, one is worse."""
    max: float
    """Worst."""
    count: int
    """How many there were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A way in which streams were refused or failed."""

    status: str
    """Status of gRPC."""
    message: str
    """What the server said to the first of them."""
    count: int
    """How many streams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One run of some streams; times in milliseconds, None where nothing was to be measured."""

    num_streams: int
    """Streams that were opened."""
    num_refused: int
    """Of these, those that the server did not take."""
    refusals: tuple[Failure, ...]
    """How it said so."""
    refused_after_ms: Spread | None
    """From opening a stream to its refusal."""
    num_failed: int
    """Streams that were taken and ended with an error."""
    failures: tuple[Failure, ...]
    """With which."""
    num_cut_off: int
    """Streams whose answers did not come in time."""
    num_utterances: int
    """Utterances that counted."""
    first_frame_ms: Spread | None
    """From the first audio of an utterance to its first frame."""
    lateness_ms: Spread | None
    """How far behind its media time each frame came; below 0 it came before it."""
    budget_ms: float | None
    """How far behind it may come; 0 for audio that was sent at once."""
    num_frames: int
    """Frames that counted."""
    num_misses: int
    """Of these, those behind the budget, and the frames that never came."""
    num_lost: int
    """Gaps between indices, over the whole run."""
    num_strays: int
    """Answers to utterances that were never begun."""
    tail_ms: Spread | None
    """From sending the end of an utterance to its last frame."""
    end_ms: Spread | None
    """From the same to the message that it is complete."""
    num_interrupts: int
    """Interrupts that counted."""
    num_unanswered: int
    """Of these, those without a frame that eases."""
    easing_ms: Spread | None
    """From sending an interrupt to the first frame that eases."""
    rest_ms: Spread | None
    """From the same to the last one, at rest."""
    frames_per_s: float
    """Frames of all streams in a second."""
    real_time_factor: float | None
    """For audio sent at once: median share of an utterance's duration that its frames took."""
    send_delay_ms: Spread | None
    """How late clients sent, by the pace of a microphone."""
    server: ProcessUse | None = None
    """What the server took."""
    clients: ProcessUse | None = None
    """What the clients took."""

    @property
    def miss_share(self) -> float | None:
        """Share of frames that missed their time, 0..1."""
        return self.num_misses / self.num_frames if self.num_frames else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timing:
    """Which times of a run count, and what is late."""

    load: Load
    mode: LatencyMode
    from_s: float | None
    """Counts from here, in seconds of the run; None: from the end of each stream's warm-up."""
    until_s: float
    """Counts up to here."""

    def covers(self, stream: StreamRecord, moment_s: float) -> bool:
        """Whether a moment of a stream counts."""
        from_s = stream.opened_s + self.load.warm_up_s if self.from_s is None else self.from_s
        return from_s <= moment_s < self.until_s

    def budget_s(self, stream: StreamRecord) -> float:
        """How far behind its media time a frame may come."""
        if self.load.arrival == "at-once":
            return 0.0
        window_frames, look_ahead_ms = stream.window_frames, stream.look_ahead_ms
        if window_frames == 0:
            window_frames, look_ahead_ms = OLD_WINDOW_FRAMES[self.mode], USUAL_LOOK_AHEAD_MS
        return window_frames / FRAME_RATE_HZ + look_ahead_ms / 1000 + SLACK_S

    def media_zero_s(self, utterance: UtteranceRecord) -> float:
        """When frame 0 is due: as it is spoken, or as its playback begins."""
        is_played = self.load.arrival == "at-once"
        return utterance.shown_from_s if is_played else utterance.first_audio_s


def measure(
    records: Sequence[StreamRecord],
    load: Load,
    mode: LatencyMode,
    *,
    from_s: float | None = None,
    until_s: float = math.inf,
) -> Figures:
    """Reckon what a run has shown.

    Args:
        records: Its streams, or some of them.
        load: What they did.
        mode: Latency mode that they asked for.
        from_s: What is due before this moment of the run does not count; None leaves out the
            warm-up of each stream.
        until_s: What is due from this moment on does not count.

    Returns:
        The figures, without what processes took.
    """
    timing = _Timing(load=load, mode=mode, from_s=from_s, until_s=until_s)
    taken = [record for record in records if record.has_header]
    refused = [record for record in records if not record.has_header and record.status]
    failed = [record for record in taken if record.status]
    counted = [
        (stream, utterance)
        for stream in taken
        for utterance in stream.utterances
        if timing.covers(stream, utterance.first_audio_s)
    ]
    utterances = [utterance for _, utterance in counted]
    lateness = [late for stream in taken for late in _lateness_s(stream, timing)]
    num_missing = sum(_num_missing(utterance, load) for utterance in utterances)
    budgets = [timing.budget_s(stream) for stream in taken]
    num_late = sum(late_s > budget_s for late_s, budget_s in lateness)
    interrupts = [u for u in utterances if u.interrupt_sent_s is not None]
    return Figures(
        num_streams=len(records),
        num_refused=len(refused),
        refusals=_failures(refused),
        refused_after_ms=_spread((r.closed_s or r.opened_s) - r.opened_s for r in refused),
        num_failed=len(failed),
        failures=_failures(failed),
        num_cut_off=sum(record.is_cut_off for record in records),
        num_utterances=len(utterances),
        first_frame_ms=_spread(_since(u.first_audio_s, u.first_frame_s) for u in utterances),
        lateness_ms=_spread(late_s for late_s, _ in lateness),
        budget_ms=max(budgets) * 1000 if budgets else None,
        num_frames=len(lateness) + num_missing,
        num_misses=num_late + num_missing,
        num_lost=sum(u.num_lost for stream in taken for u in stream.utterances),
        num_strays=sum(stream.num_strays for stream in taken),
        tail_ms=_spread(_tail_s(u) for u in utterances if u.interrupt_sent_s is None),
        end_ms=_spread(
            _since(u.end_sent_s, u.ended_s) for u in utterances if u.interrupt_sent_s is None
        ),
        num_interrupts=len(interrupts),
        num_unanswered=sum(not u.easing for u in interrupts),
        easing_ms=_spread(_easing_s(u, 0) for u in interrupts),
        rest_ms=_spread(_easing_s(u, -1) for u in interrupts),
        frames_per_s=_frames_per_s(taken, timing),
        real_time_factor=_real_time_factor(utterances) if load.arrival == "at-once" else None,
        send_delay_ms=_spread(delay_s for stream in taken for delay_s in stream.send_delays_s),
    )


def _lateness_s(stream: StreamRecord, timing: _Timing) -> Iterator[tuple[float, float]]:
    """Lateness of each frame that counts, and what is allowed to it."""
    rate_hz = timing.load.frame_rate_hz
    budget_s = timing.budget_s(stream)
    for utterance in stream.utterances:
        zero_s = timing.media_zero_s(utterance)
        for batch in utterance.batches:
            for index in range(batch.first_index, batch.first_index + batch.num_frames):
                due_s = zero_s + index / rate_hz
                if timing.covers(stream, due_s):
                    yield batch.at_s - due_s, budget_s


def _num_missing(utterance: UtteranceRecord, load: Load) -> int:
    """Frames of an utterance that was not interrupted and never came."""
    if utterance.interrupt_sent_s is not None:
        return 0
    expected = math.ceil(utterance.audio_s * load.frame_rate_hz - 1e-6)  # sums of chunks drift
    return max(0, expected - utterance.num_frames)


def _tail_s(utterance: UtteranceRecord) -> float | None:
    """From the end that was sent to the last frame; 0 if that was there before."""
    if utterance.ended_s is None or utterance.end_sent_s is None or not utterance.batches:
        return None
    return max(0.0, utterance.batches[-1].at_s - utterance.end_sent_s)


def _easing_s(utterance: UtteranceRecord, which: int) -> float | None:
    if not utterance.easing:
        return None
    return _since(utterance.interrupt_sent_s, utterance.easing[which].at_s)


def _since(start_s: float | None, moment_s: float | None) -> float | None:
    return None if start_s is None or moment_s is None else moment_s - start_s


def _frames_per_s(streams: Sequence[StreamRecord], timing: _Timing) -> float:
    """Frames that arrived while all streams were speaking and past their warm-up."""
    if not streams:
        return 0.0
    load = timing.load
    from_s = max(s.opened_s for s in streams) + load.warm_up_s
    until_s = min(s.opened_s for s in streams) + load.duration_s
    from_s = from_s if timing.from_s is None else max(from_s, timing.from_s)
    until_s = min(until_s, timing.until_s)
    num_frames = sum(
        batch.num_frames
        for stream in streams
        for utterance in stream.utterances
        for batch in utterance.batches
        if from_s <= batch.at_s < until_s
    )
    return num_frames / (until_s - from_s) if until_s > from_s else 0.0


def _real_time_factor(utterances: Iterable[UtteranceRecord]) -> float | None:
    factors = [
        (u.batches[-1].at_s - u.first_audio_s) / u.audio_s
        for u in utterances
        if u.ended_s is not None and u.batches and u.interrupt_sent_s is None
    ]
    return float(np.median(factors)) if factors else None


def _failures(records: Sequence[StreamRecord]) -> tuple[Failure, ...]:
    counts = Counter(record.status or "" for record in records)
    first = {record.status: record.message for record in reversed(records)}
    return tuple(
        Failure(status=status, message=first[status], count=count)
        for status, count in counts.most_common()
    )


def _spread(seconds: Iterable[float | None]) -> Spread | None:
    values = np.array([value for value in seconds if value is not None]) * 1000
    if len(values) == 0:
        return None
    return Spread(
        p50=float(np.percentile(values, 50)),
        p95=float(np.percentile(values, 95)),
        max=float(values.max()),
        count=len(values),
    )
