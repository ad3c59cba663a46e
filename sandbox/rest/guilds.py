"""Guilds, their members, roles and channels, to read."""

from __future__ import annotations

from sandbox import payloads
from sandbox.errors import missing_access, unknown
from sandbox.model import Guild, Json
from sandbox.rest.router import Call, Route


def _guild(call: Call) -> Guild:
    guild = call.world.guilds.get(call.id("guild_id"))
    if guild is None:
        raise missing_access() if call.id("guild_id") else unknown("Guild")
    return guild


def guild(call: Call) -> Json:
    found = _guild(call)
    shown = payloads.guild(found) | {"home_header": None, "nsfw": False}
    if call.query.get("with_counts") in ("1", "true", "True"):
        shown |= {"approximate_member_count": len(found.members), "approximate_presence_count": 1}
    return shown


def member(call: Call) -> Json:
    found = _guild(call).members.get(call.id("user_id"))
    if found is None:
        raise unknown("Member")
    return payloads.member(found)


def members(call: Call) -> list[Json]:
    after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1))
    everybody = sorted(_guild(call).members.values(), key=lambda one: one.id)
    return [payloads.member(one) for one in everybody if one.id > after][:limit]


def roles(call: Call) -> list[Json]:
    return [payloads.role(one) for one in _guild(call).roles.values()]


def channels(call: Call) -> list[Json]:
    return [payloads.channel(one) for one in _guild(call).channels.values() if not one.is_thread]


def active_threads(call: Call) -> Json:
    world = call.world
    threads = [
        one for one in _guild(call).channels.values() if one.is_thread and not one.archived and world.bot_sees(one)
    ]
    me = world.bot_user
    return {
        "threads": [payloads.thread(one, me) for one in threads],
        "members": [payloads.thread_member(one, me.id) for one in threads if me.id in one.joined],
    }


ROUTES = (
    Route("GET", "/guilds/{guild_id}", guild),
    Route("GET", "/guilds/{guild_id}/members", members),
    Route("GET", "/guilds/{guild_id}/members/{user_id}", member),
    Route("GET", "/guilds/{guild_id}/roles", roles),
    Route("GET", "/guilds/{guild_id}/channels", channels),
    Route("GET", "/guilds/{guild_id}/threads/active", active_threads),
)
