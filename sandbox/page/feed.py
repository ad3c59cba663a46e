"""Keeps what one browser already knows, and finds what is new to it."""

from itertools import takewhile

from sandbox.page import message_views, views
from sandbox.page.stage import Stage
from sandbox.records.model import Channel, Json, Message, User

PAGE = 50  # messages that a channel opens with, and that scrolling up adds


class Feed:
    """Compare the world with what was sent to the browser, from the first shown message to the newest.

    A comparison misses no change, no matter who made it, and needs no event for each kind of change.
    """

    def __init__(self, stage: Stage, viewer: User) -> None:
        self._stage = stage
        self._world = stage.sandbox.world
        self.viewer = viewer
        self._channel: Channel | None = None
        self._first = 0
        self._more = False
        self._anew = False  # the next messages replace those on the page
        self._told: dict[str, Json] = {}
        self._messages: dict[int, Json] = {}

    def speak_as(self, viewer: User) -> None:
        """Show everything as another member sees it."""
        channel = self._channel
        self.viewer = viewer
        self._told.clear()
        self._channel = None
        if channel is not None and views.may_see(viewer, channel):
            self.open(channel)

    def open(self, channel: Channel, *, to: int = 0) -> None:
        """Watch a channel from its newest messages on, or from some before the message ``to``."""
        self._channel = channel
        self._messages.clear()
        self._anew = True
        self._told.pop("place", None)
        shown = [one for one in self._visible(channel) if one.id >= to] if to else []
        self._reach(channel, max(PAGE, len(shown) + 10))

    def older(self) -> None:
        """Let one more page of older messages be told."""
        if self._channel is not None:
            self._reach(self._channel, len(self._messages) + PAGE)

    def _visible(self, channel: Channel) -> list[Message]:
        return [one for one in channel.messages_by_id.values() if message_views.visible(one, self.viewer)]

    def _reach(self, channel: Channel, count: int) -> None:
        """Let the newest ``count`` messages be told."""
        visible = self._visible(channel)
        self._more = len(visible) > count
        self._first = visible[-count].id if self._more else 0

    def news(self) -> list[Json]:
        """Return what has changed since the last call, ready to be sent."""
        faults = self._stage.sandbox.faults
        parts = {
            "directory": views.directory(self._world, self.viewer),
            "bot": _bot(self._stage),
            "faults": {"offered": faults.table(), "pending": faults.pending},
        }
        channel = self._channel
        if channel is not None and channel.id not in self._world.channels:
            self._channel = channel = None  # a thread that was deleted
            parts["place"] = {"id": None}
        if channel is not None:
            parts["place"] = views.place(self._world, self.viewer, channel)
        news = [{"t": name, **part} for name, part in parts.items() if self._told.get(name) != part]
        self._told.update(parts)
        if channel is not None:
            news += self._message_news(channel)
        return news

    def _message_news(self, channel: Channel) -> list[Json]:
        standing = reversed(channel.messages_by_id.values())
        window = list(takewhile(lambda one: one.id >= self._first, standing))
        now = {
            one.id: message_views.message(one, self.viewer)
            for one in reversed(window)
            if message_views.visible(one, self.viewer)
        }
        changed = [shown for id, shown in now.items() if self._messages.get(id) != shown]
        gone = [str(id) for id in self._messages if id not in now]
        anew, self._anew, self._messages = self._anew, False, now
        if not (changed or gone or anew):
            return []
        told = {"channel": str(channel.id), "anew": anew, "more": self._more, "changed": changed, "gone": gone}
        return [{"t": "messages", **told}]


def _bot(stage: Stage) -> Json:
    state = stage.bot()
    shown = {"phase": str(state.phase), "detail": state.detail, "log": state.log}
    return shown | {"can_restart": stage.restart is not None}
