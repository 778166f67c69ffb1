"""Opens the span of each stream, for OpenTelemetry, or does nothing if that is not asked for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import posecast
from posecast.errors import MissingDependency
from posecast.transport.stream_span import StreamSpan

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span
    from opentelemetry.trace import Tracer as OtelTracer

CLOSE_S = 2.0
"""Longest time that a server which stops waits for its collector, in seconds."""


class Tracer:
    """Makes spans, or nothing at all: then it costs a few calls and needs no package."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        """Take where spans go.

        Args:
            provider: The SDK's, owned from now on; None for no spans.
        """
        self._provider = provider
        self._tracer: OtelTracer | None = None
        if provider is not None:
            self._tracer = provider.get_tracer("posecast", posecast.__version__)

    @contextmanager
    def stream(
        self,
        method: str,
        *,
        stream_id: str,
        client: str,
        metadata: Iterable[tuple[str, str | bytes]] = (),
    ) -> Iterator[StreamSpan]:
        """Open the span of a stream; it ends with the block, and tells an error that ends it.

        Belongs inside the border that turns errors into statuses, so that it sees them as they are.

        Args:
            method: `Animate` or `AnimateClip`.
            stream_id: Name of the stream in the log.
            client: Address of the client.
            metadata: Metadata of the call; a `traceparent` in it makes the span the client's child.

        Yields:
            The span, to be told more.
        """
        stream = StreamSpan(self._tracer, self._open(method, stream_id, client, metadata))
        try:
            yield stream
        except asyncio.CancelledError:
            stream.note("cancelled")
            raise
        except Exception as error:
            stream.fail(error)
            raise
        finally:
            stream.end()

    def close(self) -> None:
        """Send what is still here; blocks for at most `CLOSE_S`, then the rest is lost."""
        if self._provider is None:
            return
        # On a thread: where no collector answers, the SDK tries on for up to half a minute.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_S)

    def _open(
        self, method: str, stream_id: str, client: str, metadata: Iterable[tuple[str, Any]]
    ) -> Span | None:
        if self._tracer is None:
            return None
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {key: value for key, value in metadata if isinstance(value, str)}
        return self._tracer.start_span(
            method,
            context=TraceContextTextMapPropagator().extract(carrier),
            kind=SpanKind.SERVER,
            attributes={"method": method, "stream_id": stream_id, "client": client},
        )


def open_tracer(*, is_on: bool) -> Tracer:
    """The tracer of a server.

    Where spans go, and how many, the SDK reads from its standard environment variables, such as
    OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER and OTEL_SERVICE_NAME.

    Args:
        is_on: `ServerConfig.traces`.

    Returns:
        A tracer that sends, or one that does nothing.

    Raises:
        MissingDependency: If spans are wanted and OpenTelemetry is not installed.
    """
    if not is_on:
        return Tracer()
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise MissingDependency(
            "traces need OpenTelemetry: pip install 'posecast[otel]', or leave out --traces"
        ) from error
    ours = Resource.create({"service.name": "posecast", "service.version": posecast.__version__})
    # The environment's name comes last and wins; `create` alone would prefer ours.
    resource = ours.merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)  # `close` does it
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracer(provider)
