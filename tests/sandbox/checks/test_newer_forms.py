"""The parts of forms that came with discord.py 2.6 and 2.7: labels, menus, files, radio buttons, boxes to tick."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands, ui

from sandbox import File, NotOffered, Sandbox

Options = [discord.RadioGroupOption(label="Matt", value="m"), discord.RadioGroupOption(label="Gloss", value="g")]


class Order(ui.Modal, title="Order a print"):
    note: ui.TextDisplay[Any] = ui.TextDisplay("Prints take **a week**.")
    files: ui.Label[Any] = ui.Label(text="Pictures", component=ui.FileUpload(custom_id="files", max_values=2))
    paper: ui.Label[Any] = ui.Label(text="Paper", component=ui.RadioGroup(custom_id="paper", options=Options))
    extras: ui.Label[Any] = ui.Label(
        text="Extras",
        component=ui.CheckboxGroup(
            custom_id="extras",
            required=False,
            options=[discord.CheckboxGroupOption(label=each, value=each.lower()) for each in ("Frame", "Glass")],
        ),
    )
    gift: ui.Label[Any] = ui.Label(text="A gift", component=ui.Checkbox(custom_id="gift"))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        files, paper, extras, gift = (
            label.component for label in (self.files, self.paper, self.extras, self.gift)
        )  # fmt: skip
        assert isinstance(files, ui.FileUpload) and isinstance(paper, ui.RadioGroup)
        assert isinstance(extras, ui.CheckboxGroup) and isinstance(gift, ui.Checkbox)
        read = [await each.read() for each in files.values]
        await interaction.response.send_message(f"{read} {paper.value} {extras.values} {gift.value}", ephemeral=True)


class People(ui.Modal, title="For whom?"):
    who: ui.Label[Any] = ui.Label(text="Person", component=ui.UserSelect(custom_id="who", required=True, max_values=2))
    where: ui.Label[Any] = ui.Label(text="Channel", component=ui.ChannelSelect(custom_id="where", required=False))
    style: ui.Label[Any] = ui.Label(
        text="Style",
        component=ui.Select(custom_id="style", required=True, options=[discord.SelectOption(label="Oil", value="o")]),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        who, where, style = (label.component for label in (self.who, self.where, self.style))
        assert isinstance(who, ui.UserSelect) and isinstance(where, ui.ChannelSelect) and isinstance(style, ui.Select)
        names, places = [each.name for each in who.values], [each.name for each in where.values]
        await interaction.response.send_message(f"{names} {places} {style.values}")


def commands(bot: discord.Client, tree: app_commands.CommandTree[Any]) -> None:
    @tree.command(description="Order")
    async def order(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Order())

    @tree.command(description="People")
    async def people(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(People())


async def test_files_choices_and_ticks_arrive(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, commands):
        answer = await ada.slash(channel, "order")
        fields: dict[str, Any] = {"Pictures": [File("a.png", b"a"), File("b.png", b"b")], "paper": "Gloss"}
        full = await ada.submit(answer, fields | {"extras": ["Frame", "glass"], "A gift": True})
        assert full.ephemeral_text == "[b'a', b'b'] g ['frame', 'glass'] True"
        answer = await ada.slash(channel, "order")
        refused: list[dict[str, Any]] = [
            {"Pictures": []},
            {"Pictures": fields["Pictures"] * 2},
            {"paper": "Silk"},
            {"paper": None},
            {"extras": ["Frame", "Frame", "Glass"]},
            {"extras": ["Wings"]},
        ]
        for wrong in refused:
            with pytest.raises(NotOffered):
                await ada.submit(answer, fields | wrong)
        bare = await ada.submit(answer, fields)
        assert bare.ephemeral_text == "[b'a', b'b'] g [] False"


async def test_people_channels_and_options_are_picked_in_a_form(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada, bob = guild.create_text_channel("p"), guild.add_member("ada"), guild.add_member("bob")
    async with connect(sandbox, commands):
        answer = await ada.slash(channel, "people")
        refused: list[dict[str, Any]] = [{"Person": []}, {"Style": ["Ink"]}, {"Style": []}]
        for wrong in refused:
            with pytest.raises(NotOffered):
                await ada.submit(answer, {"Person": [bob], "Style": ["Oil"]} | wrong)
        told = await ada.submit(answer, {"Person": [ada, bob], "Channel": [channel], "Style": ["Oil"]})
        assert await told.text() == "['ada', 'bob'] ['p'] ['o']"
        answer = await ada.slash(channel, "people")
        told = await ada.submit(answer, {"Person": [bob], "Style": ["o"]})
        assert await told.text() == "['bob'] [] ['o']"
