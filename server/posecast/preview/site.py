"""Starts and stops the preview's page on an address."""

from __future__ import annotations

from aiohttp import web

from posecast.preview.app import Opening, build_app
from posecast.preview.guard import is_loopback
from posecast.transport.live_client import LiveClient


class PreviewSite:
    """The page of one gRPC server; belongs to the event loop in which it is started."""

    def __init__(
        self, server_address: str, opening: Opening, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            server_address: Host and port of the gRPC server.
            opening: What the page begins with.
            host: Address to listen on.
            port: Port to listen on, 0 takes a free one.
        """
        self._client = LiveClient(server_address)
        self._host, self._port = host, port
        app = build_app(self._client, opening, only_local=is_loopback(host))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    @property
    def url(self) -> str:
        """Address of the page."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: If the address cannot be had.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the page and its streams."""
        await self._runner.cleanup()
        self._client.close()
