"""Give orders to the bot that runs on this machine: ``python -m bot admin``."""

import asyncio
from pathlib import Path

from bot.config import Config
from bot.domain.status import Order
from bot.errors import ConfigError
from bot.operations.control import SOCKET, Reply, ask

_POLL = 1.0  # seconds between two looks at a draining bot


async def give(order: Order, config: Config, *, wait: bool, user: str = "") -> Reply:
    """Return the bot's reply to an order about the user of that id. With ``wait``, return once it paints nothing.

    Raises :class:`ConfigError` if the bot takes no orders, and :class:`bot.operations.control.NotRunning`.
    """
    if not config.operators.control:
        raise ConfigError("[operators] control is off in the configuration, so the bot takes no orders from here.")
    path = Path(config.queue.files) / SOCKET
    reply = await ask(path, order, user)
    while wait and reply.well and reply.running:
        await asyncio.sleep(_POLL)
        reply = await ask(path, Order.STATUS)
    return reply
