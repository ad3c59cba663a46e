"""Faults to order: an error before or after the write, a slow answer, a broken connection."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one request.

    Attributes:
        status: answer this HTTP status instead of the true one; None keeps the true answer.
        after_write: let the request take effect first, then spoil the answer.
        delay_s: wait that long before answering.
        disconnect: close the connection instead of answering.
        retry_after_s: for status 429, what the answer asks for.
    """

    method: str
    path: str
    status: int | None = None
    after_write: bool = False
    delay_s: float = 0.0
    disconnect: bool = False
    retry_after_s: float = 0.2


class Faults:
    """Ordered faults; each hits one request, the first that matches."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def next(
        self,
        method: str,
        path: str,
        *,
        status: int | None = None,
        after_write: bool = False,
        delay_s: float = 0.0,
        disconnect: bool = False,
        retry_after_s: float = 0.2,
        times: int = 1,
    ) -> None:
        """Spoil the next ``times`` requests whose method and path (with ``*`` wildcards) match.

        ``sandbox.faults.next("POST", "/channels/*/messages", status=500, after_write=True)`` posts the message
        but tells the bot that it failed. The gateway's connect is ``next("GET", "/gateway", ...)``.
        """
        fault = Fault(
            method=method,
            path=path,
            status=status,
            after_write=after_write,
            delay_s=delay_s,
            disconnect=disconnect,
            retry_after_s=retry_after_s,
        )
        self._waiting.extend([fault] * times)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault ordered for this request, which is thereby used up."""
        for index, fault in enumerate(self._waiting):
            if fault.method == method and fnmatchcase(path, fault.path):
                return self._waiting.pop(index)
        return None

    @property
    def pending(self) -> int:
        """How many ordered faults have not hit yet."""
        return len(self._waiting)
