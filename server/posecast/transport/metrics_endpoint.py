"""Shows the metrics of a server over HTTP, for Prometheus to read."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, start_http_server

from posecast.errors import PosecastError
from posecast.transport.address import join_address
from posecast.transport.network_error import reason_of


class MetricsEndpoint:
    """An HTTP server on threads of its own; it answers anyone who reaches it, without TLS."""

    def __init__(self, registry: CollectorRegistry, *, host: str, port: int) -> None:
        """Take the port and begin to answer.

        Args:
            registry: What to show.
            host: Address to listen on, that of the gRPC server.
            port: TCP port; 0 takes a free one.

        Raises:
            PosecastError: If the port is taken or the address is not this machine's.
        """
        self._host = host.strip("[]")
        try:
            self._server, self._thread = start_http_server(port, self._host, registry)
        except (OSError, UnicodeError) as error:
            raise PosecastError(
                f"cannot show metrics on {join_address(self._host, port)}: {reason_of(error)}; "
                "choose another port with --metrics-port (0 takes a free one)"
            ) from error

    @property
    def address(self) -> str:
        """Host and port in use; the port is never 0."""
        return join_address(self._host, self._server.server_port)

    @property
    def url(self) -> str:
        """Where Prometheus, or `posecast top --metrics`, reads."""
        return f"http://{self.address}/metrics"

    def close(self) -> None:
        """Stop answering and give the port back; it may take half a second."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
