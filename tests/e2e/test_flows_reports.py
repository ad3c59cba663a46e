"""Report under a finished picture, and what moderators do with it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from sandbox import Channel, Member, Message, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
async def final(studio: Studio) -> Message:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=255)
    return await studio.final()


@pytest.fixture
def mod(studio: Studio) -> Member:
    role = studio.guild.create_role("moderators", permissions=int(Permissions.MANAGE_MESSAGES))
    return studio.guild.add_member("mod", roles=(role,))


@pytest.fixture
def log(studio: Studio) -> Channel:
    return studio.guild.create_text_channel("mod-log")


async def told(member: Member, channel: Channel, command: str, /, **options: Any) -> str:
    return await (await member.slash(channel, command, **options)).text()


async def set_channel(studio: Studio, log: Channel) -> str:
    role = studio.guild.create_role("owners", permissions=int(Permissions.MANAGE_GUILD))
    manager = studio.guild.add_member("manager", roles=(role,))
    return await told(manager, studio.channel, "settings server", report_channel=log)


async def report(member: Member, final: Message, reason: str = "") -> str:
    form = await member.click(final, label="Report")
    assert form.modal and form.modal["title"] == "Report picture #1"
    return await (await member.submit(form, {"reason": reason})).text()


async def test_a_report_reaches_the_moderators_who_delete_and_block(
    studio: Studio, final: Message, mod: Member, log: Channel
) -> None:
    assert await set_channel(studio, log) == f"Set for this server:\n**report_channel** {log.mention}"
    assert (await report(studio.bob, final, "@everyone *too* red")).startswith("Thank you.")
    (posted,) = log.messages
    for part in (studio.bob.mention, studio.ada.mention, f"/{final.id})", "too", "a red car --seed 255"):
        assert part in posted.content
    (picture,) = posted.attachments
    assert picture.filename == "SPOILER_report-1.jpg"
    assert Image.open(io.BytesIO(picture.bytes)).convert("RGB").getpixel((3, 3)) == (254, 0, 0)
    assert not posted.mentions and not posted.mention_everyone
    again = await studio.bob.click(final, label="Report")
    assert again.ephemeral_text == "You have already reported this picture. The moderators have not decided yet."
    await studio.stop()
    await studio.start()
    refused = await studio.bob.click(posted, label="Delete picture")
    await studio.sandbox.until(lambda: [one.content for one in refused.followups])
    assert refused.followups[0].content.startswith("Only those who may manage messages")

    await mod.click(posted, label="Delete picture")
    await studio.card("🗑️ The picture was deleted by a moderator.")
    await studio.sandbox.until(lambda: f"🗑️ Deleted by {mod.mention}." in posted.content)
    assert not studio.finals() and not posted.attachments and not studio.bot.files.folder(1).exists()
    assert [button["label"] for button in posted.buttons] == ["Block requester"]
    await mod.click(posted, label="Block requester")
    await studio.sandbox.until(lambda: not posted.buttons)
    assert "have blocked you" in await told(studio.ada, studio.channel, "imagine", prompt="a car")
    late = await studio.bob.click(final, label="Report")  # of a client that is slow to update
    assert late.ephemeral_text == "That picture was deleted by a moderator."
    trail = await told(mod, studio.channel, "mod audit")
    for done in (f"{studio.bob.mention} report picture: `#1 of", f"{mod.mention} delete picture", "add user_blocked"):
        assert done in trail


async def test_without_a_channel_that_takes_it_the_member_is_told_what_to_do(
    studio: Studio, final: Message, mod: Member, log: Channel
) -> None:
    answer = await studio.bob.click(final, label="Report")
    assert "use `/settings server report_channel:`" in (answer.ephemeral_text or "")
    closed = studio.guild.create_text_channel("closed", deny=int(Permissions.SEND_MESSAGES))
    assert "without the permission “Send Messages”" in await set_channel(studio, closed)
    await set_channel(studio, log)
    form = await studio.bob.click(final, label="Report")
    log.set_permissions(deny=int(Permissions.SEND_MESSAGES))
    refusal = await (await studio.bob.submit(form, {"reason": "x"})).text()
    assert refusal.startswith(f"I could not post your report in {log.mention}.") and "“Attach Files”" in refusal
    log.set_permissions(allow=int(Permissions.SEND_MESSAGES))
    form = await studio.bob.click(final, label="Report")
    await studio.stop()
    await studio.start()
    assert (await (await studio.bob.submit(form, {"reason": "x"})).text()).startswith("Thank you.")
    dm = await studio.ada.open_dm()
    await studio.ada.slash(dm, "imagine", prompt="a red car")
    answer = await studio.ada.click(await studio.final(1, dm), label="Report")
    assert "where there are no moderators" in (answer.ephemeral_text or "")


async def test_a_dismissed_report_stays_dismissed_and_a_second_reporter_joins_the_first(
    studio: Studio, final: Message, mod: Member, log: Channel
) -> None:
    await set_channel(studio, log)
    await report(studio.bob, final)
    await report(studio.ada, final, "mine, by mistake")
    first, second = log.messages
    assert second.referenced_message is first and not second.buttons and "mine, by mistake" in second.content
    await mod.click(first, label="Dismiss")
    await studio.sandbox.until(lambda: f"✅ Dismissed by {mod.mention}." in first.content and not first.buttons)
    answer = await studio.bob.click(final, label="Report")
    assert "decided that it may stay" in (answer.ephemeral_text or "") and studio.finals()
    await told(mod, studio.channel, "mod block", member=studio.bob)
    answer = await studio.bob.click(final, label="Report")
    assert "have blocked you" in (answer.ephemeral_text or "")
