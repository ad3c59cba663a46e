"""The scene that `make play` opens with: two servers, three people, and channels where bots have a hard time."""

from sandbox.page.stage import Persona
from sandbox.people.handles import Guild
from sandbox.records.model import Channel
from sandbox.server import Sandbox
from sandbox.verbs.permissions import Permissions

HOME_SERVER = "Paint Club"
HOME_CHANNEL = "paintings"
NEWCOMER, MODERATOR, OWNER = "june", "max", "olivia"
EXAMPLES = (
    "a red car at night",
    "watercolor of a red tree",
    "a yellow flower on a green meadow",
)


def set_up(sandbox: Sandbox) -> None:
    """Furnish an empty sandbox."""
    sandbox.world.owner.name = OWNER
    club = sandbox.create_guild(HOME_SERVER)
    moderators = club.create_role("moderator", permissions=int(_MODERATING))
    _people(club, club.add_member(MODERATOR, roles=(moderators,)).name)
    _channel(club, "welcome", "Say hello. The bot paints next door, in #paintings.")
    _channel(club, HOME_CHANNEL, "Type /imagine and a few words. Reply to a picture with .edit to change it.")
    _channel(club, "after-dark", "Age-restricted, to see what a bot makes of that.", nsfw=True)
    quiet = _channel(club, "quiet-room", "The bot may read here but not post.")
    quiet.set_permissions(deny=int(Permissions.SEND_MESSAGES | Permissions.SEND_MESSAGES_IN_THREADS))
    workshop = sandbox.create_guild("Workshop")
    _people(workshop, MODERATOR)
    bench = _channel(workshop, "no-threads", "The bot may post here, but not open threads.")
    bench.set_permissions(deny=int(Permissions.CREATE_PUBLIC_THREADS | Permissions.CREATE_PRIVATE_THREADS))
    _channel(workshop, "words-only", "The bot may write here, but attach no files.").set_permissions(
        deny=int(Permissions.ATTACH_FILES)
    )


_MODERATING = (
    Permissions.MANAGE_MESSAGES | Permissions.MANAGE_THREADS | Permissions.KICK_MEMBERS | Permissions.MANAGE_CHANNELS
)


def _people(guild: Guild, *names: str) -> None:
    for name in (NEWCOMER, *names):
        guild.add_member(name)


def _channel(guild: Guild, name: str, topic: str, *, nsfw: bool = False) -> Channel:
    channel = guild.create_text_channel(name, nsfw=nsfw)
    channel.topic = topic
    return channel


def personas(sandbox: Sandbox) -> list[Persona]:
    """Return the three people of the scene, also in a sandbox that was loaded."""
    parts = {NEWCOMER: "newcomer", MODERATOR: "moderator", OWNER: "owner"}
    users = {user.name: user for user in sandbox.world.users.values() if not user.bot}
    return [Persona(user=users[name], part=part) for name, part in parts.items()]


def home(sandbox: Sandbox) -> Channel:
    """Return the channel to begin in."""
    club = next(guild for guild in sandbox.world.guilds.values() if guild.name == HOME_SERVER)
    return next(channel for channel in club.channels.values() if channel.name == HOME_CHANNEL)
