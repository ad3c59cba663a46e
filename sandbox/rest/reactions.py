"""Reactions: add, remove, see who pressed."""

from sandbox.records.model import Json
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import payloads, reactions
from sandbox.verbs.permissions import Permissions, require


def add(call: ApiCall) -> None:
    message = call.history_message()
    emoji = call.params["emoji_name"]
    if reactions.is_new_emoji(message, emoji):
        require(call.world.bot_member(message.channel), message.channel, Permissions.ADD_REACTIONS)
    reactions.react(call.world, message, call.world.bot_user, emoji)


def remove_own(call: ApiCall) -> None:
    reactions.unreact(call.world, call.history_message(), call.world.bot_user, call.params["emoji_name"])


def remove_other(call: ApiCall) -> None:
    message = call.history_message(Permissions.MANAGE_MESSAGES)
    reactions.unreact(call.world, message, call.user(), call.params["emoji_name"])


def users(call: ApiCall) -> list[Json]:
    reaction = reactions.find_reaction(call.history_message(), call.params["emoji_name"])
    after, limit = call.number("after", 0), call.number("limit", 25, low=1, high=100)
    people = sorted(reaction.users, key=lambda user: user.id)
    return [payloads.user(user) for user in people if user.id > after][:limit]


def clear(call: ApiCall) -> None:
    message = call.history_message(Permissions.MANAGE_MESSAGES)
    reactions.clear_reactions(call.world, message, call.params.get("emoji_name"))


_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
ROUTES = (
    Route("PUT", f"{_MESSAGE}/reactions/{{emoji_name}}/@me", add),
    Route("DELETE", f"{_MESSAGE}/reactions/{{emoji_name}}/@me", remove_own),
    Route("DELETE", f"{_MESSAGE}/reactions/{{emoji_name}}/{{user_id}}", remove_other),
    Route("GET", f"{_MESSAGE}/reactions/{{emoji_name}}", users),
    Route("DELETE", f"{_MESSAGE}/reactions/{{emoji_name}}", clear),
    Route("DELETE", f"{_MESSAGE}/reactions", clear),
)
