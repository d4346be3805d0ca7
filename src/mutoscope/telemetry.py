"""What the server says about itself: logs that carry the request id, and counters."""

import contextlib
import json
import logging
import math
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Gauge, Histogram, Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_SPARING_S = 60.0
_TALKATIVE = ("mutoscope.api.bases", "uvicorn.error")
"""Loggers of what a stranger sends without a key: hosts that are not on the list, bytes that are not HTTP."""

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}


WITHHELD = "(withheld: the caller wants nothing of this request kept)"

_is_private: ContextVar[bool] = ContextVar("is_private", default=False)


@contextlib.contextmanager
def request_context(request_id: str, *, is_private: bool = False) -> Iterator[None]:
    """Every log record made inside carries `request_id`; those of a private request do not quote what it was given."""
    token, privacy = _request_id.set(request_id), _is_private.set(is_private)
    try:
        yield
    finally:
        _request_id.reset(token)
        _is_private.reset(privacy)


def in_private() -> bool:
    """Whether what is going on belongs to a request of which nothing is to be kept."""
    return _is_private.get()


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = _facts(record)
        if record.exc_info:
            entry["exception"] = _exception(self, record.exc_info)
        return json.dumps(entry, default=str)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        head = f"{facts.pop('ts')} {facts.pop('level'):<7} {facts.pop('message')}"
        facts.pop("logger")
        line = " ".join([head, *(f"{name}={value}" for name, value in facts.items())])
        return _harmless(line + ("\n" + _exception(self, record.exc_info) if record.exc_info else ""))


def _exception(formatter: logging.Formatter, info: Any) -> str:
    """The traceback; of a private request only where it was raised, since messages quote arguments."""
    if not in_private():
        return formatter.formatException(info)
    kind, _, trace = info
    return "".join([*traceback.format_tb(trace), f"{getattr(kind, '__name__', kind)}: {WITHHELD}"])


def _harmless(text: str) -> str:
    """One entry, whatever strangers put into it: no line of it looks like another entry, nothing moves a cursor."""
    plain = "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
    return plain.replace("\n", "\n    ")


class Sparing(logging.Filter):
    """
    For loggers that any stranger can make talk: each warning passes once in `every_s`, whatever its arguments are.

    The one that passes says how many before it did not (`held_back`).
    """

    def __init__(self, every_s: float = _SPARING_S) -> None:
        super().__init__()
        self._every_s = every_s
        self._last: dict[str, tuple[float, int]] = {}
        """By message, its arguments left out: when it passed, in Unix seconds, and how many were held back since."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it passes."""
        if record.levelno != logging.WARNING:
            return True
        at, held_back = self._last.get(record.msg, (-math.inf, 0))
        if record.created - at < self._every_s:
            self._last[record.msg] = (at, held_back + 1)
            return False
        self._last[record.msg] = (record.created, 0)
        if held_back:
            record.held_back = held_back
        return True


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
    for name in _TALKATIVE:
        logging.getLogger(name).filters = [Sparing()]


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
