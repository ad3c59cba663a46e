"""Discord's limits, kept before they are met.

discord.py waits for each route's limit, but lets a burst go that was counted in the window before; and of the limit for
all routes together it learns only by being refused. Whoever is refused 10,000 times in ten minutes is shut out; a crowd
that asks at once brings a bot there.
"""

import asyncio
import math
import re
from collections.abc import Mapping
from types import SimpleNamespace

import aiohttp

PER_SECOND = 35
"""Requests. Discord refuses the fifty-first in a second, and after a pause of its own counts what came meanwhile."""
_UNLIMITED, _BY_ITSELF = "/interactions/", "/webhooks/"  # how members are answered; those count for themselves
_PLACE = re.compile(r"/api/v\d+(/(?:channels|guilds)/\d+|/webhooks/\d+/[^/]+)?")
_WHICH = re.compile(r"/\d{15,}|(?<=/reactions/)[^/]+")


class Lane:
    """One route in one channel: a request at a time, so that each knows what the one before left of the limit."""

    def __init__(self, key: tuple[str, str]) -> None:
        self.key = key
        self.turn = asyncio.Lock()
        self.opens = 0.0  # the loop's time before which Discord would refuse
        self.users = 0


class Throttle:
    """Requests in the order in which they come: one lane for each limit, and all lanes evenly spread over a second."""

    def __init__(self, per_second: float = PER_SECOND) -> None:
        self._interval = 1 / per_second
        self._gate = asyncio.Lock()
        self._last = -math.inf
        self._waiting = 0
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._limits: dict[str, str] = {}  # of a route, as Discord calls it: several routes may share one

    @property
    def backlog(self) -> float:
        """Return the seconds until a request made now would go."""
        return self._waiting * self._interval

    async def turn(self) -> None:
        """Return when the next request may go."""
        self._waiting += 1
        try:
            async with self._gate:
                loop = asyncio.get_running_loop()
                # counted from when the last one really went: after a pause of the process none make up for it at once
                await asyncio.sleep(max(0.0, self._last + self._interval - loop.time()))
                self._last = loop.time()
        finally:
            self._waiting -= 1

    def trace(self) -> aiohttp.TraceConfig:
        """Return a trace for ``discord.Client(http_trace=…)``. aiohttp waits for it before each request."""

        async def before(
            session: aiohttp.ClientSession, context: SimpleNamespace, asked: aiohttp.TraceRequestStartParams
        ) -> None:
            await self._enter(context, asked.method, asked.url.raw_path)

        async def answered(
            session: aiohttp.ClientSession, context: SimpleNamespace, done: aiohttp.TraceRequestEndParams
        ) -> None:
            self._leave(context, done.response.headers)

        async def failed(
            session: aiohttp.ClientSession, context: SimpleNamespace, done: aiohttp.TraceRequestExceptionParams
        ) -> None:
            self._leave(context, None)

        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(before)
        trace.on_request_end.append(answered)
        trace.on_request_exception.append(failed)
        return trace

    async def _enter(self, context: SimpleNamespace, method: str, path: str) -> None:
        found = _PLACE.match(path)
        if found is None or _UNLIMITED in path:
            return
        place = found[1] or ""
        route = f"{method} {place.split('/')[1:2]} {_WHICH.sub('/*', path[found.end() :])}"
        lane = await self._own(route, place)
        context.lane, context.route, context.place = lane, route, place
        try:
            await asyncio.sleep(max(0.0, lane.opens - asyncio.get_running_loop().time()))
            if _BY_ITSELF not in path:
                await self.turn()
        except BaseException:  # aiohttp tells nothing more of a request that ended here
            self._leave(context, None)
            raise

    def _lane(self, route: str, place: str) -> Lane:
        key = self._limits.get(route, route), place
        return self._lanes.setdefault(key, Lane(key))

    async def _own(self, route: str, place: str) -> Lane:
        """Return the route's lane in that place, when it is this request's turn there."""
        while True:
            lane = self._lane(route, place)
            lane.users += 1
            try:
                await lane.turn.acquire()
            except BaseException:
                self._part(lane)
                raise
            if lane is self._lane(route, place):
                return lane
            lane.turn.release()  # meanwhile an answer told that other routes share its limit
            self._part(lane)

    def _leave(self, context: SimpleNamespace, headers: Mapping[str, str] | None) -> None:
        lane = getattr(context, "lane", None)
        if lane is None:
            return
        context.lane = None
        if headers is not None and "X-RateLimit-Bucket" in headers:
            self._limits[context.route] = headers["X-RateLimit-Bucket"]
            limited = self._lane(context.route, context.place)
            if headers.get("X-RateLimit-Remaining") == "0":
                limited.opens = asyncio.get_running_loop().time() + float(headers.get("X-RateLimit-Reset-After", 0))
            self._part(limited, of=0)
        lane.turn.release()
        self._part(lane)

    def _part(self, lane: Lane, of: int = 1) -> None:
        """Forget a lane that nobody uses any more, when it has opened."""
        lane.users -= of
        loop = asyncio.get_running_loop()
        if lane.users == 0:
            loop.call_later(max(0.0, lane.opens - loop.time()), self._forget, lane)

    def _forget(self, lane: Lane) -> None:
        if lane.users == 0 and self._lanes.get(lane.key) is lane:
            del self._lanes[lane.key]
