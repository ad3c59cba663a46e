"""``python -m tests.page.pictures [PROMPT]``: take the pictures of docs/playing.md anew, of a real run."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright
from playwright.async_api import Page as Tab
from rich.console import Console

from tests.page.conftest import FLAGS, PHONE, ROOT, WIDE, chromium
from tests.page.test_play import playing

PICTURES = ROOT / "docs" / "pictures"
PROMPT = "a red car at night"
PATIENCE_MS = 1_800_000.0  # a picture takes long where many share the cores


@contextlib.asynccontextmanager
async def stage(executable: str) -> AsyncIterator[tuple[Browser, str]]:
    """A browser, and the address of a page with the real bot behind it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        with tempfile.TemporaryDirectory() as home:
            async with playing(Path(home)) as address:
                yield browser, address
        await browser.close()


async def open_tab(browser: Browser, address: str, size: tuple[int, int], scheme: Any, *, touch: bool = False) -> Tab:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        has_touch=touch,
        is_mobile=touch,
        locale="en-GB",
        device_scale_factor=2 if touch else 1,
    )
    context.set_default_timeout(PATIENCE_MS)
    tab = await context.new_page()
    await tab.goto(address)
    return tab


async def paint(tab: Tab, prompt: str, seed: str) -> None:
    """Run /imagine and follow its thread until the picture is finished."""
    await tab.get_by_text("Faraday is ready").wait_for()
    box = tab.get_by_role("combobox", name="Message")
    await box.fill(f"/imagine {prompt}" + (f" seed: {seed}" if seed else ""))
    await tab.get_by_role("button", name="Send").click()
    await tab.locator("button.threadcard").click()
    await finished(tab)
    await tab.mouse.move(0, 0)
    await box.focus()


async def finished(tab: Tab) -> None:
    final = (
        tab.locator("li.message").filter(has_text="as a reaction sends it to you").locator("button.reaction:not(.add)")
    )
    await final.nth(1).wait_for()
    await tab.wait_for_function("[...document.querySelectorAll('.picture img')].every((one) => one.complete)")


async def take(browser: Browser, address: str, prompt: str, seed: str) -> None:
    tab = await open_tab(browser, address, WIDE, "dark")
    await paint(tab, prompt, seed)
    await tab.screenshot(path=PICTURES / "playing.png", animations="disabled")
    await tab.get_by_role("button", name="Behind the scenes", exact=True).click()
    await tab.get_by_text("500 to 504").click()
    await tab.get_by_role("button", name="Order it").wait_for()
    await tab.screenshot(path=PICTURES / "playing-faults.png", animations="disabled")
    phone = await open_tab(browser, tab.url, PHONE, "light", touch=True)
    await finished(phone)
    await phone.screenshot(path=PICTURES / "playing-phone.png", animations="disabled")


async def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.page.pictures", description=__doc__)
    parser.add_argument("prompt", nargs="?", default=PROMPT, help="what to paint (default: %(default)s)")
    parser.add_argument("--seed", default="", help="repeats a picture; a random one by default")
    options = parser.parse_args(arguments)
    console, path = Console(), chromium()
    if path is None:
        console.print("No Chromium here.")
        return 1
    async with stage(path) as (browser, address):
        await take(browser, address, options.prompt, options.seed)
    console.print(f"Taken: {', '.join(sorted(each.name for each in PICTURES.glob('playing*.png')))}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
