"""Answers GET /v1/health/ready over HTTP, which clients of Audio2Face-3D may wait for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from posecast.errors import PosecastError
from posecast.transport.address import join_address
from posecast.transport.network_error import reason_of

READY_PATH = "/v1/health/ready"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_port = False  # a taken port is an error, not a second server behind it


class ReadinessEndpoint:
    """An HTTP server on threads of its own: 200 while new streams are taken, else 503."""

    def __init__(self, is_ready: Callable[[], bool], *, host: str, port: int) -> None:
        """Take the port and begin to answer.

        Args:
            is_ready: Whether new streams are taken; called from any thread.
            host: Address to listen on, that of the gRPC server.
            port: TCP port; 0 takes a free one.

        Raises:
            PosecastError: If the port is taken or the address is not this machine's.
        """
        self._host = host.strip("[]")
        try:
            self._server = _Server((self._host, port), _handler_for(is_ready))
        except (OSError, UnicodeError) as error:
            raise PosecastError(
                f"cannot tell readiness on {join_address(self._host, port)}: {reason_of(error)}; "
                "choose another port with --a2f-http (0 takes a free one)"
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What to ask."""
        return f"http://{join_address(self._host, self._server.server_port)}{READY_PATH}"

    def close(self) -> None:
        """Stop answering and give the port back; it may take half a second."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler_for(is_ready: Callable[[], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != READY_PATH:
                self._answer(HTTPStatus.NOT_FOUND, {"error": f"allowed: {READY_PATH}"})
            elif is_ready():
                self._answer(HTTPStatus.OK, {"status": "ready"})
            else:
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "not ready"})

        def log_message(self, *_: object) -> None:
            """Not each poll on stderr."""

        def _answer(self, status: HTTPStatus, content: dict[str, str]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
