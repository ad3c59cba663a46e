"""The verbs for interactions: send one to the bot, and take the bot's answers."""

from dataclasses import replace

from sandbox.records.errors import (
    already_acknowledged,
    invalid_form,
    invalid_webhook_token,
    too_large,
    too_many_follow_ups,
    unknown,
)
from sandbox.records.interactions import Callback, Interaction, InteractionType
from sandbox.records.model import EPHEMERAL, LOADING, Channel, ChannelType, Json, Message, MessageType, User
from sandbox.records.parts import File
from sandbox.verbs import message_payloads, payloads, posts
from sandbox.verbs.permissions import DIRECT_MESSAGE, Permissions, in_channel
from sandbox.verbs.posts import Draft
from sandbox.verbs.world import World

TOKEN_LIFETIME_S = 15 * 60.0
MOST_FOLLOW_UPS = 5  # to an interaction in a server where the bot is no member
_ANSWERING = int(Permissions.EMBED_LINKS | Permissions.ATTACH_FILES)  # all that a bot may do there


def start(world: World, interaction: Interaction, details: Json) -> None:
    """Register an interaction and send INTERACTION_CREATE; ``details`` is the part that its type defines."""
    world.interactions[interaction.token] = interaction
    shown = _payload(world, interaction, details)
    world.emit("INTERACTION_CREATE", lambda _: shown, guild=interaction.channel.guild, anywhere=True)


def _payload(world: World, interaction: Interaction, details: Json) -> Json:
    channel = interaction.channel
    shown: Json = {
        "id": str(interaction.id),
        "application_id": str(world.bot_user.id),
        "type": int(interaction.type),
        "token": interaction.token,
        "version": 1,
        "data": details,
        "channel": payloads.channel(channel),
        "channel_id": str(channel.id),
        "app_permissions": str(_bits(world, world.bot_user, channel)),
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": message_payloads.owners(interaction.origin),
        "context": context(world, channel),
        "attachment_size_limit": channel.upload_limit,
    }
    if interaction.message is not None:
        shown["message"] = message_payloads.message(interaction.message, world, intent=True)
    if channel.guild is None:
        return shown | {"user": payloads.user(interaction.user)}
    guild = channel.guild
    bits = _bits(world, interaction.user, channel)
    shown["channel"]["permissions"] = str(bits)
    return shown | {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "features": [], "locale": "en-US"},
        "guild_locale": "en-US",
        "member": payloads.member(guild.members[interaction.user.id]) | {"permissions": str(bits)},
    }


def context(world: World, channel: Channel) -> int:
    """Return 0 for a server, 1 for a conversation with the bot, 2 for one between other people."""
    if channel.guild is not None:
        return 0
    return 1 if world.bot_takes_part(channel) else 2


def _bits(world: World, user: User, channel: Channel) -> int:
    if channel.type is ChannelType.DM or channel.guild is None:
        return DIRECT_MESSAGE if user in channel.recipients else _ANSWERING
    member = channel.guild.members.get(user.id)
    return in_channel(member, channel) if member else _ANSWERING


# What the bot sends back


def acknowledge(world: World, interaction: Interaction, callback: Callback, draft: Draft, answer: Json) -> None:
    """Take the bot's first response.

    Raises:
        ApiError: 10062 after three seconds, 40060 when it was acknowledged before, 50035 for a callback that
            this type of interaction does not take.
    """
    if interaction.callback is not None:
        raise already_acknowledged()
    if world.clock.now() - interaction.created > world.acknowledge_within_s:
        raise unknown("interaction")
    if not _fits(interaction, callback):
        raise invalid_form("type", "BASE_TYPE_CHOICES", "This interaction cannot be answered with that type.")
    source = interaction.message or (interaction.trigger.message if interaction.trigger else None)
    match callback:
        case Callback.MESSAGE:
            interaction.original = _post(world, interaction, draft)
        case Callback.DEFERRED_MESSAGE:
            flags = LOADING | (draft.flags & EPHEMERAL)
            interaction.original = _post(world, interaction, Draft(flags=flags))
        case Callback.DEFERRED_UPDATE:
            interaction.original = source
        case Callback.UPDATE:
            interaction.original = source
            assert source is not None
            posts.edit(world, source, answer, draft.files)
        case Callback.CHOICES:
            interaction.choices = answer.get("choices") or []
        case Callback.MODAL:
            interaction.modal = answer
    interaction.callback = callback
    world.changed()


def _fits(interaction: Interaction, callback: Callback) -> bool:
    if (callback is Callback.CHOICES) != (interaction.type is InteractionType.AUTOCOMPLETE):
        return False
    if callback is Callback.MODAL:
        return interaction.type is not InteractionType.MODAL
    if callback in (Callback.UPDATE, Callback.DEFERRED_UPDATE):
        return interaction.message is not None or bool(interaction.trigger and interaction.trigger.message)
    return True


def _post(world: World, interaction: Interaction, draft: Draft) -> Message:
    type_ = MessageType.DEFAULT
    if interaction.type is InteractionType.COMMAND:
        slash = interaction.command_type == 1
        type_ = MessageType.CHAT_INPUT_COMMAND if slash else MessageType.CONTEXT_MENU_COMMAND
    allowed = draft.allowed_mentions or {"parse": ["users"]}
    return posts.post(
        world,
        interaction.channel,
        world.bot_user,
        replace(
            draft,
            allowed_mentions=allowed,
            type=MessageType.REPLY if draft.reply_to else type_,
            origin=interaction.origin,
        ),
    )


def live(world: World, token: str) -> Interaction:
    """Return the interaction behind a webhook token.

    Raises:
        ApiError: 10015 for a token that never was, 50027 for one older than 15 minutes.
    """
    interaction = world.interactions.get(token)
    if interaction is None:
        raise unknown("Webhook")
    if world.clock.now() - interaction.created > TOKEN_LIFETIME_S:
        raise invalid_webhook_token()
    if interaction.callback is None:
        raise unknown("Webhook")
    return interaction


def follow_up(world: World, interaction: Interaction, draft: Draft) -> Message:
    """Post another message; the first one after a deferral takes the place of "thinking…"."""
    original = interaction.original
    if original is not None and original.loading and not original.deleted:
        changes: Json = {
            "content": draft.content,
            "embeds": draft.embeds,
            "components": draft.components,
            "allowed_mentions": draft.allowed_mentions,
        }
        posts.edit(world, original, changes, draft.files)
        return original
    if interaction.user_install and len(interaction.followups) >= MOST_FOLLOW_UPS:
        raise too_many_follow_ups()
    reply_to = original if original is not None and not original.deleted else None
    message = _post(world, interaction, replace(draft, reply_to=reply_to))
    interaction.followups.append(message)
    world.changed()
    return message


def sent_message(interaction: Interaction, which: str) -> Message:
    """Return the message that ``@original`` or an identifier names among this interaction's own."""
    sent = [message for message in (interaction.original, *interaction.followups) if message is not None]
    if which == "@original":
        sent = sent[:1] if interaction.original is not None else []
    else:
        sent = [message for message in sent if str(message.id) == which]
    if not sent or sent[0].deleted:
        raise unknown("Message")
    return sent[0]


def store_uploads(world: World, channel: Channel, files: tuple[File, ...]) -> list[Json]:
    """Keep the files of a command or modal, and give their attachment payloads."""
    if any(len(file.content) > channel.upload_limit for file in files):
        raise too_large()
    stored = [world.cdn.store(file, id=world.ids.next(), channel_id=channel.id, ephemeral=True) for file in files]
    return [message_payloads.attachment(each, world) for each in stored]
