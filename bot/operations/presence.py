"""The queue in the bot's presence, beside its name in the member list."""

import asyncio
import logging

import discord

from bot.domain.status import Snapshot
from bot.operations import status
from bot.operations.status import Operated

log = logging.getLogger(__name__)

INTERVAL = 15.0  # seconds; the gateway takes five such updates in twenty


def activity(snapshot: Snapshot) -> tuple[str, discord.Status]:
    """Return what to show."""
    if snapshot.draining:
        return "Back in a few minutes", discord.Status.do_not_disturb
    if snapshot.jobs is None or not any(engine.device for engine in snapshot.engines):
        return "Mixing colours, one moment", discord.Status.idle
    if not snapshot.running and not snapshot.waiting:
        return "Ready to paint: /imagine", discord.Status.online
    waiting = f", {snapshot.waiting} waiting" if snapshot.waiting else ""
    return f"Painting {snapshot.running}{waiting}", discord.Status.online


async def keep(bot: Operated, *, interval: float = INTERVAL) -> None:
    """Show it whenever it has changed, and after each new session; until cancelled."""
    shown: object = None
    while True:
        await bot.wait_until_ready()
        try:
            text, mood = activity(await status.take(bot))
            if (text, mood, bot.sessions) != shown:
                await bot.change_presence(activity=discord.CustomActivity(text), status=mood)
                shown = text, mood, bot.sessions
        except Exception:  # as while it reconnects: the next round shows it
            log.debug("the presence could not be shown", exc_info=True)
        await asyncio.sleep(interval)
