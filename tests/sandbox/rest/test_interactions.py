"""Slash commands, buttons, context menus, modals: what the bot gets, and how its answers come out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from sandbox import File, NoAnswer, NotOffered, Sandbox
from sandbox.verbs.world import ACKNOWLEDGE_WITHIN_S
from tests.sandbox.conftest import PATIENCE_S

Tree = app_commands.CommandTree[Any]
Interaction = discord.Interaction


class Buttons(ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Cancel", custom_id="cancel:1", style=discord.ButtonStyle.danger)
    async def cancel(self, interaction: Interaction, button: ui.Button[Any]) -> None:
        await interaction.response.edit_message(content="cancelled", view=None)

    @ui.button(label="Quietly", custom_id="quiet:1")
    async def quietly(self, interaction: Interaction, button: ui.Button[Any]) -> None:
        await interaction.response.defer()
        await interaction.followup.send("only you", ephemeral=True)

    @ui.button(label="Off", custom_id="off:1", disabled=True)
    async def off(self, interaction: Interaction, button: ui.Button[Any]) -> None:
        raise AssertionError

    @ui.select(custom_id="pick", options=[discord.SelectOption(label="Small", value="s")])
    async def pick(self, interaction: Interaction, select: ui.Select[Any]) -> None:
        await interaction.response.send_message(f"picked {select.values}", ephemeral=True)


class Words(ui.Modal, title="Edit this picture"):
    prompt: ui.TextInput[Any] = ui.TextInput(label="Prompt", custom_id="prompt", default="a red car")
    strength: ui.TextInput[Any] = ui.TextInput(label="Strength", custom_id="strength", required=False, max_length=3)

    async def on_submit(self, interaction: Interaction) -> None:
        await interaction.response.send_message(f"{self.prompt.value}/{self.strength.value}", ephemeral=True)


def _commands(bot: discord.Client, tree: Tree) -> None:
    @tree.command(description="All kinds of options")
    @app_commands.choices(size=[app_commands.Choice(name="Large", value=64)])
    async def everything(
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, 20],
        iterations: app_commands.Range[int, 1, 500] = 400,
        strength: float = 0.5,
        quiet: bool = False,
        size: int = 32,
        who: discord.Member | None = None,
        where: discord.TextChannel | None = None,
        image: discord.Attachment | None = None,
    ) -> None:
        read = await image.read() if image else b""
        told = f"{prompt} {iterations} {strength} {quiet} {size} {who} {where} {len(read)}"
        await interaction.response.send_message(told, ephemeral=quiet)

    @tree.command(description="Takes its time")
    async def slow(interaction: Interaction, seconds: float) -> None:
        await interaction.response.defer(thinking=True)
        await asyncio.sleep(seconds)
        await interaction.edit_original_response(content="first")
        await interaction.followup.send("second")

    @tree.command(description="With buttons")
    async def panel(interaction: Interaction) -> None:
        await interaction.response.send_message("ready", view=Buttons())

    @tree.command(description="Never answers")
    async def mute(interaction: Interaction) -> None:
        pass

    @tree.command(description="Opens a form")
    async def form(interaction: Interaction) -> None:
        await interaction.response.send_modal(Words())

    @tree.command(description="Suggests")
    async def suggest(interaction: Interaction, bundle: str) -> None:
        await interaction.response.send_message(bundle)

    @suggest.autocomplete("bundle")
    async def offer(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=name.title(), value=name) for name in ("starter", "coco") if current in name]

    @tree.context_menu(name="Edit this picture")
    async def edit_this(interaction: Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{message.content} {len(message.attachments)}", ephemeral=True)

    group: Any = app_commands.Group(name="settings", description="Settings")

    @group.command(description="Show")  # type: ignore[untyped-decorator]
    async def show(interaction: Interaction) -> None:
        await interaction.response.send_message("shown")

    tree.add_command(group)


async def test_every_kind_of_option_arrives(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, _commands):
        answer = await ada.slash(
            channel, "everything", prompt="car", iterations=7, strength=0.25, quiet=True, size="Large", who=ada,
            where=channel, image=File("a.png", b"123"),
        )  # fmt: skip
        assert answer.ephemeral_text == "car 7 0.25 True 64 ada p 3"
        assert channel.messages == []
        plain = await ada.slash(channel, "everything", prompt="car")
        assert plain.message is not None and plain.message.content.startswith("car 400 0.5 False 32 None")
        assert plain.ephemeral_text is None and channel.messages == [plain.message]
        assert await (await ada.slash(channel, "settings show")).text() == "shown"


async def test_the_client_refuses_what_discord_would_not_offer(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, _commands):
        for name, options in (
            ("nothing", {}),
            ("everything", {}),
            ("everything", {"prompt": "x", "colour": "red"}),
            ("everything", {"prompt": "x" * 21}),
            ("everything", {"prompt": "x", "iterations": 0}),
            ("everything", {"prompt": "x", "iterations": "many"}),
            ("everything", {"prompt": "x", "size": "Huge"}),
        ):
            with pytest.raises(NotOffered):
                await ada.slash(channel, name, **options)
        assert not [event for event in sandbox.events if event.name == "INTERACTION_CREATE"]


async def test_a_deferred_answer_is_edited_and_followed_up(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, _commands):
        answer = await ada.slash(channel, "slow", seconds=0.05)
        assert answer.deferred and answer.message is None
        assert "thinking…" in sandbox.transcript(channel)
        assert await answer.text() == "first"
        await sandbox.until(lambda: answer.followups)
        assert [message.content for message in channel.messages] == ["first", "second"]


async def test_discords_deadline_is_three_seconds(tmp_path: Path) -> None:
    assert Sandbox(tmp_path).world.acknowledge_within_s == ACKNOWLEDGE_WITHIN_S == 3.0


async def test_a_bot_that_stays_silent_is_reported(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, _commands):
        asking = asyncio.create_task(ada.slash(channel, "mute"))
        await sandbox.until(lambda: sandbox.world.interactions)
        sandbox.advance(PATIENCE_S + 0.1)
        with pytest.raises(NoAnswer):
            await asking


async def test_answers_after_the_deadlines_are_refused(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    failures: list[discord.HTTPException] = []

    def late(bot: discord.Client, tree: Tree) -> None:
        @tree.command(description="Answers late")
        async def lazy(interaction: Interaction, first: bool) -> None:
            if first:
                sandbox.advance(PATIENCE_S + 1)
            try:
                await interaction.response.defer()
                await interaction.response._parent._state.http.request(  # a second callback for the same one
                    discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback"),
                    json={"type": 5},
                )
            except discord.HTTPException as error:
                failures.append(error)
            if not first:
                sandbox.advance(16 * 60)
                try:
                    await interaction.followup.send("too late")
                except discord.HTTPException as error:
                    failures.append(error)

    async with connect(sandbox, late):
        with pytest.raises(NoAnswer):
            await ada.slash(channel, "lazy", first=True)
        await ada.slash(channel, "lazy", first=False)
        await sandbox.until(lambda: len(failures) == 3)
        assert [(error.status, error.code) for error in failures] == [(404, 10062), (400, 40060), (401, 50027)]


async def test_buttons_and_menus_answer(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, _commands):
        panel = (await ada.slash(channel, "panel")).message
        assert panel is not None and "[Cancel] [Quietly]" in sandbox.transcript(channel)
        quiet = await ada.click(panel, label="Quietly")
        assert quiet.deferred
        await sandbox.until(lambda: quiet.followups)
        assert quiet.ephemeral_text == "only you"
        assert "only you" not in sandbox.transcript(channel)
        assert "only you" in sandbox.transcript(channel, viewer=ada)
        picked = await ada.choose(panel, ["Small"])
        assert picked.ephemeral_text == "picked ['s']"
        for wrong in ({"label": "Off"}, {"label": "Stop"}):
            with pytest.raises(NotOffered):
                await ada.click(panel, **wrong)
        answer = await ada.click(panel, custom_id="cancel:1")
        assert answer.message is panel and panel.content == "cancelled" and panel.buttons == []


async def test_a_button_works_after_the_bot_restarted(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        await bot.get_channel(channel.id).send("working", view=Buttons())
    async with connect(sandbox, lambda bot, tree: bot.add_view(Buttons())):
        await ada.click(channel.messages[0], label="Cancel")
    assert channel.messages[0].content == "cancelled"


async def test_a_context_menu_reads_its_message_whole(sandbox: Sandbox, connect: Any, png: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    said = await ada.say(channel, "my sketch", files=[File("a.png", png(4, 4))])
    async with connect(sandbox, _commands):
        answer = await ada.use_on_message("Edit this picture", said)
        assert answer.ephemeral_text == "my sketch 1"


async def test_a_modal_is_filled_in_and_submitted(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, _commands):
        answer = await ada.slash(channel, "form")
        assert answer.modal is not None and answer.modal["title"] == "Edit this picture"
        kept = await ada.submit(answer, {"Strength": "0.5"})
        assert kept.ephemeral_text == "a red car/0.5"
        with pytest.raises(NotOffered):  # it closed when it was sent
            await ada.submit(answer, {"prompt": "a blue car"})
        answer = await ada.slash(channel, "form")
        for fields in ({"Strength": "a lot"}, {"Colour": "red"}, {"prompt": ""}):
            with pytest.raises(NotOffered):
                await ada.submit(answer, fields)
        changed = await ada.submit(answer, {"prompt": "a blue car"})
        assert changed.ephemeral_text == "a blue car/"


async def test_autocompletion_suggests_while_typing(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, _commands):
        choices = await ada.autocomplete(channel, "suggest", option="bundle", typed="sta")
        assert choices == [{"name": "Starter", "value": "starter"}]


async def test_commands_work_in_direct_messages(sandbox: Sandbox, connect: Any) -> None:
    ada = sandbox.create_guild().add_member("ada")
    dm = await ada.open_dm()
    async with connect(sandbox, _commands):
        answer = await ada.slash(dm, "everything", prompt="car")
        assert answer.message is not None and dm.messages == [answer.message]


async def test_a_reply_to_a_commands_response_stays_hidden(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, _commands) as bot:
        response = (await ada.slash(channel, "panel")).message
        await ada.say(channel, "/edit blue", reply_to=response)
        await sandbox.until(lambda: len(bot.events("message")) == 2)
        assert bot.events("message")[-1].content == ""
