"""What operators and their machines ask: is it alive, is it ready, what does it count, what is it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from mutoscope import __version__
from mutoscope.api.exchange import JSON, Reply
from mutoscope.telemetry import Metrics

Readiness = Callable[[], Mapping[str, Any]]
"""Facts about the server as JSON types; the boolean `ready` among them decides."""

_NO_STORE: Final = (b"cache-control", b"no-store")


def live() -> Reply:
    """The process runs and its loop turns."""
    return Reply(200, b'{"status":"ok"}', (JSON, _NO_STORE))


def ready(readiness: Readiness) -> Reply:
    """200 when a submit would be taken, else 503; the facts either way."""
    facts = readiness()
    return Reply(200 if facts["ready"] else 503, orjson.dumps(facts, default=str), (JSON, _NO_STORE))


def metrics(counted: Metrics) -> Reply:
    """All counters in the text format of Prometheus."""
    content_type = (b"content-type", CONTENT_TYPE_PLAIN_0_0_4.encode())
    return Reply(200, generate_latest(counted.registry), (content_type, _NO_STORE))


def home(origin: str) -> Reply:
    """What a person sees who opens the address in a browser."""
    links = {name: f"{origin}{path}" for name, path in _LINKS.items()}
    content = {"name": "mutoscope", "version": __version__, "links": links}
    return Reply(200, orjson.dumps(content, option=orjson.OPT_INDENT_2), (JSON,))


_LINKS: Final = {
    "run": "/run/{endpoint_id}",
    "queue": "/queue/{endpoint_id}",
    "live": "/health/live",
    "ready": "/health/ready",
    "metrics": "/metrics",
    "openapi": "/openapi.json",
}
