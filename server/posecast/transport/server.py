"""Builds, starts, drains and stops the gRPC server."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
from collections.abc import Callable

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from posecast.config import ServerConfig
from posecast.errors import PosecastError
from posecast.session.engine import AnimationEngine
from posecast.transport.inference_worker import InferenceWorker
from posecast.transport.servicer import FaceAnimationServicer
from posecast.transport.stream import Backend
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc

logger = logging.getLogger(__name__)

SERVICE_NAME = service_pb2.DESCRIPTOR.services_by_name["FaceAnimationService"].full_name

_OTHER_ADDRESS = "choose another with --port (0 takes a free one) or --host"

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

    def __init__(self, engine: AnimationEngine, config: ServerConfig) -> None:
        self._config = config
        self._engine = engine
        self._port = config.port

    @property
    def port(self) -> int:
        """Port in use; after `start` never 0."""
        return self._port

    @property
    def address(self) -> str:
        """Host and port, as clients write it."""
        return _join(self._config.host, self._port)

    async def start(self) -> None:
        """Take the port and begin to answer.

        Raises:
            PosecastError: If the port is taken or the address is not this machine's.
        """
        self._check_can_listen()
        self._worker = InferenceWorker(max_queued=self._config.max_streams)
        self._server = grpc.aio.server(options=self._options())
        try:
            self._port = self._server.add_insecure_port(self.address)
        except RuntimeError as error:
            await self._worker.close()
            raise PosecastError(f"cannot listen on {self.address}; {_OTHER_ADDRESS}") from error
        await self._add_services()
        await self._server.start()
        logger.info("listening on %s, device %s", self.address, self._engine.device)

    async def stop(self, grace_s: float | None = None) -> None:
        """Stop: say so to health checks, take no new stream, let live ones finish, then end.

        Args:
            grace_s: Seconds that live streams may take; unset means the configuration's.
        """
        await self._health.enter_graceful_shutdown()
        await self._server.stop(self._config.grace_s if grace_s is None else grace_s)
        await self._worker.close()
        logger.info("stopped")

    def _check_can_listen(self) -> None:
        """Try the address with a socket of our own: gRPC tells no reason and logs instead."""
        try:
            family, kind, _, _, address = socket.getaddrinfo(
                self._config.host.strip("[]"), self._port, type=socket.SOCK_STREAM
            )[0]
            with socket.socket(family, kind) as probe:
                if os.name == "posix":  # as gRPC does; elsewhere it would allow a taken port
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except (OSError, UnicodeError) as error:
            reason = "the port is taken" if _is_taken(error) else _reason_of(error)
            raise PosecastError(
                f"cannot listen on {self.address}: {reason}; {_OTHER_ADDRESS}"
            ) from error

    def _options(self) -> list[tuple[str, int]]:
        return [
            ("grpc.max_receive_message_length", self._config.max_message_bytes),
            ("grpc.so_reuseport", 0),  # a taken port is an error, not a second server behind it
            *KEEPALIVE_OPTIONS,
            *FLOW_CONTROL_OPTIONS,
        ]

    async def _add_services(self) -> None:
        backend = Backend(engine=self._engine, worker=self._worker, config=self._config)
        service_grpc.add_FaceAnimationServiceServicer_to_server(  # type: ignore[no-untyped-call]  # generated
            FaceAnimationServicer(backend), self._server
        )
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # missing in the stubs
        await self._health.set(SERVICE_NAME, health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (SERVICE_NAME, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)


async def serve(
    engine: AnimationEngine, config: ServerConfig, on_ready: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM, then drain.

    Args:
        engine: What animates.
        config: Address and limits.
        on_ready: Called once with the address when requests are answered.

    Raises:
        PosecastError: If the port is taken or the address is not this machine's.
    """
    server = AnimationServer(engine, config)
    await server.start()
    stop_asked = asyncio.Event()
    _on_stop_signal(stop_asked.set)
    on_ready(server.address)
    await stop_asked.wait()
    await server.stop()


def _on_stop_signal(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _is_taken(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EADDRINUSE


def _reason_of(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"
