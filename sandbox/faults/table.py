"""The table of faults by name, with their parameters, and seeded plans of faults."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.faults.pending import Fate, PendingFaults, Spoilable
from sandbox.records.traffic import Op

ParameterKind = Literal["number", "integer", "flag", "choice", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a fault. ``low`` and ``high`` are the bounds of numbers."""

    name: str
    title: str
    kind: ParameterKind
    default: Any
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = 1_000

    def checked(self, fault: str, value: Any) -> Any:
        takes = {"flag": (bool,), "integer": (int,), "number": (int, float), "text": (str,)}
        if self.kind == "choice":
            fits = value in self.choices and not isinstance(value, bool)
        else:
            fits = isinstance(value, takes[self.kind]) and isinstance(value, bool) == (self.kind == "flag")
        if fits and self.kind in ("integer", "number"):
            fits = self.low <= value <= self.high
        if not fits:
            wanted = f"one of {list(self.choices)}" if self.choices else f"a {self.kind}"
            raise ValueError(f"{fault}: {self.name} must be {wanted}, not {value!r}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """A fault that can be ordered by its name."""

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    order: Callable[..., None]  # called with the `PendingFaults` and every parameter

    def chosen(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return every parameter: the given values, and defaults for the others."""
        known = {parameter.name: parameter for parameter in self.parameters}
        if extra := set(given) - set(known):
            raise ValueError(f"{self.name} has no parameter {sorted(extra)}; it has {sorted(known)}")
        return {name: one.checked(self.name, given.get(name, one.default)) for name, one in known.items()}

    def shown(self) -> dict[str, Any]:
        parameters = [
            {key: getattr(one, key) for key in ("name", "title", "kind", "default")} | {"choices": list(one.choices)}
            for one in self.parameters
        ]
        return {"name": self.name, "title": self.title, "description": self.description, "parameters": parameters}


def find(name: str) -> FaultKind:
    if name not in KINDS:
        raise ValueError(f"there is no fault {name!r}; there are {sorted(KINDS)}")
    return KINDS[name]


# What can be chosen

_METHOD = Parameter(
    name="method", title="Method", kind="choice", default="*", choices=("*", "GET", "POST", "PUT", "PATCH", "DELETE")
)
_PATH = Parameter(name="path", title="Path (* matches anything)", kind="text", default="*")
_TIMES = Parameter(name="times", title="How many times", kind="integer", default=1, low=1)
_WHERE = (_METHOD, _PATH, _TIMES)
_AFTER_WRITE = Parameter(name="after_write", title="After it took effect", kind="flag", default=False)
_RETRY_AFTER = Parameter(name="retry_after_s", title="Retry after (s)", kind="number", default=0.2, high=3600)
_EVENT = Parameter(name="event", title="Event (* matches anything)", kind="text", default="*")
_REFUSALS = {
    403: (50013, "Missing Permissions"),
    404: (10008, "Unknown Message"),
    413: (40005, "Request entity too large"),
}
_CLOSE_CODES = (4000, 4004, 4009, 1006, 1000)


def _seconds(title: str, default: float) -> Parameter:
    return Parameter(name="seconds", title=title, kind="number", default=default, high=3600)


# What they do


def _rate_limited(faults: PendingFaults, *, scope: Any, via: bool, retry_after_s: float, **where: Any) -> None:
    scope = {"route": "user"}.get(scope, scope)
    faults.next(**where, status=429, scope=scope, via=via, retry_after_s=retry_after_s)


def _refused(faults: PendingFaults, *, status: int, **where: Any) -> None:
    code, message = _REFUSALS[status]
    faults.next(**where, status=status, code=code, message=message)


def _needs_gateway(faults: PendingFaults) -> Spoilable:
    if faults.gateway is None:
        raise ValueError("there is no gateway to spoil")
    return faults.gateway


def _restart(faults: PendingFaults, *, refusals: int) -> None:
    if refusals:
        faults.next("GET", "/gateway", status=503, times=refusals)
    _needs_gateway(faults).drop(forget=True)


def _events(fate: Fate) -> Callable[..., None]:
    def order(faults: PendingFaults, *, event: str, times: int) -> None:
        faults.spoil_events(fate, event, times=times)

    return order


_SCOPE = Parameter(name="scope", title="Limit", kind="choice", default="route", choices=("route", "global", "shared"))
_VIA = Parameter(name="via", title="With the Via header", kind="flag", default=True)
_FAILING = Parameter(name="status", title="Status", kind="choice", default=500, choices=(500, 501, 502, 503, 504))
_REFUSING = Parameter(name="status", title="Status", kind="choice", default=403, choices=tuple(_REFUSALS))
_OF_REQUESTS: tuple[FaultKind, ...] = (
    FaultKind(
        name="rate_limited", title="429 Too Many Requests", parameters=(_SCOPE, _VIA, _RETRY_AFTER, *_WHERE),
        description="Asks the bot to wait. Without Via, discord.py takes it for a ban and raises.",
        order=_rate_limited,
    ),
    FaultKind(
        name="server_error", title="500 to 504", parameters=(_FAILING, _AFTER_WRITE, *_WHERE),
        description="Fails, before or after the request took effect. discord.py retries 500, 502 and 504.",
        order=lambda faults, **chosen: faults.next(**chosen),
    ),
    FaultKind(
        name="refused", title="403, 404 or 413", parameters=(_REFUSING, *_WHERE),
        description="Refuses the request: missing permissions, unknown message, entity too large.",
        order=_refused,
    ),
    FaultKind(
        name="slow", title="Slow request", parameters=(_seconds("Seconds before it takes effect", 2.0), *_WHERE),
        description="Waits, then does what was asked.",
        order=lambda faults, seconds, **where: faults.next(**where, delay_s=seconds),
    ),
    FaultKind(
        name="late_answer", title="Event before its answer",
        parameters=(_seconds("Seconds before the answer", 1.0), *_WHERE),
        description="Does what was asked at once but answers late, so that the event overtakes the answer.",
        order=lambda faults, seconds, **where: faults.next(**where, answer_delay_s=seconds),
    ),
    FaultKind(
        name="dropped", title="Dropped connection", parameters=(_AFTER_WRITE, *_WHERE),
        description="Closes the connection instead of answering, before or after the request took effect.",
        order=lambda faults, **chosen: faults.next(**chosen, disconnect=True),
    ),
    FaultKind(
        name="truncated", title="Truncated answer", parameters=_WHERE,
        description="Does what was asked and closes the connection in the middle of the answer.",
        order=lambda faults, **where: faults.next(**where, truncate=True, after_write=True),
    ),
)  # fmt: skip


_CODE = Parameter(name="code", title="Close code", kind="choice", default=4000, choices=_CLOSE_CODES)
_RESUMABLE = Parameter(name="resumable", title="The bot may resume", kind="flag", default=True)
_REFUSED_CONNECTS = Parameter(name="refusals", title="Refused connects after it", kind="integer", default=0, high=100)
_OF_THE_GATEWAY: tuple[FaultKind, ...] = (
    FaultKind(
        name="gateway_close", title="Gateway closes", parameters=(_CODE,),
        description="4000 and 1006 (no close frame) can be resumed; after 4009 and 1000 the session is over; "
        "4004 says that the token is wrong, after which discord.py gives up.",
        order=lambda faults, code: _needs_gateway(faults).drop(code=code),
    ),
    FaultKind(
        name="reconnect", title="Op 7 Reconnect", parameters=(),
        description="Asks the bot to connect again and resume.",
        order=lambda faults: _needs_gateway(faults).ask_to_reconnect(),
    ),
    FaultKind(
        name="invalid_session", title="Op 9 Invalid Session", parameters=(_RESUMABLE,),
        description="Says that the session is invalid; it can be resumed or not.",
        order=lambda faults, resumable: _needs_gateway(faults).invalidate(resumable=resumable),
    ),
    FaultKind(
        name="restart", title="Restart", parameters=(_REFUSED_CONNECTS,),
        description="Drops every connection and forgets every session; the next connects may be refused with 503.",
        order=_restart,
    ),
    FaultKind(
        name="no_hello", title="No HELLO", parameters=(_TIMES,),
        description="The next connection gets no HELLO; the bot must notice by itself.",
        order=lambda faults, times: faults.withhold(Op.HELLO, times=times),
    ),
    FaultKind(
        name="no_resumed", title="No RESUMED", parameters=(_TIMES,),
        description="The next resume replays what was missed but is not confirmed.",
        order=lambda faults, times: faults.withhold(Op.RESUME, times=times),
    ),
    FaultKind(
        name="no_ack", title="Dropped heartbeat ACKs", parameters=(_TIMES,),
        description="The next heartbeats are not acknowledged.",
        order=lambda faults, times: faults.withhold(Op.HEARTBEAT_ACK, times=times),
    ),
)  # fmt: skip


_WHAT = (("missing", "Missing events", "is never sent", Fate.LOST),
        ("duplicated", "Duplicated events", "is sent twice", Fate.DOUBLED),
        ("reordered", "Reordered events", "is sent after the one that follows it", Fate.SWAPPED))  # fmt: skip
_OF_EVENTS: tuple[FaultKind, ...] = tuple(
    FaultKind(
        name=f"{name}_events", title=title, description=f"The next event {does}.", parameters=(_EVENT, _TIMES),
        order=_events(fate),
    )
    for name, title, does, fate in _WHAT
)  # fmt: skip


KINDS: dict[str, FaultKind] = {kind.name: kind for kind in (*_OF_REQUESTS, *_OF_THE_GATEWAY, *_OF_EVENTS)}

# What a bot on discord.py can live through with nothing lost but time. The others end it (4004, a 429 without Via taken
# for a ban), take a minute to be noticed (no HELLO), or lose what no bot could know of (missing events).
SURVIVABLE = (
    "rate_limited", "server_error", "slow", "late_answer", "gateway_close", "reconnect", "invalid_session", "restart",
    "no_resumed", "duplicated_events", "reordered_events",
)  # fmt: skip
_SURVIVABLE_VALUES: dict[tuple[str, str], tuple[Any, ...]] = {
    ("rate_limited", "via"): (True,),
    ("rate_limited", "retry_after_s"): (0.05, 0.2),
    ("server_error", "status"): (500, 502, 504),
    ("server_error", "after_write"): (False,),  # a repeated write without a nonce is made twice
    ("slow", "seconds"): (0.05, 0.3),
    ("late_answer", "seconds"): (0.05, 0.3),
    ("gateway_close", "code"): (4000, 4009, 1006, 1000),
    ("restart", "refusals"): (0, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultStep:
    """One fault of a plan. ``after`` counts requests since the fault before."""

    after: int
    name: str
    parameters: dict[str, Any]


def plan(seed: int, *, count: int, names: tuple[str, ...], gap: tuple[int, int]) -> tuple[FaultStep, ...]:
    """Draw a plan from the seed. It is the same on every machine."""
    rng = random.Random(seed)
    steps = []
    for _ in range(count):
        kind = find(rng.choice(names))
        parameters = {one.name: _drawn(rng, kind.name, one) for one in kind.parameters}
        steps.append(FaultStep(after=rng.randint(*gap), name=kind.name, parameters=parameters))
    return tuple(steps)


def _drawn(rng: random.Random, fault: str, parameter: Parameter) -> Any:
    if parameter is _METHOD:
        return parameter.default
    values = _SURVIVABLE_VALUES.get((fault, parameter.name))
    if values is None:
        values = (False, True) if parameter.kind == "flag" else parameter.choices or (parameter.default,)
    return rng.choice(values)
