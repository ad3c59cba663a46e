"""Messages over REST and gateway: posting, reading back, editing, what the intent hides, links that expire."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import discord
import pytest

from sandbox import File, Sandbox

Png = Callable[[int, int], bytes]


async def test_a_posted_picture_is_read_back_with_its_size(sandbox: Sandbox, connect: Any, png: Png) -> None:
    channel = sandbox.create_guild().create_text_channel("paintings")
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send(
            "done", file=discord.File(io.BytesIO(png(48, 32)), "a red car.png", description="a car")
        )
        [attachment] = sent.attachments
        assert (attachment.filename, attachment.width, attachment.height) == ("a_red_car.png", 48, 32)
        assert attachment.content_type == "image/png" and attachment.description == "a car"
        assert await attachment.read() == png(48, 32) == channel.messages[0].attachments[0].bytes


async def test_a_members_words_are_hidden_without_the_intent(sandbox: Sandbox, connect: Any, png: Png) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        secret = await ada.say(channel, "between us", files=[File("a.png", png(8, 8))])
        await sandbox.until(lambda: bot.events("message"))
        [heard] = bot.events("message")
        assert heard.content == "" and heard.attachments == []
        fetched = await place.fetch_message(secret.id)
        assert fetched.content == "" and fetched.attachments == []

        own = await place.send("a picture")
        mine = channel.messages_by_id[own.id]
        texts = {
            "a mention": await ada.say(channel, f"{sandbox.bot_user.mention} edit"),
            "a reply": await ada.say(channel, "/edit blue", reply_to=mine),
            "a silent reply": await ada.say(channel, "/edit green", reply_to=mine, ping=False),
            "a reply to somebody": await ada.say(channel, "/edit red", reply_to=secret),
            "a dm": await ada.say(await ada.open_dm(), "hello"),
        }
        await sandbox.until(lambda: len(bot.events("message")) == 7)
        heard_texts = {message.id: message.content for message in bot.events("message")}
        readable = {name for name, message in texts.items() if heard_texts[message.id]}
        assert readable == {"a mention", "a reply", "a dm"}


async def test_a_mention_does_not_open_the_message_it_replies_to(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        secret = await ada.say(channel, "between us")
        await ada.say(channel, f"{sandbox.bot_user.mention} this one", reply_to=secret)
        await sandbox.until(lambda: len(bot.events("message")) == 2)
        heard = bot.events("message")[1]
        assert heard.content.endswith("this one")
        assert heard.reference.resolved.id == secret.id and heard.reference.resolved.content == ""


async def test_the_intent_opens_every_message(make_sandbox: Any, connect: Any) -> None:
    async with make_sandbox(message_content=True) as sandbox:
        guild = sandbox.create_guild()
        channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")
        async with connect(sandbox, intents=discord.Intents(message_content=True, guilds=True, messages=True)) as bot:
            said = await ada.say(channel, "hear me")
            await sandbox.until(lambda: bot.events("message"))
            assert bot.events("message")[0].content == "hear me"
            assert (await bot.get_channel(channel.id).fetch_message(said.id)).content == "hear me"


async def test_a_repeated_nonce_returns_the_first_message(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("paintings")
    async with connect(sandbox) as bot:
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
        body = {"content": "final", "nonce": "job-7", "enforce_nonce": True}
        first = await bot.http.request(route, json=body)
        again = await bot.http.request(route, json=body)
        assert first["id"] == again["id"] and len(channel.messages) == 1
        sandbox.advance(600)
        late = await bot.http.request(route, json=body)
        assert late["id"] != first["id"]


async def test_an_edit_keeps_only_the_listed_attachments(sandbox: Sandbox, connect: Any, png: Png) -> None:
    channel = sandbox.create_guild().create_text_channel("paintings")
    async with connect(sandbox) as bot:
        files = [discord.File(io.BytesIO(png(4, 4)), name) for name in ("one.png", "two.png")]
        sent = await bot.get_channel(channel.id).send(files=files)
        new = discord.File(io.BytesIO(png(4, 4)), "three.png")
        edited = await sent.edit(content="frame 2", attachments=[sent.attachments[1], new])
        assert [one.filename for one in edited.attachments] == ["two.png", "three.png"]
        assert channel.messages[0].edited_at is not None
        emptied = await edited.edit(attachments=[])
        assert emptied.attachments == [] and emptied.content == "frame 2"


async def test_a_file_shown_in_an_embed_is_not_listed_below_it(sandbox: Sandbox, connect: Any, png: Png) -> None:
    channel = sandbox.create_guild().create_text_channel("paintings")
    async with connect(sandbox) as bot:
        embed = discord.Embed(title="frame").set_image(url="attachment://frame.png")
        embed.add_field(name="loss", value="0.8")
        picture = discord.File(io.BytesIO(png(16, 8)), "frame.png")
        sent = await bot.get_channel(channel.id).send(embed=embed, file=picture)
        assert sent.attachments == []
        shown = sent.embeds[0].image
        assert shown.url.startswith("https://cdn.discordapp.com/") and (shown.width, shown.height) == (16, 8)
        assert channel.messages[0].files[0].bytes == png(16, 8)


async def test_what_a_bot_leaves_empty_is_not_shown_as_null(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("paintings")
    async with connect(sandbox) as bot:
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
        button = {"type": 2, "style": 1, "custom_id": "x", "emoji": {"id": None, "name": "\N{MEMO}"}}
        field = {"name": "loss", "value": "0.8", "inline": None}
        shown = await bot.http.request(
            route, json={"embeds": [{"fields": [field]}], "components": [{"type": 1, "components": [button]}]}
        )
        assert shown["embeds"][0]["fields"] == [field | {"inline": False}]
        assert shown["components"][0]["components"][0]["emoji"] == {"name": "\N{MEMO}"}


async def test_a_link_to_a_file_expires_after_a_day(sandbox: Sandbox, connect: Any, png: Png) -> None:
    channel = sandbox.create_guild().create_text_channel("paintings")
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send(file=discord.File(io.BytesIO(png(4, 4)), "a.png"))
        [attachment] = sent.attachments
        sandbox.advance(25 * 3600)
        with pytest.raises(discord.NotFound):
            await attachment.read()
        fresh = await sent.channel.fetch_message(sent.id)
        assert await fresh.attachments[0].read() == png(4, 4)
        attachment.url = fresh.attachments[0].url.replace("hm=", "hm=0")
        with pytest.raises(discord.NotFound):
            await attachment.read()


async def test_a_file_over_the_limit_is_refused(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("paintings")
    async with connect(sandbox) as bot:
        big = discord.File(io.BytesIO(bytes(10 * 1024 * 1024 + 1)), "big.png")
        with pytest.raises(discord.HTTPException) as refused:
            await bot.get_channel(channel.id).send(file=big)
        assert (refused.value.status, refused.value.code) == (413, 40005)
        assert channel.messages == []


@pytest.mark.parametrize(
    ("content", "embed", "code"),
    [
        ("x" * 2001, None, 50035),
        (None, None, 50006),
        (None, discord.Embed(title="t" * 257), 50035),
        (None, discord.Embed(description="d" * 4097), 50035),
    ],
)
async def test_a_message_out_of_bounds_is_refused(
    sandbox: Sandbox, connect: Any, content: str | None, embed: discord.Embed | None, code: int
) -> None:
    channel = sandbox.create_guild().create_text_channel("paintings")
    async with connect(sandbox) as bot:
        with pytest.raises(discord.HTTPException) as refused:
            await bot.get_channel(channel.id).send(content, embed=embed)
        assert (refused.value.status, refused.value.code) == (400, code)


async def test_the_history_is_listed_around_any_point(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")
    said = [await ada.say(channel, str(number)) for number in range(6)]
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        ids = [message.id for message in said]

        async def listed(**where: Any) -> list[int]:
            return [ids.index(message.id) for message in [one async for one in place.history(**where)]]

        assert await listed(limit=3) == [5, 4, 3]
        assert await listed(limit=2, before=discord.Object(ids[3])) == [2, 1]
        assert await listed(limit=2, after=discord.Object(ids[3])) == [4, 5]
        assert sorted(await listed(limit=3, around=discord.Object(ids[2]))) == [1, 2, 3]


async def test_only_allowed_mentions_ping(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada, bob = guild.create_text_channel("p"), guild.add_member("ada"), guild.add_member("bob")
    asked = await ada.say(channel, "paint")
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        text = f"{ada.mention} {bob.mention} @everyone"
        only_ada = discord.AllowedMentions(users=[discord.Object(ada.id)], everyone=False, replied_user=False)
        await place.send(text, allowed_mentions=only_ada)
        await place.send("ok", reference=discord.Object(asked.id).id and place.get_partial_message(asked.id))
        one, reply = channel.messages[1:]
        assert one.mentions == [ada.user] and not one.mention_everyone
        assert reply.mentions == [ada.user] and reply.referenced_message is asked


async def test_a_reply_to_a_deleted_message_is_refused_unless_it_may_stand_alone(
    sandbox: Sandbox, connect: Any
) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        asked = await ada.say(channel, "paint")
        await sandbox.until(lambda: bot.events("message"))
        await ada.delete(asked)
        await sandbox.until(lambda: bot.events("raw_message_delete"))
        place = bot.get_channel(channel.id)
        partial = place.get_partial_message(asked.id)
        with pytest.raises(discord.HTTPException) as refused:
            await place.send("done", reference=partial)
        assert refused.value.code == 50035
        await place.send("done", reference=partial.to_reference(fail_if_not_exists=False))
        assert [message.content for message in channel.messages] == ["done"]


async def test_a_bot_edits_and_deletes_only_its_own(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    hers = await ada.say(channel, "mine")
    async with connect(sandbox) as bot:
        partial = bot.get_channel(channel.id).get_partial_message(hers.id)
        for attempt, code in ((partial.edit(content="yours"), 50005), (partial.delete(), 50013)):
            with pytest.raises(discord.Forbidden) as refused:
                await attempt
            assert refused.value.code == code
        own = await partial.channel.send("own")
        await own.delete()
        assert channel.messages == [hers]


async def test_a_direct_message_reaches_its_member(sandbox: Sandbox, connect: Any) -> None:
    ada = sandbox.create_guild().add_member("ada")
    async with connect(sandbox) as bot:
        user = await bot.fetch_user(ada.id)
        await user.send("your picture is done")
        dm = await ada.open_dm()
        assert [message.content for message in dm.messages] == ["your picture is done"]
        assert dm.messages[0].author is not ada.user


async def test_components_v2_come_back_with_links_to_their_files(sandbox: Sandbox, connect: Any, png: Png) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        view = discord.ui.LayoutView()
        gallery: Any = discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://a.png"))
        container: Any = discord.ui.Container(discord.ui.TextDisplay("**a car**"), gallery)
        view.add_item(container)
        sent = await bot.get_channel(channel.id).send(view=view, file=discord.File(io.BytesIO(png(4, 4)), "a.png"))
        assert "https://cdn.discordapp.com" in str(sent.components[0].to_dict()) or sent.components
        assert "a car" in sandbox.transcript(channel)
