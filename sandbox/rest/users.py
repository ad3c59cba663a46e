"""Routes for the bot's account, the gateway's address and direct channels."""

from sandbox.checks.places import EditSelf, OpenDirect
from sandbox.records.errors import ApiError
from sandbox.records.model import Json
from sandbox.records.traffic import GATEWAY_HOST
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import payloads
from sandbox.verbs.permissions import in_guild


def change_me(call: ApiCall) -> Json:
    me = call.world.bot_user
    me.name = call.fields.get("username") or me.name
    call.world.emit("USER_UPDATE", lambda _: payloads.own_user(me))
    return payloads.own_user(me)


def gateway_bot(call: ApiCall) -> Json:
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    return {"url": f"wss://{GATEWAY_HOST}", "shards": call.world.shards, "session_start_limit": limit}


def open_dm(call: ApiCall) -> Json:
    person = call.world.users.get(int(call.fields["recipient_id"]))
    if person is None or person.bot:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return payloads.channel(call.world.direct_channel(person))


def my_guilds(call: ApiCall) -> list[Json]:
    world = call.world
    return [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(in_guild(guild.members[world.bot_user.id])),
            "features": [],
        }
        for guild in world.guilds.values()
        if world.bot_user.id in guild.members
    ]


ROUTES = (
    Route("GET", "/users/@me", lambda call: payloads.own_user(call.world.bot_user)),
    Route("GET", "/users/@me/guilds", my_guilds),
    Route("POST", "/users/@me/channels", open_dm, OpenDirect),
    Route("PATCH", "/users/@me", change_me, EditSelf),
    Route("GET", "/users/{user_id}", lambda call: payloads.user(call.user())),
    Route("GET", "/gateway", lambda _: {"url": f"wss://{GATEWAY_HOST}"}, public=True),
    Route("GET", "/gateway/bot", gateway_bot),
)
