"""The page's own small server: plain HTTP on loopback, beside the sandbox's TLS port."""

import ipaddress
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.page.actions import Uploads
from sandbox.page.session import BrowserSession
from sandbox.page.stage import Stage
from sandbox.records.parts import File

log = logging.getLogger("sandbox.page")

STATIC = Path(__file__).parent / "static"
_MOST_UPLOAD_BYTES = 101 * 1024 * 1024  # above every server's limit, so that the limit is what refuses
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_INLINE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/webm", "text/plain")
_A_YEAR = "private, max-age=31536000, immutable"


class ChatPage:
    """Serves the page of one stage.

    ``async with ChatPage(stage) as page:`` listens; `address` is what to open in a browser.

    Args:
        host: where to listen; on anything but loopback, whoever reaches the port may speak as any persona.
        port: 0 takes a free one.
    """

    def __init__(self, stage: Stage, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._stage = stage
        self._host = host
        self._port = port
        self._uploads = Uploads()
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. Raises OSError if the port is taken."""
        app = web.Application(client_max_size=_MOST_UPLOAD_BYTES, middlewares=[self._guard])
        app.router.add_get("/", self._index)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/uploads", self._upload)
        app.router.add_get("/files{path:/.+}", self._file)
        app.router.add_static("/static", STATIC)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._port = runner.addresses[0][1]

    async def stop(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=1001)
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Keep other web sites out: their pages can reach loopback ports too."""
        if not _is_address(request.host) or _foreign(request):
            raise web.HTTPForbidden(text="Open this page by its numeric address or as localhost.")
        response = await handler(request)
        if not response.prepared:
            response.headers.update({key: value for key, value in _HEADERS.items() if key not in response.headers})
            response.headers.setdefault("Cache-Control", "no-cache")
        return response

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=30.0, max_msg_size=1024 * 1024)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await BrowserSession(self._stage, socket, self._uploads).run()
        except ConnectionResetError:
            log.debug("a browser left in the middle of a sentence")
        finally:
            self._sockets.discard(socket)
        return socket

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        name = request.query.get("name", "unknown")
        file = File(name, await request.read(), request.content_type)
        return web.json_response({"upload": self._uploads.keep(file)})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        attachment = self._stage.sandbox.world.cdn.find(request.match_info["path"])
        if attachment is None:
            raise web.HTTPNotFound(text="This file is no longer here.")
        kind = (attachment.content_type or "").partition(";")[0]
        inline = kind in _INLINE_TYPES and "download" not in request.query
        headers = {"Cache-Control": _A_YEAR, "Content-Disposition": "inline" if inline else "attachment"}
        return web.Response(
            body=attachment.bytes, content_type=kind if inline else "application/octet-stream", headers=headers
        )


def _is_address(host: str) -> bool:
    """Return whether the host is a numeric address or localhost. A stranger's DNS could point any other name here."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _foreign(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host
