"""A bot of twenty lines. Start it with: python -m sandbox --bot "python examples/echo_bot.py"."""

import asyncio
import os

import discord
import sandbox_connection


async def main() -> None:
    bot = discord.Client(intents=discord.Intents.default(), connector=sandbox_connection.connector())
    tree = discord.app_commands.CommandTree(bot)
    bot.setup_hook = tree.sync  # type: ignore[method-assign, assignment]

    @tree.command(description="Say it back, louder")
    async def shout(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.send_message(text.upper())

    await bot.start(os.environ["DISCORD_TOKEN"])


asyncio.run(main())
