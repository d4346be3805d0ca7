"""What the server says about itself: logs that carry the request id, and counters."""

import contextlib
import json
import logging
import sys
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Gauge, Histogram, Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}


@contextlib.contextmanager
def request_context(request_id: str) -> Iterator[None]:
    """Every log record made inside carries `request_id`."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = _facts(record)
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        head = f"{facts.pop('ts')} {facts.pop('level'):<7} {facts.pop('message')}"
        facts.pop("logger")
        line = " ".join([head, *(f"{name}={value}" for name, value in facts.items())])
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    request_id = _request_id.get()
    if request_id is not None:
        entry["request_id"] = request_id
    entry.update({name: value for name, value in record.__dict__.items() if name not in _STANDARD})
    return entry


def configure_logging(log_format: str, level: str) -> None:
    """Send the logs of `mutoscope` to stderr as text or as one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter())
    for name, least in (("mutoscope", level), ("uvicorn", "warning")):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(least.upper())


class PoolCount(Protocol):
    """How many requests of a pool wait and run."""

    @property
    def pool(self) -> str: ...
    @property
    def queued(self) -> int: ...
    @property
    def running(self) -> int: ...


class Tally(Collector):
    """A counter for hot paths: a dictionary entry a count, made a metric only when asked for; for one thread."""

    def __init__(self, name: str, help_text: str, labels: tuple[str, ...]) -> None:
        self._name = name
        self._help = help_text
        self._labels = labels
        self._counts: dict[tuple[str, ...], int] = {}

    def count(self, *labels: str) -> None:
        """One more under these labels."""
        self._counts[labels] = self._counts.get(labels, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """The counts as Prometheus has them."""
        family = CounterMetricFamily(self._name, self._help, labels=self._labels)
        for labels, count in self._counts.items():
            family.add_metric(labels, count)
        yield family


class Metrics:
    """The counters behind `/metrics`; one registry per application, so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.submitted = self._tally("requests_submitted", "Requests accepted.", "endpoint")
        self.finished = self._tally("requests_finished", "Requests that ended.", "endpoint", "state")
        self.attempts = self._tally("attempts", "Attempts that ended.", "engine", "outcome")
        self.http = self._tally("http_responses", "HTTP answers.", "surface", "status")
        self.webhooks = self._tally("webhook_tries", "Tries to deliver a webhook.", "outcome")
        self.run_seconds = Histogram(
            "mutoscope_run_seconds",
            "Wall time of a finished attempt.",
            ["engine"],
            buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800),
            registry=self.registry,
        )
        self.queued = Gauge("mutoscope_requests_queued", "Requests waiting.", ["pool"], registry=self.registry)
        self.running = Gauge("mutoscope_requests_running", "Requests running.", ["pool"], registry=self.registry)
        self.runners = Gauge("mutoscope_runners", "Runner processes by state.", ["state"], registry=self.registry)

    def _tally(self, name: str, help_text: str, *labels: str) -> Tally:
        tally = Tally(f"mutoscope_{name}", help_text, labels)
        self.registry.register(tally)
        return tally

    def show_pools(self, counts: Iterable[PoolCount]) -> None:
        """Set the gauges of what waits and runs; a pool that is not named has nothing."""
        self.queued.clear()
        self.running.clear()
        for count in counts:
            self.queued.labels(count.pool).set(count.queued)
            self.running.labels(count.pool).set(count.running)
