"""Rate limits per route, with the headers that discord.py reads."""

import hashlib
import time
from collections import deque
from dataclasses import dataclass
from typing import Literal

GLOBAL_PER_SECOND = 50
INVALID_LIMIT, INVALID_WINDOW_S = 10_000, 600.0  # refused requests before the address is banned


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A number of requests in a number of seconds. Routes with the same ``bucket`` name share one bucket."""

    requests: int
    seconds: float
    bucket: str = ""


DEFAULT = RateLimit(10, 1.0)
_REACTIONS = RateLimit(1, 0.25, "reactions")
_FOLLOW_UPS = RateLimit(5, 2.0, "follow-ups")
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
# Discord does not publish these limits; bots have measured them.
LIMITS = {
    ("POST", "/channels/{channel_id}/messages"): RateLimit(5, 5.0),
    ("PATCH", _MESSAGE): RateLimit(5, 5.0),
    ("DELETE", _MESSAGE): RateLimit(5, 1.0),
    ("GET", "/channels/{channel_id}/messages"): RateLimit(5, 5.0),
    ("POST", "/channels/{channel_id}/messages/bulk-delete"): RateLimit(1, 1.0),
    ("PUT", f"{_MESSAGE}/reactions/{{emoji_name}}/@me"): _REACTIONS,
    ("DELETE", f"{_MESSAGE}/reactions/{{emoji_name}}/@me"): _REACTIONS,
    ("DELETE", f"{_MESSAGE}/reactions/{{emoji_name}}/{{user_id}}"): _REACTIONS,
    ("DELETE", f"{_MESSAGE}/reactions/{{emoji_name}}"): _REACTIONS,
    ("DELETE", f"{_MESSAGE}/reactions"): _REACTIONS,
    ("POST", f"{_MESSAGE}/threads"): RateLimit(50, 300.0, "threads"),
    ("POST", "/channels/{channel_id}/threads"): RateLimit(50, 300.0, "threads"),
    ("PATCH", "/channels/{channel_id}"): RateLimit(5, 5.0),
    ("POST", "/channels/{channel_id}/typing"): RateLimit(5, 5.0),
    ("POST", _WEBHOOK): _FOLLOW_UPS,
    ("PATCH", f"{_WEBHOOK}/messages/@original"): _FOLLOW_UPS,
    ("PATCH", f"{_WEBHOOK}/messages/{{message_id}}"): _FOLLOW_UPS,
}
UNLIMITED = {"/interactions/{interaction_id}/{interaction_token}/callback"}


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDecision:
    """Says whether a request may pass, and what to tell its sender."""

    headers: dict[str, str]
    retry_after: float | None = None  # seconds; None lets it pass
    scope: Literal["user", "global", "shared"] = "user"
    banned: bool = False  # the address has sent too much that was refused


class RateLimiter:
    """Fixed windows: one per bucket and major parameter, one for the whole bot, one for what was refused."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._windows: dict[tuple[str, str], _Window] = {}
        self._global = _Window(ends=0.0)
        self._refused: deque[float] = deque(maxlen=INVALID_LIMIT)

    def admit(self, method: str, route: str, major: str) -> RateDecision:
        if not self._enabled or route in UNLIMITED:
            return RateDecision(headers={})
        now = time.monotonic()
        if self._banned(now):
            return RateDecision(
                headers={}, retry_after=self._refused[0] + INVALID_WINDOW_S - now, scope="global", banned=True
            )
        if not route.startswith("/webhooks") and self._take_global(now) > GLOBAL_PER_SECOND:
            return RateDecision(headers={}, retry_after=self._global.ends - now, scope="global")
        limit = LIMITS.get((method, route), DEFAULT)
        bucket = hashlib.md5((limit.bucket or f"{method} {route}").encode(), usedforsecurity=False).hexdigest()
        window = self._windows.get((bucket, major))
        if window is None or window.ends <= now:
            window = self._windows[bucket, major] = _Window(ends=now + limit.seconds)
        window.used += 1
        headers = _headers(bucket, limit, window, now)
        if window.used > limit.requests:
            return RateDecision(headers=headers, retry_after=window.ends - now)
        return RateDecision(headers=headers)

    def count(self, status: int) -> None:
        """Remember a refusal: too many of them, and everything is refused."""
        if status in (401, 403, 429):
            self._refused.append(time.monotonic())

    def _banned(self, now: float) -> bool:
        return len(self._refused) == INVALID_LIMIT and now - self._refused[0] < INVALID_WINDOW_S

    def _take_global(self, now: float) -> int:
        if self._global.ends <= now:
            self._global = _Window(ends=now + 1.0)
        self._global.used += 1
        return self._global.used


def _headers(bucket: str, limit: RateLimit, window: _Window, now: float) -> dict[str, str]:
    left = window.ends - now
    return {
        "X-RateLimit-Limit": str(limit.requests),
        "X-RateLimit-Remaining": str(max(0, limit.requests - window.used)),
        "X-RateLimit-Reset": f"{time.time() + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": bucket,
    }
