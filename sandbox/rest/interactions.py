"""Interaction callbacks, and the webhook that lives for 15 minutes after them."""

from sandbox.checks import forms
from sandbox.checks.messages import CallbackBody
from sandbox.records.errors import unknown
from sandbox.records.interactions import Callback, Interaction
from sandbox.records.model import Json, Message
from sandbox.rest.messages import draft, shown
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import interactions, posts
from sandbox.verbs.posts import Draft


def callback(call: ApiCall) -> Json | None:
    """Take the first answer to an interaction."""
    world = call.world
    interaction = world.interactions.get(call.params["interaction_token"])
    if interaction is None or interaction.id != call.id("interaction_id"):
        raise unknown("interaction")
    kind = Callback(call.fields["type"])
    answer: Json = call.fields.get("data") or {}
    interactions.acknowledge(world, interaction, kind, _draft(call, kind, answer), answer)
    return _callback_response(call, interaction, kind) if call.flag("with_response") else None


def _draft(call: ApiCall, kind: Callback, answer: Json) -> Draft:
    match kind:
        case Callback.MESSAGE:
            return draft(call, body=answer)
        case Callback.UPDATE:
            forms.check_message(answer, call.files, editing=True)
            return Draft(files=call.files)
        case Callback.MODAL:
            forms.check_modal(answer)
            return Draft()
        case Callback.CHOICES:
            return Draft()
        case Callback.DEFERRED_MESSAGE | Callback.DEFERRED_UPDATE:
            return Draft(flags=forms.settable_flags(answer))


def _callback_response(call: ApiCall, interaction: Interaction, kind: Callback) -> Json:
    about: Json = {"id": str(interaction.id), "type": int(interaction.type)}
    message = interaction.original
    if message is not None:
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = message.loading
        about["response_message_ephemeral"] = message.ephemeral
    response: Json = {"interaction": about}
    if message is not None and kind in (Callback.MESSAGE, Callback.UPDATE):
        response["resource"] = {"type": int(kind), "message": shown(message, call.world)}
    return response


# What `rest.webhooks` passes on when the webhook is the application's own


def follow_up(call: ApiCall) -> Json:
    interaction = interactions.live(call.world, call.params["webhook_token"])
    return shown(interactions.follow_up(call.world, interaction, draft(call)), call.world)


def sent(call: ApiCall) -> Message:
    interaction = interactions.live(call.world, call.params["webhook_token"])
    return interactions.sent_message(interaction, call.params.get("message_id", "@original"))


def edit(call: ApiCall, message: Message) -> Json:
    forms.check_message(call.fields, call.files, editing=True)
    posts.edit(call.world, message, call.fields, call.files)
    return shown(message, call.world)


_CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
ROUTES = (Route("POST", _CALLBACK, callback, CallbackBody, public=True),)
