"""What other bots use: embeds, select menus, forms, menus on messages and people, the newer components."""

from __future__ import annotations

import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands, ui
from PIL import Image
from playwright.async_api import Browser, expect

from tests.page.conftest import PATIENCE_MS, PHONE, SCREENSHOTS, Studio, guest, visiting

expect.set_options(timeout=PATIENCE_MS)
Interaction = discord.Interaction[Any]


class Form(ui.Modal, title="Tell us about the picture"):
    name: ui.TextInput[Any] = ui.TextInput(label="Title", placeholder="Boat in the rain")
    story: ui.TextInput[Any] = ui.TextInput(label="Story", style=discord.TextStyle.paragraph, required=False)
    paper: ui.Label[Any] = ui.Label(
        text="Paper",
        description="What it is printed on",
        component=ui.Select(options=[discord.SelectOption(label=each) for each in ("Matt", "Gloss")]),
    )

    async def on_submit(self, interaction: Interaction) -> None:
        assert isinstance(self.paper.component, ui.Select)
        await interaction.response.send_message(f"{self.name.value} on {self.paper.component.values[0]}")


class Menus(ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.select(
        placeholder="Which styles?",
        max_values=2,
        options=[
            discord.SelectOption(label=name, description=f"as in {name}") for name in ("Oil", "Ink", "Watercolour")
        ],
    )
    async def styles(self, interaction: Interaction, select: ui.Select[Any]) -> None:
        await interaction.response.send_message(f"Chosen: {' and '.join(select.values)}", ephemeral=True)

    @ui.select(cls=ui.UserSelect, placeholder="For whom?")
    async def people(self, interaction: Interaction, select: ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(f"For {select.values[0].display_name}", ephemeral=True)

    @ui.button(label="Describe it", style=discord.ButtonStyle.success, emoji="📝")
    async def describe(self, interaction: Interaction, button: ui.Button[Any]) -> None:
        await interaction.response.send_modal(Form())


class Plate(ui.LayoutView):
    box: ui.Container[Any] = ui.Container(
        ui.Section(
            ui.TextDisplay("## The newer kind\nWith a *section* and a button beside it."),
            accessory=ui.Button(label="Beside", custom_id="beside"),
        ),
        ui.Separator(),
        ui.MediaGallery(discord.MediaGalleryItem("attachment://tall.png")),
        accent_colour=0x3F8F6B,
    )


def picture(colour: str, name: str, *, size: tuple[int, int] = (240, 160), spoiler: bool = False) -> discord.File:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    out.seek(0)
    return discord.File(out, name, spoiler=spoiler)


def show_all(tree: app_commands.CommandTree[Any]) -> None:
    @tree.command(description="Everything there is")
    @app_commands.choices(
        size=[app_commands.Choice(name="Large", value=64), app_commands.Choice(name="Small", value=8)]
    )
    async def show(
        interaction: Interaction, size: int = 8, loud: bool = False, who: discord.Member | None = None
    ) -> None:
        assert isinstance(interaction.channel, discord.TextChannel)
        await interaction.response.send_message(f"Showing {size}, {loud}, {who}")
        card = discord.Embed(title="A card", description="with **bold** words", colour=0xD9742F)
        card.set_author(name="The gallery").set_image(url="attachment://wide.png").set_footer(text="Printed in 2026")
        card.add_field(name="Width", value="240", inline=True).add_field(name="Height", value="160", inline=True)
        await interaction.channel.send(embed=card, file=picture("teal", "wide.png"), view=Menus())
        await interaction.channel.send(
            "# Words\n- one\n- two with ~~struck~~ and `code`\n> quoted\n||secret|| until <t:4102444800:D>, "
            f"see <#{interaction.channel.id}>\n```py\nprint('hello')\n```-# small print",
            files=[picture("purple", "hidden.png", spoiler=True), discord.File(io.BytesIO(b"notes"), "notes.txt")],
        )
        await interaction.channel.send(view=Plate(), file=picture("olive", "tall.png", size=(120, 200)))

    @tree.context_menu(name="Count the words")
    async def count(interaction: Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.content.split())} words", ephemeral=True)

    @tree.context_menu(name="Greet")
    async def greet(interaction: Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"Hello, {member.display_name}!")

    @tree.command(description="Takes its time")
    async def slow(interaction: Interaction) -> None:
        await interaction.response.defer(thinking=True)
        assert isinstance(interaction.channel, discord.TextChannel)
        await interaction.channel.typing()


@pytest.fixture
async def gallery(tmp_path: Path) -> AsyncIterator[Studio]:
    """The scene with a bot that shows off."""
    async with guest(tmp_path, show_all) as studio:
        yield studio


@pytest.mark.parametrize(("width", "size"), [("desktop", (1360, 1500)), ("phone", PHONE)])
async def test_everything_that_a_bot_may_show(
    browser: Browser, gallery: Studio, width: str, size: tuple[int, int]
) -> None:
    name = f"parts {width}"
    shutil.rmtree(SCREENSHOTS / name, ignore_errors=True)
    async with visiting(browser, gallery, name, size=size, touch=width == "phone") as visitor:
        tab = visitor.tab
        await visitor.command("show")
        await tab.get_by_role("button", name="size").click()
        await tab.get_by_role("option", name="Large").click()
        await tab.get_by_role("button", name="loud").click()
        await tab.get_by_role("option", name="True").click()
        await tab.get_by_role("button", name="Send").click()
        await expect(visitor.message("Showing 64, True, None")).to_be_visible()
        await expect(visitor.message("The newer kind").locator("img")).to_be_visible()
        await visitor.shoot("shown")
        await tab.get_by_role("button", name="Spoiler: show the picture").click()
        await tab.get_by_role("button", name="Spoiler: show it").click()
        await expect(visitor.message("Words").get_by_text("secret")).to_be_visible()
        await tab.get_by_role("button", name="Which styles?").click()
        await tab.get_by_role("option", name="Oil").click()
        await tab.get_by_role("option", name="Ink").click()
        await visitor.shoot("choosing")
        await tab.get_by_role("button", name="Choose", exact=True).click()
        await expect(visitor.message("Chosen: Oil and Ink")).to_be_visible()
        await tab.get_by_role("button", name="For whom?").click()
        await tab.get_by_role("option", name="olivia").click()
        await expect(visitor.message("For olivia")).to_be_visible()
        await tab.get_by_role("button", name="Describe it").click()
        await tab.get_by_label("Title").fill("Boat")
        await tab.get_by_label("Paper").select_option("Gloss")
        await visitor.shoot("a form")
        await tab.get_by_role("button", name="Submit").click()
        await expect(visitor.message("Boat on Gloss")).to_be_visible()
        await visitor.message("Boat on Gloss").click(button="right")
        await tab.get_by_role("menuitem", name="Count the words").click()
        await expect(visitor.message("3 words")).to_be_visible()
        await visitor.message("Boat on Gloss").get_by_role("button", name="Faraday").last.click()
        await expect(tab.get_by_role("menuitem", name="Greet")).to_be_visible()
        await visitor.shoot("a person")
        await tab.get_by_role("menuitem", name="Greet").click()
        await expect(visitor.message("Hello, Faraday!")).to_be_visible()
        await visitor.command("slow")
        await tab.get_by_role("button", name="Send").click()
        await expect(tab.get_by_text("Faraday is thinking…")).to_be_visible()
        await expect(tab.get_by_text("Faraday is typing…")).to_be_visible()
        await visitor.shoot("typing")
