"""Messages as the page shows them to one member."""

from datetime import datetime
from urllib.parse import quote

from sandbox.records.cdn import HOST, Cdn
from sandbox.records.clock import Clock
from sandbox.records.model import COMPONENTS_V2, SUPPRESS_EMBEDS, Channel, Json, Message, MessageType, Reaction, User
from sandbox.records.parts import Attachment
from sandbox.verbs import media


class _Links(Cdn):
    """Links to the page's own server: they never expire, so that a picture stays in the browser's cache."""

    def url(self, attachment: Attachment, host: str = HOST) -> str:
        return f"/files{quote(self.path(attachment))}"


_LINKS = _Links(Clock())


def visible(message: Message, viewer: User) -> bool:
    """Return whether this member sees the message. An ephemeral message is seen only by the member it answers."""
    return not message.ephemeral or (message.origin is not None and message.origin.user is viewer)


def message(one: Message, viewer: User) -> Json:
    links = _LINKS
    shown: Json = {
        "id": str(one.id),
        "type": int(one.type),
        "author": author(one.author),
        "time": _ms(one.created_at),
        "edited": _ms(one.edited_at) if one.edited_at else None,
        "content": one.content,
        "ephemeral": one.ephemeral,
        "loading": one.loading,
        "mentions_me": viewer in one.mentions or one.mention_everyone,
        "files": [] if one.flags & COMPONENTS_V2 else [_file(each, links) for each in one.attachments],
        "embeds": [] if one.flags & SUPPRESS_EMBEDS else media.embeds(one, links),
        "components": media.components(one, links),
        "reactions": [_reaction(each, viewer) for each in one.reactions],
    }
    if one.origin is not None and one.origin.name:
        kind = 3 if one.type is MessageType.CONTEXT_MENU_COMMAND else 1
        shown["command"] = {"name": one.origin.name, "by": author(one.origin.user), "type": kind}
    if one.type in (MessageType.REPLY, MessageType.THREAD_STARTER_MESSAGE) or one.reference is not None:
        shown["reply"] = _quoted(one)
    if one.thread is not None:
        shown["thread"] = thread(one.thread)
    return shown


def author(user: User) -> Json:
    return {"id": str(user.id), "name": user.name, "bot": user.bot}


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _file(one: Attachment, links: Cdn) -> Json:
    return {
        "id": str(one.id),
        "name": one.filename,
        "bytes": len(one.bytes),
        "type": one.content_type or "",
        "alt": one.description or "",
        "width": one.size[0] if one.size else None,
        "height": one.size[1] if one.size else None,
        "url": links.url(one),
        "spoiler": one.filename.startswith("SPOILER_"),
    }


def _reaction(one: Reaction, viewer: User) -> Json:
    return {
        "emoji": one.emoji,
        "count": len(one.users),
        "me": viewer in one.users,
        "names": [user.name for user in one.users[:12]],
    }


def _quoted(one: Message) -> Json | None:
    target = one.referenced_message
    if target is None or target.deleted:
        return None
    quoted: Json = {
        "id": str(target.id),
        "channel": str(target.channel.id),
        "author": author(target.author),
        "content": target.content,
        "pings": target.author in one.mentions,
        "has_files": bool(target.files),
    }
    if one.type is MessageType.THREAD_STARTER_MESSAGE:
        quoted["time"] = _ms(target.created_at)
        quoted["files"] = [_file(each, _LINKS) for each in target.attachments]
    return quoted


def thread(one: Channel) -> Json:
    newest = next((each for each in reversed(one.messages_by_id.values()) if not each.ephemeral), None)
    return {
        "id": str(one.id),
        "name": one.name,
        "count": sum(1 for each in one.messages_by_id.values() if not each.ephemeral),
        "archived": one.archived,
        "last": newest and {"author": author(newest.author), "content": newest.content, "time": _ms(newest.created_at)},
    }
