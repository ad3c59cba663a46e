"""What an operator can order, by /admin or on the command line; the answers are theirs to read."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from bot.gateway import registering
from bot.moderation.rules import COMMAND_LINE, EVERYWHERE
from bot.operations import status
from bot.texts import operators

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
    BLOCK = "block"
    UNBLOCK = "unblock"

    @property
    def of_user(self) -> bool:
        """Whether it needs to be said whom it is about."""
        return self in (Order.BLOCK, Order.UNBLOCK)


MEANINGS = {
    Order.STATUS: "What the engines and the queue are doing",
    Order.DRAIN: "Let running pictures end and take no new ones",
    Order.RESUME: "Take new pictures again",
    Order.RELOAD: "Read the configuration again",
    Order.SYNC: "Register the commands with Discord again",
    Order.BLOCK: "Forbid somebody to use me, everywhere, and cancel what they have waiting and running",
    Order.UNBLOCK: "Let somebody use me again",
}


async def obey(bot: FaradayBot, order: Order, *, by: int, user_id: int = 0) -> str:
    """Carry it out, as a member or :data:`COMMAND_LINE` wants; ``user_id`` is whom an order is about.

    Raises :class:`bot.errors.ConfigError` when a configuration cannot be used; the old one stays.
    """
    if order is not Order.STATUS:
        log.info("order %s by %s", order, "the command line" if by == COMMAND_LINE else f"member {by}")
    match order:
        case Order.STATUS:
            return operators.state(await status.take(bot))
        case Order.DRAIN:
            bot.dispatcher.drain()
            return operators.drained((await status.take(bot)).running)
        case Order.RESUME:
            bot.dispatcher.resume()
            return operators.RESUMED
        case Order.RELOAD:
            return (await bot.reload_config()).describe()
        case Order.SYNC:
            return await registering.register(bot)
        case Order.BLOCK:
            return await bot.desk.block_user(EVERYWHERE, user_id, by=by)
        case Order.UNBLOCK:
            return await bot.desk.unblock_user(EVERYWHERE, user_id, by=by)
        case _:
            assert_never(order)
