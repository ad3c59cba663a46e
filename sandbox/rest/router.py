"""From an HTTP request to a route and back: authorization, rate limits, faults, bodies, the record."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.errors import ApiError, invalid_json, unauthorized, unknown, unknown_endpoint
from sandbox.faults import Fault
from sandbox.model import Channel, File, Json, Message
from sandbox.permissions import Permissions, require
from sandbox.rates import RateLimiter, Verdict
from sandbox.world import Request, World

log = logging.getLogger("sandbox.rest")

PREFIX = "/api/v10"
_MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, parsed: path parameters, query, JSON body and uploaded files."""

    world: World
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: tuple[File, ...]

    @property
    def fields(self) -> Json:
        """The body as an object, empty when there is none."""
        return self.body if isinstance(self.body, dict) else {}

    def id(self, name: str) -> int:
        """A path parameter as a snowflake; what is none cannot exist."""
        text = self.params[name]
        if not text.isdecimal():
            raise unknown(name.removesuffix("_id").capitalize())
        return int(text)

    def channel(self, needed: int = 0) -> Channel:
        """The channel of the path, once the bot is known to have these permissions in it.

        Raises:
            ApiError: 10003, 50001 or 50013.
        """
        channel = self.world.channel(self.id("channel_id"))
        require(self.world.bot_member(channel), channel, needed)
        return channel

    def message(self, needed: int = 0) -> Message:
        return self.world.message(self.channel(needed), self.id("message_id"))

    def history_message(self, needed: int = 0) -> Message:
        """A message which the bot must be allowed to read back."""
        return self.message(int(Permissions.READ_MESSAGE_HISTORY) | needed)


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template with OpenAPI's parameter names, and what answers it.

    ``respond`` returns the JSON to answer, or None for 204 No Content.
    """

    method: str
    path: str
    respond: Callable[[Call], Any]
    public: bool = False  # the token is in the path, not in the Authorization header
    status: int = 200


class Router:
    """Finds the route of a request and carries it through."""

    def __init__(self, world: World, routes: tuple[Route, ...], rates: RateLimiter) -> None:
        self._world = world
        self._rates = rates
        # literal segments before parameters: .../messages/@original before .../messages/{message_id}
        ordered = sorted(routes, key=lambda route: route.path.count("{"))
        self._routes = [(route, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path))) for route in ordered]

    async def serve(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix(PREFIX)
        fault = self._world.faults.take(request.method, path)
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        body, files, broken = await _read(request)
        route, params = self._find(request.method, path)
        verdict = self._admit(request.method, route, params)
        status, answer, headers = self._answer(request, route, params, body, files, broken, fault, verdict)
        self._world.requests.append(
            Request(
                method=request.method,
                path=path,
                route=route.path if route else "",
                query=dict(request.query),
                body=body,
                files=files,
                multipart=request.content_type == "multipart/form-data",
                status=status,
                answer=answer,
            )
        )
        self._world.changed()
        if fault is not None and fault.disconnect and request.transport is not None:
            request.transport.close()
        return _response(status, answer, headers)

    def _find(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        for route, pattern in self._routes:
            if route.method == method and (match := pattern.fullmatch(path)):
                return route, match.groupdict()
        return None, {}

    def _admit(self, method: str, route: Route | None, params: Mapping[str, str]) -> Verdict:
        if route is None:
            return Verdict(headers={})
        major = "/".join(params[name] for name in _MAJOR if name in params)
        return self._rates.admit(method, route.path, major)

    def _answer(
        self,
        request: web.Request,
        route: Route | None,
        params: dict[str, str],
        body: Any,
        files: tuple[File, ...],
        broken: bool,
        fault: Fault | None,
        verdict: Verdict,
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON and headers; the faults come first and last."""
        if fault is not None and fault.status == 429:
            return _limited(Verdict(headers={}, retry_after=fault.retry_after_s))
        if verdict.retry_after is not None:
            return _limited(verdict)
        if fault is not None and (fault.status or fault.disconnect) and not fault.after_write:
            return _failure(fault)
        try:
            if route is None:
                log.error("UNKNOWN ENDPOINT %s %s: the sandbox does not know it", request.method, request.path)
                raise unknown_endpoint()
            if broken:
                raise invalid_json()
            if not route.public:
                self._authorize(request)
            call = Call(world=self._world, params=params, query=request.query, body=body, files=files)
            answer = route.respond(call)
        except ApiError as error:
            log.info("%s %s: %s", request.method, request.path, error)
            return error.status, error.body(), verdict.headers
        if fault is not None and fault.status:
            return _failure(fault)
        return (204 if answer is None else route.status), answer, verdict.headers

    def _authorize(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self._world.token}":
            raise unauthorized()


def _limited(verdict: Verdict) -> tuple[int, Json, dict[str, str]]:
    wait = verdict.retry_after or 0.0
    answer = {
        "message": "You are being rate limited.",
        "retry_after": round(wait, 3),
        "global": verdict.whole_bot,
        "code": 0,
    }
    scope = "global" if verdict.whole_bot else "user"
    # Without Via, discord.py takes a 429 for a ban by Cloudflare and raises instead of waiting.
    headers = {"Retry-After": f"{wait:.3f}", "Via": "1.1 google", "X-RateLimit-Scope": scope}
    return 429, answer, verdict.headers | headers


def _failure(fault: Fault) -> tuple[int, Json, dict[str, str]]:
    status = fault.status or 500
    return status, {"message": f"{status}: Ordered by the test", "code": 0}, {}


def _response(status: int, answer: Any, headers: Mapping[str, str]) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers=headers)
    # The content type must be exact: with a charset, discord.py takes the body for text.
    body = json.dumps(answer).encode()
    return web.Response(status=status, body=body, headers={**headers, "Content-Type": "application/json"})


async def _read(request: web.Request) -> tuple[Any, tuple[File, ...], bool]:
    """Body, files, and whether the body was no JSON."""
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    raw = await request.read()
    if not raw:
        return None, (), False
    try:
        return json.loads(raw), (), False
    except ValueError:
        return None, (), True


async def _read_multipart(request: web.Request) -> tuple[Any, tuple[File, ...], bool]:
    body: Any = {}
    files: dict[int, File] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        content = bytes(await part.read(decode=False))
        name = part.name or ""
        if name == "payload_json":
            try:
                body = json.loads(content)
            except ValueError:
                return None, (), True
        elif number := re.fullmatch(r"files?\[?(\d+)\]?", name):
            content_type = part.headers.get("Content-Type")
            files[int(number[1])] = File(part.filename or "unknown", content, content_type)
    return body, _described(body, files), False


def _described(body: Any, files: dict[int, File]) -> tuple[File, ...]:
    """Give each upload the name and alt text that ``attachments`` lists under its number."""
    listed = {str(one.get("id")): one for one in (body or {}).get("attachments") or []}
    described = []
    for number, file in sorted(files.items()):
        about = listed.get(str(number), {})
        filename = about.get("filename") or file.filename
        described.append(File(filename, file.content, file.content_type, about.get("description")))
    return tuple(described)
