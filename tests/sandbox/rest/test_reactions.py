"""Reactions, both ways."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from sandbox import Permissions, Sandbox


async def test_reactions_arrive_with_who_and_what(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send("picture")
        await sent.add_reaction("🔁")
        await sent.add_reaction("⬆️")
        posted = channel.messages[0]
        await ada.react(posted, "🔁")
        await ada.react(posted, "⬆")  # without the variation selector it is the same one
        await sandbox.until(lambda: len(bot.events("raw_reaction_add")) == 4)
        event = bot.events("raw_reaction_add")[2]
        assert (event.user_id, event.message_author_id, str(event.emoji)) == (ada.id, bot.user.id, "🔁")
        assert event.member.id == ada.id
        assert [(one.name, len(one.users)) for one in posted.reactions] == [("🔁", 2), ("⬆️", 2)]
        fetched = await sent.channel.fetch_message(sent.id)
        users = [user async for user in fetched.reactions[0].users()]
        assert {user.id for user in users} == {ada.id, bot.user.id}
        await ada.react(posted, "🔁")  # pressed already: nothing new
        await ada.unreact(posted, "🔁")
        await sandbox.until(lambda: bot.events("raw_reaction_remove"))
        assert len(bot.events("raw_reaction_add")) == 4
        await sent.remove_reaction("🔁", bot.user)
        assert [one.name for one in posted.reactions] == ["⬆️"]


async def test_removing_others_reactions_takes_a_moderator(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    allowed = guild.create_text_channel("q", allow=Permissions.MANAGE_MESSAGES)
    async with connect(sandbox) as bot:
        for place, may in ((channel, False), (allowed, True)):
            sent = await bot.get_channel(place.id).send("picture")
            await ada.react(place.messages[0], "🔁")
            if may:
                await sent.remove_reaction("🔁", discord.Object(ada.id))
                assert place.messages[0].reactions == []
            else:
                with pytest.raises(discord.Forbidden):
                    await sent.remove_reaction("🔁", discord.Object(ada.id))
                with pytest.raises(discord.Forbidden):
                    await sent.clear_reactions()


async def test_a_word_is_no_emoji_and_twenty_are_enough(make_sandbox: Any, connect: Any) -> None:
    async with make_sandbox(rate_limits=False) as sandbox:
        channel = sandbox.create_guild().create_text_channel("p")
        async with connect(sandbox) as bot:
            sent = await bot.get_channel(channel.id).send("picture")
            with pytest.raises(discord.HTTPException) as refused:
                await sent.add_reaction("again")
            assert refused.value.code == 10014
            for number in range(20):
                await sent.add_reaction(chr(0x1F600 + number))
            with pytest.raises(discord.HTTPException) as refused:
                await sent.add_reaction("🔁")
            assert refused.value.code == 30010
