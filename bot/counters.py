"""Counters of what happened since the process began, for Prometheus."""

from prometheus_client import Counter, Histogram

SUBMITTED = Counter("faraday_jobs_submitted", "Jobs that were committed", ["kind"])

ENDED = Counter("faraday_jobs_ended", "Jobs whose requester was told of the end", ["state"])

ENGINE_SECONDS = Counter("faraday_engine_seconds", "Engine time of delivered pictures")

TURNAROUND = Histogram(
    "faraday_turnaround_seconds",
    "From a request to its picture on Discord",
    buckets=(5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120),
)
