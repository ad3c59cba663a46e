"""The buttons of every card and of every finished picture there ever was."""

from bot.app import FaradayBot
from bot.components.card_buttons import ActionButton, DisposalButton


async def setup(bot: FaradayBot) -> None:
    bot.add_dynamic_items(ActionButton, DisposalButton)


async def teardown(bot: FaradayBot) -> None:
    bot.remove_dynamic_items(ActionButton, DisposalButton)
