"""What a member is told when something went wrong."""

from __future__ import annotations

import logging
import secrets

from bot.errors import UserError

log = logging.getLogger(__name__)


def explain(error: BaseException) -> str:
    """A :class:`UserError` speaks for itself; of anything else the log has the trace, under the reference told."""
    if isinstance(error, UserError):
        return str(error)
    reference = secrets.token_hex(4)
    log.error("reference %s", reference, exc_info=error)
    return (
        "Sorry, something went wrong on my side; nothing was painted. "
        f"If it happens again, tell whoever runs this bot the reference `{reference}`."
    )
