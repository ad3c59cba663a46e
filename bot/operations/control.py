"""Orders to a running bot from the command line of the same machine, over a socket file that only its user may open."""

import asyncio
import contextlib
import logging
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.config import Config
from bot.domain.moderation import COMMAND_LINE
from bot.domain.status import Order
from bot.errors import ConfigError, NoDatabase
from bot.operations import status
from bot.operations.orders import obey
from bot.operations.status import Operated
from bot.texts import operators

log = logging.getLogger(__name__)

SOCKET = "control.sock"  # beside the folders of the jobs
_POLL = 1.0  # seconds between two looks at a draining bot
_PATIENCE = aiohttp.ClientTimeout(total=60.0)


class NotRunning(Exception):
    """No bot answers there; the message says what to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """``text`` to read; ``running`` pictures are painted now; ``well`` is False when the order could not be obeyed."""

    text: str
    running: int
    well: bool


class Control:
    """The bot's end of the socket."""

    def __init__(self, bot: Operated, path: Path) -> None:
        self._bot, self._path = bot, path
        app = web.Application()
        app.router.add_post("/{order}", self._order)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self._socket: socket.socket | None = None
        self._closed = False
        self._turn = asyncio.Lock()  # a bot that breaks down closes what it is still opening

    async def open(self) -> None:
        """Listen, unless it was closed already.

        Raises OSError when the file cannot be made, or another bot answers there.
        """
        async with self._turn:
            if self._closed:
                return
            self._socket = await asyncio.to_thread(_bind, self._path)
            await self._runner.setup()
            await web.SockSite(self._runner, self._socket).start()

    async def close(self) -> None:
        self._closed = True
        async with self._turn:
            await self._runner.cleanup()
            if self._socket is not None:
                self._socket.close()
                self._path.unlink(missing_ok=True)

    async def _order(self, request: web.Request) -> web.Response:
        try:
            order = Order(request.match_info["order"])
        except ValueError:
            return web.json_response({"text": operators.NO_SUCH_ORDER, "running": 0}, status=404)
        user = request.query.get("user", "")
        if order.of_user and not is_id(user):
            return web.json_response({"text": operators.whom(order), "running": 0}, status=400)
        try:
            text = await obey(self._bot, order, by=COMMAND_LINE, user_id=int(user) if is_id(user) else 0)
        except ConfigError as error:
            return web.json_response({"text": str(error), "running": 0}, status=409)
        except NoDatabase as error:
            return web.json_response({"text": error.detail, "running": 0}, status=503)
        return web.json_response({"text": text, "running": (await status.take(self._bot)).running})


def _bind(path: Path) -> socket.socket:
    """Bind a socket file of mode 0600; one that a dead bot left is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as other, contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
        other.connect(str(path))
        raise OSError(f"another bot answers at {path}; give this one its own [queue] files")
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    return listening


def is_id(text: str) -> bool:
    """Return whether it can be the id of a user."""
    return text.isascii() and text.isdecimal() and 0 < int(text) < 2**63


async def ask(path: Path, order: Order, user: str = "") -> Reply:
    """Give an order to the bot behind that socket, about the user of that id. Raises :class:`NotRunning`."""
    try:
        connector = aiohttp.UnixConnector(str(path))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=_PATIENCE) as session,
            session.post(f"http://bot/{order}", params={"user": user}) as response,
        ):
            answer = await response.json()
            return Reply(text=answer["text"], running=answer["running"], well=response.status == 200)
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TimeoutError) as error:
        raise NotRunning(operators.no_bot(path, error or type(error).__name__)) from None


async def give(order: Order, config: Config, *, wait: bool, user: str = "") -> Reply:
    """Return the bot's reply to an order about the user of that id. With ``wait``, return once it paints nothing.

    Raises :class:`ConfigError` if the bot takes no orders, and :class:`NotRunning`.
    """
    if not config.operators.control:
        raise ConfigError(operators.NO_ORDERS)
    path = Path(config.queue.files) / SOCKET
    reply = await ask(path, order, user)
    while wait and reply.well and reply.running:
        await asyncio.sleep(_POLL)
        reply = await ask(path, Order.STATUS)
    return reply
