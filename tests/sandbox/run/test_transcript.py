"""The conversation in plain text."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox import File, Sandbox
from sandbox.verbs import posts, threads


async def test_a_transcript_reads_like_the_channel(png: Callable[[int, int], bytes]) -> None:
    async with Sandbox() as sandbox:
        guild = sandbox.create_guild("Studio")
        channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")
        bot = sandbox.bot_user
        asked = await ada.say(channel, f"{bot.mention} paint", files=[File("sketch.png", png(64, 48))])
        row = {"type": 1, "components": [{"type": 2, "style": 4, "label": "Cancel", "custom_id": "c"}]}
        card = posts.post(
            sandbox.world,
            channel,
            bot,
            posts.Draft(content="painting", reply_to=asked, embeds=[{"title": "loss 0.8"}], components=[row]),
        )
        thread = threads.open_from_message(sandbox.world, card, bot, {"name": "a car"})
        final = posts.post(sandbox.world, thread, bot, posts.Draft(content=f"done, {ada.mention}"))
        await ada.react(final, "🔁")
        read = re.sub(r"\[\d\d:\d\d:\d\d\]", "[time]", sandbox.transcript(channel))
    assert read.splitlines() == [
        "# paintings",
        "[time] ada",
        "  @Faraday paint",
        "  📎 sketch.png (0 KiB, 64×48)",
        "[time] Faraday (bot)",
        "  ↪ ada: @Faraday paint",
        "  painting",
        "  │ loss 0.8",
        "  [Cancel]",
        "  └ thread: a car",
        "    [time] Faraday (bot)",
        "      done, @ada",
        "      🔁 1",
    ]
