"""``python -m tests.page.guide_pictures edits|grid``: take the pictures of docs/user-guide.md anew, a kind a run."""

from __future__ import annotations

import argparse
import asyncio
import io
import sys

from PIL import Image, ImageDraw
from playwright.async_api import FilePayload, FloatRect, Locator
from playwright.async_api import Page as Tab
from rich.console import Console

from tests.page.conftest import chromium
from tests.page.pictures import PICTURES, open_tab, stage

PROMPT, SEED = "a red car on a green meadow", 7
NIGHT = "a red car at night"
GRID = f"prompt: {PROMPT} styles: none, watercolor, charcoal seeds: 3,7,12"
TALL = (1040, 2600)  # so that whole conversations are in view
# In pixels of the picture: the sky behind the car of that seed.
HORIZON = 80
CAR = ((8, HORIZON), (12, 76), (36, 72), (48, 56), (82, 56), (94, 72), (116, 78), (116, HORIZON))


def mask() -> FilePayload:
    """White is painted: the sky, around the car."""
    picture = Image.new("L", (128, 128))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 128, HORIZON), fill=255)
    draw.polygon(CAR, fill=0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return {"name": "mask.png", "mimeType": "image/png", "buffer": out.getvalue()}


def message(tab: Tab, text: str) -> Locator:
    return tab.locator("li.message").filter(has_text=text)


def finals(tab: Tab) -> Locator:
    return message(tab, "as a reaction sends it to you")


async def command(tab: Tab, text: str) -> None:
    """A slash command with its options, as it is typed."""
    await tab.get_by_role("combobox", name="Message").fill(text)
    await tab.get_by_role("button", name="Send").click()


async def painted(tab: Tab, number: int) -> Locator:
    """The picture of that number in the thread, when it has its reactions."""
    final = finals(tab).nth(number - 1)
    await final.locator("button.reaction:not(.add)").nth(1).wait_for()
    await loaded(tab)
    return final


async def loaded(tab: Tab) -> None:
    await tab.wait_for_function("[...document.querySelectorAll('.picture img')].every((one) => one.complete)")
    await tab.mouse.move(0, 0)


async def reply(tab: Tab, words: str, *files: FilePayload) -> Locator:
    """To the first picture; the message that it makes."""
    await finals(tab).first.hover()
    await finals(tab).first.get_by_role("button", name="Reply").click()
    await tab.get_by_label("Choose files").set_input_files(list(files))
    await tab.get_by_role("combobox", name="Message").fill(words)
    await tab.get_by_role("button", name="Send").click()
    said = message(tab, words).filter(has_not_text="as a reaction sends it to you").first
    await said.wait_for()
    return said


async def shoot(tab: Tab, name: str, first: Locator, last: Locator) -> None:
    """From the top of one message, or of a part of it, to the bottom of another."""
    await first.evaluate("one => one.scrollIntoView({ block: 'start' })")
    column, *ends = [await one.bounding_box() for one in (message(tab, "Faraday").first, first, last)]
    above, below = (box for box in ends if box is not None)
    assert column is not None
    height = below["y"] + below["height"] - above["y"]
    clip = FloatRect(x=column["x"], y=above["y"], width=column["width"], height=height)
    await tab.screenshot(path=PICTURES / f"guide-{name}.png", animations="disabled", clip=clip)


async def take_edits(tab: Tab) -> None:
    """A picture, what it shows, and two edits of it."""
    await command(tab, f"/imagine prompt: {PROMPT} seed: {SEED}")
    await tab.locator("button.threadcard").click()
    start = await painted(tab, 1)
    await command(tab, "/describe ")
    card = message(tab, "Paint this")
    await card.wait_for()
    await loaded(tab)
    await shoot(tab, "describe", card, card)
    await card.get_by_text("Dismiss").click()
    await reply(tab, f".edit {NIGHT}, seed {SEED}", mask())
    result = await painted(tab, 2)
    await shoot(tab, "mask", start.locator("button.picture"), result.locator("button.picture"))
    asked = await reply(tab, f'.edit replace "the car" with "a blue bus", seed {SEED}')
    result = await painted(tab, 3)
    await shoot(tab, "replace", asked, result.locator("button.picture").last)
    await tab.get_by_role("navigation", name="Channels").get_by_role("button", name="paintings").click()
    await tab.get_by_role("heading", name="Welcome to #paintings").wait_for()


async def take_grid(tab: Tab) -> None:
    await command(tab, f"/grid {GRID}")
    await tab.locator("button.threadcard").last.click()
    sheet = message(tab, "9 of 9 painted")
    await sheet.locator("button.picture").click()
    await loaded(tab)
    await tab.get_by_role("dialog").locator("img").screenshot(path=PICTURES / "guide-grid.png", animations="disabled")


TAKEN = {"edits": take_edits, "grid": take_grid}


async def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.page.guide_pictures", description=__doc__)
    parser.add_argument("what", choices=TAKEN, help="which to take")
    wanted = parser.parse_args(arguments).what
    console, path = Console(), chromium()
    if path is None:
        console.print("No Chromium here.")
        return 1
    async with stage(path) as (browser, address):
        tab = await open_tab(browser, address, TALL, "dark")
        await tab.get_by_text("Faraday is ready").wait_for()
        await TAKEN[wanted](tab)
    console.print(f"Taken: {', '.join(sorted(each.name for each in PICTURES.glob('guide-*.png')))}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
