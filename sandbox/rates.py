"""Rate limits per route, with the headers that discord.py reads."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

GLOBAL_PER_SECOND = 50


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    seconds: float


DEFAULT = Limit(10, 1.0)
# Discord publishes none of these; they are what bots have measured.
LIMITS = {
    ("POST", "/channels/{channel_id}/messages"): Limit(5, 5.0),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): Limit(5, 5.0),
    ("DELETE", "/channels/{channel_id}/messages/{message_id}"): Limit(5, 1.0),
    ("GET", "/channels/{channel_id}/messages"): Limit(5, 5.0),
    ("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"): Limit(1, 0.25),
    ("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"): Limit(1, 0.25),
    ("POST", "/channels/{channel_id}/messages/{message_id}/threads"): Limit(50, 300.0),
    ("POST", "/channels/{channel_id}/threads"): Limit(50, 300.0),
    ("PATCH", "/channels/{channel_id}"): Limit(5, 5.0),
    ("POST", "/channels/{channel_id}/typing"): Limit(5, 5.0),
    ("POST", "/webhooks/{webhook_id}/{webhook_token}"): Limit(5, 2.0),
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original"): Limit(5, 2.0),
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"): Limit(5, 2.0),
}
UNLIMITED = {"/interactions/{interaction_id}/{interaction_token}/callback"}


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a request may pass, and what to tell its sender."""

    headers: dict[str, str]
    retry_after: float | None = None  # seconds; None lets it pass
    whole_bot: bool = False


class RateLimiter:
    """Fixed windows, one per route and major parameter, and one for the whole bot."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._windows: dict[tuple[str, str, str], _Window] = {}
        self._global = _Window(ends=0.0)

    def admit(self, method: str, route: str, major: str) -> Verdict:
        if not self._enabled or route in UNLIMITED:
            return Verdict(headers={})
        now = time.monotonic()
        if self._take_global(now) > GLOBAL_PER_SECOND and not route.startswith("/webhooks"):
            wait = self._global.ends - now
            return Verdict(headers={"X-RateLimit-Global": "true"}, retry_after=wait, whole_bot=True)
        limit = LIMITS.get((method, route), DEFAULT)
        window = self._windows.get((method, route, major))
        if window is None or window.ends <= now:
            window = self._windows[method, route, major] = _Window(ends=now + limit.seconds)
        window.used += 1
        headers = _headers(method, route, limit, window, now)
        if window.used > limit.requests:
            return Verdict(headers=headers, retry_after=window.ends - now)
        return Verdict(headers=headers)

    def _take_global(self, now: float) -> int:
        if self._global.ends <= now:
            self._global = _Window(ends=now + 1.0)
        self._global.used += 1
        return self._global.used


def _headers(method: str, route: str, limit: Limit, window: _Window, now: float) -> dict[str, str]:
    left = window.ends - now
    return {
        "X-RateLimit-Limit": str(limit.requests),
        "X-RateLimit-Remaining": str(max(0, limit.requests - window.used)),
        "X-RateLimit-Reset": f"{time.time() + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": hashlib.md5(f"{method} {route}".encode(), usedforsecurity=False).hexdigest(),
    }
