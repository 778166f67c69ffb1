"""What all streams of a server share."""

from __future__ import annotations

from dataclasses import dataclass

from posecast.config import ServerConfig
from posecast.session.engine import AnimationEngine
from posecast.transport.admission import Admission
from posecast.transport.inference_worker import InferenceWorker
from posecast.transport.lulls import Lulls
from posecast.transport.metrics import ServerMetrics
from posecast.transport.outlets.opening import Outlets
from posecast.transport.stream_table import StreamTable
from posecast.transport.style_service import StyleService
from posecast.transport.tracing import Tracer


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The parts of a server that its streams use."""

    engine: AnimationEngine
    """Networks and their configuration; immutable."""
    styles: StyleService
    """The model's styles and those that clients have stored."""
    worker: InferenceWorker
    """The device's thread."""
    lulls: Lulls
    """When that thread leaves Python to others."""
    admission: Admission
    """Places for streams."""
    metrics: ServerMetrics
    """Counters."""
    table: StreamTable
    """What each stream is doing."""
    tracer: Tracer
    """Opens spans, if they are wanted."""
    outlets: Outlets
    """Receivers beside the clients."""
    config: ServerConfig
    """Limits."""
