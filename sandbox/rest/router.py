"""Carries an HTTP request to its route and back: authorization, rate limits, faults, bodies and the log of requests."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from sandbox.checks.base import Shape, validated
from sandbox.faults.pending import Fault
from sandbox.faults.rates import RateDecision, RateLimiter
from sandbox.records.errors import ApiError, invalid_form, unauthorized, unknown, unknown_endpoint
from sandbox.records.model import Channel, GuildRecord, Json, Membership, Message, Role, User
from sandbox.records.parts import File
from sandbox.records.traffic import HttpRequest
from sandbox.rest.incoming import Uploads, described, read
from sandbox.verbs.permissions import Permissions, require
from sandbox.verbs.world import World

log = logging.getLogger("sandbox.rest")

PREFIX = "/api/v10"
T = TypeVar("T")
_MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One parsed request: path parameters, query, JSON body and uploaded files."""

    world: World
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: tuple[File, ...]

    @property
    def fields(self) -> Json:
        """Return the body as an object, empty when there is none."""
        return self.body if isinstance(self.body, dict) else {}

    def id(self, name: str) -> int:
        """Return a path parameter as a snowflake, or raise error 50035 if it is no snowflake."""
        text = self.params[name]
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise invalid_form(name, "NUMBER_TYPE_COERCE", f'Value "{text[:100]}" is not snowflake.')
        return int(text)

    def number(self, name: str, default: int, *, low: int = 0, high: int = 1 << 64) -> int:
        """Return a number of the query. Raises error 50035 if it is no number or out of its bounds."""
        text = self.query.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise invalid_form(name, "NUMBER_TYPE_COERCE", f'Value "{text[:100]}" is not int.')
        if not low <= int(text) <= high:
            raise invalid_form(name, "NUMBER_TYPE_MAX", f"int value should be between {low} and {high}.")
        return int(text)

    def flag(self, name: str) -> bool:
        """Return a yes or no of the query."""
        return self.query.get(name, "").lower() in ("1", "true")

    def guild(self) -> GuildRecord:
        """Return the server of the path. Raises error 10004 if the bot is not in it."""
        guild = self.world.guilds.get(self.id("guild_id"))
        if guild is None or self.world.bot_user.id not in guild.members:
            raise unknown("Guild")
        return guild

    def user(self) -> User:
        return self._known(self.world.users, "User")

    def member(self) -> Membership:
        return self._known(self.guild().members, "Member", "user_id")

    def role(self) -> Role:
        return self._known(self.guild().roles, "Role")

    def _known(self, records: Mapping[int, T], noun: str, parameter: str | None = None) -> T:
        """Return the record that the path names, or raise Discord's "Unknown …"."""
        found = records.get(self.id(parameter or f"{noun.lower()}_id"))
        if found is None:
            raise unknown(noun)
        return found

    def channel(self, needed: int = 0) -> Channel:
        """Return the channel of the path. Raises 10003, 50001 or 50013 unless the bot has the permissions in it."""
        channel = self.world.channel(self.id("channel_id"))
        require(self.world.bot_member(channel), channel, needed)
        return channel

    def message(self, needed: int = 0) -> Message:
        return self.world.message(self.channel(needed), self.id("message_id"))

    def history_message(self, needed: int = 0) -> Message:
        """Return a message which the bot must be allowed to read back."""
        return self.message(int(Permissions.READ_MESSAGE_HISTORY) | needed)


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template with OpenAPI's parameter names, and what answers it.

    ``respond`` returns the JSON to answer, or None for 204 No Content. A body is checked against ``shape`` first; a
    route without one takes none.
    """

    method: str
    path: str
    respond: Callable[[ApiCall], Any]
    shape: Shape | None = None
    public: bool = False  # the token is in the path, not in the Authorization header
    status: int = 200


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """One request on its way through the router, with the answer it gets."""

    request: web.Request
    path: str
    route: Route | None
    params: dict[str, str]
    fault: Fault | None
    body: Any = None
    uploads: Uploads = field(default_factory=dict)
    status: int = 204
    answer: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def refuse(self, error: ApiError) -> None:
        if error.retry_after is not None:
            _limit(self, RateDecision(headers={}, retry_after=error.retry_after), via=True)
        self.status, self.answer = error.status, (self.answer or {}) | error.body()


class Router:
    """Finds the route of a request and carries it through."""

    def __init__(self, world: World, routes: tuple[Route, ...], rates: RateLimiter) -> None:
        self._world = world
        self._rates = rates
        # literal segments before parameters: .../messages/@original before .../messages/{message_id}
        ordered = sorted(routes, key=lambda route: route.path.count("{"))
        self._routes = [(route, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path))) for route in ordered]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        self._world.faults.count_request()
        fault = self._world.faults.take(request.method, path)
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        route, params = self._find(request.method, path)
        exchange = _Exchange(request=request, path=path, route=route, params=params, fault=fault)
        try:
            exchange.body, exchange.uploads = await read(request)
            problem = None
        except ApiError as error:
            problem = error
        self._carry(exchange, problem)
        self._record(exchange)
        if fault is not None and fault.answer_delay_s:
            await asyncio.sleep(fault.answer_delay_s)
        return await _send(exchange)

    def _find(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        for route, pattern in self._routes:
            if route.method == method and (match := pattern.fullmatch(path)):
                return route, match.groupdict()
        return None, {}

    def _carry(self, exchange: _Exchange, problem: ApiError | None) -> None:
        """Fill in status, answer and headers. Ordered faults act before and after the route does."""
        fault, decision = exchange.fault, self._admit(exchange)
        exchange.headers = dict(decision.headers)
        if fault is not None and fault.status == 429:
            _limit(
                exchange, RateDecision(headers={}, retry_after=fault.retry_after_s, scope=fault.scope), via=fault.via
            )
        elif decision.retry_after is not None:
            _limit(exchange, decision, via=not decision.banned)
        elif fault is not None and fault.prevents:
            _fail(exchange, fault)
        else:
            try:
                self._respond(exchange, problem)
            except ApiError as error:
                log.info("%s %s: %s", exchange.request.method, exchange.path, error)
                exchange.refuse(error)
            else:
                if fault is not None and fault.status:
                    _fail(exchange, fault)
        self._rates.count(exchange.status)

    def _admit(self, exchange: _Exchange) -> RateDecision:
        route = exchange.route
        if route is None:
            return RateDecision(headers={})
        major = "/".join(exchange.params[name] for name in _MAJOR if name in exchange.params)
        return self._rates.admit(route.method, route.path, major)

    def _respond(self, exchange: _Exchange, problem: ApiError | None) -> None:
        request, route = exchange.request, exchange.route
        if route is None:
            log.error("UNKNOWN ENDPOINT %s %s: the sandbox does not know it", request.method, request.path)
            raise unknown_endpoint()
        if not route.public and request.headers.get("Authorization") != f"Bot {self._world.token}":
            raise unauthorized()
        if problem is not None:
            raise problem
        body = None
        if route.shape is not None:
            body = validated(route.shape, {} if exchange.body is None else exchange.body)
        files = described(body, exchange.uploads)
        call = ApiCall(world=self._world, params=exchange.params, query=request.query, body=body, files=files)
        exchange.answer = route.respond(call)
        exchange.status = 204 if exchange.answer is None else route.status

    def _record(self, exchange: _Exchange) -> None:
        request = exchange.request
        self._world.requests.append(
            HttpRequest(
                method=request.method,
                path=exchange.path,
                route=exchange.route.path if exchange.route else "",
                query=dict(request.query),
                body=exchange.body,
                files=described(None, exchange.uploads),
                multipart=request.content_type == "multipart/form-data",
                status=exchange.status,
                answer=exchange.answer,
            )
        )
        self._world.changed()


def _limit(exchange: _Exchange, decision: RateDecision, *, via: bool) -> None:
    wait = decision.retry_after or 0.0
    exchange.status = 429
    exchange.answer = {
        "message": "You are being rate limited.",
        "retry_after": round(wait, 3),
        "global": decision.scope == "global",
        "code": 0,
    }
    exchange.headers |= {"Retry-After": f"{wait:.3f}", "X-RateLimit-Scope": decision.scope}
    if decision.scope == "global":
        exchange.headers["X-RateLimit-Global"] = "true"
    if via:  # without it, discord.py takes a 429 for a ban by Cloudflare and raises instead of waiting
        exchange.headers["Via"] = "1.1 google"


def _fail(exchange: _Exchange, fault: Fault) -> None:
    exchange.status = fault.status or 500
    message = fault.message or f"{exchange.status}: Ordered by the test"
    exchange.answer = {"message": message, "code": fault.code}


async def _send(exchange: _Exchange) -> web.StreamResponse:
    fault, transport = exchange.fault, exchange.request.transport
    if fault is not None and fault.disconnect and transport is not None:
        transport.close()
    # The content type must be exact: with a charset, discord.py takes the body for text.
    headers = exchange.headers | ({} if exchange.status == 204 else {"Content-Type": "application/json"})
    body = b"" if exchange.status == 204 else json.dumps(exchange.answer).encode()
    if fault is None or not fault.truncate:
        return web.Response(status=exchange.status, body=body or None, headers=headers)
    response = web.StreamResponse(status=200, headers=headers)
    response.content_length = len(body) + 1  # at least one byte is missing, of 204 as well
    await response.prepare(exchange.request)
    await response.write(body[: len(body) // 2])
    if transport is not None:
        transport.close()
    return response
