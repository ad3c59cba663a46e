"""The live conversation of the demo."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from sandbox import File, Sandbox
from sandbox.records.model import Message
from sandbox.run.terminal import LiveTranscript, in_blocks, marked_up
from sandbox.verbs import posts, reactions, threads

Png = Callable[[int, int], bytes]
BUTTONS = [{"type": 1, "components": [{"type": 2, "style": 4, "label": "Cancel", "custom_id": "c"}]}]


async def _play(sandbox: Sandbox, console: Console, folder: Path, png: bytes) -> LiveTranscript:
    """A command, a card at work, and its picture in a thread, shown while they happen."""
    world, bot = sandbox.world, sandbox.bot_user
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")
    screen = LiveTranscript(console, world, channel, ada.user, folder)
    following = asyncio.create_task(screen.follow())

    def say(text: str, where: posts.Draft | None = None) -> Message:
        return posts.post(world, channel, bot, where or posts.Draft(content=text))

    screen.typed(ada, channel, "/imagine prompt: a car")
    card = say("", posts.Draft(content="▰▱ 50%", components=BUTTONS))
    await sandbox.until(lambda: not screen.has_shown(card))
    await asyncio.sleep(0.3)
    thread = threads.open_from_message(world, card, bot, {"name": "a car"})
    posts.edit(world, card, {"content": "**done** \\*", "components": []}, ())
    done = posts.Draft(content=f"{ada.mention}\n```\na car --seed 7\n```\n-# hint", files=(File("car.png", png),))
    final = posts.post(world, thread, bot, done)
    reactions.react(world, final, bot, "🔁")
    await sandbox.until(lambda: screen.has_shown(final))
    await ada.react(final, "🔁")
    await ada.say(thread, "/edit blue", reply_to=final)
    await asyncio.sleep(0.3)
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following
    return screen


async def test_what_happens_is_printed_in_order_and_pictures_are_saved(
    sandbox: Sandbox, tmp_path: Path, png: Png
) -> None:
    out = io.StringIO()
    screen = await _play(sandbox, Console(file=out, width=60), tmp_path / "pictures", png(8, 8))
    saved = tmp_path / "pictures" / "car.png"
    assert saved.read_bytes() == png(8, 8) and [saved] in screen.pictures.values()
    lines = [line.rstrip() for line in out.getvalue().splitlines() if line.strip()]
    for text in (
        "# paintings",
        "  ada types  /imagine prompt: a car",
        "  … ▰▱ 50%",
        "    done *",
        "🧵 a car",
        "    a car --seed 7",
        f"    📎 {saved} 8×8",
        "    🔁 1",
        "  ada reacts 🔁 to Faraday: @ada",
        "    ↪ Faraday: @ada",
    ):
        assert text in lines, (text, lines)
    order = [lines.index(text) for text in ("    done *", "🧵 a car", "    ↪ Faraday: @ada")]
    assert order == sorted(order)


async def test_a_terminal_shows_the_work_in_place_and_the_picture(sandbox: Sandbox, tmp_path: Path, png: Png) -> None:
    out = io.StringIO()
    console = Console(file=out, width=60, force_terminal=True, color_system="truecolor")
    await _play(sandbox, console, tmp_path, png(8, 8))
    assert "[ Cancel ]" in out.getvalue() and "▀" in out.getvalue()


def test_a_picture_becomes_half_blocks(png: Png) -> None:
    lines = in_blocks(png(40, 20), 20)
    assert len(lines) == 5 and all(line.plain == "▀" * 20 for line in lines)
    assert "#808080 on #808080" in str(lines[0].spans)


def test_markdown_is_drawn_not_shown() -> None:
    lines = marked_up("**a\\_b** c\n-# small\n```\n**code**\n```")
    assert [line.plain for line in lines] == ["a_b c", "small", "**code**"]
    assert lines[1].style == "dim"
