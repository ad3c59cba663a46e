"""A web server with files on it, that obeys HTTP until it is told to misbehave."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

Fault = Literal[
    "", "drop", "stall", "ignore range", "too short", "too long", "corrupt", "busy", "page", "gone", "ignore if-range",
    "compress", "elsewhere", "silent",
]  # fmt: skip
_PIECE = 64 << 10


@dataclass
class Shelf:
    """``faults`` are obeyed one by one, a request each; then ``always``. ``asked`` is what Range each request had."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    always: Fault = ""
    validators: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""

    def url(self, name: str) -> str:
        return f"{self.address}/{name}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        fault = self.faults.pop(0) if self.faults else self.always
        self.asked.append((name, request.headers.get("Range", "")))
        if name not in self.files or fault == "gone":
            raise web.HTTPNotFound
        if fault == "busy":
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "0"})
        if fault == "page":
            return web.Response(text="<p>This share has moved.</p>", content_type="text/html")
        content = self.files[name]
        begin = self._begin(request, content, fault)
        response = web.StreamResponse(status=206 if begin is not None else 200, headers=self._headers(content))
        if begin is not None:
            start = begin + 1 if fault == "elsewhere" else begin
            response.headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if fault == "compress":
            response.headers["Content-Encoding"] = "gzip"
        return await self._send(request, response, content[begin or 0 :], fault)

    def _headers(self, content: bytes) -> dict[str, str]:
        etag = {"ETag": f'"{hashlib.sha256(content).hexdigest()[:12]}"'} if self.validators else {}
        return {"Content-Type": "application/octet-stream", **etag}

    def _begin(self, request: web.Request, content: bytes, fault: Fault) -> int | None:
        asked = request.headers.get("Range")
        if asked is None or fault == "ignore range":
            return None
        condition = request.headers.get("If-Range")
        if condition is not None and condition != self._headers(content).get("ETag") and fault != "ignore if-range":
            return None
        begin = int(asked.removeprefix("bytes=").removesuffix("-"))
        if begin >= len(content):
            raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{len(content)}"})
        return begin

    async def _send(
        self, request: web.Request, response: web.StreamResponse, body: bytes, fault: Fault
    ) -> web.StreamResponse:
        lies = {"too short": -1000, "too long": 1000}
        response.content_length = len(body) + lies.get(fault, 0)
        if fault == "corrupt":
            body = body[:-1] + bytes([body[-1] ^ 1])
        if fault in ("drop", "stall"):
            body = body[: max(_PIECE, len(body) // 2)]
        if fault == "silent":
            body = b""
        if fault == "too short":
            body = body[:-1000]
        await response.prepare(request)
        for i in range(0, len(body), _PIECE):
            await response.write(body[i : i + _PIECE])
        if fault in ("stall", "silent"):
            await asyncio.sleep(20)
        if fault in ("drop", "too long"):
            await asyncio.sleep(0.05)  # what was sent arrives
            assert request.transport is not None
            request.transport.abort()
        return response


@asynccontextmanager
async def open_shelf() -> AsyncIterator[Shelf]:
    """On a free port of loopback."""
    shelf = Shelf()
    app = web.Application()
    app.router.add_get("/{name}", shelf.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    shelf.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield shelf
    finally:
        await runner.cleanup()
