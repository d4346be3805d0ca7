"""
Where a path leads. Pure: no HTTP objects, no store, no settings.

    /                                                      HOME
    /health/live · /health/ready · /metrics                LIVE · READY · METRICS
    /openapi.json · /api/openapi/queue/openapi.json        OPENAPI · ENDPOINT_OPENAPI
    /v1/…                                                  PLATFORM
    /api/fal/proxy                                         PROXY

    /files/{folder}/{name}                                 FILE: read, or the one PUT of an upload
    …/{n} · …/complete                                     PART · PARTS_END of a signed multipart upload
    …/multipart/{upload id}/{n} · …/complete               the same, of an upload by CDN token

    [/rest]/storage/upload/initiate · …-multipart          UPLOAD · UPLOAD_IN_PARTS
    [/rest]/storage/auth/token                             CDN_TOKEN
    [/rest]/tokens · /tokens/realtime                      TOKEN
    [/rest]/.well-known/jwks.json                          JWKS
    [/cdn]/files/upload · /files/upload/multipart          CDN_UPLOAD · CDN_UPLOAD_IN_PARTS

    [prefix]/{owner}/{app}[/path]/requests/{id}            RESULT   also …/response
    …/requests/{id}/status · /status/stream · /cancel      STATUS · STREAM · CANCEL
    [prefix]/{owner}/{app}[/path]                          ENDPOINT: run, queue or gateway, see `door_of`
    [prefix]/{owner}/{app}[/path]/stream                   PARTIALS
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
    OPENAPI = "openapi"
    ENDPOINT_OPENAPI = "endpoint-openapi"
    PLATFORM = "platform"
    PROXY = "proxy"
    PART = "part"
    PARTS_END = "parts-end"
    UPLOAD = "upload"
    UPLOAD_IN_PARTS = "upload-in-parts"
    CDN_TOKEN = "cdn-token"
    CDN_UPLOAD = "cdn-upload"
    CDN_UPLOAD_IN_PARTS = "cdn-upload-in-parts"
    TOKEN = "token"
    JWKS = "jwks"
    ENDPOINT = "endpoint"
    PARTIALS = "partials"
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
    """Endpoint id of ENDPOINT and PARTIALS, app id of the request routes, key of FILE and parts, rest of PLATFORM."""
    request_id: str = ""
    """As it stands in the path: any text."""
    upload_id: str = ""
    """Of a part, where the path names it: any text."""
    part: str = ""
    """Its number as it stands in the path: any text."""


ALLOW: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.HOME: ("GET", "HEAD"),
    Kind.FILE: ("GET", "HEAD", "PUT"),
    Kind.LIVE: ("GET", "HEAD"),
    Kind.READY: ("GET", "HEAD"),
    Kind.METRICS: ("GET", "HEAD"),
    Kind.OPENAPI: ("GET", "HEAD"),
    Kind.ENDPOINT_OPENAPI: ("GET", "HEAD"),
    Kind.PLATFORM: ("GET", "POST", "DELETE"),
    Kind.PROXY: ("GET", "HEAD", "POST", "PUT", "DELETE"),
    Kind.PART: ("PUT",),
    Kind.PARTS_END: ("POST",),
    Kind.UPLOAD: ("POST",),
    Kind.UPLOAD_IN_PARTS: ("POST",),
    Kind.CDN_TOKEN: ("POST",),
    Kind.CDN_UPLOAD: ("POST",),
    Kind.CDN_UPLOAD_IN_PARTS: ("POST",),
    Kind.TOKEN: ("POST",),
    Kind.JWKS: ("GET", "HEAD"),
    Kind.ENDPOINT: ("POST",),
    Kind.PARTIALS: ("POST",),
    Kind.STATUS: ("GET", "HEAD"),
    Kind.STREAM: ("GET",),
    Kind.RESULT: ("GET", "HEAD"),
    Kind.CANCEL: ("PUT",),
}
"""Methods by kind; OPTIONS is answered everywhere."""

PREFIXES: Final = frozenset({"run", "queue", "gateway"})
RESERVED: Final = PREFIXES | {"rest", "cdn", "files", "v1", "api", "models", "docs", "health", "metrics"}
"""First segments that no owner can have."""
NAMESPACES: Final = frozenset({"workflows", "comfy"})
"""A first segment of these comes before the owner."""

_REST: Final[dict[tuple[str, ...], Kind]] = {
    ("storage", "upload", "initiate"): Kind.UPLOAD,
    ("storage", "upload", "initiate-multipart"): Kind.UPLOAD_IN_PARTS,
    ("storage", "auth", "token"): Kind.CDN_TOKEN,
    ("tokens",): Kind.TOKEN,
    ("tokens", "realtime"): Kind.TOKEN,
    (".well-known", "jwks.json"): Kind.JWKS,
}
_CDN: Final[dict[tuple[str, ...], Kind]] = {
    ("files", "upload"): Kind.CDN_UPLOAD,
    ("files", "upload", "multipart"): Kind.CDN_UPLOAD_IN_PARTS,
}
_FIXED: Final[dict[tuple[str, ...], Kind]] = {
    (): Kind.HOME,
    ("health", "live"): Kind.LIVE,
    ("health", "ready"): Kind.READY,
    ("metrics",): Kind.METRICS,
    ("openapi.json",): Kind.OPENAPI,
    ("api", "openapi", "queue", "openapi.json"): Kind.ENDPOINT_OPENAPI,
    ("api", "fal", "proxy"): Kind.PROXY,
    # A host of their own is given up here for a path of their own; the bare host serves them too.
    **_REST,
    **_CDN,
    **{("rest", *path): kind for path, kind in _REST.items()},
    **{("cdn", *path): kind for path, kind in _CDN.items()},
}
_OWN_FIRST: Final = frozenset(path[0] for path in _FIXED if path)
_REQUEST_TAILS: Final[dict[tuple[str, ...], Kind]] = {
    (): Kind.RESULT,
    ("response",): Kind.RESULT,
    ("status",): Kind.STATUS,
    ("status", "stream"): Kind.STREAM,
    ("cancel",): Kind.CANCEL,
}
_PATHS_REMEMBERED: Final = 4_096
"""Clients that wait at one time, mostly."""
_NOTHING: Final = Route(Kind.NOTHING)


def resolve(path: str) -> Route:
    """Where `path` (percent-decoded, without query) leads."""
    # A client that waits asks for one path ten times a second. Long ones, which no client sends, would fill the memory.
    return _resolve_again(path) if len(path) <= ENDPOINT_ID_CHARS_MAX else _resolve(path)


def _resolve(path: str) -> Route:
    segments = [segment for segment in path.split("/") if segment]
    if not segments:
        return Route(Kind.HOME)
    first = segments[0]
    if first in PREFIXES:
        return _resolve_call(first, segments[1:])
    if first in RESERVED or first in _OWN_FIRST:
        own = _FIXED.get(tuple(segments))
        if own is not None:
            return Route(own)
        if first in RESERVED:
            return _resolve_own(segments)
    return _resolve_call("", segments)


def why_unreachable(endpoint_id: str) -> str | None:
    """Why no call could reach an endpoint of this id; None where one can."""
    if resolve(f"/{endpoint_id}") == Route(Kind.ENDPOINT, target=endpoint_id):
        return None
    owner = endpoint_id.partition("/")[0]
    if owner in RESERVED or owner in _OWN_FIRST:
        kept = ", ".join(sorted(RESERVED | _OWN_FIRST))
        return f"{owner!r} begins paths of the server itself; choose an owner other than {kept}"
    return (
        "'requests' after the app, 'stream' and 'realtime' at the end mean something else, and an id has at most "
        f"{ENDPOINT_ID_CHARS_MAX} characters (ENDPOINT_ID_CHARS_MAX)"
    )


_resolve_again: Final = lru_cache(maxsize=_PATHS_REMEMBERED)(_resolve)


def _resolve_own(segments: list[str]) -> Route:
    """Paths that belong to this server rather than to an endpoint."""
    match segments:
        case ["v1", *rest] if rest:
            return Route(Kind.PLATFORM, target="/".join(rest))
        case ["files", _] | ["files", _, _]:
            return Route(Kind.FILE, target="/".join(segments[1:]))
        case ["files", folder, name, "complete"]:
            return Route(Kind.PARTS_END, target=f"{folder}/{name}")
        case ["files", folder, name, part]:
            return Route(Kind.PART, target=f"{folder}/{name}", part=part)
        case ["files", folder, name, "multipart", upload_id, "complete"]:
            return Route(Kind.PARTS_END, target=f"{folder}/{name}", upload_id=upload_id)
        case ["files", folder, name, "multipart", upload_id, part]:
            return Route(Kind.PART, target=f"{folder}/{name}", upload_id=upload_id, part=part)
    return _NOTHING


def _resolve_call(prefix: str, segments: list[str]) -> Route:
    """Paths of endpoints and of requests."""
    if not segments:
        return _NOTHING
    app_length = 3 if segments[0] in NAMESPACES else 2
    if "requests" in segments[app_length:-1]:
        at = segments.index("requests", app_length)
        kind = _REQUEST_TAILS.get(tuple(segments[at + 2 :]))
        return _NOTHING if kind is None else Route(kind, prefix, "/".join(segments[:app_length]), segments[at + 1])
    if len("/".join(segments)) > ENDPOINT_ID_CHARS_MAX:
        return _NOTHING
    match segments:
        case [*_, _, "realtime"]:  # the WebSocket call, which no endpoint here has
            return _NOTHING
        case [*endpoint, "stream"] if len(endpoint) > 1:
            return Route(Kind.PARTIALS, prefix, "/".join(endpoint))
    return Route(Kind.ENDPOINT, prefix, "/".join(segments))


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
