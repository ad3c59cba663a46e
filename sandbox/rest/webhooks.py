"""Interaction callbacks, and the webhook that lives for 15 minutes after them."""

from __future__ import annotations

from sandbox import forms, interactions, posts
from sandbox.errors import invalid_form, unknown
from sandbox.interactions import Callback, Interaction
from sandbox.model import Json, Message
from sandbox.posts import Draft
from sandbox.rest.messages import draft, shown
from sandbox.rest.router import Call, Route


def callback(call: Call) -> Json | None:
    """The first answer to an interaction."""
    world = call.world
    interaction = world.interactions.get(call.params["interaction_token"])
    if interaction is None or interaction.id != call.id("interaction_id"):
        raise unknown("interaction")
    try:
        kind = Callback(call.fields.get("type") or 0)
    except ValueError:
        raise invalid_form("type", "BASE_TYPE_CHOICES", "Value must be one of {4, 5, 6, 7, 8, 9}.") from None
    answer: Json = call.fields.get("data") or {}
    interactions.acknowledge(world, interaction, kind, _draft(call, kind, answer), answer)
    if call.query.get("with_response") not in ("1", "true", "True"):
        return None
    return _callback_response(call, interaction, kind)


def _draft(call: Call, kind: Callback, answer: Json) -> Draft:
    match kind:
        case Callback.MESSAGE:
            return draft(_inner(call, answer))
        case Callback.UPDATE:
            forms.check_message(answer, call.files, editing=True)
            return Draft(files=call.files)
        case Callback.MODAL:
            forms.check_modal(answer)
            return Draft()
        case Callback.CHOICES:
            if len(answer.get("choices") or []) > 25:
                raise invalid_form("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
            return Draft()
        case _:
            return Draft(flags=forms.settable_flags(answer))


def _inner(call: Call, answer: Json) -> Call:
    return Call(world=call.world, params=call.params, query=call.query, body=answer, files=call.files)


def _callback_response(call: Call, interaction: Interaction, kind: Callback) -> Json:
    about: Json = {"id": str(interaction.id), "type": int(interaction.type)}
    message = interaction.original
    if message is not None:
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = message.loading
        about["response_message_ephemeral"] = message.ephemeral
    response: Json = {"interaction": about}
    if message is not None and kind in (Callback.MESSAGE, Callback.UPDATE):
        response["resource"] = {"type": int(kind), "message": _whole(call, message)}
    return response


def _whole(call: Call, message: Message) -> Json:
    return shown(message, call.world)


def _live(call: Call) -> Interaction:
    if call.id("webhook_id") != call.world.bot_user.id:
        raise unknown("Webhook")
    return interactions.live(call.world, call.params["webhook_token"])


def follow_up(call: Call) -> Json:
    return _whole(call, interactions.follow_up(call.world, _live(call), draft(call)))


def _sent(call: Call) -> Message:
    return interactions.sent_message(_live(call), call.params.get("message_id", "@original"))


def get(call: Call) -> Json:
    return _whole(call, _sent(call))


def edit(call: Call) -> Json:
    message = _sent(call)
    forms.check_message(call.fields, call.files, editing=True)
    posts.edit(call.world, message, call.fields, call.files)
    return _whole(call, message)


def delete(call: Call) -> None:
    posts.delete(call.world, _sent(call))


_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ROUTES = (
    Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", callback, public=True),
    Route("POST", _WEBHOOK, follow_up, public=True),
    *(
        Route(method, f"{_WEBHOOK}/messages/{which}", respond, public=True)
        for which in ("@original", "{message_id}")
        for method, respond in (("GET", get), ("PATCH", edit), ("DELETE", delete))
    ),
)
