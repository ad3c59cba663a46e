"""What an operator can order, by /admin or on the command line; the answers are theirs to read."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from bot import registering
from bot.operations import status

if TYPE_CHECKING:
    from bot.app import FaradayBot

log = logging.getLogger(__name__)


class Order(StrEnum):
    """The verbs, as they are typed."""

    STATUS = "status"
    DRAIN = "drain"
    RESUME = "resume"
    RELOAD = "reload"
    SYNC = "sync"


MEANINGS = {
    Order.STATUS: "What the engines and the queue are doing",
    Order.DRAIN: "Let running pictures end and take no new ones",
    Order.RESUME: "Take new pictures again",
    Order.RELOAD: "Read the configuration again",
    Order.SYNC: "Register the commands with Discord again",
}


async def obey(bot: FaradayBot, order: Order, *, by: str) -> str:
    """Carry it out. Raises :class:`bot.errors.ConfigError` when a configuration cannot be used; the old one stays."""
    if order is not Order.STATUS:
        log.info("order %s by %s", order, by)
    match order:
        case Order.STATUS:
            return status.describe(await status.take(bot))
        case Order.DRAIN:
            bot.dispatcher.drain()
            running = (await status.take(bot)).running
            return f"Draining: {running} still painted, no new ones taken. Those waiting are kept, also over a restart."
        case Order.RESUME:
            bot.dispatcher.resume()
            return "Taking new pictures again."
        case Order.RELOAD:
            return (await bot.reload_config()).describe()
        case Order.SYNC:
            return await registering.register(bot)
        case _:
            assert_never(order)
