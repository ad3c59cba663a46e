"""One walk through the page as a newcomer takes it."""

from __future__ import annotations

import shutil

from playwright.async_api import Browser, Locator, expect

from tests.page.conftest import PATIENCE_MS, SCREENSHOTS, Studio, Visitor, visiting

expect.set_options(timeout=PATIENCE_MS)


async def test_a_newcomer_walks_through_the_page(browser: Browser, studio: Studio) -> None:
    shutil.rmtree(SCREENSHOTS / "walk", ignore_errors=True)
    async with visiting(browser, studio, "walk") as visitor:
        await expect(visitor.tab.get_by_role("region", name="Examples").get_by_role("button")).to_have_count(4)
        await visitor.shoot("first visit")
        await paints_from_words(visitor, studio)
        await replies_with_an_edit(visitor)
        await reacts_for_a_larger_one(visitor)
        await stops_and_keeps(visitor, studio)
        await drops_a_file(visitor)
        await speaks_as_the_moderator(visitor)
        await is_refused_where_the_bot_may_not_post(visitor)


def finals(visitor: Visitor) -> Locator:
    """Messages with a finished picture."""
    return visitor.message("as a reaction sends it to you").filter(has=visitor.tab.locator("button.picture img"))


async def imagine(visitor: Visitor, prompt: str) -> None:
    await visitor.box.fill("/imag")
    await expect(visitor.tab.get_by_role("option", name="/imagine")).to_be_visible()
    await visitor.box.press("Enter")
    await visitor.tab.get_by_role("textbox", name="prompt").fill(prompt)
    await visitor.tab.get_by_role("textbox", name="prompt").press("Enter")


async def paints_from_words(visitor: Visitor, studio: Studio) -> None:
    tab = visitor.tab
    studio.engine.holding = True
    await visitor.box.fill("/")
    await expect(tab.get_by_role("option", name="/edit")).to_be_visible()
    await visitor.shoot("commands")
    await tab.get_by_role("option", name="/imagine").click()
    await tab.get_by_role("textbox", name="prompt").fill("a red car at night")
    await tab.get_by_role("button", name="seed").click()
    await tab.get_by_role("textbox", name="seed").fill("seven")
    await tab.get_by_role("button", name="Send").click()
    await expect(tab.get_by_text("seed must be a whole number")).to_be_visible()
    await tab.get_by_role("textbox", name="seed").fill("9135743")
    await tab.get_by_role("button", name="size").click()
    await tab.get_by_role("option", name="landscape").first.click()
    await visitor.shoot("options filled")
    await tab.get_by_role("button", name="Send").click()
    await expect(visitor.message("(#1).")).to_contain_text("Only you can see this")
    await visitor.shoot("acknowledged")
    await tab.locator("button.threadcard").click()
    frame = visitor.message("iterations · loss").locator("button.picture img")
    await expect(frame).to_be_visible()
    before = await frame.get_attribute("src") or ""
    await expect(frame).not_to_have_attribute("src", before)
    await visitor.shoot("a frame")
    studio.engine.holding = False
    await expect(finals(visitor).locator("button.reaction:not(.add)")).to_have_count(2)
    await visitor.shoot("finished")
    await finals(visitor).locator("button.picture").click()
    await expect(tab.get_by_role("dialog")).to_contain_text("a red car at night")
    await visitor.shoot("enlarged")
    await tab.keyboard.press("Escape")
    await expect(tab.get_by_role("dialog")).to_have_count(0)


async def replies_with_an_edit(visitor: Visitor) -> None:
    await finals(visitor).hover()
    await finals(visitor).get_by_role("button", name="Reply").click()
    await visitor.box.fill(".edit a blue car at night")
    await visitor.shoot("replying")
    await visitor.box.press("Enter")
    await expect(finals(visitor)).to_have_count(2)
    await expect(finals(visitor).last).to_contain_text("a blue car at night")
    await expect(finals(visitor).last.locator("button.reaction:not(.add)")).to_have_count(2)
    await visitor.shoot("edited")


async def reacts_for_a_larger_one(visitor: Visitor) -> None:
    arrow = finals(visitor).last.locator("button.reaction", has_text="⬆️")
    await arrow.click()
    await expect(arrow).to_have_attribute("aria-pressed", "true")
    await expect(finals(visitor)).to_have_count(3)
    await expect(finals(visitor).last).to_contain_text("at twice the size")
    await visitor.shoot("larger")


async def stops_and_keeps(visitor: Visitor, studio: Studio) -> None:
    studio.engine.holding = True
    await imagine(visitor, "a green boat")
    card = visitor.message("a green boat").filter(has_text="2 of 4 iterations")
    await card.get_by_role("button", name="Stop and keep").click()
    await expect(visitor.message("Stopping: the picture as it is now")).to_be_visible()
    await expect(visitor.message("Stopped at iteration 2 of 4")).to_be_visible()
    await expect(finals(visitor)).to_have_count(4)
    await visitor.shoot("stopped and kept")
    studio.engine.holding = False


async def drops_a_file(visitor: Visitor) -> None:
    tab = visitor.tab
    await tab.get_by_role("navigation", name="Channels").get_by_role("button", name="welcome").click()
    await expect(tab.get_by_role("heading", name="Welcome to #welcome")).to_be_visible()
    carried = await tab.evaluate_handle(
        """async () => {
            const canvas = document.createElement("canvas");
            Object.assign(canvas, { width: 320, height: 200 });
            const pen = canvas.getContext("2d");
            pen.fillStyle = "#2f7fc1"; pen.fillRect(0, 0, 320, 200);
            pen.fillStyle = "#f4c542"; pen.arc(160, 100, 60, 0, 7); pen.fill();
            const blob = await new Promise((done) => canvas.toBlob(done));
            const carried = new DataTransfer();
            carried.items.add(new File([blob], "my sketch.png", { type: "image/png" }));
            return carried;
        }"""
    )
    await tab.dispatch_event("#scroller", "dragenter", {"dataTransfer": carried})
    await expect(tab.get_by_text("Drop into #welcome")).to_be_visible()
    await visitor.shoot("dragging")
    await tab.dispatch_event("#scroller", "drop", {"dataTransfer": carried})
    await expect(tab.get_by_role("button", name="Remove my sketch.png")).to_be_visible()
    await visitor.box.fill("my own sketch, to begin with")
    await visitor.shoot("dropped")
    await visitor.box.press("Enter")
    await expect(visitor.message("my own sketch").locator("button.picture img")).to_be_visible()
    await visitor.shoot("posted")


async def speaks_as_the_moderator(visitor: Visitor) -> None:
    tab = visitor.tab
    await tab.get_by_role("radio", name="max").click()
    await expect(tab.get_by_role("radio", name="max")).to_be_checked()
    await visitor.say("nice one, <@%s>" % await persona_id(visitor, "june"))
    await visitor.message("my own sketch").click(button="right")
    await expect(tab.get_by_role("menuitem", name="Delete")).to_be_visible()
    await visitor.shoot("as the moderator")
    await tab.keyboard.press("Escape")
    await tab.get_by_role("radio", name="june").click()
    await expect(visitor.message("nice one, @june")).to_have_class("message mentioned")
    await visitor.shoot("mentioned")


async def persona_id(visitor: Visitor, name: str) -> str | None:
    return await visitor.tab.get_by_role("radio", name=name).get_attribute("data-id")


async def is_refused_where_the_bot_may_not_post(visitor: Visitor) -> None:
    await visitor.tab.get_by_role("button", name="quiet-room").click()
    await expect(visitor.tab.get_by_role("heading", name="Welcome to #quiet-room")).to_be_visible()
    await imagine(visitor, "a red car")
    await expect(visitor.message("Send Messages")).to_contain_text("Only you can see this")
    await visitor.shoot("refused")
