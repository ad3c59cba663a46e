"""Do everything the page can ask for. Each function acts as the member who speaks."""

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.page import views
from sandbox.page.stage import Stage
from sandbox.people.actors import Answer, Member
from sandbox.people.handles import acting
from sandbox.records.errors import unknown
from sandbox.records.model import Channel, ChannelType, Json, Message, User
from sandbox.records.parts import File, walk_components
from sandbox.verbs import commands, permissions, threads
from sandbox.verbs.commands import NotOffered

_MOST_FILES = 64
_MOST_BYTES = 256 * 1024 * 1024


class Uploads:
    """Keeps the newest files that wait for their message or command. A file may be used again after a refusal."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, File] = OrderedDict()

    def keep(self, file: File) -> str:
        """Store a file and return its key."""
        key = secrets.token_urlsafe(12)
        self._files[key] = file
        while len(self._files) > 1 and (len(self._files) > _MOST_FILES or self._bytes() > _MOST_BYTES):
            self._files.popitem(last=False)
        return key

    def _bytes(self) -> int:
        return sum(len(file.content) for file in self._files.values())

    def get(self, key: str) -> File:
        """Raises KeyError when there is none of that key, or no longer."""
        return self._files[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCall:
    """One wish of the page. ``answers`` holds the bot's answers whose form is still open, by interaction."""

    stage: Stage
    viewer: User
    wish: Json
    uploads: Uploads
    answers: dict[int, Answer]

    def channel(self) -> Channel:
        channel = self.stage.sandbox.world.channel(int(self.wish["channel"]))
        if not views.may_see(self.viewer, channel):
            raise unknown("Channel")
        return channel

    def message(self) -> Message:
        return self._standing(int(self.wish["message"]))

    def _standing(self, id: int) -> Message:
        """Return a message of the channel. Ephemeral messages count here, unlike in the bot's REST API."""
        message = self.channel().messages_by_id.get(id)
        if message is None:
            raise unknown("Message")
        return message

    def reply_to(self) -> Message | None:
        return self._standing(int(self.wish["reply_to"])) if self.wish.get("reply_to") else None

    def member(self) -> Member:
        """Return the speaker as a member of the channel's server, or of any server if this is a DM."""
        guild = self.channel().guild
        guilds = [guild] if guild else self.stage.sandbox.world.guilds.values()
        memberships = [each.members[self.viewer.id] for each in guilds if self.viewer.id in each.members]
        if not memberships:
            raise unknown("Member")
        return acting(memberships[0])

    def text(self, key: str) -> str:
        value = self.wish[key]
        if not isinstance(value, str):
            raise ValueError(f"{key} must be text")
        return value


def _written(call: PageCall) -> tuple[str, list[File]]:
    """Return the text and files to send."""
    files = [call.uploads.get(key) for key in call.wish.get("files", [])]
    text = call.text("text")
    if len(text) > 2000:
        raise NotOffered(f"A message has at most 2000 characters; this one has {len(text)}.")
    if not (text.strip() or files):
        raise NotOffered("There is nothing to send yet.")
    return text, files


async def say(call: PageCall) -> Json | None:
    text, files = _written(call)
    ping = call.wish.get("ping") is not False
    message = await call.member().say(call.channel(), text, reply_to=call.reply_to(), files=files, ping=ping)
    return {"message": str(message.id)}


async def open_post(call: PageCall) -> Json:
    forum = call.channel()
    if forum.type is not ChannelType.FORUM:
        raise NotOffered("Posts are opened in forums.")
    title = _title(call, "A post's title")
    text, files = _written(call)
    thread = await call.member().open_post(forum, title, text, files=files)
    return {"channel": str(thread.id)}


def _title(call: PageCall, what: str) -> str:
    title = call.text("name").strip()
    if not 1 <= len(title) <= 100:
        raise NotOffered(f"{what} has 1 to 100 characters.")
    return title


async def edit(call: PageCall) -> None:
    await call.member().edit(call.message(), call.text("text"))


async def delete(call: PageCall) -> None:
    await call.member().delete(call.message())


async def react(call: PageCall) -> None:
    member, message, emoji = call.member(), call.message(), call.text("emoji")
    reaction = message.reaction(emoji)
    if reaction is not None and call.viewer in reaction.users:
        await member.unreact(message, emoji)
    else:
        await member.react(message, emoji)


async def open_thread(call: PageCall) -> Json:
    member, message = call.member(), call.message()
    permissions.require(member, message.channel, permissions.Permissions.CREATE_PUBLIC_THREADS)
    name = _title(call, "A thread's name")
    thread = threads.open_from_message(call.stage.sandbox.world, message, call.viewer, {"name": name})
    return {"channel": str(thread.id)}


async def slash(call: PageCall) -> Json:
    channel, name = call.channel(), call.text("name")
    options = _options(call, channel, name, call.wish.get("options", {}))
    return _told(call, await call.member().slash(channel, name, **options))


async def autocomplete(call: PageCall) -> Json:
    channel, name, focused = call.channel(), call.text("name"), call.text("option")
    others = _options(call, channel, name, {k: v for k, v in call.wish.get("options", {}).items() if k != focused})
    choices = await call.member().autocomplete(channel, name, option=focused, typed=call.text("typed"), **others)
    return {"choices": [{"name": str(one["name"]), "value": one["value"]} for one in choices]}


def _options(call: PageCall, channel: Channel, name: str, given: Json) -> dict[str, Any]:
    """Return the options as `Member` takes them: uploads become files, ids become users, roles or channels."""
    world = call.stage.sandbox.world
    member = call.member() if channel.guild else None
    definitions = commands.find(world, channel, name.split()[0], kind=1, member=member).get("options") or []
    for part in name.split()[1:]:
        step: Json = next((one for one in definitions if one["name"] == part), {})
        definitions = step.get("options") or []
    kinds = {one["name"]: one["type"] for one in definitions}
    return {key: _value(call, channel, kinds.get(key, commands.STRING), value) for key, value in given.items()}


def _value(call: PageCall, channel: Channel, kind: int, value: Any) -> Any:
    world = call.stage.sandbox.world
    match kind:
        case commands.ATTACHMENT:
            return call.uploads.get(value)
        case commands.USER:
            return world.users[int(value)]
        case commands.CHANNEL:
            return world.channels[int(value)]
        case commands.ROLE if channel.guild:
            return channel.guild.roles[int(value)]
        case commands.MENTIONABLE:
            roles = channel.guild.roles if channel.guild else {}
            return roles.get(int(value)) or world.users[int(value)]
        case commands.NUMBER if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
    return value


async def use_on_message(call: PageCall) -> Json:
    return _told(call, await call.member().use_on_message(call.text("name"), call.message()))


async def use_on_user(call: PageCall) -> Json:
    target = call.stage.sandbox.world.users[int(call.wish["user"])]
    return _told(call, await call.member().use_on_user(call.channel(), call.text("name"), target))


async def click(call: PageCall) -> Json:
    return _told(call, await call.member().click(call.message(), custom_id=call.text("custom_id")))


async def choose(call: PageCall) -> Json:
    message, custom_id = call.message(), call.text("custom_id")
    menus = {part.get("custom_id"): part["type"] for part in walk_components(message.components)}
    values = [_picked(call, menus.get(custom_id, 3), value) for value in call.wish["values"]]
    return _told(call, await call.member().choose(message, values, custom_id=custom_id))


# What each kind of select menu picks from, as an option of a command
_PICKED_AS = {5: commands.USER, 6: commands.ROLE, 7: commands.MENTIONABLE, 8: commands.CHANNEL}


def _picked(call: PageCall, menu: int, value: Any) -> Any:
    return _value(call, call.channel(), _PICKED_AS.get(menu, commands.STRING), value)


async def submit(call: PageCall) -> Json:
    key = int(call.wish["interaction"])
    if key not in call.answers:
        raise NotOffered("That form is no longer open.")
    parts = walk_components((call.answers[key].modal or {}).get("components", []))
    kinds = {part["custom_id"]: part["type"] for part in parts if "custom_id" in part}
    fields = {name: _field(call, kinds.get(name, 0), value) for name, value in call.wish["fields"].items()}
    result = await call.member().submit(call.answers[key], fields)
    del call.answers[key]
    return _told(call, result)


def _field(call: PageCall, kind: int, value: Any) -> Any:
    """Return the value of one field of a form. The page sends uploads as ``{"upload": key}``."""
    if isinstance(value, dict):
        return call.uploads.get(value["upload"])
    if isinstance(value, list):
        return [_field(call, kind, each) for each in value]
    return _picked(call, kind, value) if kind in _PICKED_AS else value


def _told(call: PageCall, answer: Answer) -> Json:
    """Return what the page needs at once: a form, if the bot opened one. Messages come as news."""
    interaction = answer.interaction
    if answer.modal is None:
        return {}
    call.answers[interaction.id] = answer
    return {"modal": answer.modal, "interaction": str(interaction.id)}


async def order_fault(call: PageCall) -> None:
    sandbox = call.stage.sandbox
    try:
        sandbox.faults.order(call.text("name"), **(call.wish.get("parameters") or {}))
    except ValueError as refusal:
        raise NotOffered(str(refusal)) from refusal
    sandbox.world.changed()


async def clear_faults(call: PageCall) -> None:
    call.stage.sandbox.faults.clear()
    call.stage.sandbox.world.changed()


async def restart_bot(call: PageCall) -> None:
    if call.stage.restart is None:
        raise NotOffered("This page did not start the bot, so it cannot restart it.")
    await call.stage.restart()


_ALL: tuple[Callable[[PageCall], Awaitable[Json | None]], ...] = (
    say, open_post, edit, delete, react, open_thread, slash, autocomplete, use_on_message,
    use_on_user, click, choose, submit, order_fault, clear_faults, restart_bot,
)  # fmt: skip
ACTIONS = {perform.__name__: perform for perform in _ALL}
