"""The sandbox's errors, with Discord's words and codes."""

from collections.abc import Mapping
from functools import partial
from typing import Any


class ApiError(Exception):
    """A refusal as Discord's REST API gives it: HTTP status, JSON code, message, and field errors."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        errors: Mapping[str, Any] | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status} (code {code}): {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.retry_after = retry_after  # seconds, of status 429

    def body(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.errors:
            answer["errors"] = dict(self.errors)
        return answer


class NoAnswer(Exception):
    """The bot did not acknowledge the interaction within three seconds."""


def unknown(what: str) -> ApiError:
    """Make the error for something that does not exist. ``what`` is one of the nouns below."""
    codes = {
        "Account": 10001, "Application": 10002, "Channel": 10003, "Guild": 10004, "Member": 10007,
        "Overwrite": 10009,
        "Message": 10008, "Role": 10011, "User": 10013, "Emoji": 10014, "Webhook": 10015, "interaction": 10062,
        "application command": 10063, "application command permissions": 10066,
    }  # fmt: skip
    return ApiError(404, codes[what], f"Unknown {what}")


# Call one of these to make its error.
unauthorized = partial(ApiError, 401, 0, "401: Unauthorized")
unknown_endpoint = partial(ApiError, 404, 0, "404: Not Found")
missing_access = partial(ApiError, 403, 50001, "Missing Access")
missing_permissions = partial(ApiError, 403, 50013, "Missing Permissions")
too_large = partial(ApiError, 413, 40005, "Request entity too large")
empty_message = partial(ApiError, 400, 50006, "Cannot send an empty message")
foreign_message = partial(ApiError, 403, 50005, "Cannot edit a message authored by another user")
thread_archived = partial(ApiError, 400, 50083, "Thread is archived")
too_many_threads = partial(ApiError, 400, 160006, "Maximum number of active threads reached")
too_many_pins = partial(ApiError, 400, 30003, "Maximum number of pins reached for the channel (250)")
wrong_channel_type = partial(ApiError, 400, 50024, "Cannot execute action on this channel type")
system_message = partial(ApiError, 403, 50021, "Cannot execute action on a system message")
no_direct_messages = partial(ApiError, 403, 50007, "Cannot send messages to this user")
too_many_reactions = partial(ApiError, 400, 30010, "Maximum number of reactions reached (20)")
thread_exists = partial(ApiError, 400, 160004, "A thread has already been created for this message")
already_acknowledged = partial(ApiError, 400, 40060, "Interaction has already been acknowledged.")
too_many_follow_ups = partial(
    ApiError, 400, 40094, "This interaction has reached the maximum number of follow-up messages"
)
invalid_webhook_token = partial(ApiError, 401, 50027, "Invalid Webhook Token")
invalid_json = partial(ApiError, 400, 50109, "The request body contains invalid JSON.")


def late_edit(retry_after: float) -> ApiError:
    message = "Maximum number of edits to messages older than 1 hour reached. Try again later"
    return ApiError(429, 30046, message, retry_after=retry_after)


def invalid_form(field: str, code: str, message: str) -> ApiError:
    """Make the error for a wrong field. ``field`` is its dotted path, for example ``embeds.0.title``."""
    errors: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(field.split(".")):
        errors = {part: errors}
    return ApiError(400, 50035, "Invalid Form Body", errors)
