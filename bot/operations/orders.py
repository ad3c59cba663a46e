"""Say what an operator can order, by /admin or on the command line; the answers are theirs to read."""

import logging
from typing import assert_never

from bot.domain.moderation import COMMAND_LINE, EVERYWHERE
from bot.domain.status import Order
from bot.gateway import registering
from bot.operations import status
from bot.operations.status import Operated
from bot.texts import operators

log = logging.getLogger(__name__)


async def obey(bot: Operated, order: Order, *, by: int, user_id: int = 0) -> str:
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
