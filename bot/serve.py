"""The bot's process: it serves until a signal, or until Discord refuses it."""

import asyncio
import contextlib
import logging
import signal
from pathlib import Path

import discord

from bot.app import FaradayBot
from bot.config import Config

log = logging.getLogger(__name__)


async def run(config: Config, path: Path | None = None) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code: 0, or 1 when Discord refused the bot."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stop.set)
    async with FaradayBot(config, config_path=path) as bot:
        serving = asyncio.create_task(_serve(bot), name="serve")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            stopping.cancel()
            return serving.result()
        log.info("stopping")
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    return 0


async def _serve(bot: FaradayBot) -> int:
    try:
        await bot.sign_in(bot.config.discord.token.get_secret_value())
        await bot.connect()
    except discord.LoginFailure:
        log.error(
            "Discord refused the token. Copy it again from the developer portal; `python -m bot doctor` checks it."
        )
    except discord.PrivilegedIntentsRequired:
        log.error(
            "Discord refused the message content intent. Enable it in the developer portal under Bot, "
            "or set [discord] message_content = false."
        )
    except discord.ConnectionClosed as error:
        log.error("Discord closed the connection for good: %s", error)
    return 1
