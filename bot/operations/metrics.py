"""Numbers for Prometheus: counters of what happened, and gauges of what is.

The counters are of the whole process, as the library means them to be; the gauges are made from a
:class:`bot.domain.status.Snapshot` at each visit.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from bot.domain.status import Snapshot


class _Gauges(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        now = self._snapshot
        yield _gauge("faraday_connected", "Whether the gateway session is ready", [((), now.connected)])
        yield _gauge("faraday_gateway_latency_seconds", "Of the last heartbeat", [((), now.latency or 0.0)])
        yield _gauge("faraday_guilds", "Servers that the bot is in", [((), now.guilds)])
        yield _gauge("faraday_draining", "Whether new jobs are refused on order", [((), now.draining)])
        yield _gauge("faraday_database_up", "Whether it answers", [((), now.jobs is not None)])
        if now.jobs is not None:  # else they are unknown, and not none
            states = [((str(state),), count) for state, count in now.jobs.items()]
            yield _gauge("faraday_jobs", "Jobs in the database by state", states, ["state"])
            yield _gauge("faraday_oldest_wait_seconds", "Of the job that waits longest", [((), now.oldest_wait or 0.0)])
        yield _gauge("faraday_disk_free_bytes", "On the disk of the pictures", [((), now.free_bytes)])
        yield _gauge("faraday_uptime_seconds", "Since the process began", [((), now.uptime)])
        numbered = [((str(number),), engine) for number, engine in enumerate(now.engines, start=1)]
        up = [(labels, bool(engine.device)) for labels, engine in numbered]
        yield _gauge("faraday_engine_up", "Whether its models are loaded", up, ["engine"])
        runs = [(labels, len(engine.runs)) for labels, engine in numbered]
        yield _gauge("faraday_engine_runs", "Runs under way", runs, ["engine"])


def _gauge(
    name: str, help: str, samples: Iterable[tuple[tuple[str, ...], float]], labels: list[str] | None = None
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help, labels=labels)
    for values, sample in samples:
        family.add_metric(values, float(sample))
    return family


def exposition(snapshot: Snapshot) -> bytes:
    """Return everything in Prometheus' text format."""
    gauges = CollectorRegistry()
    gauges.register(_Gauges(snapshot))
    return generate_latest(gauges) + generate_latest(REGISTRY)
