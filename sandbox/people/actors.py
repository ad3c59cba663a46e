"""Members who act: they talk, react, click and run commands, and see what the bot answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.people import filling
from sandbox.records.clock import PATIENCE_S
from sandbox.records.errors import NoAnswer
from sandbox.records.interactions import Callback, Interaction, InteractionType, new_token
from sandbox.records.model import Channel, ChannelType, Json, Membership, Message, User
from sandbox.records.parts import File, walk_components
from sandbox.verbs import commands, posts, reactions, threads
from sandbox.verbs.commands import NotOffered
from sandbox.verbs.interactions import start
from sandbox.verbs.permissions import Permissions, require, speaking
from sandbox.verbs.world import World


class Answer:
    """The bot's answer to one interaction. What the bot sends later appears here as well."""

    def __init__(self, interaction: Interaction, world: World) -> None:
        self.interaction = interaction
        self._world = world

    @property
    def deferred(self) -> bool:
        """Return whether the bot acknowledged first, to answer later."""
        return self.interaction.callback in (Callback.DEFERRED_MESSAGE, Callback.DEFERRED_UPDATE)

    @property
    def message(self) -> Message | None:
        """Return the response, once it says something; for a click that updates its message, that message."""
        original = self.interaction.original
        return None if original is None or original.loading else original

    @property
    def followups(self) -> list[Message]:
        return self.interaction.followups

    @property
    def ephemeral_text(self) -> str | None:
        """Return the text that only this member sees, from the response or the first ephemeral follow-up."""
        for message in (self.message, *self.followups):
            if message is not None and message.ephemeral:
                return message.content
        return None

    @property
    def modal(self) -> Json | None:
        """Return the form that the bot opened: ``title``, ``custom_id``, ``components``."""
        return self.interaction.modal

    @property
    def choices(self) -> list[Json]:
        return self.interaction.choices

    async def text(self, timeout: float = PATIENCE_S) -> str:  # noqa: ASYNC109
        """Return the response's text, waiting for it if it was deferred."""
        message: Message = await self._world.until(lambda: self.message, timeout)
        return message.content


@dataclass(slots=True, eq=False, kw_only=True)
class Member(Membership):
    """A member who acts as Discord's client would, and refuses what the client would not offer."""

    world: World = field(repr=False)

    async def open_dm(self) -> Channel:
        """Return the direct channel between this member and the bot."""
        return self.world.direct_channel(self.user)

    async def say(
        self,
        channel: Channel,
        text: str = "",
        *,
        reply_to: Message | None = None,
        files: Sequence[File] = (),
        ping: bool = True,
        embeds: Sequence[Json] = (),
    ) -> Message:
        """Post a message. ``ping`` is the @ switch of a reply, ``embeds`` are the previews of its links.

        Raises:
            ApiError: this member may not write here.
            NotOffered: the channel is a forum, which holds posts only.
        """
        if channel.type is ChannelType.FORUM:
            raise NotOffered("a forum holds posts; open one")
        needed = speaking(channel) | (Permissions.ATTACH_FILES if files else 0)
        require(self._here(channel), channel, needed)
        allowed: Json = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        draft = posts.Draft(
            content=text, files=tuple(files), reply_to=reply_to, allowed_mentions=allowed, embeds=list(embeds)
        )
        return posts.post(self.world, channel, self.user, draft)

    async def forward(self, message: Message, channel: Channel) -> Message:
        """Forward a message to a channel.

        Raises:
            ApiError: this member may not write here.
        """
        require(self._here(channel), channel, speaking(channel))
        return posts.post(self.world, channel, self.user, posts.Draft(forwarded=message))

    async def open_thread(self, message: Message, name: str) -> Channel:
        """Open a thread on a message."""
        require(self._here(message.channel), message.channel, Permissions.CREATE_PUBLIC_THREADS)
        return threads.open_from_message(self.world, message, self.user, {"name": name})

    async def open_post(self, forum: Channel, title: str, text: str = "", *, files: Sequence[File] = ()) -> Channel:
        """Open a forum's post, with its first message; returns its thread.

        Raises:
            ApiError: this member may not write here.
        """
        needed = Permissions.SEND_MESSAGES | (Permissions.ATTACH_FILES if files else 0)
        require(self._here(forum), forum, needed)
        first = posts.Draft(content=text, files=tuple(files))
        thread, _ = posts.open_post(self.world, forum, self.user, {"name": title}, first)
        return thread

    async def edit(self, message: Message, text: str) -> None:
        """Change the text of a message that this member wrote."""
        if message.author is not self.user:
            raise NotOffered("you can edit only your own messages")
        posts.edit(self.world, message, {"content": text}, ())

    async def delete(self, message: Message) -> None:
        """Delete a message of this member, or with the permission to manage messages any other."""
        if message.author is not self.user:
            require(self._here(message.channel), message.channel, Permissions.MANAGE_MESSAGES)
        posts.delete(self.world, message)

    async def react(self, message: Message, emoji: str) -> None:
        """Press an emoji under a message.

        Raises:
            ApiError: not permitted, the thread is archived, or 20 different emoji are there already.
        """
        needed = int(Permissions.READ_MESSAGE_HISTORY)
        if reactions.is_new_emoji(message, emoji):
            needed |= Permissions.ADD_REACTIONS
        require(self._here(message.channel), message.channel, needed)
        reactions.react(self.world, message, self.user, emoji)

    async def unreact(self, message: Message, emoji: str) -> None:
        reactions.unreact(self.world, message, self.user, emoji)

    async def slash(self, channel: Channel, name: str, /, **options: Any) -> Answer:
        """Run a slash command, e.g. ``slash(channel, "imagine", prompt="a red car", image=File(...))``.

        Subcommands are written with a blank: ``"settings show"``. Options may be str, int, float, bool, `File`,
        `Member`, `User`, `Channel` or `Role`. Resolves when the bot has acknowledged.

        Raises:
            NotOffered: no such command or option here, or a value that Discord's client would not take.
            NoAnswer: the bot did not acknowledge within three seconds.
        """
        command = commands.find(self.world, channel, name.split()[0], kind=1, member=self._here(channel))
        payload = commands.slash_payload(self.world, channel, command, name, options)
        return await self._interact(InteractionType.COMMAND, channel, payload, name=command["name"])

    async def autocomplete(
        self, channel: Channel, name: str, /, *, option: str, typed: str, **options: Any
    ) -> list[Json]:
        """Return what the bot suggests while this member types into ``option``: a list of ``{name, value}``."""
        command = commands.find(self.world, channel, name.split()[0], kind=1, member=self._here(channel))
        given = {**options, option: typed}
        payload = commands.slash_payload(self.world, channel, command, name, given, focused=option)
        answer = await self._interact(InteractionType.AUTOCOMPLETE, channel, payload, name=command["name"])
        return answer.choices

    async def use_on_message(self, name: str, message: Message) -> Answer:
        """Run a message context-menu command."""
        channel = message.channel
        command = commands.find(self.world, channel, name, kind=3, member=self._here(channel))
        payload = commands.message_payload(self.world, command, message)
        return await self._interact(
            InteractionType.COMMAND,
            channel,
            payload,
            name=command["name"],
            command_type=3,
            target_message_id=message.id,
        )

    async def click(
        self, message: Message, *, label: str | None = None, custom_id: str | None = None, emoji: str | None = None
    ) -> Answer:
        """Press the button with this label, custom_id or emoji.

        Raises:
            NotOffered: there is none, or it is disabled or a link.
            NoAnswer: the bot did not acknowledge within three seconds.
        """
        wanted = {"label": label, "custom_id": custom_id, "emoji": emoji}
        button = _button(message, {key: value for key, value in wanted.items() if value is not None})
        payload = {"component_type": 2, "custom_id": button["custom_id"]}
        return await self._interact(InteractionType.COMPONENT, message.channel, payload, message=message)

    async def use_on_user(self, channel: Channel, name: str, target: Membership | User) -> Answer:
        """Run a user context-menu command."""
        command = commands.find(self.world, channel, name, kind=2, member=self._here(channel))
        payload = commands.user_payload(channel, command, target)
        return await self._interact(InteractionType.COMMAND, channel, payload, name=command["name"], command_type=2)

    async def choose(self, message: Message, values: Sequence[Any], *, custom_id: str | None = None) -> Answer:
        """Pick from a select menu: options by value or label, or users, roles and channels themselves."""
        menus = [part for part in walk_components(message.components) if part["type"] in commands.SELECTS]
        menu = next((part for part in menus if custom_id in (None, part["custom_id"])), None)
        if menu is None or menu.get("disabled"):
            raise NotOffered(f"no select menu {custom_id or ''} to use on this message")
        payload = commands.select_payload(message.channel, menu, values)
        return await self._interact(InteractionType.COMPONENT, message.channel, payload, message=message)

    async def submit(self, answer: Answer, fields: Mapping[str, Any]) -> Answer:
        """Fill in and send the modal that an answer opened; ``fields`` by custom_id or label."""
        before = answer.interaction
        if answer.modal is None or before.submitted:
            raise NotOffered("no modal is open")
        payload = filling.submission(self.world, before.channel, answer.modal, fields)
        result = await self._interact(
            InteractionType.MODAL, before.channel, payload, message=before.message, trigger=before
        )
        before.submitted = True
        return result

    async def _interact(self, type_: InteractionType, channel: Channel, payload: Json, **about: Any) -> Answer:
        world = self.world
        interaction = Interaction(
            id=world.ids.next(),
            token=new_token(),
            type=type_,
            user=self.user,
            channel=channel,
            created=world.clock.now(),
            user_install=not world.bot_takes_part(channel),
            **about,
        )
        start(world, interaction, payload)
        patience = world.acknowledge_within_s
        deadline = interaction.created + patience
        await world.until(lambda: interaction.callback or world.clock.now() > deadline, 2 * patience)
        if interaction.callback is None:
            raise NoAnswer(f"the application did not respond to {interaction.name or type_.name}")
        return Answer(interaction, world)

    def _here(self, channel: Channel) -> Member | None:
        """Return this member, or None if the channel is a DM."""
        return None if channel.guild is None else self


def _button(message: Message, wanted: Mapping[str, str]) -> Json:
    for button in message.buttons:
        own = {**button, "emoji": (button.get("emoji") or {}).get("name")}
        if all(own.get(key) == value for key, value in wanted.items()):
            if button.get("disabled"):
                raise NotOffered(f"the button {button.get('label')} is disabled")
            if "custom_id" not in button:
                raise NotOffered(f"the button {button.get('label')} is a link")
            return button
    offered = [button.get("label") or (button.get("emoji") or {}).get("name") for button in message.buttons]
    raise NotOffered(f"no button {dict(wanted)}; the message has {offered}")
