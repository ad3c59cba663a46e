"""One browser's websocket: it receives wishes and sends answers and news."""

import asyncio
import json
import logging

from aiohttp import WSMsgType, web

from sandbox.page.actions import ACTIONS, PageCall, Uploads
from sandbox.page.feed import Feed
from sandbox.page.stage import Stage
from sandbox.people.actors import Answer
from sandbox.records.errors import ApiError, NoAnswer
from sandbox.records.model import Json
from sandbox.verbs.commands import NotOffered

log = logging.getLogger("sandbox.page")

_GATHER_S = 0.03  # changes within this time are sent together


class BrowserSession:
    """Serves one browser. It starts as the first persona in the home channel, until the page asks for another."""

    def __init__(self, stage: Stage, socket: web.WebSocketResponse, uploads: Uploads) -> None:
        self._stage = stage
        self._socket = socket
        self._uploads = uploads
        self._feed = Feed(stage, stage.personas[0].user)
        self._answers: dict[int, Answer] = {}
        self._sending = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until the browser leaves."""
        await self._send(self._hello())
        telling: asyncio.Task[None] | None = None
        try:
            async for frame in self._socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                task = asyncio.create_task(self._answer(frame.data))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
                telling = telling or asyncio.create_task(self._tell())  # it told us first where it is
        finally:
            for each in [*self._under_way, *([telling] if telling else [])]:
                each.cancel()
                await asyncio.gather(each, return_exceptions=True)

    def _hello(self) -> Json:
        stage = self._stage
        return {
            "t": "hello",
            "personas": [
                {"id": str(each.user.id), "name": each.user.name, "part": each.part} for each in stage.personas
            ],
            "home": str(stage.home.id),
            "examples": list(stage.examples),
        }

    async def _tell(self) -> None:
        world, seen = self._stage.sandbox.world, -1
        while True:
            seen = await world.next_change(seen)
            await self._tell_news()
            await asyncio.sleep(_GATHER_S)

    async def _tell_news(self) -> None:
        async with self._sending:
            for each in self._feed.news():
                await self._socket.send_str(json.dumps(each, separators=(",", ":")))

    async def _answer(self, text: str) -> None:
        number = None
        try:
            wish = json.loads(text)
            number = wish.get("n")
            result = await self._grant(wish)
        except (ApiError, NotOffered, NoAnswer) as refusal:
            await self._send({"t": "answer", "n": number, "error": _sentence(refusal)})
        except (LookupError, ValueError, TypeError, AttributeError) as fault:
            log.warning("the page asked for something odd: %.200s (%r)", text, fault)
            await self._send({"t": "answer", "n": number, "error": "That is no longer here."})
        except Exception:
            log.exception("the page asked for %.200s", text)
            await self._send({"t": "answer", "n": number, "error": "That went wrong in the sandbox. Its log says why."})
        else:
            await self._send({"t": "answer", "n": number, "result": result or {}})

    async def _grant(self, wish: Json) -> Json | None:
        name = wish["do"]
        if name == "speak_as":
            self._feed.speak_as({each.user.id: each.user for each in self._stage.personas}[int(wish["user"])])
        elif name == "open":
            call = self._call(wish)
            self._feed.open(call.channel(), to=int(wish.get("to") or 0))
        elif name == "older":
            self._feed.older()
        elif name in ACTIONS:
            return await ACTIONS[name](self._call(wish))
        else:
            raise ValueError(name)
        await self._tell_news()
        return None

    def _call(self, wish: Json) -> PageCall:
        return PageCall(
            stage=self._stage,
            viewer=self._feed.viewer,
            wish=wish,
            uploads=self._uploads,
            answers=self._answers,
        )

    async def _send(self, payload: Json) -> None:
        async with self._sending:
            if not self._socket.closed:
                await self._socket.send_str(json.dumps(payload, separators=(",", ":")))


_SENTENCES = {
    10003: "That channel is gone.",
    10008: "That message is gone.",
    10014: "That is not an emoji this server has.",
    30010: "A message carries at most 20 different reactions.",
    40005: "That file is too large for this server.",
    50001: "You cannot see that.",
    50013: "You may not do that here.",
    50083: "This thread is archived and locked.",
    160004: "That message has a thread already.",
}


def _sentence(refusal: Exception) -> str:
    if isinstance(refusal, NoAnswer):
        return "The application did not respond."
    if isinstance(refusal, ApiError):
        return _SENTENCES.get(refusal.code, refusal.message)
    text = str(refusal)
    return text[:1].upper() + text[1:]
