"""The page at a phone's width, in the light, by keyboard alone."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from sandbox.verbs.permissions import Permissions
from tests.page.conftest import PATIENCE_MS, PHONE, SCREENSHOTS, WIDE, Studio, Visitor, visiting

expect.set_options(timeout=PATIENCE_MS)


async def fits(visitor: Visitor) -> None:
    """Nothing sticks out at the side."""
    assert await visitor.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(("width", "size"), [("phone", PHONE), ("desktop", WIDE)])
async def test_every_place_fits_its_window(
    browser: Browser, studio: Studio, width: str, size: tuple[int, int], scheme: Any
) -> None:
    name = f"{width} {scheme}"
    shutil.rmtree(SCREENSHOTS / name, ignore_errors=True)
    async with visiting(browser, studio, name, size=size, scheme=scheme, touch=width == "phone") as visitor:
        tab = visitor.tab
        await expect(tab.get_by_text("Faraday is ready")).to_be_attached()
        await visitor.shoot("first visit")
        await fits(visitor)
        await tab.get_by_role("button", name="watercolor of a red tree").click()
        await tab.locator("button.threadcard").click()
        final = visitor.message("as a reaction sends it to you")
        await expect(final.locator("button.reaction:not(.add)")).to_have_count(2)
        await visitor.shoot("a picture")
        await fits(visitor)
        await visitor.box.fill("/")
        await tab.get_by_role("option", name="/edit").click()
        await tab.get_by_role("button", name="strength").click()
        await visitor.shoot("a command")
        await fits(visitor)
        await tab.get_by_role("button", name="Give up the command").click()
        await go(visitor, "after-dark")
        await expect(tab.get_by_role("heading", name="Age-restricted channel")).to_be_visible()
        await visitor.shoot("the gate")
        await tab.get_by_role("button", name="I am of age").click()
        await expect(tab.get_by_role("heading", name="Welcome to #after-dark")).to_be_visible()
        await drawer(visitor)
        await visitor.shoot("servers")
        await tab.get_by_role("button", name="Direct messages").click()
        await expect(tab.get_by_role("heading", name="Faraday").first).to_be_visible()
        await visitor.say("are you there?")
        await visitor.shoot("direct")
        await tab.get_by_role("button", name="Behind the scenes", exact=True).click()
        await expect(tab.get_by_role("heading", name="Behind the scenes")).to_be_visible()
        await visitor.shoot("behind the scenes")
        await fits(visitor)


async def drawer(visitor: Visitor) -> None:
    """On a phone the lists are behind a button."""
    button = visitor.tab.get_by_role("button", name="Servers and channels")
    if await button.is_visible():
        await button.click()
        await expect(visitor.tab.get_by_role("navigation", name="Channels")).to_be_in_viewport()


async def go(visitor: Visitor, channel: str) -> None:
    await drawer(visitor)
    await visitor.tab.get_by_role("navigation", name="Channels").get_by_role("button", name=channel).click()


async def test_the_keyboard_alone_is_enough(browser: Browser, studio: Studio) -> None:
    async with visiting(browser, studio, "keyboard") as visitor:
        tab, press = visitor.tab, visitor.tab.keyboard.press
        await expect(visitor.box).to_be_focused()
        await tab.keyboard.type("first")
        await press("Enter")
        await expect(visitor.message("first")).to_be_visible()
        await press("ArrowUp")
        await expect(tab.get_by_text("Editing your message")).to_be_visible()
        await tab.keyboard.type(" thing")
        await press("Enter")
        await expect(visitor.message("first thing")).to_contain_text("(edited)")
        await press("F6")
        await expect(visitor.message("first thing")).to_be_focused()
        await press("r")
        await tab.keyboard.type("second")
        await press("Enter")
        await expect(visitor.message("second").locator(".quoted")).to_have_text("first thing")
        await press("F6")
        await press("Enter")
        await expect(tab.get_by_role("menuitem").first).to_be_focused()
        await press("Escape")
        await press("Alt+2")
        await expect(tab.get_by_role("radio", name="max")).to_be_checked()
        await press("Alt+ArrowUp")
        await expect(tab.get_by_role("heading", name="Welcome to #welcome")).to_be_visible()
        await expect(visitor.box).to_be_focused()
        await tab.keyboard.type("/imagine a red car")
        await expect(tab.get_by_role("textbox", name="prompt")).to_have_value("a red car")
        await press("Enter")
        await expect(visitor.message("(#1).")).to_be_visible()


@pytest.mark.parametrize("seen", [True, False], ids=["a seen channel", "an unseen channel"])
async def test_a_key_pressed_while_the_speaker_changes_is_the_last_word(
    browser: Browser, studio: Studio, seen: bool
) -> None:
    """The list of channels comes first, then the word of what may be done in the open one, and last the answer."""
    if not seen:
        studio.channel("quiet-room").set_permissions(deny=int(Permissions.VIEW_CHANNEL), member=studio.member("max"))
    async with visiting(browser, studio, "hurry") as visitor:
        tab, late, changing = visitor.tab, list[Any](), False

        def through(route: WebSocketRoute) -> None:
            def back(frame: Any) -> None:
                if changing and '"t":"directory"' not in str(frame):
                    late.append((route, frame))
                else:
                    route.send(frame)

            route.connect_to_server().on_message(back)

        await tab.route_web_socket(re.compile("/socket$"), through)
        await tab.reload()
        await go(visitor, "quiet-room")
        await expect(tab.get_by_role("heading", name="Welcome to #quiet-room")).to_be_visible()
        changing = True
        await tab.keyboard.press("Alt+2")
        await expect(tab.get_by_role("radio", name="max")).to_be_checked()
        await tab.keyboard.press("Alt+ArrowDown")  # after the last channel, as after none, comes the first
        changing = False
        for route, frame in late:
            route.send(frame)
        await expect(tab.get_by_role("heading", name="Welcome to #welcome")).to_be_visible()
        await visitor.say("here")
        await expect(visitor.message("here")).to_be_visible()
        assert [message.content for message in studio.channel("welcome").messages] == ["here"]


async def test_a_page_finds_back_when_its_server_was_away(browser: Browser, studio: Studio) -> None:
    async with visiting(browser, studio, "away") as visitor:
        await visitor.say("before")
        await expect(visitor.message("before")).to_be_visible()
        await studio.page.stop()
        await expect(visitor.tab.get_by_text("No connection; trying again")).to_be_visible()
        await visitor.shoot("away")
        visitor.problems.clear()
        await studio.page.start()
        await expect(visitor.tab.get_by_text("Faraday is ready")).to_be_visible()
        visitor.problems.clear()  # what the browser itself says of refused connections
        await visitor.say("after")
        await expect(visitor.message("after")).to_be_visible()
