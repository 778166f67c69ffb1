"""The spans of a stream, its utterances and their windows; without a tracer they do nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from posecast.config import LatencyMode

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from opentelemetry.trace import Tracer as OtelTracer

Attributes = Mapping[str, str | bool | int | float]


class StreamSpan:
    """The span of one stream."""

    def __init__(self, tracer: OtelTracer | None, span: Span | None) -> None:
        self._tracer = tracer
        self._span = span
        self._utterances: dict[UtteranceSpan, None] = {}

    def describe(self, *, mode: LatencyMode, style: str, seed: int) -> None:
        """Tell what the stream's configuration chose.

        Args:
            mode: Latency mode.
            style: Name or blend; empty for a vector.
            seed: Seed of the first utterance, 0..2**64-1.
        """
        if self._span is not None:
            # As text: an integer of OpenTelemetry ends at 2**63 - 1.
            self._span.set_attributes({"mode": mode, "style": style, "seed": str(seed)})

    def utterance(self, index: int) -> UtteranceSpan:
        """Open the span of an utterance; what is still open ends with the stream.

        Args:
            index: Number of the utterance in its stream.

        Returns:
            The span, to be ended by its `complete`, its `end`, or as a context manager.
        """
        span = _child(self._tracer, self._span, "utterance", {"utterance_index": index})
        utterance = UtteranceSpan(self._tracer, span, self._forget)
        self._utterances[utterance] = None
        return utterance

    def note(self, event: str) -> None:
        """Mark a moment of the stream, e.g. `interrupt`."""
        if self._span is not None:
            self._span.add_event(event)

    def fail(self, error: Exception) -> None:
        """Tell the error that ends the stream."""
        if self._span is not None:
            from opentelemetry.trace import StatusCode

            self._span.record_exception(error)
            self._span.set_status(StatusCode.ERROR, str(error))

    def end(self) -> None:
        """End the span and the utterances that are still open."""
        for utterance in tuple(self._utterances):
            utterance.end()
        if self._span is not None:
            self._span.end()

    def _forget(self, utterance: UtteranceSpan) -> None:
        self._utterances.pop(utterance, None)


class UtteranceSpan:
    """The span of one utterance."""

    def __init__(
        self,
        tracer: OtelTracer | None,
        span: Span | None,
        forget: Callable[[UtteranceSpan], None],
    ) -> None:
        self._tracer = tracer
        self._span = span
        self._forget = forget
        self._is_open = True

    def window(
        self,
        *,
        first_frame: int,
        num_frames: int,
        queue_s: float,
        inference_s: float,
        batch_size: int = 1,
    ) -> None:
        """Add the span of a window that the device has just made.

        It is drawn back from now, since only now its times are known.

        Args:
            first_frame: Index of its first frame in the utterance, at 25 frames a second.
            num_frames: How many frames.
            queue_s: How long it waited, in seconds.
            inference_s: How long its batch was on the device, in seconds.
            batch_size: Windows in that batch.
        """
        if self._span is None:
            return
        end_ns = time.time_ns()
        inference_ns = end_ns - round(inference_s * 1e9)
        attributes: Attributes = {
            "first_frame": first_frame,
            "num_frames": num_frames,
            "queue_s": queue_s,
            "inference_s": inference_s,
            "batch_size": batch_size,
        }
        start_ns = inference_ns - round(queue_s * 1e9)
        window = _child(self._tracer, self._span, "window", attributes, start_ns)
        if window is not None:
            window.add_event("inference", timestamp=inference_ns)
            window.end(end_ns)

    def complete(self, *, num_frames: int, was_interrupted: bool = False) -> None:
        """Tell how the utterance ended, and end the span.

        Args:
            num_frames: Frames that were sent for the utterance.
            was_interrupted: Whether an interrupt ended it.
        """
        if self._span is not None:
            self._span.set_attributes(
                {"num_frames": num_frames, "was_interrupted": was_interrupted}
            )
        self.end()

    def end(self) -> None:
        """End the span, with nothing said if the utterance was left; a second time does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        self._forget(self)
        if self._span is not None:
            self._span.end()

    def __enter__(self) -> UtteranceSpan:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()


def _child(
    tracer: OtelTracer | None,
    parent: Span | None,
    name: str,
    attributes: Attributes,
    start_ns: int | None = None,
) -> Span | None:
    if tracer is None or parent is None:
        return None
    from opentelemetry.trace import set_span_in_context

    return tracer.start_span(
        name, context=set_span_in_context(parent), attributes=attributes, start_time=start_ns
    )
