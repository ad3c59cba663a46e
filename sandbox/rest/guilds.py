"""Guilds to read, and what hangs on them: active threads, emoji."""

from sandbox.records.model import Json
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import guilds, payloads


def guild(call: ApiCall) -> Json:
    found = call.guild()
    shown = payloads.guild(found) | {"home_header": None, "nsfw": False}
    if call.flag("with_counts"):
        shown |= {"approximate_member_count": len(found.members), "approximate_presence_count": 1}
    return shown


def leave(call: ApiCall) -> None:
    guilds.remove_member(call.world, call.guild().members[call.world.bot_user.id])


def active_threads(call: ApiCall) -> Json:
    world = call.world
    threads = [
        one for one in call.guild().channels.values() if one.is_thread and not one.archived and world.bot_sees(one)
    ]
    me = world.bot_user
    return {
        "threads": [payloads.thread(one, me) for one in threads],
        "members": [payloads.thread_member(one, me.id) for one in threads if me.id in one.joined],
    }


def emojis(call: ApiCall) -> list[Json]:
    """Return an empty list: no server here has emoji of its own."""
    call.guild()
    return []


ROUTES = (
    Route("GET", "/guilds/{guild_id}", guild),
    Route("DELETE", "/users/@me/guilds/{guild_id}", leave),
    Route("GET", "/guilds/{guild_id}/threads/active", active_threads),
    Route("GET", "/guilds/{guild_id}/emojis", emojis),
)
