"""Spans tell what a stream did, and nothing breaks where there are none."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from posecast.errors import MissingDependency
from posecast.transport import tracing
from posecast.transport.tracing import Tracer, open_tracer

NO_SDK = "needs opentelemetry-sdk, of the extra otel"


@pytest.fixture
def spans():
    """A tracer that keeps its spans in memory, and the finished ones by name."""
    pytest.importorskip("opentelemetry.sdk", reason=NO_SDK)
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = Tracer(provider)

    def finished():
        return {span.name: span for span in exporter.get_finished_spans()}

    yield tracer, finished
    tracer.close()


def open_stream(tracer, **more):
    return tracer.stream("Animate", stream_id="5f3a09c1", client="ipv4:127.0.0.1:1", **more)


def speak(tracer):
    """One stream with one utterance of one window."""
    with open_stream(tracer) as stream:
        stream.describe(mode="realtime", style="neutral", seed=2**64 - 1)
        utterance = stream.utterance(0)
        utterance.window(first_frame=5, num_frames=5, queue_s=0.5, inference_s=0.25, batch_size=3)
        stream.note("interrupt")
        utterance.complete(num_frames=10, was_interrupted=True)


def test_a_stream_tells_what_it_is(spans):
    tracer, finished = spans

    speak(tracer)

    span = finished()["Animate"]
    assert dict(span.attributes) == {
        "method": "Animate",
        "stream_id": "5f3a09c1",
        "client": "ipv4:127.0.0.1:1",
        "mode": "realtime",
        "style": "neutral",
        "seed": "18446744073709551615",
    }
    assert [event.name for event in span.events] == ["interrupt"]
    assert span.status.is_ok is True


def test_utterance_and_window_are_child_and_grandchild(spans):
    tracer, finished = spans

    speak(tracer)

    stream, utterance, window = (finished()[name] for name in ("Animate", "utterance", "window"))
    assert utterance.parent.span_id == stream.context.span_id
    assert window.parent.span_id == utterance.context.span_id
    told = {"utterance_index": 0, "num_frames": 10, "was_interrupted": True}
    assert dict(utterance.attributes) == told


def test_a_window_is_drawn_back_over_its_waiting_and_its_inference(spans):
    tracer, finished = spans

    speak(tracer)

    window = finished()["window"]
    (inference,) = window.events
    assert window.end_time - window.start_time == 750_000_000
    assert window.end_time - inference.timestamp == 250_000_000
    assert dict(window.attributes) == {
        "first_frame": 5,
        "num_frames": 5,
        "queue_s": 0.5,
        "inference_s": 0.25,
        "batch_size": 3,
    }


def test_the_span_of_the_client_is_the_parent(spans):
    tracer, finished = spans
    trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

    metadata = [("traceparent", f"00-{trace_id}-{span_id}-01"), ("x-bin", b"\x00")]
    with open_stream(tracer, metadata=metadata):
        pass

    span = finished()["Animate"]
    assert f"{span.context.trace_id:032x}" == trace_id
    assert f"{span.parent.span_id:016x}" == span_id


def test_an_error_is_told_and_goes_on_and_the_open_utterance_ends(spans):
    tracer, finished = spans

    def fail():
        with open_stream(tracer) as stream:
            stream.utterance(0)
            _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        fail()

    assert finished()["Animate"].status.is_ok is False
    assert [event.name for event in finished()["Animate"].events] == ["exception"]
    assert "num_frames" not in finished()["utterance"].attributes


def test_a_cancelled_stream_is_no_error(spans):
    tracer, finished = spans

    def cancel():
        with open_stream(tracer):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        cancel()

    assert finished()["Animate"].status.is_ok is True
    assert [event.name for event in finished()["Animate"].events] == ["cancelled"]


def test_an_utterance_ends_once(spans):
    tracer, finished = spans

    with open_stream(tracer) as stream:
        with stream.utterance(4) as utterance:
            utterance.complete(num_frames=1)
        assert list(finished()) == ["utterance"]

    assert list(finished()) == ["utterance", "Animate"]


def test_without_traces_nothing_is_needed_and_nothing_breaks(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    tracer = open_tracer(is_on=False)

    speak(tracer)
    with pytest.raises(ZeroDivisionError), open_stream(tracer):
        _ = 1 // 0

    tracer.close()


def test_traces_without_the_package_tell_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.grpc.trace_exporter", None)

    with pytest.raises(MissingDependency, match=r"pip install 'posecast\[otel\]'"):
        open_tracer(is_on=True)


def test_the_environment_names_the_service(monkeypatch):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc", reason=NO_SDK)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "lobby")
    tracer = open_tracer(is_on=True)

    try:
        attributes = tracer._provider.resource.attributes
        assert attributes["service.name"] == "lobby"
        assert attributes["service.version"]
    finally:
        tracer.close()


def test_a_collector_that_does_not_answer_does_not_hold_up_the_end(spans, monkeypatch):
    tracer, _ = spans
    asked, answered = threading.Event(), threading.Event()

    def wait():
        asked.set()
        answered.wait()

    monkeypatch.setattr(tracing, "CLOSE_S", 0.05)
    monkeypatch.setattr(tracer._provider, "shutdown", wait)

    tracer.close()  # would never return if it waited for the answer

    assert asked.is_set()
    answered.set()


def test_spans_reach_the_collector_that_the_environment_names(monkeypatch):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc", reason=NO_SDK)
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as otlp_grpc

    received = []

    class Collector(otlp_grpc.TraceServiceServicer):
        def Export(self, request, context):  # noqa: N802 - gRPC's name
            received.append(request)
            return otlp.ExportTraceServiceResponse()

    server = grpc.server(ThreadPoolExecutor(1))
    otlp_grpc.add_TraceServiceServicer_to_server(Collector(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(tracing, "CLOSE_S", 30.0)  # a busy machine may need it
    tracer = open_tracer(is_on=True)

    speak(tracer)
    tracer.close()
    server.stop(grace=None).wait()

    names = [
        span.name
        for request in received
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert sorted(names) == ["Animate", "utterance", "window"]
