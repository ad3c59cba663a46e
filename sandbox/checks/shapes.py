"""The shapes of what a bot sends. What does not fit is refused as Discord refuses it, before anything happens."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from sandbox.checks import commands, gateway, messages, places
from sandbox.checks.base import validated
from sandbox.records.model import Json
from sandbox.records.traffic import Op

Shape = TypeAdapter[Any]

CREATE_MESSAGE: Shape = TypeAdapter(messages.CreateMessage)
EDIT_MESSAGE: Shape = TypeAdapter(messages.EditMessage)
EXECUTE_WEBHOOK: Shape = TypeAdapter(messages.ExecuteWebhook)
BULK_DELETE: Shape = TypeAdapter(messages.BulkDelete)
CALLBACK: Shape = TypeAdapter(messages.Callback)
COMMANDS: Shape = TypeAdapter(list[commands.CreateCommand])
CREATE_COMMAND: Shape = TypeAdapter(commands.CreateCommand)
EDIT_COMMAND: Shape = TypeAdapter(commands.EditCommand)
CREATE_CHANNEL: Shape = TypeAdapter(places.CreateChannel)
EDIT_CHANNEL: Shape = TypeAdapter(places.EditChannel)
SET_OVERWRITE: Shape = TypeAdapter(places.SetOverwrite)
CREATE_THREAD: Shape = TypeAdapter(places.CreateThread)
EDIT_MEMBER: Shape = TypeAdapter(places.EditMember)
EDIT_ROLE: Shape = TypeAdapter(places.EditRole)
CREATE_WEBHOOK: Shape = TypeAdapter(places.CreateWebhook)
EDIT_WEBHOOK: Shape = TypeAdapter(places.EditWebhook)
EDIT_SELF: Shape = TypeAdapter(places.EditSelf)
OPEN_DIRECT: Shape = TypeAdapter(places.OpenDirect)

_COMMAND: Shape = TypeAdapter(gateway.Command)
_COMMAND_DETAILS: dict[int, Shape] = {
    Op.HEARTBEAT: TypeAdapter(gateway.Sequence | None),
    Op.IDENTIFY: TypeAdapter(gateway.Identify),
    Op.RESUME: TypeAdapter(gateway.Resume),
    Op.REQUEST_MEMBERS: TypeAdapter(gateway.RequestMembers),
}

__all__ = ["Shape", "gateway_command", "validated"]


def gateway_command(payload: Any) -> Json:
    """The payload itself, once it is known to be a command whose details have the right types.

    Raises:
        pydantic.ValidationError: it is none.
    """
    command = _COMMAND.validate_python(payload)
    if command.op in _COMMAND_DETAILS:
        _COMMAND_DETAILS[command.op].validate_python(command.d)
    checked: Json = payload
    return checked
