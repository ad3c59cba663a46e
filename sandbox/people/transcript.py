"""A conversation as a member would read it, in plain text."""

import re
from collections.abc import Iterator

from sandbox.records.model import Channel, ChannelType, Json, Message, MessageType, User
from sandbox.records.parts import walk_components
from sandbox.verbs.world import World

_SILENT = (MessageType.THREAD_STARTER_MESSAGE, MessageType.THREAD_CREATED)


def render(world: World, channel: Channel, *, viewer: User | None = None) -> str:
    """Return the channel's messages, each followed by its thread; then threads of their own."""
    title = f"# {channel.name}" if channel.type is not ChannelType.DM else "@ direct messages"
    return "\n".join([title, *_lines(world, channel, viewer, "")])


def _lines(world: World, channel: Channel, viewer: User | None, indent: str) -> Iterator[str]:
    for message in channel.messages_by_id.values():
        if message.type in _SILENT or (message.ephemeral and not _meant_for(message, viewer)):
            continue
        yield from (indent + line for line in message_lines(world, message))
        if message.thread is not None:
            yield from _thread_lines(world, message.thread, viewer, indent)
    for thread in channel.threads:
        if thread.id not in channel.messages_by_id:
            yield from _thread_lines(world, thread, viewer, indent)


def _thread_lines(world: World, thread: Channel, viewer: User | None, indent: str) -> Iterator[str]:
    yield f"{indent}  └ thread: {thread.name}{' (archived)' if thread.archived else ''}"
    yield from _lines(world, thread, viewer, indent + "    ")


def _meant_for(message: Message, viewer: User | None) -> bool:
    return viewer is not None and message.origin is not None and message.origin.user is viewer


def message_lines(world: World, message: Message) -> list[str]:
    """Return the lines of one message: author, time, reply, text, embeds, files, buttons, reactions."""
    return [line.rstrip() for line in _message_lines(world, message)]


def _message_lines(world: World, message: Message) -> Iterator[str]:
    yield f"[{message.created_at.astimezone():%H:%M:%S}] {message.author.name}{_marks(message)}"
    if message.origin is not None and message.origin.name:
        yield f"  {message.origin.user.name} used /{message.origin.name}"
    if message.type is MessageType.REPLY:
        yield f"  ↪ {_quote(world, message.referenced_message)}"
    for line in (readable(world, message) or ("thinking…" if message.loading else "")).splitlines():
        yield f"  {line}"
    for embed in message.embeds:
        yield from (f"  │ {line}" for line in embed_lines(embed))
    for attachment in message.files:
        size = "" if attachment.size is None else f", {attachment.size[0]}×{attachment.size[1]}"
        yield f"  📎 {attachment.filename} ({len(attachment.bytes) / 1024:.0f} KiB{size})"
    if buttons := button_labels(message):
        yield "  " + " ".join(f"[{label}]" for label in buttons)
    if message.reactions:
        yield "  " + "  ".join(f"{reaction.name} {len(reaction.users)}" for reaction in message.reactions)


def _marks(message: Message) -> str:
    marks = [mark for mark, holds in (("bot", message.author.bot), ("edited", message.edited_at)) if holds]
    if message.ephemeral:
        marks.append("only you can see this")
    return f" ({', '.join(marks)})" if marks else ""


def _quote(world: World, message: Message | None) -> str:
    if message is None or message.deleted:
        return "a deleted message"
    text = readable(world, message).replace("\n", " ") or ("a picture" if message.files else "a message")
    return f"{message.author.name}: {text[:60]}"


def readable(world: World, message: Message) -> str:
    """Return the text with mentions as names, including text displays among the components."""
    texts = [message.content, *(part["content"] for part in walk_components(message.components) if part["type"] == 10)]
    text = "\n".join(text for text in texts if text)
    for user in world.users.values():
        text = text.replace(f"<@{user.id}>", f"@{user.name}")
    for channel in world.channels.values():
        text = text.replace(f"<#{channel.id}>", f"#{channel.name}")
    text = re.sub(
        r"https://discord\.com/channels/(?:\d+|@me)/(\d+)/\d+",
        lambda found: f"{_place(world.channels.get(int(found[1])))} › 💬",
        text,
    )
    now = world.clock.now()
    return re.sub(r"<t:(\d+)(?::\w)?>", lambda found: _relative(int(found[1]) - now), text)


def _place(channel: Channel | None) -> str:
    """Return the text that Discord's client shows for a link into a channel."""
    if channel is None:
        return "#unknown"
    return f"#{channel.name}" if channel.name else "@ direct messages"


def _relative(seconds: float) -> str:
    if abs(seconds) >= 60:
        return f"in {seconds / 60:.0f} min" if seconds > 0 else f"{-seconds / 60:.0f} min ago"
    return f"in {seconds:.0f} s" if seconds >= 0 else f"{-seconds:.0f} s ago"


def embed_lines(embed: Json) -> list[str]:
    lines = [embed.get("title"), embed.get("description")]
    lines += [f"{field['name']}: {field['value']}" for field in embed.get("fields") or []]
    lines.append((embed.get("footer") or {}).get("text"))
    return [line for text in lines if text for line in text.splitlines()]


def is_under_way(message: Message) -> bool:
    """Return whether its author still works on it: it has a Cancel button or is still empty."""
    return message.author.bot and (message.loading or "Cancel" in button_labels(message))


def button_labels(message: Message) -> list[str]:
    """Return the labels of the enabled buttons."""
    enabled = [button for button in message.buttons if not button.get("disabled")]
    texts = (
        (((button.get("emoji") or {}).get("name") or "") + " " + (button.get("label") or "")).strip()
        for button in enabled
    )
    return [text for text in texts if text]
