"""All traffic between a bot and the sandbox must fit Discord's published schemas, and notify nobody but requesters."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox import GatewayEvent, HttpRequest, Sandbox
from sandbox.checks import schemas

_validated: set[str] = set()


def require_fitting(sandbox: Sandbox) -> None:
    """Every request of the bot, every answer and every event, validated.

    What differs from earlier traffic of this run of the tests in nothing but ids, times and tokens is not validated
    again: validation is slow. Without the schema files nothing is; `tests/sandbox/checks/test_schemas.py` is skipped
    then and says so.
    """
    folder = schemas.directory()
    if folder is not None:
        requests = [request for request in sandbox.requests if _unlike_any_before(*_of_request(request))]
        events = [event for event in sandbox.events if _unlike_any_before(*_of_event(event))]
        problems = schemas.load(folder).problems(requests, events)
        assert not problems, "\n".join(problems)


def _of_request(request: HttpRequest) -> tuple[Any, ...]:
    about = request.method, request.route, sorted(request.query), request.multipart, request.status
    return *about, request.body, request.answer


def _of_event(event: GatewayEvent) -> tuple[Any, ...]:
    payload = event.payload
    return event.sent, payload.get("op"), payload.get("t"), payload.get("d")


def _unlike_any_before(*told: Any) -> bool:
    text = json.dumps(told, default=str)
    likeness = re.sub(r"\d{10,}|[\dT:.+-]{19,}|(?<=\"token\": \")[^\"]*", "0", text)
    fresh = likeness not in _validated
    _validated.add(likeness)
    return fresh


def require_quiet(sandbox: Sandbox) -> None:
    """Whatever the bot writes may notify at most one member, and that one it addresses in the first words."""
    for request in sandbox.requests:
        if request.method not in ("POST", "PATCH") or not isinstance(request.body, dict):
            continue
        body = request.body.get("data") if "/callback" in request.route else request.body
        if not isinstance(body, dict) or not body.get("content"):
            continue
        allowed = body.get("allowed_mentions")
        where = f"{request.method} {request.route}: {body['content'][:80]}"
        assert allowed is not None, f"{where} leaves it open whom it notifies"
        assert not allowed.get("parse") and not allowed.get("roles") and not allowed.get("replied_user"), where
        users = [str(user) for user in allowed.get("users") or ()]
        assert len(users) < 2 and all(body["content"].startswith(f"<@{user}>") for user in users), where
