"""Webhooks: incoming ones that post under any name, and the application's own, which answers interactions."""

import secrets

from sandbox.checks.messages import EditMessage, ExecuteWebhook
from sandbox.checks.places import CreateWebhook, EditWebhook
from sandbox.records.errors import (
    ApiError,
    invalid_webhook_token,
    missing_permissions,
    unknown,
    wrong_channel_type,
)
from sandbox.records.model import Channel, ChannelType, Json, Message, User, Webhook
from sandbox.rest import interactions
from sandbox.rest.messages import draft, shown
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import payloads, posts
from sandbox.verbs.permissions import Permissions, in_guild

MAX_WEBHOOKS = 15  # in a channel


# The records


def _payload(call: ApiCall, webhook: Webhook, *, with_token: bool = True) -> Json:
    guild = webhook.channel.guild
    assert guild is not None
    about: Json = {
        "id": str(webhook.id),
        "type": 1,
        "name": webhook.name,
        "avatar": None,
        "channel_id": str(webhook.channel.id),
        "guild_id": str(guild.id),
        "application_id": str(call.world.bot_user.id) if webhook.creator is call.world.bot_user else None,
    }
    if with_token:
        about |= {"token": webhook.token, "url": f"https://discord.com/api/webhooks/{webhook.id}/{webhook.token}"}
        about["user"] = payloads.user(webhook.creator)
    return about


def create(call: ApiCall) -> Json:
    channel = call.channel(int(Permissions.MANAGE_WEBHOOKS))
    if channel.guild is None or channel.is_thread:
        raise wrong_channel_type()
    if sum(one.channel is channel for one in call.world.webhooks.values()) >= MAX_WEBHOOKS:
        raise ApiError(400, 30007, f"Maximum number of webhooks reached ({MAX_WEBHOOKS})")
    webhook = Webhook(
        id=call.world.ids.next(),
        channel=channel,
        name=call.fields["name"],
        token=secrets.token_urlsafe(48),
        creator=call.world.bot_user,
    )
    call.world.webhooks[webhook.id] = webhook
    _announce(call, channel)
    return _payload(call, webhook)


def of_channel(call: ApiCall) -> list[Json]:
    channel = call.channel(int(Permissions.MANAGE_WEBHOOKS))
    return [_payload(call, one) for one in call.world.webhooks.values() if one.channel is channel]


def of_guild(call: ApiCall) -> list[Json]:
    guild = call.guild()
    if not in_guild(guild.members[call.world.bot_user.id]) & Permissions.MANAGE_WEBHOOKS:
        raise missing_permissions()
    return [_payload(call, one) for one in call.world.webhooks.values() if one.channel.guild is guild]


def _webhook(call: ApiCall) -> Webhook:
    """Return the webhook of the path: by its token, or by the bot's right to manage it."""
    webhook = call.world.webhooks.get(call.id("webhook_id"))
    if webhook is None:
        raise unknown("Webhook")
    if "webhook_token" in call.params:
        if not secrets.compare_digest(call.params["webhook_token"].encode(errors="replace"), webhook.token.encode()):
            raise invalid_webhook_token()
        return webhook
    bot = webhook.channel.guild.members.get(call.world.bot_user.id) if webhook.channel.guild else None
    if bot is None or not in_guild(bot) & Permissions.MANAGE_WEBHOOKS:
        raise missing_permissions()
    return webhook


def get(call: ApiCall) -> Json:
    return _payload(call, _webhook(call), with_token="webhook_token" not in call.params)


def change(call: ApiCall) -> Json:
    webhook = _webhook(call)
    if call.fields.get("channel_id") is not None and "webhook_token" not in call.params:
        place = call.world.channel(int(call.fields["channel_id"]))
        if place.guild is not webhook.channel.guild or place.is_thread:
            raise wrong_channel_type()
        webhook.channel = place
    webhook.name = call.fields.get("name") or webhook.name
    _announce(call, webhook.channel)
    return _payload(call, webhook)


def delete(call: ApiCall) -> None:
    webhook = _webhook(call)
    del call.world.webhooks[webhook.id]
    _announce(call, webhook.channel)


def _announce(call: ApiCall, channel: Channel) -> None:
    assert channel.guild is not None
    shown_: Json = {"guild_id": str(channel.guild.id), "channel_id": str(channel.id)}
    call.world.emit("WEBHOOKS_UPDATE", lambda _: shown_, channel=channel)


# Their messages


def _own(call: ApiCall) -> bool:
    """Return whether this is the application's own webhook, whose tokens belong to interactions."""
    return call.id("webhook_id") == call.world.bot_user.id


def execute(call: ApiCall) -> Json | None:
    if _own(call):
        return interactions.follow_up(call)
    webhook = _webhook(call)
    author = User(id=webhook.id, name=call.fields.get("username") or webhook.name, bot=True)
    new = posts.from_webhook(draft(call), webhook)
    if webhook.channel.type is ChannelType.FORUM and call.fields.get("thread_name"):
        settings = {"name": call.fields["thread_name"], "applied_tags": call.fields.get("applied_tags")}
        _, posted = posts.open_post(call.world, webhook.channel, author, settings, new)
    else:
        posted = posts.post(call.world, _place(call, webhook), author, new)
    return shown(posted, call.world) if call.flag("wait") else None


def _place(call: ApiCall, webhook: Webhook) -> Channel:
    if "thread_id" not in call.query:
        if webhook.channel.type is ChannelType.FORUM:
            raise ApiError(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
        return webhook.channel
    thread = call.world.channels.get(call.number("thread_id", 0))
    if thread is None or thread.parent is not webhook.channel:
        raise unknown("Channel")
    return thread


def _sent(call: ApiCall) -> Message:
    if _own(call):
        return interactions.sent(call)
    webhook = _webhook(call)
    if "message_id" not in call.params:
        raise unknown("Message")  # @original is an interaction's
    message = _place(call, webhook).messages_by_id.get(call.id("message_id"))
    if message is None or message.webhook_id != webhook.id:
        raise unknown("Message")
    return message


def edit_message(call: ApiCall) -> Json:
    message = _sent(call)
    posts.count_late_edit(call.world, message)
    return interactions.edit(call, message)


_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ROUTES = (
    Route("POST", "/channels/{channel_id}/webhooks", create, CreateWebhook),
    Route("GET", "/channels/{channel_id}/webhooks", of_channel),
    Route("GET", "/guilds/{guild_id}/webhooks", of_guild),
    Route("GET", "/webhooks/{webhook_id}", get),
    Route("PATCH", "/webhooks/{webhook_id}", change, EditWebhook),
    Route("DELETE", "/webhooks/{webhook_id}", delete),
    Route("GET", _WEBHOOK, get, public=True),
    Route("PATCH", _WEBHOOK, change, EditWebhook, public=True),
    Route("DELETE", _WEBHOOK, delete, public=True),
    Route("POST", _WEBHOOK, execute, ExecuteWebhook, public=True),
    *(
        Route(method, f"{_WEBHOOK}/messages/{which}", respond, shape, public=True)
        for which in ("@original", "{message_id}")
        for method, respond, shape in (
            ("GET", lambda call: shown(_sent(call), call.world), None),
            ("PATCH", edit_message, EditMessage),
            ("DELETE", lambda call: posts.delete(call.world, _sent(call)), None),
        )
    ),
)
