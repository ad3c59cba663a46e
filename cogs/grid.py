"""/grid: one prompt in several styles, by several seeds, or both, on one sheet."""

import math

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, permissions
from bot.components.card_buttons import GridButton
from bot.domain.job import Cell, Kind
from bot.gateway.replies import answer
from bot.requests.request import Request
from bot.texts import sheets
from bot.words import grids
from bot.words.prompts import with_options

MOST = 16  # pictures of one grid
_IN_A_ROW = 4  # where the seeds do not say


class GridCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @app_commands.command(description="Paint one prompt in several styles or by several seeds, on one labelled sheet")
    @app_commands.describe(
        prompt="What to paint. Several parts: fog:0.5 | a tree",
        styles="Names of styles, or words, with commas between: watercolor, oil, in thick fog",
        seeds="As 1-4, or 1,5,9",
        size=options.DESCRIPTIONS["size"],
        iterations=options.DESCRIPTIONS["iterations"],
        bundle=options.DESCRIPTIONS["bundle"],
    )
    @app_commands.autocomplete(
        prompt=options.suggest_prompt,
        styles=options.suggest_styles,
        size=options.suggest_size,
        bundle=options.suggest_bundle,
    )
    async def grid(
        self,
        interaction: discord.Interaction[FaradayBot],
        prompt: str,
        styles: str | None = None,
        seeds: str | None = None,
        size: str | None = None,
        iterations: options.Iterations | None = None,
        bundle: str | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        asker = permissions.asker_of(interaction)
        wish = with_options(prompt, size, iterations=iterations, bundle=bundle)
        known = {
            style.name: style.words for style in await self.bot.styles.all(interaction.user.id, interaction.guild_id)
        }
        squares, in_a_row = grids.squares(wish, styles, seeds, known, most=MOST)
        columns = in_a_row or min(_IN_A_ROW, math.ceil(math.sqrt(len(squares))))
        jobs = await self.bot.submitter.submit_grid(
            [
                (
                    Cell(title=wish.prompt, label=square.label, columns=columns),
                    Request(kind=Kind.IMAGINE, asker=asker, wish=square.wish),
                )
                for square in squares
            ]
        )
        await answer(interaction, sheets.acknowledgement(jobs))


async def setup(bot: FaradayBot) -> None:
    bot.add_dynamic_items(GridButton)
    await bot.add_cog(GridCog(bot))


async def teardown(bot: FaradayBot) -> None:
    bot.remove_dynamic_items(GridButton)
