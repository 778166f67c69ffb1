"""The preview's web application: the page, its files and its WebSocket."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler, Middleware

from posecast.config import ServerConfig
from posecast.errors import InvalidRequest, PosecastError
from posecast.evaluation.alignment import Alignment
from posecast.head.asset import head_bytes
from posecast.preview.files import opened, saved
from posecast.preview.guard import is_welcome
from posecast.preview.session import Outgoing, PageSession
from posecast.transport.live_client import LiveClient

MAX_FILE_BYTES = 256 * 1024 * 1024
_MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' blob:; img-src 'self' blob: "
    "data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_PAGE_FILES = ("index.html", "page.js", "head.js", "page.css", "microphone.js", "icon.svg")
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the page begins with."""

    path: Path | None = None
    """Speech file or take that it opens, if any."""
    phones: Alignment = ()
    """Phones of that speech."""
    style: str = "neutral"
    """Style of the face."""
    seed: int = 1
    """Seed of the face."""
    mode: str = "balanced"
    """Latency mode."""


def build_app(client: LiveClient, opening: Opening, *, only_local: bool) -> web.Application:
    """Put the application together.

    Args:
        client: Where streams are opened.
        opening: What the page begins with.
        only_local: Whether only names of this machine are answered.

    Returns:
        The application.
    """
    pages = _Pages(client, opening)
    app = web.Application(
        client_max_size=MAX_FILE_BYTES, middlewares=[_guard(only_local=only_local)]
    )
    app.router.add_get("/", pages.index)
    for name in _PAGE_FILES:
        app.router.add_get(f"/{name}", pages.file)
    app.router.add_get("/head.glb", pages.head)
    app.router.add_get("/opening.json", pages.opening)
    app.router.add_get("/opening", pages.opening_file)
    app.router.add_post("/open", pages.open)
    app.router.add_post("/save", pages.save)
    app.router.add_get("/session", pages.session)
    return app


def _guard(*, only_local: bool) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        host, origin = request.headers.get("Host"), request.headers.get("Origin")
        if not is_welcome(host, origin, only_local=only_local):
            raise web.HTTPForbidden(text="this preview answers to its own page only\n")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    return guard


class _Pages:
    def __init__(self, client: LiveClient, opening: Opening) -> None:
        self._client = client
        self._opening = opening

    async def index(self, _: web.Request) -> web.Response:
        return _page_file("index.html")

    async def file(self, request: web.Request) -> web.Response:
        return _page_file(request.path.removeprefix("/"))

    async def head(self, _: web.Request) -> web.Response:
        return web.Response(body=head_bytes(), content_type="model/gltf-binary")

    async def opening(self, _: web.Request) -> web.Response:
        opening = self._opening
        return web.json_response(
            {
                "name": opening.path.name if opening.path else None,
                "phones": [[p.start_s, p.end_s, p.phone] for p in opening.phones],
                "style": opening.style,
                "seed": opening.seed,
                "mode": opening.mode,
            }
        )

    async def opening_file(self, _: web.Request) -> web.Response:
        path = self._opening.path
        if path is None:
            raise web.HTTPNotFound(text="no file was given\n")
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            return _refusal(f"{path.name}: {error.strerror or error}")
        return await self._opened(data, path.name)

    async def open(self, request: web.Request) -> web.Response:
        return await self._opened(await request.read(), request.query.get("name", "file"))

    async def save(self, request: web.Request) -> web.Response:
        data = await request.read()
        try:
            content = await asyncio.to_thread(saved, data, request.query.get("suffix", ""))
        except InvalidRequest as error:
            return _refusal(str(error))
        return web.Response(body=content, content_type="application/octet-stream")

    async def session(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE_BYTES, heartbeat=20.0)
        await socket.prepare(request)
        await PageSession(_Socket(socket), self._client).serve()
        return socket

    async def _opened(self, data: bytes, name: str) -> web.Response:
        try:
            facts_s = await self._max_clip_s()
            message = await asyncio.to_thread(opened, data, name, max_duration_s=facts_s)
        except InvalidRequest as error:
            return _refusal(str(error))
        return web.Response(body=message, content_type="application/octet-stream")

    async def _max_clip_s(self) -> float:
        try:
            return (await self._client.facts()).max_clip_s
        except PosecastError:  # a take is shown without a server, too
            return ServerConfig().max_clip_s


class _Socket:
    """A WebSocket of aiohttp as a session wants it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def messages(self) -> AsyncIterator[str | bytes]:
        async for message in self._socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                yield message.data

    async def send(self, message: Outgoing) -> None:
        if self._socket.closed:
            return
        if isinstance(message, bytes):
            await self._socket.send_bytes(message)
        else:
            await self._socket.send_str(json.dumps(message))


def _refusal(message: str) -> web.Response:
    return web.json_response({"error": message}, status=400)


def _page_file(name: str) -> web.Response:
    content = (resources.files("posecast.preview") / "static" / name).read_bytes()
    suffix = Path(name).suffix
    kind = _TYPES.get(suffix) or mimetypes.types_map[suffix]
    return web.Response(body=content, content_type=kind, charset="utf-8")
