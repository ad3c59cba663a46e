"""Orders faults: refused, failing, slow and broken answers, and a gateway that closes, forgets or mixes events up."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.faults import table as fault_table
from sandbox.faults.pending import PendingFaults
from sandbox.faults.table import FaultStep

MESSAGES = "/channels/*/messages"


@dataclass(slots=True, kw_only=True)
class _Scheduled:
    left: int  # requests until it is ordered
    step: FaultStep = field(repr=False)


class Faults(PendingFaults):
    """Orders faults by name, at once or on a schedule."""

    def __init__(self) -> None:
        super().__init__()
        self.ordered: list[tuple[str, dict[str, Any]]] = []  # every named fault so far, oldest first
        self._scheduled: list[_Scheduled] = []

    # By name, as in the table

    @staticmethod
    def table() -> list[dict[str, Any]]:
        """Return every named fault as plain values: ``name``, ``title``, ``description``, ``parameters``.

        A parameter has ``name``, ``kind`` (number, integer, flag, choice, text), ``default``, ``choices``, ``title``.
        """
        return [kind.shown() for kind in fault_table.KINDS.values()]

    def order(self, name: str, **parameters: Any) -> None:
        """Order a fault of the `table`: ``order("server_error", status=502, after_write=True)``.

        Raises:
            ValueError: there is no such fault or parameter, or it takes no such value; the message says what there is.
        """
        kind = fault_table.find(name)
        chosen = kind.chosen(parameters)
        self.ordered.append((name, chosen))
        kind.order(self, **chosen)

    def schedule(
        self, seed: int, *, count: int = 20, names: tuple[str, ...] | None = None, gap: tuple[int, int] = (1, 5)
    ) -> tuple[FaultStep, ...]:
        """Order ``count`` faults drawn from ``names`` one by one, each ``gap`` requests of the bot after the last.

        The gap is counted in requests, so that a seed makes the same trouble on any machine. By default it draws from
        the faults that a bot can survive. Return the plan, which a failing test can show.
        """
        steps = fault_table.plan(seed, count=count, names=names or fault_table.SURVIVABLE, gap=gap)
        self._scheduled += [_Scheduled(left=step.after, step=step) for step in steps]
        return steps

    def clear(self) -> None:
        super().clear()
        self._scheduled.clear()

    @property
    def pending(self) -> int:
        return super().pending + len(self._scheduled)

    def count_request(self) -> None:
        """Count one more request, and order the fault that is scheduled for it."""
        if self._scheduled:
            self._scheduled[0].left -= 1
            if self._scheduled[0].left <= 0:
                step = self._scheduled.pop(0).step
                self.order(step.name, **step.parameters)
