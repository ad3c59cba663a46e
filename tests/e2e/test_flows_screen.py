"""What is covered, and what is not shown at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.texts import moderation
from sandbox import Channel, Member, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

REASON = "🔞 This picture may be unsafe (score 0.90), so I show it only in age-restricted channels."


async def told(member: Member, channel: Channel, command: str, /, **options: Any) -> str:
    return await (await member.slash(channel, command, **options)).text()


async def shown(studio: Studio, channel: Channel) -> tuple[str, str]:
    """The names of the files of a frame and of the finished picture; empty for none."""
    studio.engine.holding = True
    await studio.ada.slash(channel, "imagine", prompt="a red car")
    card = await studio.card("2 of 4 iterations", channel)
    await studio.sandbox.until(lambda: card.attachments or "🔞" in card.content)
    frame = [file.filename for file in card.attachments]
    studio.engine.holding = False
    await studio.card("✅ Done", channel)
    final = await studio.sandbox.until(lambda: [m for m in studio.everywhere(channel) if m.reaction("⬆️")][-1:])
    return "".join(frame), "".join(file.filename for file in final[0].attachments)


async def test_spoilers_cover_frames_and_pictures_of_a_channel_or_a_server(studio: Studio) -> None:
    role = studio.guild.create_role("owners", permissions=int(Permissions.MANAGE_GUILD))
    manager = studio.guild.add_member("manager", roles=(role,))
    assert "**spoiler** True" in await told(manager, studio.channel, "settings server", spoiler=True)
    assert await shown(studio, studio.channel) == ("SPOILER_progress-1.jpg", "SPOILER_faraday-1.png")
    open_ = studio.guild.create_text_channel("open")
    await told(manager, open_, "settings channel", spoiler=False)
    assert await shown(studio, open_) == ("progress-2.jpg", "faraday-2.png")


async def test_what_the_check_takes_for_unsafe_is_withheld_but_in_age_restricted_channels(studio: Studio) -> None:
    studio.engine.unsafe = 0.9
    assert await shown(studio, studio.channel) == ("", "")
    final = await studio.card(REASON)
    answer = await studio.ada.click(final, label="Timelapse")
    assert await answer.text() == moderation.FILM_WITHHELD
    await studio.ada.react(final, "✉️")
    await studio.card("send it to nobody")
    assert "a red car --seed" in final.content and [user.name for user in final.mentions] == ["ada"]
    answer = await studio.ada.slash(studio.channel, "show", job="1")
    assert "a red car --seed" in await answer.text() and answer.message and not answer.message.embeds
    await studio.stop()
    await studio.start()
    restricted = studio.guild.create_text_channel("restricted", nsfw=True)
    assert await shown(studio, restricted) == ("progress-2.jpg", "faraday-2.png")
    answer = await studio.ada.slash(restricted, "show", job="1")
    await answer.text()
    assert answer.message and answer.message.embeds
    studio.engine.unsafe = 0.5
    other = studio.guild.create_text_channel("other")
    assert await shown(studio, other) == ("progress-3.jpg", "faraday-3.png")
    dm = await studio.ada.open_dm()
    studio.engine.unsafe = 0.6
    assert await shown(studio, dm) == ("", "")


async def test_no_fallback_and_no_other_channel_shows_what_its_age_restricted_channel_did(studio: Studio) -> None:
    restricted = studio.guild.create_text_channel("restricted", nsfw=True)
    studio.engine.unsafe, studio.engine.holding = 0.9, True
    await studio.ada.slash(restricted, "imagine", prompt="a red car")
    await studio.card("2 of 4 iterations", restricted)
    closed = int(Permissions.SEND_MESSAGES_IN_THREADS | Permissions.SEND_MESSAGES)
    restricted.set_permissions(deny=closed)
    studio.engine.holding = False
    direct = await studio.ada.open_dm()
    final = await studio.card("picture #1 is not shown", direct)
    assert not final.attachments and "may be unsafe (score 0.90)" in final.content
    assert f"I may not post in <#{restricted.id}>" in final.content and "`/show 1` in such a channel" in final.content
    answer = await studio.ada.click(final, label="Timelapse")
    assert await answer.text() == moderation.FILM_WITHHELD
    assert await told(studio.ada, studio.channel, "timelapse", job="1") == moderation.FILM_WITHHELD
    other = studio.guild.create_text_channel("other", nsfw=True)
    answer = await studio.ada.slash(other, "show", job="1")
    await answer.text()
    assert answer.message and answer.message.embeds
    assert "Here it is" in await told(studio.ada, other, "timelapse", job="1")


async def test_what_is_a_spoiler_in_its_channel_is_one_by_direct_message_too(studio: Studio) -> None:
    role = studio.guild.create_role("owners", permissions=int(Permissions.MANAGE_GUILD))
    await told(studio.guild.add_member("manager", roles=(role,)), studio.channel, "settings channel", spoiler=True)
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.card("2 of 4 iterations")
    studio.channel.set_permissions(deny=int(Permissions.SEND_MESSAGES_IN_THREADS | Permissions.SEND_MESSAGES))
    studio.engine.holding = False
    direct = await studio.ada.open_dm()
    final = await studio.sandbox.until(lambda: next((m for m in direct.messages if m.attachments), None))
    assert final.attachments[0].filename == "SPOILER_faraday-1.png"


async def test_a_withheld_picture_is_told_of_once_through_a_crash(studio: Studio) -> None:
    studio.engine.unsafe = 0.9
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.card("✅ Done")
    job = await studio.job_of(await studio.card(REASON))
    again = await studio.bot.publisher._delivery._find(
        studio.bot.get_partial_messageable(job.thread_id or 0, guild_id=job.guild_id), job
    )
    assert again is not None and again.message_id == job.final_message_id
