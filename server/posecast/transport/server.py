"""Builds, starts, drains and stops the gRPC server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from posecast.config import ServerConfig
from posecast.errors import PosecastError
from posecast.session.batch import try_next_windows
from posecast.session.engine import AnimationEngine
from posecast.transport import a2f_servicer
from posecast.transport.address import check_can_listen, join_address
from posecast.transport.admission import Admission
from posecast.transport.backend import Backend
from posecast.transport.border import Border
from posecast.transport.capacity import Capacity, measure_capacity
from posecast.transport.drain import StopRequests, drain
from posecast.transport.inference_worker import InferenceWorker
from posecast.transport.lulls import Lulls
from posecast.transport.metrics import ServerMetrics
from posecast.transport.metrics_endpoint import MetricsEndpoint
from posecast.transport.outlets.opening import Outlets, open_server_outlets
from posecast.transport.readiness_endpoint import ReadinessEndpoint
from posecast.transport.servicer import FaceAnimationServicer
from posecast.transport.stop_signals import on_stop_signal
from posecast.transport.stream_table import StreamTable
from posecast.transport.style_service import StyleService
from posecast.transport.tracing import open_tracer
from posecast.transport.window_timer import WindowTimer
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc

logger = logging.getLogger(__name__)

SERVICE_NAME = service_pb2.DESCRIPTOR.services_by_name["FaceAnimationService"].full_name

CAPACITY_NAME = "posecast.capacity"
"""What to ask the health service for: whether there is room for another stream."""
ROOM_INTERVAL_S = 0.25
ENDING_S = 1.0
"""Time in which clients are told that their streams were ended."""

_OTHER_ADDRESS = "choose another with --port (0 takes a free one) or --host"
_OTHER_A2F_PORT = "choose another with --a2f PORT (0 takes a free one)"

KEEPALIVE_OPTIONS = (
    ("grpc.keepalive_time_ms", 20_000),  # find out that a client's machine has vanished
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),  # let clients find out, too
    ("grpc.keepalive_permit_without_calls", 1),
)
FLOW_CONTROL_OPTIONS = (
    # Audio that waits for its turn waits at the sender: without these, gRPC takes in some 4 MB more
    # for each stream. 256 KiB still carry 5 MB/s over a link of 50 ms.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 256 * 1024),
)


class AnimationServer:
    """One server with its worker; belongs to the event loop in which it was started."""

    def __init__(
        self, engine: AnimationEngine, config: ServerConfig, *, capacity: Capacity | None = None
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            engine: What animates.
            config: Address and limits.
            capacity: What the machine can carry; unset means that it is measured at the start.
        """
        self._config = config
        self._engine = engine
        self._capacity = capacity
        self._port = config.port
        self._a2f_port = config.a2f.port
        self._endpoint: MetricsEndpoint | None = None
        self._readiness: ReadinessEndpoint | None = None

    @property
    def port(self) -> int:
        """Port in use; after `start` never 0."""
        return self._port

    @property
    def address(self) -> str:
        """Host and port, as clients write it."""
        return join_address(self._config.host, self._port)

    @property
    def metrics_url(self) -> str | None:
        """Where the metrics are, if they are anywhere."""
        return None if self._endpoint is None else self._endpoint.url

    @property
    def a2f_address(self) -> str | None:
        """Host and port for clients of Audio2Face-3D, if they have one of their own."""
        return None if self._a2f_port is None else join_address(self._config.host, self._a2f_port)

    @property
    def ready_url(self) -> str | None:
        """Where HTTP tells whether new streams are taken, if it is told anywhere."""
        return None if self._readiness is None else self._readiness.url

    async def start(self) -> None:
        """Take the ports, find out what the machine can carry, and begin to answer.

        Raises:
            PosecastError: If a port is taken or the address is not this machine's.
        """
        check_can_listen(self._config.host, self._port, _OTHER_ADDRESS)
        if self._a2f_port is not None:
            check_can_listen(self._config.host, self._a2f_port, _OTHER_A2F_PORT)
        if self._capacity is None:
            self._capacity = await asyncio.to_thread(self._measure_capacity)
        metrics = self._make_metrics()
        outlets = await open_server_outlets(self._config, metrics)
        self._backend = self._make_backend(self._capacity, metrics, outlets)
        self._border = Border(self._backend)
        self._server = grpc.aio.server(options=self._options())
        try:
            self._take_ports()
        except RuntimeError as error:
            await self._close_backend()
            raise PosecastError(f"cannot listen on {self.address}; {_OTHER_ADDRESS}") from error
        except PosecastError:
            await self._close_backend()
            await self._close_endpoints()
            raise
        await self._add_services()
        await self._server.start()
        self._telling = asyncio.create_task(self._tell_room())
        logger.info("listening on %s, device %s", self.address, self._engine.device)

    async def stop(
        self, grace_s: float | None = None, *, stop_now: asyncio.Event | None = None
    ) -> None:
        """Stop: say so to health checks, take no new stream, let live ones finish, then end.

        Args:
            grace_s: Seconds that live streams may take; unset means the configuration's.
            stop_now: Set, it ends that time.
        """
        self._telling.cancel()
        await self._health.enter_graceful_shutdown()
        grace_s = self._config.grace_s if grace_s is None else grace_s
        if not await drain(self._backend.admission, grace_s, stop_now or asyncio.Event()):
            self._border.end_streams()
        await self._server.stop(ENDING_S)
        await self._close_backend()
        await asyncio.to_thread(self._backend.tracer.close)
        await self._close_endpoints()
        logger.info("stopped")

    def _take_ports(self) -> None:
        self._port = self._server.add_insecure_port(self.address)
        if self.a2f_address is not None:
            self._a2f_port = self._server.add_insecure_port(self.a2f_address)
        if self._config.metrics_port is not None:
            self._endpoint = MetricsEndpoint(
                self._backend.metrics.registry,
                host=self._config.host,
                port=self._config.metrics_port,
            )
        if self._config.a2f.http_port is not None:
            admission = self._backend.admission
            self._readiness = ReadinessEndpoint(
                lambda: not admission.is_draining,
                host=self._config.host,
                port=self._config.a2f.http_port,
            )

    async def _close_endpoints(self) -> None:
        for endpoint in (self._endpoint, self._readiness):
            if endpoint is not None:
                await asyncio.to_thread(endpoint.close)

    def _measure_capacity(self) -> Capacity:
        timer = WindowTimer(self._engine)
        return measure_capacity(timer, self._engine.config, self._config)

    def _make_metrics(self) -> ServerMetrics:
        model = self._engine.config
        return ServerMetrics(model=f"{model.name} {model.version}", device=self._engine.device)

    def _make_backend(
        self, capacity: Capacity, metrics: ServerMetrics, outlets: Outlets
    ) -> Backend:
        lulls = Lulls()
        worker = InferenceWorker(
            max_queued=self._config.max_streams,
            device_timeout_s=self._config.device_timeout_s,
            make_windows=lulls.watch(try_next_windows, metrics.stage_done),
            on_batch=lambda batch: metrics.batch_made(
                window_frames=batch.window_frames,
                num_windows=len(batch.queue_s),
                queue_s=batch.queue_s,
                inference_s=batch.inference_s,
            ),
            on_failure=metrics.device_failed,
        )
        metrics.watch(lambda: worker.num_queued)
        return Backend(
            engine=self._engine,
            styles=StyleService.of(self._engine, self._config.model),
            worker=worker,
            lulls=lulls,
            admission=Admission(self._config, capacity, on_refused=metrics.stream_refused),
            metrics=metrics,
            table=StreamTable(),
            tracer=open_tracer(is_on=self._config.traces),
            outlets=outlets,
            config=self._config,
        )

    async def _close_backend(self) -> None:
        await asyncio.gather(*(outlet.close() for outlet in self._backend.outlets))
        await self._backend.worker.close()

    async def _tell_room(self) -> None:
        """Keep the health of `CAPACITY_NAME` true: a load balancer sends streams elsewhere."""
        status = health_pb2.HealthCheckResponse
        while True:
            has_room = self._backend.admission.has_room
            await self._health.set(
                CAPACITY_NAME, status.SERVING if has_room else status.NOT_SERVING
            )
            await asyncio.sleep(ROOM_INTERVAL_S)

    def _options(self) -> list[tuple[str, int]]:
        return [
            ("grpc.max_receive_message_length", self._config.max_message_bytes),
            ("grpc.so_reuseport", 0),  # a taken port is an error, not a second server behind it
            *KEEPALIVE_OPTIONS,
            *FLOW_CONTROL_OPTIONS,
        ]

    async def _add_services(self) -> None:
        service_grpc.add_FaceAnimationServiceServicer_to_server(  # type: ignore[no-untyped-call]  # generated
            FaceAnimationServicer(self._backend, self._border), self._server
        )
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # missing in the stubs
        a2f_servicer.add_a2f_services(self._server, self._backend, self._border)
        own = (SERVICE_NAME, *a2f_servicer.SERVICE_NAMES)
        for name in own:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (*own, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)


async def serve(
    engine: AnimationEngine, config: ServerConfig, on_ready: Callable[[AnimationServer], None]
) -> None:
    """Serve until SIGINT or SIGTERM, then drain.

    Args:
        engine: What animates.
        config: Address and limits.
        on_ready: Called once with the server when requests are answered.

    Raises:
        PosecastError: If the port is taken or the address is not this machine's.
    """
    server = AnimationServer(engine, config)
    stop = StopRequests()
    on_stop_signal(stop.add)
    await server.start()
    on_ready(server)
    await stop.asked.wait()
    await server.stop(stop_now=stop.now)
