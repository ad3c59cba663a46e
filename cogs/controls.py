"""The buttons “Stop and keep” and “Cancel”, on every card there ever was."""

from __future__ import annotations

from bot.app import FaradayBot
from bot.controls import Control


async def setup(bot: FaradayBot) -> None:
    bot.add_dynamic_items(Control)


async def teardown(bot: FaradayBot) -> None:
    bot.remove_dynamic_items(Control)
