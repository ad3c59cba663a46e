"""Guilds, their members and roles: who is there, what they may, and for how long they are silent."""

from datetime import UTC, datetime, timedelta
from functools import partial

from sandbox.checks.places import EditMember, EditRole
from sandbox.records.errors import invalid_form, missing_permissions
from sandbox.records.model import GuildRecord, Json, Membership, Role
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import guilds, payloads
from sandbox.verbs.permissions import ALL, Permissions, in_guild

LONGEST_TIMEOUT = timedelta(days=28)


def shown(call: ApiCall) -> Json:
    found = call.guild()
    told = payloads.guild(found) | {"home_header": None, "nsfw": False}
    if call.flag("with_counts"):
        told |= {"approximate_member_count": len(found.members), "approximate_presence_count": 1}
    return told


def leave(call: ApiCall) -> None:
    guilds.remove_member(call.world, call.guild().members[call.world.bot_user.id])


def emojis(call: ApiCall) -> list[Json]:
    """Return an empty list: no server here has emoji of its own."""
    call.guild()
    return []


def _me(call: ApiCall, guild: GuildRecord, needed: int) -> Membership:
    """Return the bot's own membership, once it is known to have these permissions."""
    me = guild.members[call.world.bot_user.id]
    if in_guild(me) & needed != needed:
        raise missing_permissions()
    return me


def _rank(member: Membership) -> int:
    """Return the place in the hierarchy of roles; the owner stands above all."""
    if member.id == member.guild.owner_id:
        return ALL
    return max((role.position for role in member.roles), default=0)


# Members


def members(call: ApiCall) -> list[Json]:
    after, limit = call.number("after", 0), call.number("limit", 1, low=1, high=1000)
    everybody = sorted(call.guild().members.values(), key=lambda one: one.id)
    return [payloads.member(one) for one in everybody if one.id > after][:limit]


def search(call: ApiCall) -> list[Json]:
    start, limit = call.query.get("query", "").lower(), call.number("limit", 1, low=1, high=1000)
    if not start:
        raise invalid_form("query", "BASE_TYPE_REQUIRED", "This field is required")
    everybody = call.guild().members.values()
    found = [one for one in everybody if any(name.lower().startswith(start) for name in (one.name, one.nick or ""))]
    return [payloads.member(one) for one in found][:limit]


def change(call: ApiCall) -> Json:
    """Change the nickname, roles and timeout of somebody else; each takes its own permission."""
    target, fields, guild = call.member(), call.fields, call.guild()
    needed = {
        "nick": Permissions.MANAGE_NICKNAMES,
        "roles": Permissions.MANAGE_ROLES,
        "communication_disabled_until": Permissions.MODERATE_MEMBERS,
    }
    me = _me(call, guild, sum(int(bit) for key, bit in needed.items() if key in fields))
    if target is not me and _rank(me) <= _rank(target):
        raise missing_permissions()
    until = target.timed_out_until
    if "communication_disabled_until" in fields:
        if in_guild(target) & Permissions.ADMINISTRATOR:
            raise missing_permissions()
        until = _until(call, fields["communication_disabled_until"])
    guilds.change_member(
        call.world,
        target,
        nick=fields["nick"] or None if "nick" in fields else target.nick,
        roles=_assigned(call, me, target) if fields.get("roles") is not None else None,
        timed_out_until=until,
    )
    return payloads.member(target)


def _assigned(call: ApiCall, me: Membership, target: Membership) -> list[Role]:
    guild = me.guild
    wanted = {int(one) for one in call.fields["roles"]} - {guild.id}
    if missing := wanted - set(guild.roles):
        raise invalid_form("roles", "ROLE_INVALID", f"Unknown role {min(missing)}.")
    changed = wanted ^ {role.id for role in target.roles}
    for role_id in changed:
        _require_below(me, guild.roles[role_id])
    return [role for role in guild.roles.values() if role.id in wanted]


def _require_below(me: Membership, role: Role) -> None:
    if role.position >= _rank(me) or role.managed_by is not None:
        raise missing_permissions()


def _until(call: ApiCall, text: str | None) -> datetime | None:
    if text is None:
        return None
    field = "communication_disabled_until"
    try:
        until = datetime.fromisoformat(text)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        too_long = until - call.world.now() > LONGEST_TIMEOUT
    except (ValueError, OverflowError):
        raise invalid_form(field, "DATE_TIME_TYPE_PARSE", f"Could not parse {text[:100]!r}.") from None
    if too_long:
        raise invalid_form(field, "MEMBER_TIMEOUT_TOO_LONG", "A timeout lasts 28 days at most.")
    return until


def change_own(call: ApiCall) -> Json:
    guild = call.guild()
    me = _me(call, guild, Permissions.CHANGE_NICKNAME if "nick" in call.fields else 0)
    if "nick" in call.fields:
        guilds.change_member(call.world, me, nick=call.fields["nick"] or None, timed_out_until=me.timed_out_until)
    return payloads.member(me)


def kick(call: ApiCall) -> None:
    target = call.member()
    me = _me(call, target.guild, Permissions.KICK_MEMBERS)
    if _rank(me) <= _rank(target):
        raise missing_permissions()
    guilds.remove_member(call.world, target)


def _change_roles(call: ApiCall, *, given: bool) -> None:
    target, role = call.member(), call.role()
    _require_below(_me(call, target.guild, Permissions.MANAGE_ROLES), role)
    others = [one for one in target.roles if one is not role]
    roles = [*others, role] if given else others
    guilds.change_member(call.world, target, nick=target.nick, roles=roles, timed_out_until=target.timed_out_until)


# Roles


def create_role(call: ApiCall) -> Json:
    guild = call.guild()
    me = _me(call, guild, Permissions.MANAGE_ROLES)
    bits = int(call.fields.get("permissions") or 0)
    if bits & ~in_guild(me):
        raise missing_permissions()  # nobody gives away what they do not have
    for other in guild.roles.values():
        other.position += other.id != guild.id  # a new role stands below all others
    made = guilds.create_role(call.world, guild, call.fields.get("name") or "new role", permissions=bits)
    made.position = 1
    guilds.change_role(call.world, guild, made, call.fields)
    return payloads.role(made)


def change_role(call: ApiCall) -> Json:
    changed = call.role()
    me = _me(call, call.guild(), Permissions.MANAGE_ROLES)
    _require_below(me, changed)
    if int(call.fields.get("permissions") or 0) & ~(in_guild(me) | changed.permissions):
        raise missing_permissions()
    guilds.change_role(call.world, call.guild(), changed, call.fields)
    return payloads.role(changed)


def delete_role(call: ApiCall) -> None:
    gone = call.role()
    _require_below(_me(call, call.guild(), Permissions.MANAGE_ROLES), gone)
    if gone.id == call.guild().id:
        raise invalid_form("role_id", "ROLE_INVALID", "@everyone cannot be deleted.")
    guilds.delete_role(call.world, call.guild(), gone)


_GUILD = "/guilds/{guild_id}"
ROUTES = (
    Route("GET", _GUILD, shown),
    Route("GET", f"{_GUILD}/emojis", emojis),
    Route("DELETE", "/users/@me/guilds/{guild_id}", leave),
    Route("GET", f"{_GUILD}/members", members),
    Route("GET", f"{_GUILD}/members/search", search),
    Route("PATCH", f"{_GUILD}/members/@me", change_own, EditMember),
    Route("GET", f"{_GUILD}/members/{{user_id}}", lambda call: payloads.member(call.member())),
    Route("PATCH", f"{_GUILD}/members/{{user_id}}", change, EditMember),
    Route("DELETE", f"{_GUILD}/members/{{user_id}}", kick),
    Route("PUT", f"{_GUILD}/members/{{user_id}}/roles/{{role_id}}", partial(_change_roles, given=True)),
    Route("DELETE", f"{_GUILD}/members/{{user_id}}/roles/{{role_id}}", partial(_change_roles, given=False)),
    Route("GET", f"{_GUILD}/roles", lambda call: [payloads.role(one) for one in call.guild().roles.values()]),
    Route("POST", f"{_GUILD}/roles", create_role, EditRole),
    Route("GET", f"{_GUILD}/roles/{{role_id}}", lambda call: payloads.role(call.role())),
    Route("PATCH", f"{_GUILD}/roles/{{role_id}}", change_role, EditRole),
    Route("DELETE", f"{_GUILD}/roles/{{role_id}}", delete_role),
)
