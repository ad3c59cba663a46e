"""/mod and /admin rules: blocklists, blocked members, channels, roles, and who may set them."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.setting import Scope
from bot.domain.status import Order
from bot.operations.control import SOCKET, ask
from sandbox import Channel, Member, NotOffered, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mod(studio: Studio) -> Member:
    """Somebody who may manage messages."""
    role = studio.guild.create_role("moderators", permissions=int(Permissions.MANAGE_MESSAGES))
    return studio.guild.add_member("mod", roles=(role,))


@pytest.fixture
def owner(studio: Studio) -> Member:
    return studio.guild.member(studio.sandbox.world.owner)


async def told(studio: Studio, member: Member, command: str, /, **options: Any) -> str:
    """The answer, which nobody else sees."""
    answer = await member.slash(studio.channel, command, **options)
    text = await answer.text()
    assert text == answer.ephemeral_text
    return text


async def refused(studio: Studio, member: Member, prompt: str = "a red car") -> str:
    begun = len(studio.engine.starts)
    text = await told(studio, member, "imagine", prompt=prompt)
    assert "(#" not in text and len(studio.engine.starts) == begun
    return text


async def test_a_blocked_word_is_refused_by_every_door_and_named(studio: Studio, mod: Member) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a gory car")
    final = await studio.final()
    assert await told(studio, mod, "mod blocklist add", text="gory") == "`gory` is blocked now."
    refusal = "That prompt has “gory” that is not allowed here. Please leave it out."
    assert await refused(studio, studio.ada, "a G0RY car") == refusal
    await studio.bob.say(final.channel, ".edit a g.o.r.y boat", reply_to=final)
    answer = await studio.card("“gory”")
    assert not answer.mentions
    await studio.ada.react(final, "🔁")  # what was painted before the rule is not painted again
    await studio.sandbox.until(lambda: sum("“gory”" in message.content for message in studio.everywhere()) == 2)
    assert len(studio.engine.starts) == 1
    listed = await told(studio, mod, "mod blocklist show")
    assert listed == "`gory`"
    suggested = await mod.autocomplete(studio.channel, "mod blocklist remove", option="text", typed="GO")
    assert suggested == [{"name": "gory", "value": "gory"}]
    await told(studio, mod, "mod blocklist remove", text="gory")
    await studio.ada.slash(studio.channel, "imagine", prompt="a gory car")
    await studio.final(2)


async def test_expressions_are_tried_and_careless_ones_refused(studio: Studio, mod: Member) -> None:
    assert "very long" in await told(studio, mod, "mod blocklist add", text="(a|aa)+$", kind="regex")
    await told(studio, mod, "mod blocklist add", text=r"blood(y|ied)?\b", kind="regex")
    assert await refused(studio, studio.ada, "a bloody car") == (
        "That prompt has something that is not allowed here. Please leave it out."
    )
    tried = await told(studio, mod, "mod blocklist test", text="a BLOODIED car")
    assert tried == r"That prompt would be refused: the expression `blood(y|ied)?\b`."
    assert await told(studio, mod, "mod blocklist test", text="a red car") == "That prompt would be painted."


async def test_a_blocked_member_is_refused_until_unblocked(studio: Studio, mod: Member) -> None:
    assert await told(studio, mod, "mod block", member=studio.ada) == f"{studio.ada.mention} may not use me any more."
    assert "moderators of this server have blocked you" in await refused(studio, studio.ada)
    await studio.bob.slash(studio.channel, "imagine", prompt="a boat")
    await studio.final()
    await told(studio, mod, "mod unblock", member=studio.ada)
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final(2)


async def test_what_a_blocked_member_has_open_there_is_cancelled(studio: Studio, mod: Member) -> None:
    direct = await studio.ada.open_dm()
    studio.engine.holding = True
    await studio.ada.slash(direct, "imagine", prompt="a bus")
    await studio.card("2 of 4 iterations", direct)
    for prompt in ("a red car", "a green car"):
        await studio.ada.slash(studio.channel, "imagine", prompt=prompt)
    await studio.begun(2)
    text = await told(studio, mod, "mod block", member=studio.ada)
    assert text == f"{studio.ada.mention} may not use me any more. I cancelled 2 of their pictures."
    await studio.card("a red car**\n🚫 Cancelled")
    await studio.card("a green car**\n🚫 Cancelled")
    studio.engine.holding = False
    await studio.final(1, direct)


async def test_the_trail_names_what_was_done_to_others_and_to_settings(studio: Studio, mod: Member) -> None:
    role = studio.guild.create_role("managers", permissions=int(Permissions.MANAGE_GUILD))
    eve = studio.guild.add_member("eve", roles=(role,))
    for member, command, options in (
        (eve, "settings server", {"spoiler": True, "max_per_day": 9}),
        (eve, "settings channel", {"reset": True, "iterations": 7}),
        (eve, "settings mine", {"iterations": 8}),
        (studio.ada, "styles save", {"style": "gory", "words": "blood", "share": True}),
        (eve, "styles share", {"style": "gory", "on": False}),
        (mod, "mod blocklist add", {"text": "blood"}),
    ):
        await (await member.slash(studio.channel, command, **options)).text()
    answer = await studio.ada.slash(studio.channel, "styles share", style="gory")
    assert "has “blood” that is not allowed here" in await answer.text()
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    card = await studio.card("of 7 iterations")
    assert "(#2)." in await (await studio.ada.slash(studio.channel, "imagine", prompt="a bus")).text()
    await mod.click(card, label="Cancel")
    await told(studio, mod, "cancel", job="2")
    await studio.settled()
    trail = await told(studio, mod, "mod audit")
    for line in (
        f"{eve.mention} set guild: `{studio.guild.id}: spoiler True, max_per_day 9`",
        f"{eve.mention} set channel: `{studio.channel.id}: ",
        "iterations 7",
        f"{eve.mention} unshare style: `gory of {studio.ada.id}`",
        f"{mod.mention} cancel picture: `#1 of {studio.ada.id}`",
        f"{mod.mention} cancel picture: `#2 of {studio.ada.id}`",
    ):
        assert line in trail
    assert "iterations 8" not in trail


async def test_blocks_outlive_a_restart(studio: Studio, mod: Member) -> None:
    await told(studio, mod, "mod block", member=studio.ada)
    await studio.stop()
    await studio.start()
    assert "blocked you" in await refused(studio, studio.ada)


async def test_channels_are_allowed_and_denied_and_threads_follow(studio: Studio, mod: Member) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    thread = (await studio.final()).channel
    other = studio.guild.create_text_channel("elsewhere")
    await told(studio, mod, "mod channel", channel=other, rule="allow")
    assert await refused(studio, studio.ada) == f"I may not paint in this channel. Ask me in {other.mention}"
    answer = await studio.ada.slash(thread, "imagine", prompt="a red car")
    assert "may not paint" in await answer.text()
    await studio.ada.slash(other, "imagine", prompt="a boat")
    await studio.final(1, other)
    assert await told(studio, mod, "mod channel", channel=other, rule="clear") == "It has no rule any more."
    await told(studio, mod, "mod channel", channel=studio.channel, rule="deny")
    assert await refused(studio, studio.ada) == "I may not paint in this channel."


async def test_roles_are_needed_and_denied(studio: Studio, mod: Member) -> None:
    painters, noisy = studio.guild.create_role("painters"), studio.guild.create_role("noisy")
    eve = studio.guild.add_member("eve", roles=(painters,))
    dan = studio.guild.add_member("dan", roles=(painters, noisy))
    await told(studio, mod, "mod role", role=painters, rule="allow")
    await told(studio, mod, "mod role", role=noisy, rule="deny")
    assert f"<@&{painters.id}>" in await refused(studio, studio.ada)
    assert "One of your roles" in await refused(studio, dan)
    await studio.guild.member(eve.user).slash(studio.channel, "imagine", prompt="a red car")
    final = await studio.final()
    await studio.bot.settings.change(Scope.GUILD, studio.guild.id, {"reactions": "everyone"})
    await studio.ada.react(final, "🔁")
    await studio.card(f"<@&{painters.id}>")
    assert len(studio.engine.starts) == 1


async def test_only_moderators_may_set_rules(studio: Studio, mod: Member) -> None:
    with pytest.raises(NotOffered):
        await studio.ada.slash(studio.channel, "mod block", member=studio.bob)
    studio.sandbox.world.commands[None] = [  # as where a server opened the command to everyone
        command | {"default_member_permissions": None} for command in studio.sandbox.world.commands[None]
    ]
    for command, options in (
        ("mod block", {"member": studio.bob}),
        ("mod blocklist add", {"text": "x"}),
        ("mod show", {}),
        ("admin blocklist add", {"text": "x"}),
        ("admin rules", {}),
    ):
        assert (await told(studio, studio.ada, command, **options)).startswith("Only those who")
    server = studio.guild.create_role("managers", permissions=int(Permissions.MANAGE_GUILD))
    manager = studio.guild.add_member("eve", roles=(server,))
    assert "Blocklist: 0 entries" in await told(studio, manager, "mod show")
    assert (await told(studio, mod, "admin block", user=studio.bob)).startswith("Only those who")


async def test_the_owners_rules_hold_in_every_server_and_in_direct_messages(studio: Studio, owner: Member) -> None:
    await told(studio, owner, "admin blocklist add", text="gory")
    await told(studio, owner, "admin block", user=studio.bob)
    assert "“gory”" in await refused(studio, studio.ada, "a gory car")
    dm = await studio.ada.open_dm()
    answer = await studio.ada.slash(dm, "imagine", prompt="a g0ry car")
    assert "“gory”" in await answer.text()
    assert await refused(studio, studio.bob) == "You have been blocked from using me."
    overview = await told(studio, owner, "admin rules")
    assert "Blocklist: 1 entry" in overview and studio.bob.mention in overview and "add user_blocked" in overview
    await told(studio, owner, "admin unblock", user=studio.bob)
    await studio.bob.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()


async def test_owners_and_the_command_line_block_everywhere_and_cancel_what_is_open(
    studio: Studio, owner: Member, tmp_path: Path
) -> None:
    studio.engine.holding = True
    direct = await studio.ada.open_dm()

    async def ask_for_three(member: Member, elsewhere: Channel) -> None:
        """Two run, one waits."""
        begun = len(studio.engine.starts)
        for number, channel in enumerate((elsewhere, studio.channel, studio.channel)):
            answer = await member.slash(channel, "imagine", prompt=f"{member.user.name} {number}")
            assert "(#" in await answer.text()
            await studio.begun(begun + min(number + 1, 2))

    await ask_for_three(studio.ada, direct)
    text = await told(studio, owner, "admin block", user=studio.ada)
    assert text == f"{studio.ada.mention} may not use me any more. I cancelled 3 of their pictures."
    await studio.card("ada 0**\n🚫 Cancelled", direct)
    for number in (1, 2):
        await studio.card(f"ada {number}**\n🚫 Cancelled")
    await ask_for_three(studio.bob, studio.channel)
    config = tmp_path / "config.toml"
    config.write_text(f"[queue]\nfiles = {json.dumps(studio.config.queue.files)}\n")

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "admin", "block", str(studio.bob.id), "--config", str(config),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert output.decode() == f"{studio.bob.mention} may not use me any more. I cancelled 3 of their pictures.\n"
    assert process.returncode == 0
    for number in range(3):
        await studio.card(f"bob {number}**\n🚫 Cancelled")
    assert await refused(studio, studio.bob) == "You have been blocked from using me."
    rules = await told(studio, owner, "admin rules")
    assert f"the command line add user_blocked: `{studio.bob.id}`" in rules
    socket = Path(studio.config.queue.files) / SOCKET
    reply = await ask(socket, Order.BLOCK, "bob")
    assert not reply.well and "by the id of the user" in reply.text
    reply = await ask(socket, Order.UNBLOCK, str(studio.bob.id))
    assert reply.text == f"{studio.bob.mention} may use me again."
    studio.engine.holding = False
    await studio.bob.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()


async def test_the_overview_and_the_trail_name_everything(studio: Studio, mod: Member) -> None:
    await told(studio, mod, "mod blocklist add", text="gory")
    await told(studio, mod, "mod block", member=studio.bob)
    await told(studio, mod, "mod channel", channel=studio.channel, rule="allow")
    overview = await told(studio, mod, "mod show")
    assert overview.splitlines() == [
        "Blocklist: 1 entry",
        f"Blocked members: {studio.bob.mention}",
        f"Allowed channels: {studio.channel.mention}",
    ]
    trail = (await told(studio, mod, "mod audit")).splitlines()
    assert len(trail) == 3 and all(mod.mention in line for line in trail)
    assert "add word: `gory`" in trail[-1]
