"""Permissions as Discord computes them."""

from __future__ import annotations

import pytest

from sandbox import ApiError, Permissions, Sandbox
from sandbox.records.model import Overwrite
from sandbox.verbs.permissions import in_channel


async def test_a_members_overwrite_wins_over_roles_and_those_over_everyone() -> None:
    async with Sandbox() as sandbox:
        guild = sandbox.create_guild()
        painters = guild.create_role("painters")
        ada = guild.add_member("ada", roles=(painters,))
        channel = guild.create_text_channel("p")
        send = int(Permissions.SEND_MESSAGES)
        assert in_channel(ada, channel) & send
        channel.overwrites.append(Overwrite(id=guild.id, kind=0, deny=send))
        assert not in_channel(ada, channel) & send
        channel.overwrites.append(Overwrite(id=painters.id, kind=0, allow=send))
        assert in_channel(ada, channel) & send
        channel.overwrites.append(Overwrite(id=ada.id, kind=1, deny=send))
        assert not in_channel(ada, channel) & send
        with pytest.raises(ApiError, match="50013"):
            await ada.say(channel, "hello")


async def test_who_cannot_write_cannot_attach_and_who_cannot_see_can_nothing() -> None:
    async with Sandbox() as sandbox:
        guild = sandbox.create_guild()
        ada = guild.add_member("ada")
        channel = guild.create_text_channel("p")
        channel.set_permissions(deny=Permissions.SEND_MESSAGES, member=ada)
        assert not in_channel(ada, channel) & Permissions.ATTACH_FILES
        assert in_channel(ada, channel) & Permissions.ADD_REACTIONS
        channel.set_permissions(deny=Permissions.VIEW_CHANNEL, member=ada)
        assert in_channel(ada, channel) == 0


async def test_owners_and_administrators_may_everything() -> None:
    async with Sandbox() as sandbox:
        guild = sandbox.create_guild()
        boss = guild.add_member("boss", roles=(guild.create_role("b", permissions=int(Permissions.ADMINISTRATOR)),))
        channel = guild.create_text_channel("p")
        channel.overwrites.append(Overwrite(id=guild.id, kind=0, deny=int(Permissions.VIEW_CHANNEL)))
        owner = guild.members[guild.owner_id]
        for member in (boss, owner):
            assert in_channel(member, channel) & Permissions.MANAGE_THREADS
