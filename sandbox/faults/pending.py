"""Faults that wait for the request, event or answer of the gateway that they will hit."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, Literal, Protocol

from sandbox.records.traffic import Op

Scope = Literal["user", "global", "shared"]


class Fate(Enum):
    """Name what happens to an event on its way to the bot."""

    SENT = "sent"
    LOST = "lost"
    DOUBLED = "doubled"
    SWAPPED = "swapped"  # it comes after the next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Hold what happens to one request.

    Attributes:
        status: answer this HTTP status instead of the true one; None keeps the true answer.
        code, message: of the error body.
        after_write: let the request take effect first, then spoil the answer.
        delay_s: wait that long before the request takes effect.
        answer_delay_s: let it take effect, then wait that long before answering; events overtake the answer.
        disconnect: close the connection instead of answering.
        truncate: close the connection in the middle of the answer.
        retry_after_s, scope, via: for status 429, what the answer asks for, which limit it names ("user" is the
            route's), and whether it has the header without which discord.py takes it for a ban.
    """

    method: str
    path: str
    status: int | None = None
    code: int = 0
    message: str = ""
    after_write: bool = False
    delay_s: float = 0.0
    answer_delay_s: float = 0.0
    disconnect: bool = False
    truncate: bool = False
    retry_after_s: float = 0.2
    scope: Scope = "user"
    via: bool = True

    @property
    def prevents(self) -> bool:
        """Return whether the request takes no effect."""
        return (self.status is not None or self.disconnect) and not self.after_write


class Spoilable(Protocol):
    """Hold what a fault can do to the gateway at once."""

    def drop(self, *, code: int | None = None, forget: bool = False) -> None: ...
    def ask_to_reconnect(self) -> None: ...
    def invalidate(self, *, resumable: bool) -> None: ...


@dataclass(slots=True, kw_only=True)
class _EventFault:
    fate: Fate
    name: str
    left: int


class PendingFaults:
    """Each request, event or answer of the gateway is hit by the first pending fault that matches it."""

    def __init__(self) -> None:
        self.gateway: Spoilable | None = None
        self._requests: list[Fault] = []
        self._events: list[_EventFault] = []
        self._withheld: Counter[Op] = Counter()

    def clear(self) -> None:
        """Forget every fault that has not hit yet."""
        self._requests.clear()
        self._events.clear()
        self._withheld.clear()

    @property
    def pending(self) -> int:
        """Return how many ordered faults have not hit yet."""
        return len(self._requests) + sum(fault.left for fault in self._events) + self._withheld.total()

    # Requests

    def next(self, method: str, path: str, *, times: int = 1, **what: Any) -> None:
        """Spoil the next ``times`` requests whose method and path (with ``*`` wildcards) match; ``what`` as in `Fault`.

        ``sandbox.faults.next("POST", "/channels/*/messages", status=500, after_write=True)`` posts the message
        but tells the bot that it failed. The gateway's connect is ``next("GET", "/gateway", ...)``, a file's download
        ``next("GET", "/cdn", ...)``.
        """
        self._requests.extend([Fault(method=method, path=path, **what)] * times)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault ordered for this request, and use it up."""
        for index, fault in enumerate(self._requests):
            if fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path):
                return self._requests.pop(index)
        return None

    # The gateway

    def spoil_events(self, fate: Fate, name: str = "*", *, times: int = 1) -> None:
        """Lose, double or swap the next ``times`` events whose name matches."""
        self._events.append(_EventFault(fate=fate, name=name, left=times))

    def fate_of(self, event: str) -> Fate:
        """Return what happens to this event, and use up the fault that says so."""
        for fault in self._events:
            if fnmatchcase(event, fault.name):
                fault.left -= 1
                if fault.left <= 0:
                    self._events.remove(fault)
                return fault.fate
        return Fate.SENT

    def withhold(self, op: Op, *, times: int = 1) -> None:
        """Do not send the next HELLO, HEARTBEAT_ACK, or answer to RESUME."""
        self._withheld[op] += times

    def withholds(self, op: Op) -> bool:
        """Return whether this message is withheld, and use up one of its faults."""
        if self._withheld[op] <= 0:
            return False
        self._withheld[op] -= 1
        return True
