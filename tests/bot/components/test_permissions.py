"""Whether a picture can be posted at all."""

from __future__ import annotations

import discord
import pytest

from bot.components import permissions
from bot.domain.place import Place
from bot.errors import CannotPost

ENOUGH = discord.Permissions(view_channel=True, send_messages=True, attach_files=True)
ENOUGH_IN_THREADS = discord.Permissions(view_channel=True, send_messages_in_threads=True, attach_files=True)


def place(granted: discord.Permissions, *, in_thread: bool = False, locked: bool = False) -> Place:
    return Place(channel_id=1, guild_id=2, in_thread=in_thread, locked=locked, permissions=granted)


def test_the_least_permissions_suffice() -> None:
    permissions.check(place(ENOUGH))
    permissions.check(place(ENOUGH_IN_THREADS, in_thread=True))


def test_a_direct_conversation_needs_none() -> None:
    permissions.check(Place(channel_id=1, guild_id=None, permissions=discord.Permissions.none()))


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"view_channel": False}, "“View Channel”"),
        ({"send_messages": False}, "“Send Messages”"),
        ({"attach_files": False}, "“Attach Files”"),
        ({"send_messages": False, "attach_files": False}, "“Send Messages” and “Attach Files”"),
    ],
)
def test_what_is_missing_is_named(lacking: dict[str, bool], named: str) -> None:
    granted = discord.Permissions(ENOUGH.value)
    granted.update(**lacking)
    with pytest.raises(CannotPost, match=named):
        permissions.check(place(granted))


def test_threads_have_a_permission_of_their_own() -> None:
    with pytest.raises(CannotPost, match="Send Messages in Threads"):
        permissions.check(place(ENOUGH, in_thread=True))


def test_a_locked_thread_is_named_as_such() -> None:
    with pytest.raises(CannotPost, match="locked"):
        permissions.check(place(ENOUGH_IN_THREADS, in_thread=True, locked=True))
