"""Servers that tests and scenes furnish: handles that join a server's record to its world."""

from dataclasses import dataclass, field

from sandbox.people.actors import Member
from sandbox.records.intents import Intents
from sandbox.records.model import Channel, ChannelType, GuildRecord, Json, Membership, Message, Overwrite, Role, User
from sandbox.records.parts import File
from sandbox.verbs import guilds, payloads, permissions, posts, threads
from sandbox.verbs.world import World


@dataclass(slots=True, eq=False, kw_only=True)
class Guild(GuildRecord):
    """A server that can be furnished: opens channels, makes roles, lets people in."""

    world: World = field(repr=False)

    def create_text_channel(self, name: str, *, allow: int = 0, deny: int = 0, nsfw: bool = False) -> Channel:
        """Open a channel; ``allow`` and ``deny`` are permission bits that it overwrites for the bot."""
        settings = {"overwrites": self._for_bot(allow, deny), "nsfw": nsfw}
        return guilds.open_channel(self.world, self, ChannelType.TEXT, name, settings)

    def create_forum(self, name: str, *, allow: int = 0, deny: int = 0, tags: tuple[str, ...] = ()) -> Channel:
        """Open a forum, where every post is a thread."""
        settings = {"overwrites": self._for_bot(allow, deny), "available_tags": guilds.tags(self.world, tags)}
        return guilds.open_channel(self.world, self, ChannelType.FORUM, name, settings)

    def post_as_webhook(
        self,
        channel: Channel,
        name: str,
        text: str = "",
        *,
        files: tuple[File, ...] = (),
        embeds: tuple[Json, ...] = (),
    ) -> Message:
        """Post as a webhook under any name, as PluralKit does for its members."""
        world = self.world
        author = User(id=world.ids.next(), name=name, bot=True)
        draft = posts.Draft(content=text, files=files, embeds=list(embeds), webhook_id=author.id)
        return posts.post(world, channel, author, draft)

    def _for_bot(self, allow: int, deny: int) -> list[Overwrite]:
        if not (allow or deny):
            return []
        return [Overwrite(id=self.world.bot_user.id, kind=1, allow=int(allow), deny=int(deny))]

    def create_role(self, name: str, *, permissions: int = 0) -> Role:
        return guilds.create_role(self.world, self, name, permissions=permissions)

    def add_member(self, name: str, *, roles: tuple[Role, ...] = ()) -> Member:
        """Let somebody join. The returned `Member` acts: says, reacts, clicks, runs commands."""
        world = self.world
        user = next((user for user in world.users.values() if user.name == name and not user.bot), None)
        if user is None:
            user = User(id=world.ids.next(), name=name)
            world.users[user.id] = user
        if user.id in self.members:
            return self.member(user)
        member = self._join(user, roles)
        shown = payloads.member(member) | {"guild_id": str(self.id)}
        world.emit("GUILD_MEMBER_ADD", lambda _: shown, guild=self)
        return member

    def member(self, user: User) -> Member:
        """Return the member that this user is here.

        Raises:
            KeyError: the user is not in this server.
        """
        return acting(self.members[user.id])

    def _join(self, user: User, roles: tuple[Role, ...]) -> Member:
        member = Member(user=user, guild=self, world=self.world, joined_at=self.world.now(), roles=list(roles))
        self.members[user.id] = member
        return member

    def archive(self, thread: Channel, *, locked: bool) -> None:
        threads.change(self.world, thread, {"archived": True, "locked": locked})

    def overwrite(self, channel: Channel, *, allow: int, deny: int, member: Membership | None) -> None:
        target = member.id if member else self.world.bot_user.id
        overwrite = Overwrite(id=target, kind=1, allow=int(allow), deny=int(deny))
        guilds.set_overwrite(self.world, channel, target, overwrite)


def acting(membership: Membership) -> Member:
    """Return the same member, known to act."""
    assert isinstance(membership, Member)
    return membership


def guild_of(channel: Channel) -> Guild:
    """Return the server that a channel is in, known to be one that can be furnished."""
    assert isinstance(channel.guild, Guild)
    return channel.guild


def create_guild(world: World, name: str, *, bot_permissions: int | None = None, with_bot: bool = True) -> Guild:
    """Open a server that somebody else owns, with the bot in it under its own role or without it."""
    guild = Guild(id=world.ids.next(), name=name, owner_id=world.owner.id, clock=world.clock, world=world)
    guild.roles[guild.id] = Role(id=guild.id, name="@everyone", permissions=permissions.EVERYONE)
    world.guilds[guild.id] = guild
    world.commands.setdefault(guild.id, [])
    guild._join(world.owner, ())
    if with_bot:
        bits = permissions.EVERYONE if bot_permissions is None else bot_permissions
        own = Role(id=world.ids.next(), name=world.bot_user.name, permissions=bits, position=1)
        own.managed_by = world.bot_user.id
        guild.roles[own.id] = own
        guild._join(world.bot_user, (own,))
    everybody = bool(world.privileged & Intents.GUILD_MEMBERS)
    world.emit("GUILD_CREATE", lambda _: guilds.greeting(world, guild, everybody=everybody), guild=guild)
    return guild
