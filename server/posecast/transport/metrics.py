"""Counts and times what a server does, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

import posecast
from posecast.config import FRAME_RATE_HZ, LatencyMode
from posecast.transport.outlets.counts import FATES, Fate

Refusal = Literal["streams", "client", "load", "draining"]
"""Why a stream was not taken: the limit of all streams, that of one client, the load, the end."""
Stage = Literal["audio", "conditioning", "denoising", "rig", "transport"]
"""The stages of the data flow, named as their packages; `transport` is encoding and writing."""

_INFERENCE_BUCKETS_S = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0,
)  # fmt: skip
_STAGE_BUCKETS_S = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
_FIRST_FRAME_BUCKETS_S = (
    0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0,
)  # fmt: skip
_LATENESS_BUCKETS_S = (
    # A border at 0 tells in time from late; 0.04 is one frame.
    -5.0, -2.0, -1.0, -0.5, -0.2, -0.1, -0.04, 0.0, 0.04, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
)  # fmt: skip
_BATCH_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


class ServerMetrics:
    """The metrics of one server, in a registry of its own: two servers of a process do not mix.

    Its methods may be called from any thread. Queries that an operator starts from:

    Real-time factor, seconds of inference for a second of face, below 1 to keep up:
        rate(posecast_inference_busy_seconds_total[1m]) / rate(posecast_face_seconds_total[1m])
    Share of windows that came late, by latency mode:
        rate(posecast_deadline_misses_total[5m]) / rate(posecast_lateness_seconds_count[5m])
    First frame, 95th percentile, by latency mode:
        histogram_quantile(0.95, sum by (mode, le) (rate(posecast_first_frame_seconds_bucket[5m])))
    Mean number of windows in a batch:
        rate(posecast_batch_size_sum[1m]) / rate(posecast_batch_size_count[1m])
    """

    def __init__(self, *, model: str, device: str, version: str = posecast.__version__) -> None:
        """Start all counters at 0.

        Args:
            model: Name and version of the model, e.g. `default 2.0.0`.
            device: Where the networks run, `cpu` or `cuda`.
            version: Version of the server.
        """
        self._registry = CollectorRegistry()
        self._open_streams = self._gauge("streams_open", "Streams open now.", "mode")
        self._started = self._counter("streams_started", "Streams taken.", "method", "mode")
        self._streams = self._counter("streams", "Streams that ended.", "method", "status")
        self._refused = self._counter("streams_refused", "Streams not taken, by reason.", "reason")
        self._add_inference_metrics()
        self._add_stream_metrics()
        self._outlet_frames = self._counter(
            "outlet_frames",
            "Frames for receivers by UDP: sent in time or late, hidden, dropped; packets refused.",
            "outlet",
            "fate",
        )
        self._load = self._gauge("load", "Share of the capacity that is taken, 0..1.")
        self._restarts = self._counter("device_restarts", "Times the device failed.")
        self._queued = self._gauge("queued_windows", "Windows that wait for the device.")
        build = self._gauge("build_info", "What runs; always 1.", "version", "model", "device")
        build.labels(version, model, device).set(1)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._show_zeros()

    @property
    def registry(self) -> CollectorRegistry:
        """What the endpoint shows."""
        return self._registry

    def watch(self, queue_length: Callable[[], int]) -> None:
        """Ask for the length of the queue whenever the metrics are read.

        Args:
            queue_length: Number of windows that wait; called from the endpoint's threads.
        """
        self._queued.set_function(queue_length)

    def stream_opened(self, method: str, mode: LatencyMode) -> None:
        """Count a stream in, once its mode is known."""
        self._started.labels(method, mode).inc()
        self._open_streams.labels(mode).inc()

    def stream_closed(self, method: str, mode: LatencyMode, status: str) -> None:
        """Count a stream out that `stream_opened` counted in.

        Args:
            method: `Animate` or `AnimateClip`.
            mode: The same as when it was opened.
            status: Name of its gRPC status, e.g. `OK`.
        """
        self._open_streams.labels(mode).dec()
        self._streams.labels(method, status).inc()

    def stream_refused(self, reason: Refusal) -> None:
        """Count a stream that was not taken."""
        self._refused.labels(reason).inc()

    def batch_made(
        self,
        *,
        window_frames: int,
        num_windows: int,
        queue_s: Sequence[float],
        inference_s: float,
    ) -> None:
        """Count a batch of windows that the device has made.

        Args:
            window_frames: Frames in each of its windows, at 25 frames a second.
            num_windows: How many windows.
            queue_s: How long each window waited, in seconds.
            inference_s: How long the device was busy with all of them, in seconds.
        """
        self._windows.inc(num_windows)
        self._batch_size.observe(num_windows)
        for waited_s in queue_s:
            self._queue_time.observe(waited_s)
        self._inference_time.observe(inference_s)
        self._busy.inc(inference_s)
        self._face.inc(window_frames * num_windows / FRAME_RATE_HZ)

    def stage_done(self, stage: Stage, seconds: float) -> None:
        """Time one pass of one window, or of one batch, through a stage."""
        self._stage_time.labels(stage).observe(seconds)

    def frames_sent(self, num: int) -> None:
        """Count frames that were written to a client."""
        self._frames.inc(num)

    def first_frame(self, seconds: float, mode: LatencyMode) -> None:
        """Time from the first audio of an utterance to its first frame written."""
        self._first_frame.labels(mode).observe(seconds)

    def window_done(self, *, lateness_s: float, mode: LatencyMode) -> None:
        """Time a window against its deadline.

        Args:
            lateness_s: Seconds behind the media clock; above 0 the deadline was missed.
            mode: Latency mode of its stream.
        """
        self._lateness.labels(mode).observe(lateness_s)
        if lateness_s > 0:
            self._misses.labels(mode).inc()

    def interrupt_answered(self, seconds: float) -> None:
        """Time from an interrupt to its easing frames written."""
        self._interrupt.observe(seconds)

    def device_failed(self) -> None:
        """Count a failure of the device, after which it is opened again."""
        self._restarts.inc()

    def outlet_frames(self, outlet: str, fate: Fate, num: int) -> None:
        """Count what became of frames for a receiver beside the clients.

        Args:
            outlet: Which receiver, e.g. `live_link`.
            fate: What became of them.
            num: How many.
        """
        self._outlet_frames.labels(outlet, fate).inc(num)

    def add_outlet(self, outlet: str) -> None:
        """Show a receiver's counters from 0 on."""
        for fate in FATES:
            self._outlet_frames.labels(outlet, fate)

    def set_load(self, load: float) -> None:
        """Tell the share of the capacity that is taken, 0..1."""
        self._load.set(load)

    def _add_inference_metrics(self) -> None:
        self._windows = self._counter("windows", "Windows that the device made.")
        self._batch_size = self._histogram("batch_size", "Windows in a batch.", _BATCH_BUCKETS)
        self._queue_time = self._histogram(
            "queue_seconds", "Time that a window waited for the device.", _INFERENCE_BUCKETS_S
        )
        self._inference_time = self._histogram(
            "inference_seconds", "Time of a batch on the device.", _INFERENCE_BUCKETS_S
        )
        self._stage_time = self._histogram(
            "stage_seconds", "Time of one pass through a stage.", _STAGE_BUCKETS_S, "stage"
        )
        self._busy = self._counter(
            "inference_busy_seconds",
            "Time that the device was busy. Its rate over that of posecast_face_seconds_total "
            "is the real-time factor.",
        )
        self._face = self._counter("face_seconds", "Seconds of face that the device made.")

    def _add_stream_metrics(self) -> None:
        self._frames = self._counter("frames", "Frames written to clients.")
        self._first_frame = self._histogram(
            "first_frame_seconds",
            "Time from the first audio of an utterance to its first frame.",
            _FIRST_FRAME_BUCKETS_S,
            "mode",
        )
        self._lateness = self._histogram(
            "lateness_seconds",
            "How late a window was against the media clock; below 0 it was early.",
            _LATENESS_BUCKETS_S,
            "mode",
        )
        self._misses = self._counter("deadline_misses", "Windows that came late.", "mode")
        self._interrupt = self._histogram(
            "interrupt_seconds", "Time from an interrupt to its frames.", _INFERENCE_BUCKETS_S
        )

    def _show_zeros(self) -> None:
        """Name each known label once: a rate over a counter that is not there yet shows nothing."""
        for mode in get_args(LatencyMode):
            for by_mode in (self._open_streams, self._first_frame, self._lateness, self._misses):
                by_mode.labels(mode)
        for reason in get_args(Refusal):
            self._refused.labels(reason)
        for method in ("Animate", "AnimateClip", "ProcessAudioStream"):
            self._streams.labels(method, "OK")

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"posecast_{name}", told, labels, registry=self._registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"posecast_{name}", told, labels, registry=self._registry)

    def _histogram(self, name: str, told: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"posecast_{name}", told, labels, registry=self._registry, buckets=buckets)
