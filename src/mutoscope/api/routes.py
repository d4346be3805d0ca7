"""
Where a path leads. Pure: no HTTP objects, no store, no settings.

    /                                                      HOME
    /files/{key}                                           FILE
    /health/live · /health/ready · /metrics                LIVE · READY · METRICS
    [prefix]/{owner}/{app}[/path]/requests/{id}            RESULT   also …/response
    …/requests/{id}/status · /status/stream · /cancel      STATUS · STREAM · CANCEL
    [prefix]/{owner}/{app}[/path]                          ENDPOINT: run, queue or gateway, see `door_of`
    anything else                                          NOTHING

A prefix is `/run`, `/queue` or `/gateway`; the request paths are the same on all of them. Trailing and repeated slashes
are of no account: no client follows a redirect here, so there is none. Paths arrive percent-decoded, once.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from mutoscope.limits import ENDPOINT_ID_CHARS_MAX


class Kind(StrEnum):
    """What a path addresses."""

    HOME = "home"
    FILE = "file"
    LIVE = "live"
    READY = "ready"
    METRICS = "metrics"
    ENDPOINT = "endpoint"
    STATUS = "status"
    STREAM = "stream"
    RESULT = "result"
    CANCEL = "cancel"
    NOTHING = "nothing"


class Door(StrEnum):
    """What a POST to an endpoint does."""

    RUN = "run"
    """Waits and answers the result."""
    QUEUE = "queue"
    """Answers the envelope; invalid arguments become the outcome."""
    GATEWAY = "gateway"
    """Answers the envelope, as resellers do; invalid arguments are refused."""


class Route(NamedTuple):
    """A path, understood."""

    kind: Kind
    prefix: str = ""
    """`run`, `queue`, `gateway`, or empty for a bare path."""
    target: str = ""
    """Endpoint id of ENDPOINT, app id of the request routes, key of FILE."""
    request_id: str = ""
    """As it stands in the path: any text."""


ALLOW: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.HOME: ("GET", "HEAD"),
    Kind.FILE: ("GET", "HEAD"),
    Kind.LIVE: ("GET", "HEAD"),
    Kind.READY: ("GET", "HEAD"),
    Kind.METRICS: ("GET", "HEAD"),
    Kind.ENDPOINT: ("POST",),
    Kind.STATUS: ("GET",),
    Kind.STREAM: ("GET",),
    Kind.RESULT: ("GET",),
    Kind.CANCEL: ("PUT",),
}
"""Methods by kind; OPTIONS is answered everywhere."""

PREFIXES: Final = frozenset({"run", "queue", "gateway"})
RESERVED: Final = PREFIXES | {"rest", "cdn", "files", "v1", "api", "models", "docs", "health", "metrics"}
"""First segments that no owner can have."""
NAMESPACES: Final = frozenset({"workflows", "comfy"})
"""A first segment of these comes before the owner."""

_FIXED: Final[dict[tuple[str, ...], Kind]] = {
    (): Kind.HOME,
    ("health", "live"): Kind.LIVE,
    ("health", "ready"): Kind.READY,
    ("metrics",): Kind.METRICS,
}
_REQUEST_TAILS: Final[dict[tuple[str, ...], Kind]] = {
    (): Kind.RESULT,
    ("response",): Kind.RESULT,
    ("status",): Kind.STATUS,
    ("status", "stream"): Kind.STREAM,
    ("cancel",): Kind.CANCEL,
}
_NOT_OFFERED: Final = frozenset({"stream", "realtime"})
"""Last segments of the partial-output and WebSocket calls, which no endpoint here has."""
_NOTHING: Final = Route(Kind.NOTHING)


def resolve(path: str) -> Route:
    """Where `path` (percent-decoded, without query) leads."""
    segments = [segment for segment in path.split("/") if segment]
    if not segments or segments[0] in RESERVED:
        if not segments or segments[0] not in PREFIXES:
            return _resolve_own(segments)
        return _resolve_call(segments[0], segments[1:])
    return _resolve_call("", segments)


def _resolve_own(segments: list[str]) -> Route:
    """Paths that belong to this server rather than to an endpoint."""
    if segments and segments[0] == "files" and len(segments) > 1:
        return Route(Kind.FILE, target="/".join(segments[1:]))
    return Route(_FIXED.get(tuple(segments), Kind.NOTHING))


def _resolve_call(prefix: str, segments: list[str]) -> Route:
    """Paths of endpoints and of requests."""
    if not segments:
        return _NOTHING
    app_length = 3 if segments[0] in NAMESPACES else 2
    if "requests" in segments[app_length:-1]:
        at = segments.index("requests", app_length)
        kind = _REQUEST_TAILS.get(tuple(segments[at + 2 :]))
        return _NOTHING if kind is None else Route(kind, prefix, "/".join(segments[:app_length]), segments[at + 1])
    target = "/".join(segments)
    if len(target) > ENDPOINT_ID_CHARS_MAX or (len(segments) > 1 and segments[-1] in _NOT_OFFERED):
        return _NOTHING
    return Route(Kind.ENDPOINT, prefix, target)


def door_of(prefix: str, host_role: str, scheme: str, bare_host: str) -> Door | None:
    """
    What a POST to an endpoint does; the first line that applies decides.

    Args:
        prefix: of the route.
        host_role: what the Host header names: `queue`, `run`, `rest`, or empty for a bare host.
        scheme: of the Authorization header, in lower case.
        bare_host: the setting: `auto`, `run` or `gateway`.

    Returns:
        The door, or None where no endpoint is served (a `rest` host).
    """
    if prefix:
        return Door(prefix)
    if host_role:
        return None if host_role == "rest" else Door(host_role)
    if bare_host != "auto":
        return Door(bare_host)
    return Door.GATEWAY if scheme == "bearer" else Door.RUN


@lru_cache(maxsize=256)
def host_role(host: str, queue_hosts: tuple[str, ...]) -> str:
    """What a host name (lower case, without port) stands for: `queue`, `run`, `rest`, or empty for a bare host."""
    if host in queue_hosts:
        return "queue"
    if host in ("fal.run", "falrun.com"):
        return "run"
    first_label = host.partition(".")[0]
    return first_label if first_label in ("queue", "rest") else ""
