"""What a command may ask for, what a form may hold, and posts of a forum."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands, ui
from PIL import Image
from playwright.async_api import Browser, FilePayload, expect

from sandbox.page.session import BrowserSession
from tests.page.conftest import PATIENCE_MS, PHONE, SCREENSHOTS, WIDE, Studio, Visitor, guest, visiting

expect.set_options(timeout=PATIENCE_MS)
Interaction = discord.Interaction[Any]
WIDTHS = pytest.mark.parametrize(("width", "size"), [("desktop", WIDE), ("phone", PHONE)])


class Order(ui.Modal, title="Order a print"):
    files: ui.Label[Any] = ui.Label(text="Pictures", component=ui.FileUpload(max_values=2))
    paper: ui.Label[Any] = ui.Label(
        text="Paper",
        component=ui.RadioGroup(options=[discord.RadioGroupOption(label=each) for each in ("Matt", "Gloss")]),
    )
    extras: ui.Label[Any] = ui.Label(
        text="Extras",
        component=ui.CheckboxGroup(
            required=False, options=[discord.CheckboxGroupOption(label=each) for each in ("Frame", "Glass")]
        ),
    )
    gift: ui.Label[Any] = ui.Label(text="Wrap it", component=ui.Checkbox())
    who: ui.Label[Any] = ui.Label(text="For whom?", component=ui.UserSelect())

    async def on_submit(self, interaction: Interaction) -> None:
        parts: Any = [label.component for label in (self.files, self.paper, self.extras, self.gift, self.who)]
        files, paper, extras, gift, who = parts
        names = ", ".join(file.filename for file in files.values)
        told = f"{names} on {paper.value} with {extras.values}, wrapped: {gift.value}, for {who.values[0].name}"
        await interaction.response.send_message(told)


def commands(tree: app_commands.CommandTree[Any]) -> None:
    @tree.command(description="One option of each type")
    async def everything(
        interaction: Interaction,
        words: str,
        count: app_commands.Range[int, 1, 9],
        share: float,
        loud: bool,
        who: discord.Member,
        role: discord.Role,
        any: discord.Member | discord.Role,
        where: discord.TextChannel,
        picture: discord.Attachment,
    ) -> None:
        told = f"{words} {count} {share} {loud} {who} {role} {any} {where} {picture.filename}"
        await interaction.response.send_message(f"{told} {len(await picture.read())}")

    @everything.autocomplete("words")
    async def suggest(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [
            app_commands.Choice(name=f"{current} at {time}", value=f"{current}, {time}") for time in ("dawn", "dusk")
        ]

    @tree.command(description="Look at a picture")
    async def look(interaction: Interaction, picture: discord.Attachment) -> None:
        await interaction.response.send_message(f"{picture.filename} has {picture.width} pixels")

    @tree.command(description="Order a print")
    async def order(interaction: Interaction) -> None:
        await interaction.response.send_modal(Order())


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Studio]:
    async with guest(tmp_path, commands) as studio:
        yield studio


def png(name: str) -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (240, 160), "teal").save(out, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": out.getvalue()}


async def take(visitor: Visitor, option: str, text: str, choice: str) -> None:
    """Type into an option and take one of what is offered."""
    await visitor.tab.get_by_role("textbox", name=option, exact=True).fill(text)
    await visitor.tab.get_by_role("option", name=choice).first.click()


@WIDTHS
async def test_every_type_of_option_is_filled_in(browser: Browser, shop: Studio, width: str, size: Any) -> None:
    name = f"options {width}"
    shutil.rmtree(SCREENSHOTS / name, ignore_errors=True)
    async with visiting(browser, shop, name, size=size, touch=width == "phone") as visitor:
        tab = visitor.tab
        await visitor.command("everything")
        await tab.get_by_role("textbox", name="words", exact=True).fill("a car")
        await expect(tab.get_by_role("option", name="a car at dusk")).to_be_visible()
        await visitor.shoot("suggestions")
        await tab.get_by_role("option", name="a car at dusk").click()
        await tab.get_by_role("textbox", name="count").fill("12")
        await tab.get_by_role("textbox", name="share").fill("0.5")
        await take(visitor, "loud", "tr", "True")
        await take(visitor, "who", "max", "@max")
        await take(visitor, "role", "mod", "@moderator")
        await take(visitor, "any", "oli", "@olivia")
        await take(visitor, "where", "wel", "#welcome")
        await tab.get_by_label("picture", exact=True).set_input_files(png("a car.png"))
        await tab.get_by_role("button", name="Send").click()
        await expect(tab.get_by_text("count must be at most 9")).to_be_visible()
        await visitor.shoot("filled and refused")
        await tab.get_by_role("textbox", name="count").fill("7")
        await tab.get_by_role("button", name="Send").click()
        told = visitor.message("a car, dusk 7 0.5 True max moderator olivia welcome a_car.png")
        await expect(told).to_be_visible()
        await visitor.shoot("answered")


async def test_a_picture_is_pasted_or_dropped_into_a_command_and_into_the_box(browser: Browser, shop: Studio) -> None:
    async with visiting(browser, shop, "pasting") as visitor:
        tab = visitor.tab
        carried = await tab.evaluate_handle(
            """async () => {
                const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 20 });
                canvas.getContext("2d").fillRect(0, 0, 32, 20);
                const blob = await new Promise((done) => canvas.toBlob(done));
                const carried = new DataTransfer();
                carried.items.add(new File([blob], "clip.png", { type: "image/png" }));
                return carried;
            }"""
        )
        paste = """([target, carried]) => document.querySelector(target).dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }))"""
        await visitor.command("look")
        await tab.evaluate(paste, ["form.command input", carried])
        await expect(tab.get_by_text("clip.png")).to_be_visible()
        await tab.get_by_role("button", name="Send").click()
        await expect(visitor.message("clip.png has 32 pixels")).to_be_visible()
        await visitor.command("look")
        await tab.dispatch_event("form.command", "dragenter", {"dataTransfer": carried})
        await tab.dispatch_event("form.command", "drop", {"dataTransfer": carried})
        await tab.get_by_role("button", name="Send").click()
        await expect(visitor.message("clip.png has 32 pixels")).to_have_count(2)
        await tab.evaluate(paste, ["textarea", carried])
        await expect(tab.get_by_role("button", name="Remove clip.png")).to_be_visible()
        await tab.get_by_role("button", name="Send").click()
        await expect(tab.locator("li.message").last.locator("button.picture img")).to_be_visible()


@WIDTHS
async def test_a_form_of_the_newer_parts_is_filled_in(browser: Browser, shop: Studio, width: str, size: Any) -> None:
    name = f"form {width}"
    shutil.rmtree(SCREENSHOTS / name, ignore_errors=True)
    async with visiting(browser, shop, name, size=size, touch=width == "phone") as visitor:
        tab = visitor.tab
        await visitor.command("order")
        await tab.get_by_role("button", name="Send").click()
        await tab.get_by_label("Pictures").set_input_files([png("a.png"), png("b.png")])
        await tab.get_by_label("Gloss").check()
        await tab.get_by_label("Frame").check()
        await tab.get_by_label("Wrap it").check()
        await tab.get_by_label("For whom?").select_option("olivia")
        await visitor.shoot("filled")
        await tab.get_by_role("button", name="Submit").click()
        told = "a.png, b.png on Gloss with ['Frame'], wrapped: True, for olivia"
        await expect(visitor.message(told)).to_be_visible()


async def test_a_command_typed_before_the_channel_is_there_is_offered_once_it_is(
    browser: Browser, shop: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, tell = asyncio.Event(), BrowserSession._tell_news

    async def tell_late(session: BrowserSession) -> None:
        await opened.wait()
        await tell(session)

    monkeypatch.setattr(BrowserSession, "_tell_news", tell_late)
    async with visiting(browser, shop, "early") as visitor:
        await visitor.box.fill("/order")
        opened.set()
        await visitor.tab.get_by_role("option", name="/order").click()
        await visitor.tab.get_by_role("button", name="Send").click()
        await expect(visitor.tab.get_by_label("Gloss")).to_be_visible()


async def test_a_command_whose_whole_name_was_typed_is_sent_as_one_and_not_as_words(
    browser: Browser, shop: Studio
) -> None:
    async with visiting(browser, shop, "whole name") as visitor:
        await visitor.box.fill("/order")
        await expect(visitor.tab.get_by_role("option", name="/order")).to_be_visible()
        await visitor.tab.get_by_role("button", name="Send").click()
        await visitor.tab.get_by_role("form", name="/order").get_by_role("button", name="Send").click()
        await expect(visitor.tab.get_by_label("Gloss")).to_be_visible()
        await expect(visitor.message("/order")).to_have_count(0)


@WIDTHS
async def test_a_forum_lists_its_posts_and_takes_new_ones(
    browser: Browser, shop: Studio, width: str, size: Any
) -> None:
    name = f"forum {width}"
    shutil.rmtree(SCREENSHOTS / name, ignore_errors=True)
    forum = shop.guild.create_forum("gallery")
    await shop.member("olivia").open_post(forum, "Boats in the rain", "Three of them, last week.")
    async with visiting(browser, shop, name, size=size, touch=width == "phone") as visitor:
        tab = visitor.tab
        await expect(tab.get_by_role("heading", name="Welcome to #paintings")).to_be_visible()
        await tab.evaluate(f"location.hash = '#/{forum.id}'")
        await expect(tab.get_by_role("button", name="Boats in the rain").last).to_be_visible()
        await visitor.box.fill("My first one.")
        await expect(tab.get_by_role("button", name="Send")).to_be_disabled()
        await tab.get_by_role("textbox", name="Name of the post").fill("A red car")
        await visitor.shoot("a new post")
        await tab.get_by_role("button", name="Send").click()
        await expect(tab.get_by_role("heading", name="A red car").first).to_be_visible()
        await expect(visitor.message("My first one.")).to_be_visible()
        await visitor.say("And a second thought.")
        await expect(visitor.message("And a second thought.")).to_be_visible()
        await tab.evaluate(f"location.hash = '#/{forum.id}'")
        await expect(tab.locator(".posts .threadcard")).to_have_count(2)
        await expect(tab.locator(".posts .threadcard").first).to_contain_text("2 messages")
        await expect(visitor.box).to_have_value("")
        await visitor.shoot("posts")
