"""What can go wrong, in Discord's own words and codes."""

from __future__ import annotations

from collections.abc import Mapping
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


def unauthorized() -> ApiError:
    return ApiError(401, 0, "401: Unauthorized")


def unknown_endpoint() -> ApiError:
    return ApiError(404, 0, "404: Not Found")


def unknown(what: str) -> ApiError:
    """``what`` is one of the nouns below, e.g. ``Channel``."""
    codes = {
        "Account": 10001, "Application": 10002, "Channel": 10003, "Guild": 10004, "Member": 10007,
        "Overwrite": 10009,
        "Message": 10008, "Role": 10011, "User": 10013, "Emoji": 10014, "Webhook": 10015, "interaction": 10062,
        "application command": 10063, "application command permissions": 10066,
    }  # fmt: skip
    return ApiError(404, codes[what], f"Unknown {what}")


def missing_access() -> ApiError:
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    return ApiError(403, 50013, "Missing Permissions")


def too_large() -> ApiError:
    return ApiError(413, 40005, "Request entity too large")


def empty_message() -> ApiError:
    return ApiError(400, 50006, "Cannot send an empty message")


def foreign_message() -> ApiError:
    return ApiError(403, 50005, "Cannot edit a message authored by another user")


def thread_archived() -> ApiError:
    return ApiError(400, 50083, "Thread is archived")


def late_edit(retry_after: float) -> ApiError:
    message = "Maximum number of edits to messages older than 1 hour reached. Try again later"
    return ApiError(429, 30046, message, retry_after=retry_after)


def too_many_threads() -> ApiError:
    return ApiError(400, 160006, "Maximum number of active threads reached")


def too_many_pins() -> ApiError:
    return ApiError(400, 30003, "Maximum number of pins reached for the channel (250)")


def wrong_channel_type() -> ApiError:
    return ApiError(400, 50024, "Cannot execute action on this channel type")


def system_message() -> ApiError:
    return ApiError(403, 50021, "Cannot execute action on a system message")


def no_direct_messages() -> ApiError:
    return ApiError(403, 50007, "Cannot send messages to this user")


def too_many_reactions() -> ApiError:
    return ApiError(400, 30010, "Maximum number of reactions reached (20)")


def thread_exists() -> ApiError:
    return ApiError(400, 160004, "A thread has already been created for this message")


def already_acknowledged() -> ApiError:
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def too_many_follow_ups() -> ApiError:
    return ApiError(400, 40094, "This interaction has reached the maximum number of follow-up messages")


def invalid_webhook_token() -> ApiError:
    return ApiError(401, 50027, "Invalid Webhook Token")


def invalid_form(field: str, code: str, message: str) -> ApiError:
    """A field of the request is wrong; ``field`` is its dotted path, e.g. ``embeds.0.title``."""
    errors: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(field.split(".")):
        errors = {part: errors}
    return ApiError(400, 50035, "Invalid Form Body", errors)


def invalid_json() -> ApiError:
    return ApiError(400, 50109, "The request body contains invalid JSON.")
