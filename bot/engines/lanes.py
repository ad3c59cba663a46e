"""Say what the dispatcher keeps in memory of the runs under way; everything that must last is in the queue."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.job import Job
from bot.engines.client import EngineClient
from engine.messages import Progress, Ready

MakeClient = Callable[[str], EngineClient]
"""An engine for the device of that name."""
_NEWEST = 0.1  # weight of the newest measurement of speed in the moving average


@dataclass(slots=True, kw_only=True)
class JobRun:
    """A job on an engine."""

    job: Job
    engine: Ready | None = None  # what it runs on
    alone: bool = False  # nothing else runs beside it
    resumed: bool = False
    started: bool = False  # the observer knows
    read_as: str | None = None  # the prompt with the words that the engine drew
    cancelled: bool = False  # the engine has yet to let go of it
    iteration: int = 0
    seconds: float = 0.0  # of the engine, so far
    seconds_per_iteration: float | None = None

    def measure(self, event: Progress) -> None:
        """Learn the speed from what the engine did between two reports."""
        steps = event.iteration - self.iteration
        if self.seconds and steps > 0:
            newest = (event.seconds - self.seconds) / steps
            known = self.seconds_per_iteration
            self.seconds_per_iteration = newest if known is None else known + _NEWEST * (newest - known)
        self.iteration, self.seconds = event.iteration, event.seconds

    def work_left(self) -> float | None:
        """Return engine-seconds; None until there is a speed."""
        if self.seconds_per_iteration is None:
            return None
        return max(0, self.job.spec.iterations - self.iteration) * self.seconds_per_iteration


@dataclass(slots=True, kw_only=True)
class EngineLane:
    """One engine and its runs by job id; ``ready`` is None while it is down."""

    client: EngineClient
    ready: Ready | None = None
    runs: dict[int, JobRun] = field(default_factory=dict)

    @property
    def free(self) -> int:
        """Return how many more runs it takes now."""
        if self.ready is None or any(run.alone for run in self.runs.values()):
            return 0
        return self.ready.slots - len(self.runs)


def grown(lanes: list[EngineLane], ready: Ready, another: MakeClient | None) -> list[EngineLane]:
    """Add a lane for each device that an engine which chose its own has left, and return the new ones.

    Once: the engine may say so again, after it died.
    """
    more = [EngineLane(client=another(device)) for device in ready.others] if another and len(lanes) == 1 else []
    lanes += more
    return more
